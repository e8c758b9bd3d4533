//! Going on with a run that was killed or interrupted.

use crate::atomic;
use crate::checkpoint::{self, Checkpoint, Position};
use crate::description::{Program, Resumption, RunDescription, Status};
use crate::error::RecordError;
use crate::growing::{Extent, Growing, check_extent, whole_lines};
use crate::instant::UtcTime;
use crate::lock::Lock;
use crate::reader::RunReader;
use crate::writer::{RunWriter, write_description};
use crate::{CHECKPOINTS_DIRECTORY, EXAMPLES_FILE, METRICS_FILE, TIMINGS_FILE, WEIGHTS_FILE};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A run that was begun, which no other process writes. Nothing is changed before [`Unfinished::resume`].
#[derive(Debug)]
pub struct Unfinished {
    directory: PathBuf,
    description: RunDescription,
    lock: Lock,
}

/// A checkpoint of an [`Unfinished`] run, checked.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The state.
    pub checkpoint: Checkpoint,
    position: Position,
}

impl Unfinished {
    /// Opens the run in `directory`, whatever its status.
    ///
    /// # Errors
    /// As for [`RunReader::open`]; [`RecordError::Busy`] while another process writes it.
    pub fn open(directory: &Path) -> Result<Self, RecordError> {
        RunReader::open(directory)?;
        let lock = Lock::acquire(directory)?;
        // Again, now that nobody else can change it.
        let description = RunReader::open(directory)?.description().clone();
        Ok(Self { directory: directory.to_owned(), description, lock })
    }

    /// What `run.toml` says.
    pub fn description(&self) -> &RunDescription {
        &self.description
    }

    /// The steps of its checkpoints, the newest first.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn checkpoints(&self) -> Result<Vec<u64>, RecordError> {
        let mut steps = checkpoints(&self.directory)?;
        steps.reverse();
        Ok(steps)
    }

    /// The checkpoint before `step`.
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Malformed`] when it is not whole, not of this run, or when the metrics are not those
    /// that were there when it was written.
    pub fn checkpoint(&self, step: u64) -> Result<Saved, RecordError> {
        let path = checkpoint_file(&self.directory, step);
        let (checkpoint, position) = checkpoint::read(&path)?;
        let foreign = |message: &str| Err(RecordError::malformed(&path, None, message));
        if checkpoint.step != step {
            return foreign(&format!("it is the checkpoint of step {}", checkpoint.step));
        }
        if position.settings != self.description.settings_checksum() {
            return foreign("it is of a run with other settings");
        }
        check_extent(&self.directory.join(METRICS_FILE), position.metrics)?;
        // Of times nothing follows: those that are missing are not made up for.
        Ok(Saved { checkpoint, position })
    }

    /// Goes on from a checkpoint, or from the beginning: what was recorded after it is removed, and the status becomes
    /// [`Status::Running`]. `settings` take the place of those recorded; they are the same but for what changes no result.
    ///
    /// # Errors
    /// [`RecordError::Io`], [`RecordError::Unwritable`].
    pub fn resume(
        mut self,
        from: Option<&Saved>,
        settings: toml::Table,
        program: Program,
    ) -> Result<RunWriter, RecordError> {
        let start = Position::start(&self.description);
        let (step, position) = from.map_or((0, start), |saved| (saved.checkpoint.step, saved.position));
        let description = &mut self.description;
        description.status = Status::Running;
        (description.error, description.ended, description.seconds) = (None, None, None);
        description.settings = settings;
        description.resumed.push(Resumption { at: UtcTime::now(), step, program });
        // First the status: a run that looks finished must not lose anything.
        write_description(&self.directory, &self.description)?;
        for step in self.checkpoints()?.into_iter().filter(|&later| from.is_none() || later > step) {
            remove(&checkpoint_file(&self.directory, step))?;
        }
        for name in [EXAMPLES_FILE, WEIGHTS_FILE] {
            remove(&self.directory.join(name))?;
        }
        for directory in [self.directory.clone(), self.directory.join(CHECKPOINTS_DIRECTORY)] {
            atomic::remove_leftovers(&directory);
        }
        let metrics = Growing::cut(self.directory.join(METRICS_FILE), position.metrics)?;
        let timings = self.directory.join(TIMINGS_FILE);
        let known = whole_lines(&timings, position.timings);
        let timings = Growing::cut(timings, known)?;
        Ok(RunWriter::of(self.directory, self.description, self.lock, metrics, timings, position.seconds))
    }
}

impl Position {
    /// Before the first step.
    fn start(description: &RunDescription) -> Self {
        let settings = description.settings_checksum();
        Self { metrics: Extent::default(), timings: Extent::default(), seconds: 0.0, settings }
    }
}

/// Where the checkpoint before `step` is.
pub(crate) fn checkpoint_file(directory: &Path, step: u64) -> PathBuf {
    directory.join(CHECKPOINTS_DIRECTORY).join(format!("{step}.safetensors"))
}

/// The steps of the checkpoints below `directory`, in their order. Files with other names are nobody's checkpoints.
pub(crate) fn checkpoints(directory: &Path) -> Result<Vec<u64>, RecordError> {
    let path = directory.join(CHECKPOINTS_DIRECTORY);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(RecordError::io("read", &path)(cause)),
    };
    let step = |name: &str| -> Option<u64> { name.strip_suffix(".safetensors")?.parse().ok() };
    let mut steps = Vec::new();
    for entry in entries {
        let name = entry.map_err(RecordError::io("read", &path))?.file_name();
        steps.extend(name.to_str().and_then(step));
    }
    steps.sort_unstable();
    Ok(steps)
}

/// The file of the last checkpoint of a run; `None` when there is none that can be found.
pub fn last_checkpoint(directory: &Path) -> Option<PathBuf> {
    checkpoints(directory).ok()?.last().map(|&step| checkpoint_file(directory, step))
}

/// Removes the checkpoints of a run whose steps are `unwanted`.
///
/// # Errors
/// [`RecordError::Io`].
pub fn remove_checkpoints(directory: &Path, unwanted: impl Fn(u64) -> bool) -> Result<(), RecordError> {
    for step in checkpoints(directory)?.into_iter().filter(|&step| unwanted(step)) {
        remove(&checkpoint_file(directory, step))?;
    }
    // Goes only when nothing is left in it.
    let _ = fs::remove_dir(directory.join(CHECKPOINTS_DIRECTORY));
    Ok(())
}

fn remove(path: &Path) -> Result<(), RecordError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(RecordError::io("delete", path)(cause)),
        _ => Ok(()),
    }
}
