use consilience_tensor::{Real, simd};
use rayon::prelude::*;

/// Buckets by the leading bits of a number of at least 0 in single precision: the exponent and five bits behind it.
const BUCKETS: usize = 1 << 13;

/// Numbers that are worth a task of their own; so many fit a count of [`count`].
const CHUNK: usize = 1 << 15;

/// Numbers that are looked at together.
const LANES: usize = 16;

/// The `ranks`-th smallest of numbers of at least 0, counted from 0: by counting into buckets, and selecting among those of the
/// buckets that hold a rank. A number that is not finite counts as larger than all that are.
///
/// # Panics
/// When there are not that many numbers.
pub(super) fn order_statistics<R: Real>(values: &[R], ranks: &[usize]) -> Vec<R> {
    assert!(ranks.iter().all(|&rank| rank < values.len()), "ranks below the number of values");
    let chunks = || values.par_chunks(CHUNK);
    let counts = chunks().fold(|| vec![0; BUCKETS], count).reduce(
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
    let mut wanted: Vec<u32> = places.iter().map(|&place| place as u32).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let members: Vec<Vec<R>> = chunks().map(|chunk| members(chunk, &wanted)).collect();
    let select = |(&place, rank): (&usize, &usize)| {
        let in_place = |value: &R| bucket(*value) as usize == place;
        let mut members: Vec<R> = members.iter().flatten().copied().filter(in_place).collect();
        *members.select_nth_unstable_by(rank - below[place], |a, b| a.f64().total_cmp(&b.f64())).1
    };
    places.iter().zip(ranks).map(select).collect()
}

#[inline(always)]
fn bucket<R: Real>(value: R) -> u32 {
    ((value.f64() as f32).to_bits() >> 18) & (BUCKETS as u32 - 1)
}

/// The buckets of at most so many numbers, and none that there is for the rest.
#[inline(always)]
fn buckets<R: Real>(numbers: &[R]) -> [u32; LANES] {
    let mut buckets = [u32::MAX; LANES];
    buckets.iter_mut().zip(numbers).for_each(|(own, &value)| *own = bucket(value));
    buckets
}

/// Adds to `counts` how many numbers of a chunk lie in each bucket.
fn count<R: Real>(mut counts: Vec<usize>, chunk: &[R]) -> Vec<usize> {
    // neighbours are often alike, and a count that was just written must wait before it can be written again
    let mut tables = vec![[0_u16; BUCKETS]; 2];
    simd(
        #[inline(always)]
        || {
            for lanes in chunk.chunks(LANES) {
                let buckets = buckets(lanes);
                for pair in buckets[..lanes.len()].chunks(tables.len()) {
                    for (table, &bucket) in tables.iter_mut().zip(pair) {
                        table[bucket as usize] += 1;
                    }
                }
            }
            for table in &tables {
                counts.iter_mut().zip(table).for_each(|(count, &of_table)| *count += usize::from(of_table));
            }
        },
    );
    counts
}

/// The numbers that lie in one of the buckets.
fn members<R: Real>(chunk: &[R], wanted: &[u32]) -> Vec<R> {
    let mut members = Vec::new();
    simd(
        #[inline(always)]
        || {
            for lanes in chunk.chunks(LANES) {
                let buckets = buckets(lanes);
                let mut hits = [false; LANES];
                for &place in wanted {
                    hits.iter_mut().zip(&buckets).for_each(|(hit, &bucket)| *hit |= bucket == place);
                }
                if hits.iter().fold(false, |any, &hit| any | hit) {
                    // written whether it is one or not, because which are cannot be foretold
                    let (mut found, mut count) = ([R::zero(); LANES], 0);
                    for (&value, &hit) in lanes.iter().zip(&hits) {
                        found[count] = value;
                        count += usize::from(hit);
                    }
                    members.extend_from_slice(&found[..count]);
                }
            }
        },
    );
    members
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn equal_numbers_of_several_chunks() {
        let mut values = vec![2.0_f32; 3 * CHUNK + 5];
        values[CHUNK] = 1.0;
        values[7] = f32::INFINITY;
        let last = values.len() - 1;
        assert_eq!(order_statistics(&values, &[0, 1, last / 2, last]), [1.0, 2.0, 2.0, f32::INFINITY]);
    }
}
