//! How many digits of a measurement mean something.

use libm::{floor, log10};

use super::Measured;

/// How a number is rounded: decimals after division by a power of ten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Digits {
    decimals: usize,
    exponent: i32,
}

/// A spread below this part of a number is that of rounding.
const ROUNDING: f64 = 1e-12;

impl Digits {
    /// The rule of the Particle Data Group (Review of Particle Physics, section 5.3): the standard deviation has two
    /// significant digits when its first three are at most 354, one when they are at most 949, and else is rounded up to
    /// 10; the mean has as many decimals. Whole numbers keep all their digits. Without a standard deviation, and with one
    /// that is only the rounding of floating-point numbers: four significant digits.
    pub fn of(measured: &Measured) -> Self {
        let largest = measured.mean.abs().max(measured.sd.unwrap_or(0.0));
        let place = |value: f64| floor(log10(value)) as i32;
        if !largest.is_finite() || largest == 0.0 {
            return Self { decimals: 0, exponent: 0 };
        }
        let exponent = if (-4..7).contains(&place(largest)) { 0 } else { place(largest) };
        let last = match measured.sd.filter(|sd| sd.is_finite() && *sd > ROUNDING * largest) {
            Some(sd) => {
                let first = place(sd);
                let digits = (sd / libm::exp10(f64::from(first - 2))).floor();
                match digits {
                    digits if digits <= 354.0 => first - 1,
                    // 950 and more round up to the next power of ten, of which two digits are kept.
                    _ => first,
                }
            }
            None if exponent != 0 => {
                // Four digits after rounding: 9.9999e-9 is 1.000e-8.
                let rounded = format!("{largest:.3e}");
                let exponent = rounded.split_once('e').and_then(|(_, place)| place.parse().ok()).unwrap_or(exponent);
                return Self { decimals: 3, exponent };
            }
            None => place(largest) - 3,
        };
        Self { decimals: (exponent - last).clamp(0, 12) as usize, exponent }
    }

    pub fn show(self, measured: &Measured) -> String {
        let Self { decimals, exponent } = self;
        // In two steps, because the smallest powers of ten have no reciprocal.
        let (half, rest) = (exponent / 2, exponent - exponent / 2);
        let scaled = |value: f64| value / libm::exp10(f64::from(half)) / libm::exp10(f64::from(rest));
        let number = |value: f64| match value {
            value if value.is_nan() => "NaN".to_owned(),
            value if value.is_infinite() => if value > 0.0 { "∞" } else { "−∞" }.to_owned(),
            value => {
                let text = format!("{:.decimals$}", scaled(value));
                let zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
                if zero { text.replace('-', "") } else { text.replace('-', "−") }
            }
        };
        let mean = number(measured.mean);
        let both = match measured.sd.filter(|_| measured.mean.is_finite()) {
            Some(sd) => format!("{mean} ± {}", number(sd)),
            None => mean,
        };
        match (exponent, measured.sd) {
            (0, _) => both,
            (_, Some(_)) => format!("({both})e{exponent}"),
            (_, None) => format!("{both}e{exponent}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(mean: f64, sd: impl Into<Option<f64>>) -> String {
        let measured = Measured { count: 3, mean, sd: sd.into() };
        Digits::of(&measured).show(&measured)
    }

    #[test]
    fn digits_follow_the_standard_deviation() {
        // The three examples of the Review of Particle Physics.
        assert_eq!(show(0.827, 0.119), "0.83 ± 0.12");
        assert_eq!(show(0.827, 0.367), "0.8 ± 0.4");
        assert_eq!(show(92.331, 0.102), "92.33 ± 0.10");
        assert_eq!(show(95.82, 0.5), "95.8 ± 0.5");
        assert_eq!(show(83.1, 9.6), "83 ± 10");
        assert_eq!(show(212.4, 174.1), "212 ± 174");
        assert_eq!(show(-0.0004, 0.002), "−0.0004 ± 0.0020");
        assert_eq!(show(-0.0, 0.2), "0.00 ± 0.20");
        assert_eq!(show(1.23e9, 4.6e7), "(1.23 ± 0.05)e9");
        assert_eq!(show(1.23e-9, 2.5e-11), "(1.230 ± 0.025)e-9");
    }

    #[test]
    fn single_and_hostile_numbers() {
        assert_eq!(show(96.25, None), "96.25");
        assert_eq!(show(0.962_51, None), "0.9625");
        assert_eq!(show(12_345.6, None), "12346");
        assert_eq!(show(3.0, 0.0), "3.000 ± 0.000");
        assert_eq!(show(42.33, 7.1e-15), "42.33 ± 0.00");
        assert_eq!(show(0.4233, 5e-17), "0.4233 ± 0.0000");
        assert_eq!(show(42.33, 7.1e-9), "42.330000000 ± 0.000000007");
        assert_eq!(show(f64::NAN, None), "NaN");
        assert_eq!(show(f64::INFINITY, 1.0), "∞");
        assert_eq!(show(0.0, None), "0");
        assert_eq!(show(f64::MAX, None), "1.798e308");
        assert_eq!(show(5e-324, None), "4.941e-324");
        assert_eq!(show(1e-320, None), "1.000e-320");
        assert_eq!(show(-9.9999e-9, None), "−1.000e-8");
    }
}
