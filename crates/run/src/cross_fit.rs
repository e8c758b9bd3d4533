//! Scores the training examples of a run by networks that have not trained on them, and writes that down as a run.

use crate::error::RunError;
use crate::execute::{Execution, describe};
use crate::interrupt::{Interrupt, Interrupted};
use crate::measured::Measured;
use crate::memory::check_memory;
use crate::prepared::Prepared;
use crate::recorded;
use crate::recorder::Recorder;
use crate::weights;
use consilience_record::{RunWriter, Weight};
use consilience_train::{
    CrossFit, CrossFitted, EvaluationRecord, Observer, ObserverError, StepRecord, StopReason, TrainError, TrainSpec,
    cross_fit as fit,
};

/// How a cross-fit ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CrossFitEnding {
    /// Every part was scored. The status is `finished`.
    Finished,
    /// Numbers were no longer finite; the parts before are scored. The status is `failed`.
    StoppedEarly(StopReason),
    /// It was interrupted; nothing is scored. The status is `interrupted`.
    Interrupted {
        /// Steps made.
        steps: u64,
        /// Steps there would have been.
        total: u64,
    },
}

/// The number of steps that [`cross_fit`] takes over all parts, unless it stops early.
pub fn cross_fit_steps(prepared: &Prepared, parts: usize) -> u64 {
    what(prepared, parts, &prepared.method.settings.train).steps()
}

fn what<'a>(prepared: &'a Prepared, parts: usize, train: &'a TrainSpec) -> CrossFit<'a> {
    let settings = &prepared.method.settings;
    CrossFit {
        network: &prepared.network,
        initialisation: settings.initialisation,
        data: &prepared.data.train,
        train,
        parts,
        seed: settings.seed,
    }
}

/// Cuts the training examples of `prepared` into parts, trains a network on all but one of them for each, as its settings say, and
/// writes a run directory whose table of examples has the scores of [`HELD_OUT`](consilience_train::HELD_OUT).
///
/// The metrics are those of the parts, one after the other, numbered on; the weights are those of all networks, called
/// `part_1.NAME` and so on. `watcher` sees every step and evaluation once it is written.
///
/// # Errors
/// As for [`execute`](crate::execute), without what concerns going on with a run.
pub fn cross_fit(
    prepared: &Prepared,
    parts: usize,
    execution: &Execution<'_>,
    watcher: &mut dyn Observer,
) -> Result<CrossFitEnding, RunError> {
    let method = &prepared.method;
    check_memory(prepared)?;
    let spec = recorded::resolve(method)?;
    let what = what(prepared, parts, &spec);
    what.check().map_err(|error| RunError::Training {
        method: method.name.clone(),
        error: Box::new(error),
        unrecorded: None,
    })?;
    let mut description = describe(prepared, execution.program.clone())?;
    description.data.notes.push(format!(
        "cross-fitted: the examples of each of {parts} parts are scored by a network trained on the others"
    ));
    let writer = RunWriter::create(execution.directory, description, execution.if_exists)?;
    let (network, checkpoints) = (&prepared.network, &method.settings.checkpoints);
    let mut recorder =
        Recorder::new(writer, watcher, &execution.interrupt, network, checkpoints, (0, Measured::default()));
    let total = what.steps();
    let mut heeding = Heeding { recorder: &mut recorder, interrupt: &execution.interrupt };
    let fitted = fit::<f32>(&what, &mut heeding)
        .and_then(|fitted| recorder.examples(&fitted.table).map_err(TrainError::Observer).map(|()| fitted));
    let (writer, _, steps) = recorder.end();
    match fitted {
        Ok(fitted) => {
            let weights = all_weights(&fitted);
            match &fitted.stopped_early {
                None => writer.finish(&weights)?,
                Some(reason) => writer.fail(reason.to_string(), &weights)?,
            }
            Ok(fitted.stopped_early.map_or(CrossFitEnding::Finished, CrossFitEnding::StoppedEarly))
        }
        Err(TrainError::Observer(reason)) if reason.is::<Interrupted>() => {
            writer.interrupt(format!("interrupted after {steps} of {total} steps"), &[])?;
            Ok(CrossFitEnding::Interrupted { steps, total })
        }
        Err(error) => {
            // The error of training is the one to report, also where the disk refuses to record it.
            let unrecorded = writer.fail(error.to_string(), &[]).err().map(Box::new);
            Err(RunError::Training { method: method.name.clone(), error: Box::new(error), unrecorded })
        }
    }
}

/// Stops after the step in hand when that is requested. There are no checkpoints to go on from: a cross-fit is short.
struct Heeding<'a, 'r> {
    recorder: &'a mut Recorder<'r>,
    interrupt: &'a Interrupt,
}

impl Observer for Heeding<'_, '_> {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        self.recorder.step(record)?;
        if self.interrupt.is_requested() { Err(Box::new(Interrupted)) } else { Ok(()) }
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        self.recorder.evaluation(record)
    }
}

fn all_weights(fitted: &CrossFitted<f32>) -> Vec<Weight> {
    let part = |(number, model)| {
        let named = move |weight: Weight| Weight { name: format!("part_{}.{}", number + 1, weight.name), ..weight };
        weights::of(model).into_iter().map(named).collect::<Vec<_>>()
    };
    fitted.models.iter().enumerate().flat_map(part).collect()
}
