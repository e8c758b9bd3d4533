//! Carries a run out and writes it down.

use crate::begun::Begun;
use crate::error::RunError;
use crate::interrupt::{Interrupt, Interrupted};
use crate::measured::Measured;
use crate::prepared::Prepared;
use crate::recorder::Recorder;
use crate::weights;
use consilience_data::Dataset;
use consilience_nn::Model;
use consilience_record::{DataDescription, IfExists, Program, RecordError, RunDescription, remove_checkpoints};
use consilience_train::{Observer, Outcome, TrainError, TrainingData, resume, train};
use std::path::Path;

/// Where a run is written, on whose behalf, and how it is stopped.
#[derive(Clone, Debug)]
pub struct Execution<'a> {
    /// The run directory.
    pub directory: &'a Path,
    /// What to do when it is there already; [`IfExists::Resume`] goes on with it.
    pub if_exists: IfExists,
    /// The program that runs, for the record.
    pub program: Program,
    /// The request to stop that the run heeds after every step and evaluation.
    pub interrupt: Interrupt,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Executed {
    /// How it ended.
    pub ending: Ending,
    /// What it measured, before a kill or an interruption, too.
    pub measured: Measured,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// It came to its end, or stopped early because its numbers were no longer finite, which the outcome says. Its status is
    /// `finished` or `failed`.
    Ended(Outcome),
    /// It was interrupted after so many steps. Its status is `interrupted`, and its weights are those after the last step.
    Interrupted {
        /// Steps made.
        steps: u64,
    },
}

/// Trains `prepared` and writes it down as `execution` says; `watcher` sees every step and evaluation once it is written.
///
/// What the settings read of other runs (the norms of `graft_recorded`) is read now, so that a method can follow one that is
/// executed before it.
///
/// # Errors
/// As for [`Begun::new`] and [`Begun::carry_out`].
pub fn execute(
    prepared: &Prepared,
    execution: &Execution<'_>,
    watcher: &mut dyn Observer,
) -> Result<Executed, RunError> {
    Begun::new(prepared, execution)?.carry_out(watcher)
}

impl Begun<'_> {
    /// Trains, from where the run begins or is gone on with; `watcher` sees every step and evaluation from there once it is
    /// written.
    ///
    /// # Errors
    /// [`RunError::Training`], [`RunError::Record`]. What was recorded before stays.
    pub fn carry_out(self, watcher: &mut dyn Observer) -> Result<Executed, RunError> {
        let Self { prepared, interrupt, spec, writer, checkpoint, measured, .. } = self;
        let Prepared { method, data, network } = prepared;
        let settings = &method.settings;
        let directory = writer.directory().to_owned();
        let begins = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.step);
        let writer = if settings.record.tensorboard { writer.with_events(begins)? } else { writer };
        let mut recorder =
            Recorder::new(writer, watcher, interrupt, network, &settings.checkpoints, (begins, measured));
        let mut model: Model<f32> = Model::init(network.clone(), settings.initialisation, settings.seed);
        let (seed, monitor, data) = (settings.seed, &settings.monitor, TrainingData::from(&**data));
        let trained = match checkpoint {
            None => train(&mut model, data, &spec, monitor, seed, &mut recorder),
            Some(checkpoint) => resume(checkpoint, &mut model, data, &spec, monitor, seed, &mut recorder),
        };
        let (writer, measured, steps) = recorder.end();
        match trained {
            Ok(outcome) => {
                let weights = weights::of(&model);
                match &outcome.stopped_early {
                    None => writer.finish(&weights)?,
                    Some(reason) => writer.fail(reason.to_string(), &weights)?,
                }
                // There is nothing left to go on with.
                remove_checkpoints(&directory, |step| !settings.checkpoints.is_kept(step))?;
                Ok(Executed { ending: Ending::Ended(outcome), measured })
            }
            Err(TrainError::Observer(reason)) if reason.is::<Interrupted>() => {
                let message = format!("interrupted after {steps} of {} steps", prepared.steps());
                writer.interrupt(message, &weights::of(&model))?;
                Ok(Executed { ending: Ending::Interrupted { steps }, measured })
            }
            Err(error) => {
                // The error of training is the one to report, also where the disk refuses to record it. What could not be
                // written is no fault of the run: it can be gone on with.
                let recorded = match &error {
                    TrainError::Observer(reason) if reason.is::<RecordError>() => {
                        writer.interrupt(error.to_string(), &[])
                    }
                    _ => writer.fail(error.to_string(), &[]),
                };
                let unrecorded = recorded.err().map(Box::new);
                Err(RunError::Training { method: method.name.clone(), error: Box::new(error), unrecorded })
            }
        }
    }
}

/// The settings of a run as its directory holds them, every default written out.
///
/// # Errors
/// [`RecordError::Unwritable`].
pub fn resolved(prepared: &crate::RunSettings) -> Result<toml::Table, RecordError> {
    toml::Table::try_from(prepared)
        .map_err(|error| RecordError::Unwritable { what: "the settings".to_owned(), message: error.to_string() })
}

pub(crate) fn describe(prepared: &Prepared, program: Program) -> Result<RunDescription, RecordError> {
    let Prepared { method, data, .. } = prepared;
    let shape = data.train.shape();
    Ok(RunDescription {
        method: method.name.clone(),
        seed: method.settings.seed,
        program,
        data: DataDescription {
            source: data.train.name().to_owned(),
            train: data.train.len(),
            train_corrupt: data.train.corrupt_count(),
            test: data.test.len(),
            validation: data.validation.as_ref().map(Dataset::len),
            shape: vec![shape.height, shape.width, shape.channels],
            outputs: data.train.outputs(),
            notes: data.notes.clone(),
        },
        settings: resolved(&method.settings)?,
        ..RunDescription::default()
    })
}
