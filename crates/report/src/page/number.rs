//! Numbers as a page says them.

use serde::{Serialize, Serializer};

/// A number with four significant digits, without an exponent where that is readable.
pub(crate) fn plain(value: f64) -> String {
    if !value.is_finite() {
        return "undefined".to_owned();
    }
    let magnitude = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = (3.0 - magnitude).clamp(0.0, 8.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share as a percentage: `91.24 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A count with its thousands apart: `60,000`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A stretch of time: `4.2 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "unknown".to_owned();
    }
    if seconds < 0.1 {
        return format!("{} ms", plain(1000.0 * seconds));
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{} h {minutes} min", count(hours)) } else { format!("{minutes} min {rest} s") }
}

/// A size of a file: `1.2 MB`.
pub fn bytes(size: usize) -> String {
    match size {
        0..1_000 => format!("{size} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", size as f64 / 1e3),
        _ => format!("{:.1} MB", size as f64 / 1e6),
    }
}

/// A number in the data of a page: six significant digits, `null` when it is not finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rounded(pub f64);

impl Serialize for Rounded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.0;
        if !value.is_finite() {
            return serializer.serialize_unit();
        }
        if value.fract() == 0.0 && value.abs() < 1e6 {
            return serializer.serialize_i64(value as i64);
        }
        // Six digits of a decimal fraction, which is then written with no more digits than it needs.
        serializer.serialize_f64(format!("{value:.5e}").parse().unwrap_or(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_people() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.123_456, "0.1235"),
            (-12.5, "-12.5"),
            (99_999.4, "99999"),
            (1.5e-7, "1.500e-7"),
            (2e12, "2.000e12"),
            (f64::NAN, "undefined"),
        ] {
            assert_eq!(plain(value), text);
        }
        assert_eq!(
            (percent(0.912_36), count(1_234_567), count(999)),
            ("91.24 %".into(), "1,234,567".into(), "999".into())
        );
        for (seconds, text) in
            [(0.012_34, "12.34 ms"), (4.21, "4.2 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min"), (-1.0, "unknown")]
        {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!((bytes(12), bytes(45_678), bytes(1_234_567)), ("12 bytes".into(), "46 kB".into(), "1.2 MB".into()));
    }

    #[test]
    fn in_data() {
        let text = |value| serde_json::to_string(&Rounded(value)).unwrap();
        for (value, expected) in [
            (3.0, "3"),
            (-0.0, "0"),
            (0.123_456_789, "0.123457"),
            (123_456_789.0, "123457000.0"),
            (1e-300, "1e-300"),
            (f64::INFINITY, "null"),
        ] {
            assert_eq!(text(value), expected);
        }
    }
}
