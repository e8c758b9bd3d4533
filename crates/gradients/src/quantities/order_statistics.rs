use consilience_tensor::Real;
use rayon::prelude::*;

/// Buckets by the leading bits of a number of at least 0 in single precision: the exponent and five bits behind it. Their counts
/// fit into the first-level cache.
const BUCKETS: usize = 1 << 13;

/// Numbers that are worth a task of their own.
const CHUNK: usize = 1 << 16;

/// The `ranks`-th smallest of numbers of at least 0, counted from 0: by counting into buckets, and selecting among those of the
/// buckets that hold a rank. A number that is not finite counts as larger than all that are.
///
/// # Panics
/// When there are not that many numbers.
pub(super) fn order_statistics<R: Real>(values: &[R], ranks: &[usize]) -> Vec<R> {
    assert!(ranks.iter().all(|&rank| rank < values.len()), "ranks below the number of values");
    let chunks = || values.par_chunks(CHUNK);
    let count = |chunk: &[R]| {
        let mut counts = vec![0_usize; BUCKETS];
        chunk.iter().for_each(|&value| counts[bucket(value)] += 1);
        counts
    };
    let counts = chunks().map(count).reduce(
        || vec![0; BUCKETS],
        |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        },
    );
    // for each bucket, how many numbers lie in lower ones
    let below: Vec<usize> = counts.iter().scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count))).collect();
    // the last bucket that does not begin behind the rank: none of those that are empty, but for ranks that do not exist
    let place = |&rank: &usize| below.partition_point(|&below| below <= rank) - 1;
    let places: Vec<usize> = ranks.iter().map(place).collect();
    let mut wanted = vec![false; BUCKETS];
    places.iter().for_each(|&bucket| wanted[bucket] = true);
    let members: Vec<Vec<R>> =
        chunks().map(|chunk| chunk.iter().copied().filter(|&value| wanted[bucket(value)]).collect()).collect();
    let select = |(&place, rank): (&usize, &usize)| {
        let mut members: Vec<R> = members.iter().flatten().copied().filter(|&value| bucket(value) == place).collect();
        *members.select_nth_unstable_by(rank - below[place], |a, b| a.f64().total_cmp(&b.f64())).1
    };
    places.iter().zip(ranks).map(select).collect()
}

fn bucket<R: Real>(value: R) -> usize {
    ((value.f64() as f32).to_bits() >> 18) as usize & (BUCKETS - 1)
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
