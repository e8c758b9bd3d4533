//! Axes between round numbers.

use crate::numbers::number;

/// An axis: its ends, and labels at even distances from one to the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// The lower end; its logarithm to base 10 on a logarithmic scale.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// At least two, from the lower end to the upper.
    pub labels: Vec<String>,
}

/// A linear axis around `low` to `high` with about `intervals` intervals, whose labels are multiples of 1, 2 or 5 times a
/// power of ten.
pub fn linear(low: f64, high: f64, intervals: usize) -> Scale {
    let (low, high) = widened(low, high);
    let step = round_step((high - low) / intervals.max(1) as f64);
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    let plain = (-4.0..6.0).contains(&step.log10()) && (first.abs().max(last.abs()) * step) < 1e7;
    let label = |place: usize| {
        let value = (first + place as f64) * step;
        if plain { format!("{value:.decimals$}") } else { format!("{value:.1e}") }
    };
    Scale { low: first * step, high: last * step, labels: (0..=(last - first) as usize).map(label).collect() }
}

/// A logarithmic axis around `low` to `high`, both above 0.
pub fn logarithmic(low: f64, high: f64, intervals: usize) -> Scale {
    let (low, high) = if low < high { (low, high) } else { (low / 2.0, high * 2.0) };
    let (low, high) = (outwards(low.log10(), false), outwards(high.log10(), true));
    let intervals = intervals.max(1);
    let label = |place: usize| {
        let value = 10_f64.powf(low + (high - low) * place as f64 / intervals as f64);
        number(value)
    };
    Scale { low, high, labels: (0..=intervals).map(label).collect() }
}

/// The ends, apart from each other and finite.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let margin = if low == 0.0 { 0.5 } else { low.abs() / 2.0 };
    if high - low > 1e-9 * low.abs().max(high.abs()) { (low, high) } else { (low - margin, high + margin) }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let found =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|round| *round >= step * (1.0 - 1e-9));
    found.unwrap_or(step).max(f64::MIN_POSITIVE)
}

/// The logarithm of the nearest of 1, 2, 5 times a power of ten outside of `exponent`.
fn outwards(exponent: f64, upwards: bool) -> f64 {
    let whole = exponent.floor();
    let steps = [0.0, 2_f64.log10(), 5_f64.log10(), 1.0].map(|step| whole + step);
    let near = |step: &f64| (step - exponent).abs() < 1e-9;
    if let Some(step) = steps.into_iter().find(near) {
        return step;
    }
    let above = steps.into_iter().find(|step| *step > exponent);
    let below = steps.into_iter().rfind(|step| *step < exponent);
    if upwards { above } else { below }.unwrap_or(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_round() {
        let scale = linear(0.13, 0.92, 4);
        assert_eq!((scale.low, scale.high, scale.labels.join(" ")), (0.0, 1.0, "0.0 0.2 0.4 0.6 0.8 1.0".to_owned()));
        assert_eq!(linear(0.0, 1999.0, 4).labels, ["0", "500", "1000", "1500", "2000"]);
        assert_eq!(linear(-3.0, 11.0, 3).labels, ["-5", "0", "5", "10", "15"]);
        assert_eq!(linear(2.0, 2.0, 2).labels, ["1", "2", "3"]);
        assert_eq!(linear(0.0, 0.0, 1).labels, ["-1", "0", "1"]);
        assert!(linear(1e-30, 1e300, 4).labels.iter().all(|label| label.len() < 9));
        for (low, high) in [(f64::MIN_POSITIVE, f64::MIN_POSITIVE), (-1e300, 1e300), (1e9, 1e9 + 1.0)] {
            let scale = linear(low, high, 4);
            assert!(scale.low <= low && scale.high >= high && scale.labels.len() >= 2, "{scale:?}");
        }
    }

    #[test]
    fn logarithms() {
        let scale = logarithmic(0.013, 2.3, 2);
        assert_eq!(scale.labels, ["0.0100", "0.224", "5.00"]);
        assert_eq!((scale.low, scale.high), (-2.0, 5_f64.log10()));
        assert_eq!(logarithmic(1.0, 1.0, 1).labels, ["0.500", "2.00"]);
    }
}
