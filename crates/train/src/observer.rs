//! What a run tells whoever watches it.

use std::fmt;

use consilience_tensor::Real;

use crate::Checkpoint;
use crate::examples::ExampleTable;

/// Named values in a fixed order. `None` is a value that is undefined here, which is not the same as zero.
pub type Values = Vec<(String, Option<f64>)>;

/// What an observer may fail with, such as a full disk.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// One step of training, as seen before its update.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StepRecord {
    /// The step, counted from 0 over the whole run.
    pub step: u64,
    /// The epoch, counted from 0.
    pub epoch: u64,
    /// The mean loss of the batch, at the parameters before the update.
    pub loss: f64,
    /// What the penalties add to the loss, their weights included; `None` without penalties.
    pub penalty: Option<f64>,
    /// The quantities due at this step, at the parameters before the update and on the batch of the update; empty when none
    /// is due.
    pub quantities: Values,
    /// Wall-clock seconds of the step: fetching the batch, forward, backward (with the reductions that due quantities share)
    /// and update. The only number here that differs between two runs with one seed.
    pub seconds: f64,
}

/// Losses and accuracies on the training, test and validation data. The names are those of [`evaluation::MEASURES`].
///
/// [`evaluation::MEASURES`]: crate::evaluation::MEASURES
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EvaluationRecord {
    /// The number of updates made before.
    pub step: u64,
    /// The number of epochs completed before.
    pub epoch: u64,
    /// The values, in the order of [`evaluation::MEASURES`](crate::evaluation::MEASURES); those of the validation set only where
    /// there is one.
    pub values: Values,
    /// Wall-clock seconds it took; 0 when it was read back from a file.
    pub seconds: f64,
}

impl EvaluationRecord {
    /// The value of one measure; `None` when it is undefined or not there.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(n, _)| n == name).and_then(|(_, value)| *value)
    }
}

/// What was measured of the whole training set.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MeasurementRecord {
    /// What it is: `shares` (see [`SHARES`](crate::examples::SHARES)), or `scores`, at the end: for each column of the table of
    /// examples, `NAME/corrupt_area`, how well it tells corrupt from pristine
    /// ([`corrupt_area`](crate::examples::corrupt_area)).
    pub kind: &'static str,
    /// The number of updates made before.
    pub step: u64,
    /// The epoch, counted from 0.
    pub epoch: u64,
    /// The values.
    pub values: Values,
    /// Wall-clock seconds it took.
    pub seconds: f64,
}

/// What an evaluation computed for consecutive test examples.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct TestOutputs<'a> {
    /// The number of updates made before.
    pub step: u64,
    /// The place of the first of them in the test data.
    pub first: usize,
    /// Outputs per example, `C`.
    pub width: usize,
    /// The outputs, `[n, C]` row-major, before any softmax.
    pub values: &'a [f64],
}

/// Watches a run of a model of `R` numbers. An error stops the run and is returned by [`train`](crate::train).
pub trait Observer<R: Real = f32> {
    /// Called after every step.
    ///
    /// # Errors
    /// Whatever should stop the run.
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError>;

    /// Called after every evaluation.
    ///
    /// # Errors
    /// Whatever should stop the run.
    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError>;

    /// Called in every evaluation, before [`Observer::evaluation`], with the outputs for the test examples, pass by pass. Does
    /// nothing unless it is overridden.
    ///
    /// # Errors
    /// Whatever should stop the run.
    fn test_outputs(&mut self, outputs: &TestOutputs<'_>) -> Result<(), ObserverError> {
        let _ = outputs;
        Ok(())
    }

    /// Called after every measurement of the whole training set. Does nothing unless it is overridden.
    ///
    /// # Errors
    /// Whatever should stop the run.
    fn measurement(&mut self, record: &MeasurementRecord) -> Result<(), ObserverError> {
        let _ = record;
        Ok(())
    }

    /// Called at most once, when scores of examples were asked for and the run has ended, or was stopped by an error: the
    /// scores so far. Does nothing unless it is overridden.
    ///
    /// # Errors
    /// Whatever the run should fail with.
    fn examples(&mut self, table: &ExampleTable) -> Result<(), ObserverError> {
        let _ = table;
        Ok(())
    }

    /// Asked before every step, and before the evaluation at the end, with the number of updates made: whether
    /// [`Observer::checkpoint`] shall be called. Never, unless it is overridden.
    fn wants_checkpoint(&mut self, step: u64) -> bool {
        let _ = step;
        false
    }

    /// Called when [`Observer::wants_checkpoint`] says so, with everything from which [`resume`](crate::resume) goes on. Does
    /// nothing unless it is overridden.
    ///
    /// # Errors
    /// Whatever should stop the run.
    fn checkpoint(&mut self, checkpoint: Checkpoint<R>) -> Result<(), ObserverError> {
        let _ = checkpoint;
        Ok(())
    }
}

/// The observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ignore;

impl<R: Real> Observer<R> for Ignore {
    fn step(&mut self, _: &StepRecord) -> Result<(), ObserverError> {
        Ok(())
    }

    fn evaluation(&mut self, _: &EvaluationRecord) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// The observer that keeps every record in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// All steps.
    pub steps: Vec<StepRecord>,
    /// All evaluations.
    pub evaluations: Vec<EvaluationRecord>,
    /// All measurements of the whole training set.
    pub measurements: Vec<MeasurementRecord>,
    /// The scores of examples, at the end.
    pub examples: Option<ExampleTable>,
}

impl<R: Real> Observer<R> for Recording {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        self.steps.push(record.clone());
        Ok(())
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        self.evaluations.push(record.clone());
        Ok(())
    }

    fn measurement(&mut self, record: &MeasurementRecord) -> Result<(), ObserverError> {
        self.measurements.push(record.clone());
        Ok(())
    }

    fn examples(&mut self, table: &ExampleTable) -> Result<(), ObserverError> {
        self.examples = Some(table.clone());
        Ok(())
    }
}

/// How a run ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Updates made.
    pub steps: u64,
    /// Wall-clock seconds of all steps without monitoring and evaluation. A step with due quantities shares its backward pass
    /// with them, so it is counted as long as the mean step without; when every step had due quantities there is no such
    /// step, and their full time is counted.
    pub seconds_training: f64,
    /// Wall-clock seconds spent on due quantities, by the same reckoning.
    pub seconds_monitoring: f64,
    /// Wall-clock seconds spent on evaluations.
    pub seconds_evaluation: f64,
    /// Mean wall-clock seconds of the steps without due quantities; `None` when there was none.
    pub seconds_per_step: Option<f64>,
    /// The evaluation at the end.
    pub evaluation: EvaluationRecord,
    /// Why the run ended before its last step; `None` when it did not.
    pub stopped_early: Option<StopReason>,
}

/// Why a run ended before its last step. Everything observed before stands, and the model holds the last finite parameters.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum StopReason {
    /// The loss of a batch was infinite or not a number.
    NonFiniteLoss {
        /// The step whose loss it was; it made no update.
        step: u64,
        /// The loss.
        loss: f64,
        /// The loss of the step before, unless this was the first.
        last_finite: Option<f64>,
    },
    /// An update would have made a parameter infinite or not a number.
    NonFiniteUpdate {
        /// The step; it made no update.
        step: u64,
        /// The loss of this step, which was finite.
        last_finite: f64,
    },
}

impl StopReason {
    /// The same, when so many steps of other trainings have come before.
    pub(crate) fn after(mut self, steps: u64) -> Self {
        let (Self::NonFiniteLoss { step, .. } | Self::NonFiniteUpdate { step, .. }) = &mut self;
        *step += steps;
        self
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NonFiniteLoss { step, loss, last_finite } => {
                write!(f, "the loss became {loss} at step {step}")?;
                match last_finite {
                    Some(last) => write!(f, " (the last finite loss was {last:.6})")?,
                    None => write!(f, ", the first of the run")?,
                }
            }
            Self::NonFiniteUpdate { step, last_finite } => {
                write!(f, "the update of step {step} was not finite (the last finite loss was {last_finite:.6})")?;
            }
        }
        write!(f, "; training stopped with the last finite parameters; lower the learning rate")
    }
}

#[cfg(test)]
mod tests {
    use super::StopReason;

    #[test]
    fn reasons_say_the_step_the_last_loss_and_what_to_do() {
        let reason = StopReason::NonFiniteLoss { step: 12, loss: f64::NAN, last_finite: Some(3.25) };
        assert_eq!(
            reason.to_string(),
            "the loss became NaN at step 12 (the last finite loss was 3.250000); training stopped with the last finite \
             parameters; lower the learning rate"
        );
    }
}
