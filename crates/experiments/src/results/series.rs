//! What a finished run recorded.

use crate::schema::{At, StepName};
use consilience_record::{Metric, RunReader, UtcTime};
use consilience_run::RunSettings;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// A number and the number of updates made before it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Updates made before.
    pub step: u64,
    /// The number; not a number where it was undefined.
    pub value: f64,
}

/// The series of a finished run that somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct RunRecord {
    /// The run directory.
    pub directory: PathBuf,
    /// When it began and when it ended, as far as it says so.
    pub times: [Option<UtcTime>; 2],
    /// Updates of an epoch.
    pub steps_per_epoch: f64,
    /// Why it stopped early, if so.
    pub stopped: Option<String>,
    /// Why it has no numbers, if it failed.
    pub failed: Option<String>,
    series: HashMap<String, Vec<Point>>,
}

impl RunRecord {
    /// Reads the series called `names` of the run in `directory`.
    ///
    /// # Errors
    /// What is wrong with the directory, in words.
    pub fn read(directory: &Path, names: &HashSet<String>) -> Result<Self, String> {
        let run = RunReader::open(directory).map_err(|error| error.to_string())?;
        let description = run.description();
        let settings: RunSettings =
            description.settings.clone().try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
        let mut series: HashMap<String, Vec<Point>> = HashMap::new();
        for line in run.metrics().map_err(|error| error.to_string())?.records {
            for (name, value) in &line.values {
                gather(name, value, line.step, names, &mut series);
            }
        }
        Ok(Self {
            directory: directory.to_owned(),
            times: [Some(description.started.clone()), description.ended.clone()],
            steps_per_epoch: settings.train.steps_per_epoch(description.data.train).max(1) as f64,
            stopped: description.error.clone(),
            failed: None,
            series,
        })
    }

    /// The record of a run that failed, and why: it has no numbers, whatever its directory holds.
    pub fn failed(directory: PathBuf, reason: String) -> Self {
        Self { directory, failed: Some(reason), ..Self::default() }
    }

    /// A record made by hand.
    pub fn of(steps_per_epoch: f64, series: impl IntoIterator<Item = (String, Vec<Point>)>) -> Self {
        Self { steps_per_epoch, series: series.into_iter().collect(), ..Self::default() }
    }

    /// The series called `name`; empty when it was not recorded.
    pub fn series(&self, name: &str) -> &[Point] {
        self.series.get(name).map_or(&[], Vec::as_slice)
    }

    /// The number of the series called `name` that `at` means; `step_of` knows the steps of parameters.
    pub fn number(&self, name: &str, at: &At, step_of: impl Fn(&StepName) -> Option<u64>) -> Option<f64> {
        let series = self.series(name);
        let finite = || series.iter().filter(|point| point.value.is_finite());
        let step_of_max = |series: &[Point]| {
            let finite = series.iter().filter(|point| point.value.is_finite());
            finite.max_by(|a, b| a.value.total_cmp(&b.value).then(b.step.cmp(&a.step))).map(|point| point.step)
        };
        let at_step = |step: u64| series.iter().rfind(|point| point.step == step).map(|point| point.value);
        let between = |[from, to]: &[StepName; 2]| {
            let (from, to) = (step_of(from)?, step_of(to)?);
            Some(
                finite().filter(|point| (from..=to).contains(&point.step)).map(|point| point.value).collect::<Vec<_>>(),
            )
        };
        let mean = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        let found = match at {
            At::First => series.first()?.value,
            At::Final => series.last()?.value,
            At::Min => finite().map(|point| point.value).min_by(f64::total_cmp)?,
            At::Max => finite().map(|point| point.value).max_by(f64::total_cmp)?,
            At::Mean => mean(&finite().map(|point| point.value).collect::<Vec<_>>())?,
            At::Sum => finite().map(|point| point.value).reduce(|sum, value| sum + value)?,
            At::WhereMax(other) => at_step(step_of_max(self.series(other))?)?,
            At::Step(step) => at_step(step_of(step)?)?,
            At::Epoch(epoch) => at_step((step_of(epoch)? as f64 * self.steps_per_epoch).round() as u64)?,
            At::MeanOfLast(count) => {
                let values: Vec<f64> = finite().map(|point| point.value).collect();
                mean(&values[values.len().saturating_sub(*count as usize)..])?
            }
            At::MeanBetween(steps) => mean(&between(steps)?)?,
            At::MaxBetween(steps) => between(steps)?.into_iter().max_by(f64::total_cmp)?,
            At::ChangeAfter(step) => {
                let step = step_of(step)?;
                at_step(step + 1)? - at_step(step)?
            }
            At::StepReaching(level) => finite().find(|point| point.value >= *level)?.step as f64,
            At::StepOfMax => step_of_max(series)? as f64,
        };
        found.is_finite().then_some(found)
    }
}

/// Tables and lists of values become series of their own, `name/key`.
fn gather(name: &str, value: &Metric, step: u64, names: &HashSet<String>, series: &mut HashMap<String, Vec<Point>>) {
    match value {
        Metric::Table(values) => {
            for (key, value) in values {
                gather(&format!("{name}/{key}"), value, step, names, series);
            }
        }
        Metric::List(values) => {
            for (index, value) in values.iter().enumerate() {
                gather(&format!("{name}/{index}"), value, step, names, series);
            }
        }
        value => {
            if let (true, Some(value)) = (names.contains(name), value.number()) {
                series.entry(name.to_owned()).or_default().push(Point { step, value });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_means_one_number() {
        let points = [(0, 1.0), (1, 4.0), (2, f64::NAN), (10, 4.0), (11, 2.5)];
        let series = points.iter().map(|&(step, value)| Point { step, value }).collect();
        let others = [(0, 1.0), (10, 7.0), (11, 7.0)].map(|(step, value)| Point { step, value }).to_vec();
        let run = RunRecord::of(5.0, [("a".to_owned(), series), ("other".to_owned(), others)]);
        let number = |at: &At| {
            run.number("a", at, |step| match step {
                StepName::Number(step) => Some(*step),
                StepName::Parameter(name) => (name == "t").then_some(10),
            })
        };
        let step = |step| StepName::Number(step);
        for (at, expected) in [
            (At::First, Some(1.0)),
            (At::Final, Some(2.5)),
            (At::Min, Some(1.0)),
            (At::Max, Some(4.0)),
            (At::Mean, Some(11.5 / 4.0)),
            (At::Sum, Some(11.5)),
            (At::WhereMax("other".into()), Some(4.0)),
            (At::WhereMax("none".into()), None),
            (At::Step(step(1)), Some(4.0)),
            (At::Step(step(2)), None),
            (At::Step(step(3)), None),
            (At::Step(StepName::Parameter("t".into())), Some(4.0)),
            (At::Step(StepName::Parameter("u".into())), None),
            (At::Epoch(step(2)), Some(4.0)),
            (At::MeanOfLast(2), Some(3.25)),
            (At::MeanOfLast(100), Some(11.5 / 4.0)),
            (At::MeanBetween([step(1), step(10)]), Some(4.0)),
            (At::MeanBetween([step(10), step(20)]), Some(3.25)),
            (At::MeanBetween([step(3), step(9)]), None),
            (At::MaxBetween([step(0), step(0)]), Some(1.0)),
            (At::MaxBetween([step(2), StepName::Parameter("t".into())]), Some(4.0)),
            (At::MaxBetween([step(11), step(3)]), None),
            (At::MaxBetween([step(0), StepName::Parameter("u".into())]), None),
            (At::ChangeAfter(step(10)), Some(-1.5)),
            (At::ChangeAfter(step(1)), None),
            (At::StepReaching(2.0), Some(1.0)),
            (At::StepReaching(5.0), None),
            (At::StepOfMax, Some(1.0)),
        ] {
            assert_eq!(number(&at), expected, "{at:?}");
        }
        assert_eq!(run.number("b", &At::Final, |_| None), None);
        assert_eq!(run.number("b", &At::Sum, |_| None), None, "of nothing");
    }
}
