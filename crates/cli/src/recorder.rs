//! Watches a run, writes it down and shows it.

use crate::progress::Progress;
use consilience_record::{Metric, Metrics, RunWriter, Timing};
use consilience_train::{EvaluationRecord, Observer, ObserverError, StepRecord, Values};

/// The observer of one method.
#[derive(Debug)]
pub struct Recorder {
    writer: RunWriter,
    progress: Progress,
    means: Means,
}

/// Means of measured values over the steps at which they were defined, in the order in which they first came.
#[derive(Debug, Default)]
pub struct Means(Vec<(String, f64, u64)>);

impl Means {
    fn add(&mut self, values: &Values) {
        for (name, value) in values {
            let Some(value) = value else { continue };
            match self.0.iter_mut().find(|(known, ..)| known == name) {
                Some((_, sum, count)) => {
                    *sum += value;
                    *count += 1;
                }
                None => self.0.push((name.clone(), *value, 1)),
            }
        }
    }

    /// The mean of the value called `name`; none when it was never defined.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, ..)| known == name).map(|(_, sum, count)| sum / *count as f64)
    }
}

impl Recorder {
    /// Writes into `writer` and shows on `progress`.
    pub fn new(writer: RunWriter, progress: Progress) -> Self {
        Self { writer, progress, means: Means::default() }
    }

    /// Ends the watching.
    pub fn end(self) -> (RunWriter, Means) {
        self.progress.end();
        (self.writer, self.means)
    }
}

impl Observer for Recorder {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        let line = Metrics::new("step", record.step, record.epoch).with("loss", record.loss);
        self.writer.write_metrics(&with_values(line, &record.quantities))?;
        self.writer.write_timing(&Timing { kind: "step".to_owned(), step: record.step, seconds: record.seconds })?;
        self.means.add(&record.quantities);
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
