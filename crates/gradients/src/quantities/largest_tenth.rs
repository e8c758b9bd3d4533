use consilience_tensor::Real;

use super::order_statistics::order_statistics;

/// The smallest magnitude of the tenth (rounded up) of the numbers of all arrays that is largest in magnitude; `None` of no numbers.
pub(super) fn least_of_largest_tenth<R: Real>(arrays: &[&[R]]) -> Option<R> {
    let size: usize = arrays.iter().map(|array| array.len()).sum();
    let rank = size.checked_sub(size.div_ceil(10).max(1))?;
    order_statistics(arrays, &[rank]).pop()
}

#[cfg(test)]
mod tests {
    use super::least_of_largest_tenth;

    #[test]
    fn by_hand() {
        let of = |count: i32| {
            let values: Vec<f64> = (0..count).map(|i| f64::from(i) - 6.0).collect();
            least_of_largest_tenth(&values.chunks(4).collect::<Vec<_>>())
        };
        assert_eq!(of(11), Some(5.0), "two of eleven");
        assert_eq!(of(10), Some(6.0), "one of ten");
        assert_eq!(of(1), Some(6.0));
        assert_eq!(of(0), None);
    }
}
