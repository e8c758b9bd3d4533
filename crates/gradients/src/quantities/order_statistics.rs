use consilience_tensor::{Real, simd};
use rayon::prelude::*;

/// Buckets by the leading bits of a magnitude in single precision: the exponent and five bits behind it.
const BUCKETS: usize = 1 << 13;

/// Numbers that are worth a task of their own.
const CHUNK: usize = 1 << 15;

/// Numbers that are looked at together.
const LANES: usize = 16;

/// The `ranks`-th smallest magnitudes of the numbers of all arrays, counted from 0: by counting into buckets, and selecting among
/// those of the buckets that hold a rank. What is not finite counts as larger than all that is.
///
/// # Panics
/// When there are not that many numbers.
pub(super) fn order_statistics<R: Real>(arrays: &[&[R]], ranks: &[usize]) -> Vec<R> {
    let size: usize = arrays.iter().map(|array| array.len()).sum();
    assert!(ranks.iter().all(|&rank| rank < size), "ranks below the number of values");
    let chunks: Vec<&[R]> = arrays.iter().flat_map(|array| array.chunks(CHUNK)).collect();
    let empty = || [vec![0; BUCKETS], vec![0; BUCKETS]];
    let tables = chunks.par_iter().fold(empty, |tables, chunk| count(tables, chunk)).reduce(empty, |mut a, b| {
        a.iter_mut().flatten().zip(b.iter().flatten()).for_each(|(a, b)| *a += b);
        a
    });
    let counts = tables[0].iter().zip(&tables[1]).map(|(&a, &b)| a as usize + b as usize);
    // for each bucket, how many numbers lie in lower ones
    let below: Vec<usize> = counts.scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count))).collect();
    // the last bucket that does not begin behind the rank: none of those that are empty, but for ranks that do not exist
    let place = |&rank: &usize| below.partition_point(|&below| below <= rank) - 1;
    let places: Vec<usize> = ranks.iter().map(place).collect();
    let mut wanted: Vec<u32> = places.iter().map(|&place| place as u32).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let members: Vec<Vec<R>> = chunks.par_iter().map(|chunk| members(chunk, &wanted)).collect();
    let select = |(&place, rank): (&usize, &usize)| {
        let magnitudes = members.iter().flatten().map(|member| member.abs());
        let mut members: Vec<R> = magnitudes.filter(|&value| bucket(value) as usize == place).collect();
        *members.select_nth_unstable_by(rank - below[place], |a, b| a.f64().total_cmp(&b.f64())).1
    };
    places.iter().zip(ranks).map(select).collect()
}

/// The bucket of the magnitude of a number.
#[inline(always)]
fn bucket<R: Real>(value: R) -> u32 {
    ((value.f64() as f32).to_bits() >> 18) & (BUCKETS as u32 - 1)
}

/// Adds to `tables` how many numbers of a chunk lie in each bucket: neighbours, which are often alike, to different ones, because a
/// count that was just written must wait before it can be written again.
fn count<R: Real>(mut tables: [Vec<u32>; 2], chunk: &[R]) -> [Vec<u32>; 2] {
    let [even, odd] = &mut tables;
    simd(
        #[inline(always)]
        || {
            let (chunks, rest) = chunk.as_chunks::<LANES>();
            for lanes in chunks {
                for [a, b] in lanes.map(bucket).as_chunks::<2>().0 {
                    even[*a as usize] += 1;
                    odd[*b as usize] += 1;
                }
            }
            for &value in rest {
                even[bucket(value) as usize] += 1;
            }
        },
    );
    tables
}

/// The numbers that lie in one of the buckets.
fn members<R: Real>(chunk: &[R], wanted: &[u32]) -> Vec<R> {
    let mut members = Vec::new();
    simd(
        #[inline(always)]
        || {
            let (chunks, rest) = chunk.as_chunks::<LANES>();
            for lanes in chunks {
                let buckets = lanes.map(bucket);
                let mut hits = [0_u32; LANES];
                for &place in wanted {
                    hits.iter_mut().zip(&buckets).for_each(|(hit, &bucket)| *hit |= u32::from(bucket == place));
                }
                if hits.iter().fold(0, |any, &hit| any | hit) > 0 {
                    // written whether it is one or not, because which are cannot be foretold
                    let (mut found, mut count) = ([R::zero(); LANES], 0);
                    for (&value, &hit) in lanes.iter().zip(&hits) {
                        found[count % LANES] = value;
                        count += hit as usize;
                    }
                    members.extend_from_slice(&found[..count]);
                }
            }
            members.extend(rest.iter().filter(|&&value| wanted.contains(&bucket(value))));
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
        let got = order_statistics(&[&values[..]], &ranks);
        values.sort_by(f64::total_cmp);
        assert_eq!(got, ranks.map(|rank| values[rank]));
        let single: Vec<f32> = values.iter().map(|&x| x as f32).collect();
        assert_eq!(order_statistics(&[&single[..]], &ranks), ranks.map(|rank| single[rank]));
        assert_eq!(order_statistics(&[&[3.0_f32][..]], &[0]), [3.0]);
    }

    #[test]
    fn equal_numbers_of_several_chunks() {
        let mut values = vec![2.0_f32; 3 * CHUNK + 5];
        values[CHUNK] = 1.0;
        values[7] = f32::INFINITY;
        let last = values.len() - 1;
        assert_eq!(order_statistics(&[&values[..]], &[0, 1, last / 2, last]), [1.0, 2.0, 2.0, f32::INFINITY]);
    }
}
