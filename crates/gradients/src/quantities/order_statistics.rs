use consilience_tensor::Real;

/// Buckets by the leading bits of a number of at least 0 in single precision: the exponent and eight bits behind it.
const BUCKETS: usize = 1 << 16;

/// The `ranks`-th smallest of numbers of at least 0, counted from 0: by counting into buckets, and selecting among those of the
/// buckets that hold a rank. A number that is not finite counts as larger than all that are.
///
/// # Panics
/// When there are not that many numbers.
pub(super) fn order_statistics<R: Real>(values: &[R], ranks: &[usize]) -> Vec<R> {
    let bucket = |value: &R| ((value.f64() as f32).to_bits() >> 15) as usize & (BUCKETS - 1);
    let mut counts = vec![0_u32; BUCKETS];
    values.iter().for_each(|value| counts[bucket(value)] += 1);
    // for each rank, its bucket and how many numbers lie in lower ones
    let place = |&rank: &usize| {
        let mut below = 0;
        for (bucket, &count) in counts.iter().enumerate() {
            if rank < below + count as usize {
                return (bucket, rank - below);
            }
            below += count as usize;
        }
        (BUCKETS - 1, 0)
    };
    let places: Vec<(usize, usize)> = ranks.iter().map(place).collect();
    assert!(ranks.iter().all(|&rank| rank < values.len()), "ranks below the number of values");
    let mut members: Vec<Vec<R>> = vec![Vec::new(); places.len()];
    let mut wanted = vec![false; BUCKETS];
    places.iter().for_each(|&(bucket, _)| wanted[bucket] = true);
    for value in values {
        let own = bucket(value);
        if wanted[own] {
            for (members, &(bucket, _)) in members.iter_mut().zip(&places) {
                if bucket == own {
                    members.push(*value);
                }
            }
        }
    }
    let select = |(mut members, &(_, rank)): (Vec<R>, &(usize, usize))| {
        *members.select_nth_unstable_by(rank, |a, b| a.f64().total_cmp(&b.f64())).1
    };
    members.into_iter().zip(&places).map(select).collect()
}

#[cfg(test)]
mod tests {
    use super::order_statistics;

    #[test]
    fn as_sorting_gives_them() {
        // magnitudes from 1e-30 to 1e30, zeros, and many equal numbers
        let mut values: Vec<f64> =
            (0..5000_i32).map(|i| (f64::from(i * 37 % 101) - 50.0).exp() * f64::from(i % 7)).collect();
        let ranks = [0, 1, 250, 2499, 2500, 4749, 4999];
        let got = order_statistics(&values, &ranks);
        values.sort_by(f64::total_cmp);
        assert_eq!(got, ranks.map(|rank| values[rank]));
        let single: Vec<f32> = values.iter().map(|&x| x as f32).collect();
        assert_eq!(order_statistics(&single, &ranks), ranks.map(|rank| single[rank]));
        assert_eq!(order_statistics(&[3.0_f32], &[0]), [3.0]);
    }
}
