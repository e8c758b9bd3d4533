//! Watches a run, writes it down, and passes on what it sees.

use crate::interrupt::{Interrupt, Interrupted};
use crate::measured::Measured;
use consilience_record::{Metric, Metrics, RunWriter, Timing};
use consilience_train::{EvaluationRecord, Observer, ObserverError, StepRecord, Values};

/// The observer of one run.
pub(crate) struct Recorder<'a> {
    writer: RunWriter,
    watcher: &'a mut dyn Observer,
    interrupt: &'a Interrupt,
    measured: Measured,
    steps: u64,
}

impl<'a> Recorder<'a> {
    /// Writes into `writer` and passes everything on to `watcher`, until `interrupt` is requested.
    pub fn new(writer: RunWriter, watcher: &'a mut dyn Observer, interrupt: &'a Interrupt) -> Self {
        Self { writer, watcher, interrupt, measured: Measured::default(), steps: 0 }
    }

    /// Ends the watching: the writer, what was measured, and the number of steps seen.
    pub fn end(self) -> (RunWriter, Measured, u64) {
        (self.writer, self.measured, self.steps)
    }

    fn heed(&self) -> Result<(), ObserverError> {
        if self.interrupt.is_requested() { Err(Box::new(Interrupted)) } else { Ok(()) }
    }
}

impl Observer for Recorder<'_> {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        let line = Metrics::new("step", record.step, record.epoch).with("loss", record.loss);
        self.writer.write_metrics(&with_values(line, &record.quantities))?;
        self.writer.write_timing(&Timing { kind: "step".to_owned(), step: record.step, seconds: record.seconds })?;
        self.measured.add(&record.quantities);
        self.steps = record.step + 1;
        self.watcher.step(record)?;
        self.heed()
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        let line = Metrics::new("evaluation", record.step, record.epoch);
        self.writer.write_metrics(&with_values(line, &record.values))?;
        self.watcher.evaluation(record)?;
        self.heed()
    }
}

fn with_values(line: Metrics, values: &Values) -> Metrics {
    values.iter().fold(line, |line, (name, value)| line.with(name.as_str(), Metric::Number(value.unwrap_or(f64::NAN))))
}
