//! Numbers and durations as people read them.

/// A share as a percentage, `91.2 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A number with three significant digits, without an exponent where that is readable.
///
/// ```
/// assert_eq!(consilience_report::number(0.001_234_5), "0.00123");
/// ```
pub fn number(value: f64) -> String {
    let magnitude = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let decimals = (2.0 - magnitude).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// So many things, `1 step`, `2 000 000 steps`.
pub fn counted(value: u64, thing: &str) -> String {
    let ending = if value == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", count(value))
}

/// A count with its thousands apart, `2 000 000`, by spaces that are not broken.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    if digits.len() <= 4 {
        return digits;
    }
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// A duration in its two largest units: `0.4 s`, `3 s`, `42 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".to_owned();
    }
    if seconds < 9.95 {
        let tenths = format!("{seconds:.1}");
        return format!("{} s", tenths.strip_suffix(".0").unwrap_or(&tenths));
    }
    // Rounded first, so that nothing reads 60 s.
    let whole = seconds.round() as u64;
    let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400);
    match () {
        () if minutes == 0 => format!("{whole} s"),
        () if hours == 0 => format!("{minutes} min {} s", whole % 60),
        () if days == 0 => format!("{hours} h {} min", minutes % 60),
        () => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        for (value, expected) in [
            (0.0, "0.00"),
            (1.234_5, "1.23"),
            (12.345, "12.3"),
            (1234.5, "1234"),
            (0.001_234_5, "0.00123"),
            (-0.5, "-0.500"),
            (1.5e-9, "1.50e-9"),
            (2.5e12, "2.50e12"),
        ] {
            assert_eq!(number(value), expected);
        }
        assert_eq!(percent(0.912_34), "91.2 %");
    }

    #[test]
    fn counts_and_durations() {
        for (value, expected) in [(0, "0"), (2000, "2000"), (12_345, "12\u{a0}345"), (1_234_567, "1\u{a0}234\u{a0}567")]
        {
            assert_eq!(count(value), expected);
        }
        for (seconds, expected) in [
            (0.04, "0 s"),
            (2.96, "3 s"),
            (0.44, "0.4 s"),
            (9.96, "10 s"),
            (59.7, "1 min 0 s"),
            (125.0, "2 min 5 s"),
            (12_000.0, "3 h 20 min"),
            (187_200.0, "2 d 4 h"),
            (f64::NAN, "?"),
            (-1.0, "?"),
        ] {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
    }
}
