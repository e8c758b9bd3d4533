//! From values to places along an axis.

use libm::log10;

use crate::Scale;

/// How values become numbers that are laid out evenly.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Warp {
    Linear,
    Log,
    /// Logarithmic from `threshold` on, and zero a little below it.
    LogAndZero {
        threshold: f64,
    },
}

/// Distance, in decades, between zero and the smallest positive value.
const DECADES_TO_ZERO: f64 = 0.6;

impl Warp {
    /// The warp of a scale for these data.
    pub fn new(scale: Scale, data: &[f64]) -> Self {
        match scale {
            Scale::Linear => Self::Linear,
            Scale::Log => {
                let smallest = data.iter().copied().filter(|v| v.is_finite() && *v > 0.0).reduce(f64::min);
                match smallest {
                    Some(threshold) if data.contains(&0.0) => Self::LogAndZero { threshold },
                    _ => Self::Log,
                }
            }
        }
    }

    /// The even number of a value, where it has one.
    pub fn apply(self, value: f64) -> Option<f64> {
        let even = match self {
            Self::Linear => value,
            Self::Log if value > 0.0 => log10(value),
            Self::LogAndZero { threshold } if value >= threshold => log10(value),
            Self::LogAndZero { threshold } if value >= 0.0 => {
                log10(threshold) - DECADES_TO_ZERO * (1.0 - value / threshold)
            }
            Self::Log | Self::LogAndZero { .. } => return None,
        };
        even.is_finite().then_some(even)
    }

    /// The value of an even number.
    pub fn invert(self, even: f64) -> f64 {
        match self {
            Self::Linear => even,
            Self::Log => libm::exp10(even),
            Self::LogAndZero { threshold } => {
                let below = log10(threshold) - even;
                if below <= 0.0 { libm::exp10(even) } else { threshold * (1.0 - below / DECADES_TO_ZERO).max(0.0) }
            }
        }
    }
}

/// An axis on the page: the even numbers at its ends, and where these lie in pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Mapping {
    pub warp: Warp,
    /// Even numbers at the ends, `low < high`, both finite.
    pub low: f64,
    pub high: f64,
    /// Pixels at the ends.
    pub start: f64,
    pub end: f64,
}

impl Mapping {
    /// The place of a value; values far outside stay near enough for drawing.
    pub fn pixel(&self, value: f64) -> Option<f64> {
        self.warp.apply(value).map(|even| {
            // Halves, because the difference of two finite numbers may be infinite.
            let share = (even / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
            self.start + share.clamp(-20.0, 21.0) * (self.end - self.start)
        })
    }

    /// Whether an even number lies on the axis, give or take rounding.
    pub fn spans(&self, even: f64) -> bool {
        let slack = (self.high / 2.0 - self.low / 2.0) * 1e-9;
        even >= self.low - slack && even <= self.high + slack
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_a_place_on_a_log_axis() {
        let warp = Warp::new(Scale::Log, &[0.0, 10.0, 1000.0]);
        assert_eq!(warp, Warp::LogAndZero { threshold: 10.0 });
        assert_eq!(warp.apply(0.0), Some(0.4));
        assert_eq!(warp.apply(10.0), Some(1.0));
        assert_eq!(warp.apply(1000.0), Some(3.0));
        assert_eq!(warp.apply(-1.0), None);
        assert_eq!(Warp::new(Scale::Log, &[1.0, -4.0, f64::NAN]), Warp::Log);
        assert_eq!(Warp::Log.apply(0.0), None);
    }

    #[test]
    fn enormous_ranges_have_places() {
        let mapping = Mapping { warp: Warp::Linear, low: -1e308, high: 1e308, start: 0.0, end: 100.0 };
        assert_eq!(mapping.pixel(0.0), Some(50.0));
        assert_eq!(mapping.pixel(1e308), Some(100.0));
        assert_eq!(mapping.pixel(f64::INFINITY), None);
        assert_eq!(mapping.pixel(f64::NAN), None);
    }
}
