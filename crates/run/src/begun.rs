//! A run whose directory is in place: begun, or about to be gone on with.

use crate::difference::first_difference;
use crate::error::{RunError, SettingsError};
use crate::execute::{Execution, describe};
use crate::interrupt::Interrupt;
use crate::measured::Measured;
use crate::memory::check_memory;
use crate::prepared::Prepared;
use crate::recorded;
use crate::state;
use consilience_record::{
    FORMAT, IfExists, Program, RUN_FILE, RunDescription, RunReader, RunWriter, Status, Unfinished, check_target,
};
use consilience_train::{Checkpoint, TrainSpec};
use std::path::Path;

/// Where a run that was killed or interrupted is gone on from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// Updates made before, which are not made again.
    pub step: u64,
    /// What a person should know: checkpoints that could not be used, and why.
    pub notes: Vec<String>,
}

/// A run whose directory is in place: begun, or about to be gone on with. Nobody else can write it.
#[derive(Debug)]
pub struct Begun<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) spec: TrainSpec,
    pub(crate) writer: RunWriter,
    pub(crate) checkpoint: Option<Checkpoint<f32>>,
    /// What was measured before the checkpoint.
    pub(crate) measured: Measured,
    resumed: Option<Resumed>,
}

impl<'a> Begun<'a> {
    /// Makes the directory of a run; or, with [`IfExists::Resume`], opens the one that is there, chooses its newest checkpoint that
    /// can be used, and cuts off what was recorded after it.
    ///
    /// # Errors
    /// [`RunError::Memory`]; [`RunError::Settings`] when another run lacks what is to be read of it, or when the run that is there has other settings or
    /// data, is finished, or failed; [`RunError::Record`].
    pub fn new(prepared: &'a Prepared, execution: &'a Execution<'_>) -> Result<Self, RunError> {
        check_memory(prepared)?;
        let spec = recorded::resolve(&prepared.method)?;
        let description = describe(prepared, execution.program.clone())?;
        let begun = |writer, checkpoint, measured, resumed| Self {
            prepared,
            interrupt: &execution.interrupt,
            spec,
            writer,
            checkpoint,
            measured,
            resumed,
        };
        if execution.if_exists != IfExists::Resume || !is_run(execution.directory) {
            let writer = RunWriter::create(execution.directory, description, execution.if_exists)?;
            return Ok(begun(writer, None, Measured::default(), None));
        }
        let unfinished = Unfinished::open(execution.directory)?;
        check(execution.directory, unfinished.description(), &description)?;
        let run = RunReader::open(execution.directory)?;
        let mut notes = run.problems().to_vec();
        let mut usable = None;
        for step in unfinished.checkpoints()? {
            let saved = unfinished.checkpoint(step).map_err(|error| error.to_string());
            let read = saved.and_then(|saved| Ok((state::from_saved(&prepared.network, &saved.checkpoint)?, saved)));
            match read {
                Ok(read) => {
                    usable = Some(read);
                    break;
                }
                Err(error) => notes.push(format!("the checkpoint of step {step} is not used: {error}")),
            }
        }
        let (checkpoint, saved) = usable.unzip();
        let writer = unfinished.resume(saved.as_ref(), description.settings, description.program)?;
        let measured = Measured::of_lines(&run.metrics()?.records);
        let step = saved.map_or(0, |saved| saved.checkpoint.step);
        Ok(begun(writer, checkpoint, measured, Some(Resumed { step, notes })))
    }

    /// Where it is gone on from; `None` of a run that begins.
    pub fn resumed(&self) -> Option<&Resumed> {
        self.resumed.as_ref()
    }
}

/// Whether there is a run to go on with.
fn is_run(directory: &Path) -> bool {
    directory.join(RUN_FILE).is_file()
}

/// Checks, without changing anything, that [`Begun::new`] would not refuse the run or its directory.
///
/// # Errors
/// As there.
pub fn check_directory(prepared: &Prepared, directory: &Path, if_exists: IfExists) -> Result<(), RunError> {
    check_memory(prepared)?;
    check_target(directory, if_exists)?;
    if if_exists == IfExists::Resume && is_run(directory) {
        let asked = describe(prepared, Program::default())?;
        check(directory, RunReader::open(directory)?.description(), &asked)?;
    }
    Ok(())
}

/// The first difference between the data of two runs.
fn difference_of_data(recorded: &RunDescription, asked: &RunDescription) -> Option<String> {
    let data = |description: &RunDescription| toml::Table::try_from(&description.data).unwrap_or_default();
    first_difference(&data(recorded), &data(asked))
}

/// Whether both are of one run: of the same settings and data.
pub(crate) fn is_same_run(recorded: &RunDescription, asked: &RunDescription) -> bool {
    first_difference(&recorded.settings, &asked.settings).is_none() && difference_of_data(recorded, asked).is_none()
}

/// Refuses to go on with a run that is not the one that was asked for, or has come to its end.
fn check(directory: &Path, recorded: &RunDescription, asked: &RunDescription) -> Result<(), SettingsError> {
    let directory = directory.display();
    if recorded.format > FORMAT {
        let (theirs, ours) = (recorded.format, FORMAT);
        let message =
            format!("{directory} holds a run in version {theirs} of the format, and this program writes {ours}");
        return Err(SettingsError::new(message).hint("go on with the program that began it, or a newer one"));
    }
    if let Some(difference) = first_difference(&recorded.settings, &asked.settings) {
        return Err(SettingsError::new(format!("{directory} holds a run with other settings: {difference}"))
            .hint("go on with the settings that it was begun with, or give the new run a directory of its own"));
    }
    if let Some(difference) = difference_of_data(recorded, asked) {
        return Err(SettingsError::new(format!("{directory} holds a run on other data: {difference}"))
            .hint("go on with the data files that it was begun with"));
    }
    match recorded.status {
        Status::Running | Status::Interrupted => Ok(()),
        Status::Finished => Err(SettingsError::new(format!("{directory} holds a run that is finished already"))
            .hint("make it again with --force, or give the new run a directory of its own")),
        Status::Failed => {
            let why = recorded.error.clone().unwrap_or_else(|| "for a reason that was not recorded".to_owned());
            Err(SettingsError::new(format!("{directory} holds a run that failed and would do so again: {why}"))
                .hint("change its settings, and give the new run a directory of its own"))
        }
    }
}
