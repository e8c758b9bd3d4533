//! Watches a run, writes it down and shows it.

use crate::progress::Progress;
use consilience_record::{Metric, Metrics, RunWriter, Timing};
use consilience_train::{EvaluationRecord, Observer, ObserverError, StepRecord, Values};

/// The observer of one method.
#[derive(Debug)]
pub struct Recorder {
    writer: RunWriter,
    progress: Progress,
    measured: Measured,
}

/// Measured values over the steps at which they were defined.
#[derive(Debug, Default)]
pub struct Measured(Vec<Series>);

#[derive(Debug)]
struct Series {
    name: String,
    sum: f64,
    count: u64,
    last: f64,
}

impl Measured {
    fn add(&mut self, values: &Values) {
        for (name, value) in values {
            let Some(value) = *value else { continue };
            match self.0.iter_mut().find(|series| series.name == *name) {
                Some(series) => {
                    series.sum += value;
                    series.count += 1;
                    series.last = value;
                }
                None => self.0.push(Series { name: name.clone(), sum: value, count: 1, last: value }),
            }
        }
    }

    fn series(&self, name: &str) -> Option<&Series> {
        self.0.iter().find(|series| series.name == name)
    }

    /// The mean of the value called `name`; none when it was never defined.
    pub fn mean(&self, name: &str) -> Option<f64> {
        self.series(name).map(|series| series.sum / series.count as f64)
    }

    /// The last value called `name`; none when it was never defined.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.series(name).map(|series| series.last)
    }
}

impl Recorder {
    /// Writes into `writer` and shows on `progress`.
    pub fn new(writer: RunWriter, progress: Progress) -> Self {
        Self { writer, progress, measured: Measured::default() }
    }

    /// Ends the watching.
    pub fn end(self) -> (RunWriter, Measured) {
        self.progress.end();
        (self.writer, self.measured)
    }
}

impl Observer for Recorder {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        let line = Metrics::new("step", record.step, record.epoch).with("loss", record.loss);
        self.writer.write_metrics(&with_values(line, &record.quantities))?;
        self.writer.write_timing(&Timing { kind: "step".to_owned(), step: record.step, seconds: record.seconds })?;
        self.measured.add(&record.quantities);
        self.progress.step(record);
        Ok(())
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        let line = Metrics::new("evaluation", record.step, record.epoch);
        self.writer.write_metrics(&with_values(line, &record.values))?;
        self.progress.evaluation(record);
        Ok(())
    }
}

fn with_values(line: Metrics, values: &Values) -> Metrics {
    values.iter().fold(line, |line, (name, value)| line.with(name.as_str(), Metric::Number(value.unwrap_or(f64::NAN))))
}
