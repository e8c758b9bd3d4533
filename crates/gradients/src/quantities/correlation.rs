use super::ratio;

/// Pearson's correlation, between -1 and 1; `None` when either side does not vary.
pub fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    // told by the numbers themselves: the rounding of a mean would pass for variation
    let first = pairs.first()?;
    if pairs.iter().all(|pair| pair.0 == first.0) || pairs.iter().all(|pair| pair.1 == first.1) {
        return None;
    }
    let n = pairs.len() as f64;
    let sums = pairs.iter().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    let means = (sums.0 / n, sums.1 / n);
    // relative to the largest deviations, so that squares neither overflow nor vanish
    let largest = pairs.iter().fold((0.0_f64, 0.0_f64), |largest, pair| {
        (largest.0.max((pair.0 - means.0).abs()), largest.1.max((pair.1 - means.1).abs()))
    });
    let (mut product, mut squares) = (0.0, (0.0, 0.0));
    for pair in pairs {
        let (x, y) = ((pair.0 - means.0) / largest.0, (pair.1 - means.1) / largest.1);
        product += x * y;
        squares.0 += x * x;
        squares.1 += y * y;
    }
    ratio(product, (squares.0 * squares.1).sqrt()).map(|correlation| correlation.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::correlation;

    #[test]
    fn by_hand() {
        // deviations (-1, 0, 1) and (-1, 1, 0)
        assert_eq!(correlation(&[(1.0, 0.0), (2.0, 2.0), (3.0, 1.0)]), Some(0.5));
        assert_eq!(correlation(&[(1.0, -2.0), (2.0, -4.0)]), Some(-1.0));
        assert_eq!(correlation(&[(1e-200, 1e200), (3e-200, 2e200)]), Some(1.0), "neither vanishes nor overflows");
        assert_eq!(correlation(&[(1.0, 0.0), (1.0, 2.0)]), None, "no variation");
        assert_eq!(correlation(&[(0.1, 0.0), (0.1, 2.0), (0.1, 3.0)]), None, "none but that of a rounded mean");
        assert_eq!(correlation(&[]), None);
    }
}
