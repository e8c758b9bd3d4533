use consilience_tensor::{Buffer, Real, simd};

use super::order_statistics::order_statistics;

/// The smallest magnitude of the tenth (rounded up) of the numbers of all arrays that is largest in magnitude; `None` of no numbers.
pub(super) fn least_of_largest_tenth<'a, R: Real>(arrays: impl Iterator<Item = &'a [R]> + Clone) -> Option<R> {
    let mut magnitudes = Buffer::stale(arrays.clone().map(<[R]>::len).sum());
    let mut rest = &mut *magnitudes;
    for array in arrays {
        let (own, behind) = rest.split_at_mut(array.len());
        simd(|| own.iter_mut().zip(array).for_each(|(magnitude, value)| *magnitude = value.abs()));
        rest = behind;
    }
    let rank = magnitudes.len().checked_sub(magnitudes.len().div_ceil(10).max(1))?;
    order_statistics(&magnitudes, &[rank]).pop()
}

#[cfg(test)]
mod tests {
    use super::least_of_largest_tenth;

    #[test]
    fn by_hand() {
        let of = |count: i32| {
            let values: Vec<f64> = (0..count).map(|i| f64::from(i) - 6.0).collect();
            least_of_largest_tenth(values.chunks(4))
        };
        assert_eq!(of(11), Some(5.0), "two of eleven");
        assert_eq!(of(10), Some(6.0), "one of ten");
        assert_eq!(of(1), Some(6.0));
        assert_eq!(of(0), None);
    }
}
