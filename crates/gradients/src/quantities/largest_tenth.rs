use consilience_tensor::Real;

use super::order_statistics::order_statistics;

/// The smallest magnitude of the tenth (rounded up) of the numbers that is largest in magnitude; `None` of no numbers.
pub(super) fn least_of_largest_tenth<R: Real>(values: impl Iterator<Item = R>) -> Option<R> {
    let magnitudes: Vec<R> = values.map(R::abs).collect();
    let rank = magnitudes.len().checked_sub(magnitudes.len().div_ceil(10).max(1))?;
    order_statistics(&magnitudes, &[rank]).pop()
}

#[cfg(test)]
mod tests {
    use super::least_of_largest_tenth;

    #[test]
    fn by_hand() {
        let values = |count: i32| (0..count).map(|i| f64::from(i) - 6.0);
        assert_eq!(least_of_largest_tenth(values(11)), Some(5.0), "two of eleven");
        assert_eq!(least_of_largest_tenth(values(10)), Some(6.0), "one of ten");
        assert_eq!(least_of_largest_tenth(values(1)), Some(6.0));
        assert_eq!(least_of_largest_tenth(values(0)), None);
    }
}
