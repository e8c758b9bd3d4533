//! What a run measured, summed up.

use consilience_record::Metrics;
use consilience_train::Values;
use std::collections::HashMap;

/// Measured values over the steps at which they were defined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured(HashMap<String, Series>);

#[derive(Clone, Debug, PartialEq)]
struct Series {
    sum: f64,
    count: u64,
    last: f64,
}

impl Measured {
    /// Of the lines of a run so far, as if they had been [added](Self::add) one by one.
    pub(crate) fn of_lines(lines: &[Metrics]) -> Self {
        let mut measured = Self::default();
        for line in lines.iter().filter(|line| !matches!(line.kind.as_str(), "evaluation")) {
            let values = line.values.iter().filter(|(name, _)| line.kind != "step" || !is_training(name));
            let values = values.map(|(name, value)| (name.clone(), value.number().filter(|value| value.is_finite())));
            measured.add(&values.collect());
        }
        measured
    }

    pub(crate) fn add(&mut self, values: &Values) {
        for (name, value) in values {
            let Some(value) = *value else { continue };
            match self.0.get_mut(name) {
                Some(series) => {
                    series.sum += value;
                    series.count += 1;
                    series.last = value;
                }
                None => {
                    self.0.insert(name.clone(), Series { sum: value, count: 1, last: value });
                }
            }
        }
    }

    /// The mean of the value called `name`; none when it was never defined.
    pub fn mean(&self, name: &str) -> Option<f64> {
        self.0.get(name).map(|series| series.sum / series.count as f64)
    }

    /// The last value called `name`; none when it was never defined.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.0.get(name).map(|series| series.last)
    }
}

/// Whether a value of a step is of training itself, which is there at every step, and not of what is monitored.
pub(crate) fn is_training(name: &str) -> bool {
    matches!(name, "loss" | "penalty")
}
