/// The tenth (rounded up) of the pairs whose first number is largest in magnitude, in no particular order.
pub(super) fn largest_tenth(pairs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut pairs = pairs.to_vec();
    let count = pairs.len().div_ceil(10);
    if let Some(last) = count.checked_sub(1) {
        pairs.select_nth_unstable_by(last, |(a, _), (b, _)| b.abs().total_cmp(&a.abs()));
    }
    pairs.truncate(count);
    pairs
}

#[cfg(test)]
mod tests {
    use super::largest_tenth;

    #[test]
    fn by_hand() {
        let pairs: Vec<(f64, f64)> = (0..11).map(|i| (f64::from(i) - 6.0, f64::from(i))).collect();
        let mut largest = largest_tenth(&pairs);
        largest.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(largest, [(-6.0, 0.0), (-5.0, 1.0)]);
        assert_eq!(largest_tenth(&[]), []);
    }
}
