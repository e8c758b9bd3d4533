//! Which values an axis names, and how they are written.

use libm::{floor, log10};

use crate::mapping::{Mapping, Warp};

/// Marks along an axis.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Ticks {
    /// Named values.
    pub major: Vec<(f64, String)>,
    /// Unnamed values between.
    pub minor: Vec<f64>,
    /// What all names leave out: a power of ten or an offset.
    pub note: String,
}

impl Ticks {
    /// The marks of an axis with room for about `room` names.
    pub fn new(mapping: &Mapping, room: usize) -> Self {
        let room = room.clamp(2, 10);
        match mapping.warp {
            Warp::Linear => linear(mapping.low, mapping.high, room),
            Warp::Log => log(mapping.low, mapping.high, room),
            Warp::LogAndZero { threshold } => {
                let mut ticks = log(log10(threshold).max(mapping.low), mapping.high, room.saturating_sub(1).max(2));
                if mapping.spans(mapping.warp.apply(0.0).unwrap_or(f64::INFINITY)) {
                    ticks.major.insert(0, (0.0, "0".to_owned()));
                }
                ticks
            }
        }
    }

    /// One mark per category.
    pub fn categories(names: &[String]) -> Self {
        let major = names.iter().enumerate().map(|(place, name)| (place as f64, name.clone())).collect();
        Self { major, ..Self::default() }
    }
}

/// The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is at least `rough`, and its decimals.
fn nice_step(rough: f64) -> (f64, i32) {
    let exponent = floor(log10(rough)) as i32;
    let (factor, more) = [(1.0, 0), (2.0, 0), (2.5, 1), (5.0, 0)]
        .into_iter()
        .find(|(factor, _)| factor * power_of_ten(exponent) >= rough * (1.0 - 1e-9))
        .unwrap_or((10.0, -1));
    (factor * power_of_ten(exponent), more - exponent)
}

fn power_of_ten(exponent: i32) -> f64 {
    // The parser rounds correctly, which repeated products do not.
    format!("1e{exponent}").parse().unwrap_or(0.0)
}

fn linear(low: f64, high: f64, room: usize) -> Ticks {
    let span = high / room as f64 - low / room as f64;
    if !span.is_finite() || span <= 0.0 {
        return Ticks::default();
    }
    let (step, decimals) = nice_step(span);
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    let count = (last - first).clamp(0.0, 20.0) as usize;
    let values: Vec<f64> = (0..=count).map(|i| (first + i as f64) * step).filter(|v| v.is_finite()).collect();
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let exponent = if largest > 0.0 { floor(log10(largest)) as i32 } else { 0 };
    let (mut note, mut offset, mut shown_exponent) = (String::new(), 0.0, 0);
    if exponent + decimals > 6 {
        // Names that differ only far behind the point: their first is the offset of all.
        offset = values.first().copied().unwrap_or(0.0);
        note = format!(" + {}", brief(offset));
    }
    let span_exponent = if offset == 0.0 { exponent } else { floor(log10(step)) as i32 };
    if !(-3..=5).contains(&span_exponent) {
        shown_exponent = span_exponent;
        note = format!("×10^{{{}}}{note}", minus(&span_exponent.to_string()));
    }
    let decimals = (decimals + shown_exponent).clamp(0, 15) as usize;
    // Two steps, because 10^-308 has no reciprocal and 10^308 no double.
    let (half, rest) = (shown_exponent / 2, shown_exponent - shown_exponent / 2);
    let shown = |value: f64| (value - offset) / power_of_ten(half) / power_of_ten(rest);
    let major = values.iter().map(|value| (*value, plain(shown(*value), decimals))).collect();
    Ticks { major, minor: Vec::new(), note: note.trim_start().to_owned() }
}

fn log(low: f64, high: f64, room: usize) -> Ticks {
    let (first, last) = ((low - 1e-9).ceil() as i32, (high + 1e-9).floor() as i32);
    let on_axis = |value: f64| value > 0.0 && log10(value) >= low - 1e-9 && log10(value) <= high + 1e-9;
    let decades = (last - first + 1).max(0) as usize;
    let steps = |factors: std::ops::Range<i32>| {
        (first - 1..=last)
            .flat_map(move |decade| factors.clone().map(move |factor| f64::from(factor) * power_of_ten(decade)))
            .filter(move |value| on_axis(*value))
            .collect::<Vec<f64>>()
    };
    if high - low < 0.7 {
        // Too short for decades to say anything.
        let mut ticks = linear(libm::exp10(low), libm::exp10(high), room);
        ticks.major.retain(|(value, _)| on_axis(*value));
        return ticks;
    }
    let within_plain = first > -4 && last < 5;
    let name = |value: f64| {
        let decade = floor(log10(value) + 1e-9) as i32;
        let factor = (value / power_of_ten(decade)).round();
        if within_plain {
            plain(value, (-decade).max(0) as usize)
        } else if factor == 1.0 {
            format!("10^{{{}}}", minus(&decade.to_string()))
        } else {
            format!("{factor}×10^{{{}}}", minus(&decade.to_string()))
        }
    };
    if decades < 3 {
        let named: Vec<f64> = steps(1..10)
            .into_iter()
            .filter(|value| {
                let factor = (value / power_of_ten(floor(log10(*value) + 1e-9) as i32)).round();
                factor == 1.0 || (decades < 2 || room >= 6) && (factor == 2.0 || factor == 5.0)
            })
            .collect();
        let major = named.into_iter().map(|value| (value, name(value))).collect();
        return Ticks { major, minor: steps(2..10), note: String::new() };
    }
    let least = decades.div_ceil(room);
    let stride = [1, 2, 3, 5, 10, 20, 50, 100].into_iter().find(|stride| *stride as usize >= least).unwrap_or(200);
    let major = (first..=last)
        .filter(|decade| decade.rem_euclid(stride) == 0)
        .map(power_of_ten)
        .filter(|value| *value > 0.0 && value.is_finite())
        .map(|value| (value, name(value)))
        .collect();
    let minor = match stride {
        1 => steps(2..10),
        2..=8 => steps(1..2),
        _ => Vec::new(),
    };
    Ticks { major, minor, note: String::new() }
}

/// A number with a fixed count of decimals, a true minus sign, and commas from 10,000 on.
pub(crate) fn plain(value: f64, decimals: usize) -> String {
    let digits = format!("{value:.decimals$}");
    let (negative, digits) = digits.strip_prefix('-').map_or((false, digits.as_str()), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, ""), |(whole, fraction)| (whole, fraction));
    let mut text = String::new();
    let zero = digits.chars().all(|c| c == '0' || c == '.');
    if negative && !zero {
        text.push('−');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && whole.len() > 4 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A number in at most five characters or as a multiple of a power of ten.
pub(crate) fn brief(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = floor(log10(value.abs()) + 1e-9) as i32;
    let digits = |value: f64, decimals: usize| {
        let text = plain(value, decimals);
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    if (-3..5).contains(&exponent) {
        return digits(value, (3 - exponent).max(0) as usize);
    }
    let (half, rest) = (exponent / 2, exponent - exponent / 2);
    let factor = digits(value / power_of_ten(half) / power_of_ten(rest), 3);
    let power = format!("10^{{{}}}", minus(&exponent.to_string()));
    match factor.as_str() {
        "1" => power,
        "−1" => format!("−{power}"),
        _ => format!("{factor}×{power}"),
    }
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(warp: Warp, low: f64, high: f64, room: usize) -> (Vec<String>, String) {
        let ticks = Ticks::new(&Mapping { warp, low, high, start: 0.0, end: 1.0 }, room);
        (ticks.major.into_iter().map(|(_, name)| name).collect(), ticks.note)
    }

    fn check(warp: Warp, low: f64, high: f64, room: usize, expected: &[&str], note: &str) {
        let (got, got_note) = names(warp, low, high, room);
        assert_eq!(got, expected, "{low}..{high}");
        assert_eq!(got_note, note, "{low}..{high}");
    }

    #[test]
    fn linear_axes() {
        check(Warp::Linear, 0.0, 1.0, 5, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"], "");
        check(Warp::Linear, -1.1, 1.1, 5, &["−1.0", "−0.5", "0.0", "0.5", "1.0"], "");
        check(Warp::Linear, 0.0, 100_000.0, 5, &["0", "20,000", "40,000", "60,000", "80,000", "100,000"], "");
        check(Warp::Linear, 0.0, 1.0, 4, &["0.00", "0.25", "0.50", "0.75", "1.00"], "");
        check(Warp::Linear, 0.0, 4e8, 4, &["0", "1", "2", "3", "4"], "×10^{8}");
        check(Warp::Linear, 0.0, 4e-7, 4, &["0", "1", "2", "3", "4"], "×10^{−7}");
        check(Warp::Linear, 0.0, 4e-310, 4, &["0", "1", "2", "3", "4"], "×10^{−310}");
    }

    #[test]
    fn nearly_equal_values_have_an_offset() {
        let (got, note) = names(Warp::Linear, 1e3, 1e3 + 4e-5, 4);
        assert_eq!(got, ["0", "1", "2", "3", "4"]);
        assert_eq!(note, "×10^{−5} + 1000");
    }

    #[test]
    fn log_axes() {
        check(Warp::Log, 0.0, 3.0, 5, &["1", "10", "100", "1000"], "");
        check(
            Warp::Log,
            -6.0,
            0.0,
            7,
            &["10^{−6}", "10^{−5}", "10^{−4}", "10^{−3}", "10^{−2}", "10^{−1}", "10^{0}"],
            "",
        );
        check(Warp::Log, 0.0, 1.0, 6, &["1", "2", "5", "10"], "");
        check(Warp::Log, -300.0, 300.0, 4, &["10^{−200}", "10^{0}", "10^{200}"], "");
        check(Warp::LogAndZero { threshold: 1.0 }, -0.6, 3.0, 5, &["0", "1", "10", "100", "1000"], "");
    }

    #[test]
    fn numbers() {
        assert_eq!(plain(-0.0001, 2), "0.00");
        assert_eq!(plain(1_234_567.0, 0), "1,234,567");
        assert_eq!(plain(1234.0, 0), "1234");
        assert_eq!(brief(-0.25), "−0.25");
        assert_eq!(brief(1e9), "10^{9}");
        assert_eq!(brief(-2.5e-7), "−2.5×10^{−7}");
    }
}
