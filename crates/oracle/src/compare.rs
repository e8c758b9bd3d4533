/// The largest magnitude; NaN when one of the numbers is.
pub fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, x| if x.is_nan() || x.abs() > m { x.abs() } else { m })
}

/// The largest difference over the largest expected magnitude: the error relative to the maximum norm of the whole
/// array. Infinite when lengths differ, when a number is not finite where the other differs, or when zeros were
/// expected and anything else came.
pub fn relative_error(got: &[f64], expected: &[f64]) -> f64 {
    if got.len() != expected.len() {
        return f64::INFINITY;
    }
    let scale = largest(expected);
    let difference = got.iter().zip(expected).fold(0.0, |worst: f64, (got, expected)| {
        let same = got == expected || (got.is_nan() && expected.is_nan());
        let difference = if same { 0.0 } else { (got - expected).abs() };
        if difference.is_nan() { f64::INFINITY } else { worst.max(difference) }
    });
    if difference == 0.0 { 0.0 } else { difference / scale }
}
