use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// When something is measured: in configuration files a number of steps, `"log"`, or a list of steps.
///
/// ```
/// use consilience_gradients::Schedule;
/// let due: Vec<u64> = (0..250).filter(|&step| Schedule::Log.is_due(step)).collect();
/// assert_eq!(due[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20]);
/// assert_eq!(due[18..], [90, 100, 200]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Schedule {
    /// Every so many steps, the first (step 0) included. Never, when 0.
    Every(u64),
    /// Steps 0 to 9, 10 to 90 by 10, 100 to 900 by 100, 1000 to 9000 by 1000, then every 10,000: the steps of the official code
    /// of Coherent Gradients (Chatterjee 2020).
    Log,
    /// These steps.
    Steps(Vec<u64>),
}

impl Schedule {
    /// Whether quantities are measured at `step`, counted from 0.
    pub fn is_due(&self, step: u64) -> bool {
        match self {
            Self::Every(every) => *every > 0 && step.is_multiple_of(*every),
            Self::Log => {
                let unit = [10_000, 1000, 100, 10].into_iter().find(|&unit| step >= unit).unwrap_or(1);
                step.is_multiple_of(unit)
            }
            Self::Steps(steps) => steps.contains(&step),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(every) => write!(f, "{every}"),
            Self::Log => f.write_str("log"),
            Self::Steps(steps) => write!(f, "{steps:?}"),
        }
    }
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Every(every) => serializer.serialize_u64(*every),
            Self::Log => serializer.serialize_str("log"),
            Self::Steps(steps) => serializer.collect_seq(steps),
        }
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Schedule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of steps of at least 1, \"log\", or a list of steps")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Schedule, E> {
        let every = u64::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))?;
        self.visit_u64(every)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Schedule, E> {
        match value {
            0 => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
            every => Ok(Schedule::Every(every)),
        }
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Schedule, E> {
        match value {
            "log" => Ok(Schedule::Log),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Schedule, A::Error> {
        let mut steps = Vec::new();
        while let Some(step) = list.next_element()? {
            steps.push(step);
        }
        Ok(Schedule::Steps(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn log_keeps_one_significant_digit_up_to_ten_thousand() {
        let due = |step| Schedule::Log.is_due(step);
        assert!([0, 9, 10, 90, 100, 900, 1000, 9000, 10_000, 20_000, 110_000].into_iter().all(due));
        assert!(![11, 99, 110, 950, 1100, 9500, 11_000, 105_000].into_iter().any(due));
    }

    #[test]
    fn listed_steps_and_no_others() {
        let due: Vec<u64> = (0..200).filter(|&step| Schedule::Steps(vec![100, 20, 21]).is_due(step)).collect();
        assert_eq!(due, [20, 21, 100]);
    }

    #[test]
    fn every_starts_at_the_first_step() {
        let due: Vec<u64> = (0..10).filter(|&step| Schedule::Every(4).is_due(step)).collect();
        assert_eq!(due, [0, 4, 8]);
        assert!(!Schedule::Every(0).is_due(0));
    }
}
