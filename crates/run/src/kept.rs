//! Runs that are there already.

use crate::begun::is_same_run;
use crate::error::RunError;
use crate::execute::{Ending, Executed, describe};
use crate::measured::{Measured, is_training};
use crate::prepared::Prepared;
use consilience_record::{Metric, Metrics, Program, RecordError, RunReader, Status, Timing};
use consilience_train::{EvaluationRecord, Outcome};
use std::path::Path;

/// What the run in `directory` came to, when it is `prepared`, finished; `None` when there is no such run. The seconds are those of
/// its records, in which what monitoring takes is a part of the steps.
///
/// # Errors
/// [`RunError::Record`] when it is there and cannot be read.
pub fn finished(prepared: &Prepared, directory: &Path) -> Result<Option<Executed>, RunError> {
    let run = match RunReader::open(directory) {
        Err(RecordError::NotARun { .. }) => return Ok(None),
        run => run?,
    };
    let description = run.description();
    if description.status != Status::Finished || !is_same_run(description, &describe(prepared, Program::default())?) {
        return Ok(None);
    }
    let lines = run.metrics()?.records;
    let Some(last) = lines.iter().rfind(|line| line.kind == "evaluation") else { return Ok(None) };
    let value = |value: &Metric| value.number().filter(|value| value.is_finite());
    let evaluation = EvaluationRecord {
        step: last.step,
        epoch: last.epoch,
        values: last.values.iter().map(|(name, metric)| (name.clone(), value(metric))).collect(),
        seconds: 0.0,
    };
    let timings = run.timings()?.records;
    let seconds = |kind: &str| timings.iter().filter(|line| line.kind == kind).map(|line| line.seconds).sum();
    let outcome = Outcome {
        steps: last.step,
        seconds_training: seconds("step"),
        seconds_monitoring: seconds("measurement"),
        seconds_evaluation: seconds("evaluation"),
        seconds_per_step: seconds_per_plain_step(&lines, &timings),
        evaluation,
        stopped_early: None,
    };
    Ok(Some(Executed { ending: Ending::Ended(outcome), measured: Measured::of_lines(&lines) }))
}

/// Why the run in `directory` failed, when it is `prepared` and did; `None` when there is no such run. It would do so again.
///
/// # Errors
/// [`RunError::Record`] when it is there and cannot be read.
pub fn failed(prepared: &Prepared, directory: &Path) -> Result<Option<String>, RunError> {
    let run = match RunReader::open(directory) {
        Err(RecordError::NotARun { .. }) => return Ok(None),
        run => run?,
    };
    let description = run.description();
    if description.status != Status::Failed || !is_same_run(description, &describe(prepared, Program::default())?) {
        return Ok(None);
    }
    Ok(Some(description.error.clone().unwrap_or_else(|| "it failed for a reason that was not recorded".to_owned())))
}

/// The mean of the steps at which nothing was monitored.
fn seconds_per_plain_step(lines: &[Metrics], timings: &[Timing]) -> Option<f64> {
    let mut steps = lines.iter().filter(|line| line.kind == "step").peekable();
    let (mut sum, mut count) = (0.0, 0_u64);
    // Both files are in the order of steps.
    for timing in timings.iter().filter(|timing| timing.kind == "step") {
        while steps.next_if(|line| line.step < timing.step).is_some() {}
        let is_plain = |line: &Metrics| line.values.iter().all(|(name, _)| is_training(name));
        if steps.peek().is_some_and(|line| line.step == timing.step && is_plain(line)) {
            sum += timing.seconds;
            count += 1;
        }
    }
    (count > 0).then(|| sum / count as f64)
}
