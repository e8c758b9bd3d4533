//! Watches a run, writes it down, and passes on what it sees.

use crate::interrupt::{Interrupt, Interrupted};
use crate::measured::Measured;
use crate::settings::CheckpointSpec;
use crate::state;
use consilience_nn::Network;
use consilience_record::{Cells, Column, Metric, Metrics, RecordError, RunWriter, Timing, remove_checkpoints};
use consilience_train::examples::ExampleTable;
use consilience_train::{Checkpoint, EvaluationRecord, MeasurementRecord, Observer, ObserverError, StepRecord, Values};
use std::time::{Duration, Instant};

/// The observer of one run.
pub(crate) struct Recorder<'a> {
    writer: RunWriter,
    watcher: &'a mut dyn Observer,
    interrupt: &'a Interrupt,
    network: &'a Network,
    spec: &'a CheckpointSpec,
    measured: Measured,
    steps: u64,
    saving: Saving,
}

/// What a checkpoint costs may take of the time: one part in so many.
const COST: u32 = 100;

/// When the last checkpoint was written, and before which step.
struct Saving {
    since: Instant,
    took: Duration,
    step: Option<u64>,
}

impl<'a> Recorder<'a> {
    /// Writes into `writer` what a run of `network` does from step `step` on, with checkpoints by `spec`, and passes everything on
    /// to `watcher`, until `interrupt` is requested. `measured` is what was measured before.
    pub fn new(
        writer: RunWriter,
        watcher: &'a mut dyn Observer,
        interrupt: &'a Interrupt,
        network: &'a Network,
        spec: &'a CheckpointSpec,
        (step, measured): (u64, Measured),
    ) -> Self {
        let saving = Saving { since: Instant::now(), took: Duration::ZERO, step: Some(step) };
        Self { writer, watcher, interrupt, network, spec, measured, steps: step, saving }
    }

    /// Ends the watching: the writer, what was measured, and the number of steps seen.
    pub fn end(self) -> (RunWriter, Measured, u64) {
        (self.writer, self.measured, self.steps)
    }

    /// Writes a checkpoint, and removes those that it takes the place of.
    fn save(&mut self, checkpoint: &Checkpoint<f32>) -> Result<(), RecordError> {
        let begun = Instant::now();
        self.writer.write_checkpoint(&state::to_saved(self.network, checkpoint))?;
        let passing = |step: &u64| !self.spec.is_kept(*step);
        let passing: Vec<u64> = self.writer.checkpoints()?.into_iter().filter(passing).collect();
        let superseded = &passing[..passing.len().saturating_sub(self.spec.keep)];
        if !superseded.is_empty() {
            remove_checkpoints(self.writer.directory(), |step| superseded.contains(&step))?;
        }
        self.saving = Saving { since: Instant::now(), took: begun.elapsed(), step: Some(checkpoint.step) };
        Ok(())
    }
}

impl Observer for Recorder<'_> {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        let line = Metrics::new("step", record.step, record.epoch).with("loss", record.loss);
        let line = match record.penalty {
            Some(penalty) => line.with("penalty", penalty),
            None => line,
        };
        self.writer.write_metrics(&with_values(line, &record.quantities))?;
        self.writer.write_timing(&Timing { kind: "step".to_owned(), step: record.step, seconds: record.seconds })?;
        self.measured.add(&record.quantities);
        self.steps = record.step + 1;
        self.watcher.step(record)
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        let line = Metrics::new("evaluation", record.step, record.epoch);
        self.writer.write_metrics(&with_values(line, &record.values))?;
        self.writer.write_timing(&Timing {
            kind: "evaluation".to_owned(),
            step: record.step,
            seconds: record.seconds,
        })?;
        self.watcher.evaluation(record)
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

    fn wants_checkpoint(&mut self, step: u64) -> bool {
        if self.interrupt.is_requested() {
            return true;
        }
        if self.saving.step == Some(step) {
            return false;
        }
        let minutes = Duration::try_from_secs_f64(60.0 * self.spec.minutes).unwrap_or(Duration::MAX);
        let wait = minutes.max(self.saving.took.saturating_mul(COST));
        self.spec.is_kept(step) || (self.spec.minutes > 0.0 && self.saving.since.elapsed() >= wait)
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint<f32>) -> Result<(), ObserverError> {
        self.save(&checkpoint)?;
        if self.interrupt.is_requested() { Err(Box::new(Interrupted)) } else { Ok(()) }
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
