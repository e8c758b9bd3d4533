//! Watches a run, writes it down, and passes on what it sees.

use crate::interrupt::{Interrupt, Interrupted};
use crate::measured::Measured;
use consilience_record::{Cells, Column, Metric, Metrics, RunWriter, Timing};
use consilience_train::examples::ExampleTable;
use consilience_train::{EvaluationRecord, MeasurementRecord, Observer, ObserverError, StepRecord, Values};

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

    fn measurement(&mut self, record: &MeasurementRecord) -> Result<(), ObserverError> {
        let line = Metrics::new(record.kind, record.step, record.epoch);
        self.writer.write_metrics(&with_values(line, &record.values))?;
        let timing = Timing { kind: "measurement".to_owned(), step: record.step, seconds: record.seconds };
        self.writer.write_timing(&timing)?;
        self.measured.add(&record.values);
        self.watcher.measurement(record)
    }

    fn examples(&mut self, table: &ExampleTable) -> Result<(), ObserverError> {
        self.writer.write_examples(&columns(table))?;
        self.watcher.examples(table)
    }
}

/// The columns of the table as they are written: `id`, where examples have classes `given_label`, `true_label` and `corrupt`,
/// and the scores.
fn columns(table: &ExampleTable) -> Vec<Column> {
    let ids = table.ids.iter().map(|&id| id as u64).collect();
    let mut columns = vec![Column::new("id", Cells::Ids(ids))];
    if !table.given.is_empty() {
        columns.push(Column::new("given_label", Cells::Classes(table.given.clone())));
        columns.push(Column::new("true_label", Cells::Classes(table.truth.clone())));
        columns.push(Column::new("corrupt", Cells::Flags(table.corrupt.clone())));
    }
    let scores = table.scores.iter().map(|(name, values)| Column::new(name, Cells::Numbers(values.clone())));
    columns.extend(scores);
    columns
}

fn with_values(line: Metrics, values: &Values) -> Metrics {
    values.iter().fold(line, |line, (name, value)| line.with(name.as_str(), Metric::Number(value.unwrap_or(f64::NAN))))
}
