use std::f64::consts::PI;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::SpecError;
use crate::spec::require;

/// The learning rate of every update: in configuration files a number, or a table such as
/// `{ schedule = "cosine", start = 0.1 }`.
///
/// ```
/// use consilience_train::Rate;
///
/// let rate = Rate::Scheduled(toml::from_str("schedule = 'step'\nstart = 0.8\nevery = 10\nfactor = 0.5")?);
/// assert_eq!([0, 9, 10, 20].map(|step| rate.at(step, 100)), [0.8, 0.8, 0.4, 0.2]);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Rate {
    /// The same for every update.
    Constant(f64),
    /// A rate that changes.
    Scheduled(RateSchedule),
}

/// How a learning rate changes with the updates `t = 0, 1, ...` of `T` in total.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "schedule", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum RateSchedule {
    /// `start * factor^floor(t / every)`.
    Step {
        /// The first rate, above 0.
        start: f64,
        /// Updates between changes, at least 1.
        every: u64,
        /// What the rate is multiplied with, above 0.
        factor: f64,
    },
    /// After a linear rise over `warm_up` updates, half a cosine from `start` down to `end` (Loshchilov and Hutter 2017,
    /// without restarts).
    Cosine {
        /// The highest rate, above 0.
        start: f64,
        /// The rate after the last update, at least 0. Default 0.
        #[serde(default)]
        end: f64,
        /// Updates of linear rise from `start / warm_up`. Default 0.
        #[serde(default)]
        warm_up: u64,
    },
    /// Linearly from `low` to `high` and back, over and over (Smith 2017, the triangular policy).
    Cyclical {
        /// The lowest rate, at least 0.
        low: f64,
        /// The highest rate, above `low`.
        high: f64,
        /// Updates of one rise and fall, at least 2.
        period: u64,
    },
}

impl Default for Rate {
    fn default() -> Self {
        Self::Constant(0.1)
    }
}

impl From<f64> for Rate {
    fn from(rate: f64) -> Self {
        Self::Constant(rate)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

/// Unlike serde's own reading of untagged enums, this keeps the messages of what is wrong inside a table.
struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Rate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a table with the key `schedule`")
    }

    fn visit_f64<E: de::Error>(self, rate: f64) -> Result<Rate, E> {
        Ok(Rate::Constant(rate))
    }

    fn visit_i64<E: de::Error>(self, rate: i64) -> Result<Rate, E> {
        Ok(Rate::Constant(rate as f64))
    }

    fn visit_u64<E: de::Error>(self, rate: u64) -> Result<Rate, E> {
        Ok(Rate::Constant(rate as f64))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Rate, A::Error> {
        RateSchedule::deserialize(de::value::MapAccessDeserializer::new(map)).map(Rate::Scheduled)
    }
}

impl Rate {
    /// The rate of update `step`, counted from 0, of `total`.
    pub fn at(self, step: u64, total: u64) -> f64 {
        match self {
            Self::Constant(rate) => rate,
            Self::Scheduled(RateSchedule::Step { start, every, factor }) => {
                start * factor.powf((step / every.max(1)) as f64)
            }
            Self::Scheduled(RateSchedule::Cosine { start, warm_up, .. }) if step < warm_up => {
                start * (step + 1) as f64 / warm_up as f64
            }
            Self::Scheduled(RateSchedule::Cosine { start, end, warm_up }) => {
                let length = total.saturating_sub(warm_up).max(1);
                let share = ((step - warm_up) as f64 / length as f64).min(1.0);
                end + 0.5 * (start - end) * (1.0 + (PI * share).cos())
            }
            Self::Scheduled(RateSchedule::Cyclical { low, high, period }) => {
                let phase = (step % period.max(1)) as f64 / period.max(1) as f64;
                low + (high - low) * (1.0 - (2.0 * phase - 1.0).abs())
            }
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(self) -> Result<(), SpecError> {
        let positive = |key, rate: f64| require(rate.is_finite() && rate > 0.0, key, "a finite number above 0", &rate);
        let at_least_0 =
            |key, rate: f64| require(rate.is_finite() && rate >= 0.0, key, "a finite number of at least 0", &rate);
        match self {
            Self::Constant(rate) => positive("learning_rate", rate),
            Self::Scheduled(RateSchedule::Step { start, every, factor }) => {
                positive("learning_rate.start", start)?;
                positive("learning_rate.factor", factor)?;
                require(every > 0, "learning_rate.every", "at least 1", &every)
            }
            Self::Scheduled(RateSchedule::Cosine { start, end, .. }) => {
                positive("learning_rate.start", start)?;
                at_least_0("learning_rate.end", end)
            }
            Self::Scheduled(RateSchedule::Cyclical { low, high, period }) => {
                at_least_0("learning_rate.low", low)?;
                positive("learning_rate.high", high)?;
                require(high > low, "learning_rate.high", &format!("above learning_rate.low, {low}"), &high)?;
                require(period >= 2, "learning_rate.period", "at least 2", &period)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, RateSchedule};

    #[test]
    fn cosine_rises_linearly_and_falls_to_its_end() {
        let rate = Rate::Scheduled(RateSchedule::Cosine { start: 0.4, end: 0.2, warm_up: 4 });
        assert_eq!([0, 1, 3, 4].map(|step| rate.at(step, 14)), [0.1, 0.2, 0.4 * 4.0 / 4.0, 0.4]);
        assert!((rate.at(9, 14) - 0.3).abs() < 1e-15, "half of the way");
        assert!((rate.at(14, 14) - 0.2).abs() < 1e-15 && (rate.at(99, 14) - 0.2).abs() < 1e-15);
    }

    #[test]
    fn cyclical_rates_are_triangles() {
        let rate = Rate::Scheduled(RateSchedule::Cyclical { low: 1.0, high: 3.0, period: 4 });
        assert_eq!([0, 1, 2, 3, 4, 6].map(|step| rate.at(step, 100)), [1.0, 2.0, 3.0, 2.0, 1.0, 3.0]);
    }

    #[test]
    fn numbers_and_tables_are_read_and_written() {
        #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
        struct Table {
            rate: Rate,
        }
        for text in ["rate = 0.5", "rate = { schedule = 'cyclical', low = 0.0, high = 1.0, period = 4 }"] {
            let table: Table = toml::from_str(text).unwrap();
            assert_eq!(toml::from_str::<Table>(&toml::to_string(&table).unwrap()).unwrap(), table);
        }
        assert_eq!(toml::from_str::<Table>("rate = 2").unwrap(), Table { rate: Rate::Constant(2.0) });
        for (text, expected) in [
            ("rate = 'fast'", "a number, or a table with the key `schedule`"),
            ("rate = { schedule = 'stair' }", "unknown variant `stair`"),
            ("rate = { schedule = 'cosine', start = 1.0, warmup = 3 }", "unknown field `warmup`"),
        ] {
            let error = toml::from_str::<Table>(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn settings_are_checked() {
        let refused = |schedule| Rate::Scheduled(schedule).validate().unwrap_err().to_string();
        let cyclical = RateSchedule::Cyclical { low: 0.2, high: 0.1, period: 4 };
        assert_eq!(refused(cyclical), "learning_rate.high: expected above learning_rate.low, 0.2, got 0.1");
        let step = RateSchedule::Step { start: 0.1, every: 0, factor: 0.5 };
        assert_eq!(refused(step), "learning_rate.every: expected at least 1, got 0");
        assert!(Rate::Constant(f64::NAN).validate().is_err());
    }
}
