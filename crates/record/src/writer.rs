//! Writing a run down while it goes on.

use crate::checkpoint::{self, Checkpoint, Position};
use crate::description::{RunDescription, Status};
use crate::directory::{self, IfExists};
use crate::error::RecordError;
use crate::events::Events;
use crate::examples::{self, Column};
use crate::growing::Growing;
use crate::instant::UtcTime;
use crate::lock::Lock;
use crate::metrics::{Metrics, Timing};
use crate::unfinished::{checkpoint_file, checkpoints};
use crate::weights::{self, Weight};
use crate::{CHECKPOINTS_DIRECTORY, EXAMPLES_FILE, FORMAT, METRICS_FILE, RUN_FILE, TIMINGS_FILE, WEIGHTS_FILE, atomic};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The one writer of a run directory. Dropped without [`RunWriter::finish`], [`RunWriter::fail`]
/// or [`RunWriter::interrupt`], it leaves the run as a
/// killed program would: `running`.
#[derive(Debug)]
pub struct RunWriter {
    directory: PathBuf,
    description: RunDescription,
    lock: Lock,
    begun: Instant,
    /// Seconds of computation before a kill or an interruption.
    seconds_before: f64,
    metrics: Growing,
    timings: Growing,
    events: Option<Events>,
}

impl RunWriter {
    /// Makes the directory `directory`, and the ones above it, with `description` as its `run.toml`. The status becomes
    /// [`Status::Running`], the start the present moment.
    ///
    /// # Errors
    /// [`RecordError::Exists`], [`RecordError::NotReplaceable`], [`RecordError::Busy`]; [`RecordError::Io`]; [`RecordError::Unwritable`] when
    /// `description` cannot be written as TOML.
    pub fn create(directory: &Path, description: RunDescription, if_exists: IfExists) -> Result<Self, RecordError> {
        let description = RunDescription {
            format: FORMAT,
            status: Status::Running,
            error: None,
            started: UtcTime::now(),
            ended: None,
            seconds: None,
            resumed: Vec::new(),
            ..description
        };
        let lock = directory::create(directory, if_exists, |partial| {
            for name in [METRICS_FILE, TIMINGS_FILE] {
                let path = partial.join(name);
                File::create(&path).map_err(RecordError::io("create", &path))?;
            }
            write_description(partial, &description)
        })?;
        let metrics = Growing::open(directory.join(METRICS_FILE))?;
        let timings = Growing::open(directory.join(TIMINGS_FILE))?;
        Ok(Self::of(directory.to_owned(), description, lock, metrics, timings, 0.0))
    }

    /// The writer of a directory that is in place.
    pub(crate) fn of(
        directory: PathBuf,
        description: RunDescription,
        lock: Lock,
        metrics: Growing,
        timings: Growing,
        seconds_before: f64,
    ) -> Self {
        Self { directory, description, lock, begun: Instant::now(), seconds_before, metrics, timings, events: None }
    }

    /// The same run, of which all metrics from now on, after `step` updates, are written to a TensorBoard event file, too. A run
    /// that goes on begins a new file: TensorBoard drops what earlier ones say of that step and later ones.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn with_events(self, step: u64) -> Result<Self, RecordError> {
        let events = Some(Events::begin(&self.directory, step)?);
        Ok(Self { events, ..self })
    }

    /// The run directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends a line to `metrics.jsonl` and flushes it.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn write_metrics(&mut self, metrics: &Metrics) -> Result<(), RecordError> {
        self.metrics.append(metrics)?;
        self.events.as_mut().map_or(Ok(()), |events| events.write(metrics))
    }

    /// Appends a line to `timings.jsonl` and flushes it.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn write_timing(&mut self, timing: &Timing) -> Result<(), RecordError> {
        self.timings.append(timing)
    }

    /// Writes the table of training examples, all of it or nothing.
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Unwritable`] when columns differ in length or share a name.
    pub fn write_examples(&mut self, columns: &[Column]) -> Result<(), RecordError> {
        atomic::write(&self.directory.join(EXAMPLES_FILE), &examples::to_bytes(columns)?)
    }

    /// Writes a checkpoint, all of it or nothing, once the metrics so far are safely on disk.
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Unwritable`] when the shape and number of elements of an array disagree.
    pub fn write_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), RecordError> {
        self.metrics.synchronise()?;
        self.timings.synchronise()?;
        let position = Position {
            metrics: self.metrics.extent(),
            timings: self.timings.extent(),
            seconds: self.seconds(),
            settings: self.description.settings_checksum(),
        };
        let bytes = checkpoint::to_bytes(checkpoint, position)?;
        let path = self.directory.join(CHECKPOINTS_DIRECTORY);
        fs::create_dir_all(&path).map_err(RecordError::io("create", &path))?;
        atomic::write(&checkpoint_file(&self.directory, checkpoint.step), &bytes)
    }

    /// The steps of the checkpoints that there are, in their order.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn checkpoints(&self) -> Result<Vec<u64>, RecordError> {
        checkpoints(&self.directory)
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.begun.elapsed().as_secs_f64()
    }

    /// Writes the final weights, and only then the status [`Status::Finished`].
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Unwritable`] when a weight's shape and number of elements disagree. The run then
    /// stays `running`.
    pub fn finish(self, weights: &[Weight]) -> Result<(), RecordError> {
        self.end(Status::Finished, None, weights)
    }

    /// Writes the weights that there are, if any, and then the status [`Status::Failed`] with what stopped the run.
    ///
    /// # Errors
    /// As for [`RunWriter::finish`].
    pub fn fail(self, error: impl Into<String>, weights: &[Weight]) -> Result<(), RecordError> {
        self.end(Status::Failed, Some(error.into()), weights)
    }

    /// Writes the weights after the last step, and then the status [`Status::Interrupted`] with how far the run came.
    ///
    /// # Errors
    /// As for [`RunWriter::finish`].
    pub fn interrupt(self, message: impl Into<String>, weights: &[Weight]) -> Result<(), RecordError> {
        self.end(Status::Interrupted, Some(message.into()), weights)
    }

    fn end(mut self, status: Status, error: Option<String>, weights: &[Weight]) -> Result<(), RecordError> {
        if status == Status::Finished || !weights.is_empty() {
            atomic::write(&self.directory.join(WEIGHTS_FILE), &weights::to_bytes(weights)?)?;
        }
        self.events.as_mut().map_or(Ok(()), Events::flush)?;
        self.metrics.synchronise()?;
        self.timings.synchronise()?;
        self.description.status = status;
        self.description.error = error;
        self.description.ended = Some(UtcTime::now());
        self.description.seconds = Some(self.seconds());
        let written = write_description(&self.directory, &self.description);
        drop(self.lock);
        written
    }
}

pub(crate) fn write_description(directory: &Path, description: &RunDescription) -> Result<(), RecordError> {
    let text = toml::to_string(description)
        .map_err(|error| RecordError::Unwritable { what: RUN_FILE.to_owned(), message: error.to_string() })?;
    atomic::write(&directory.join(RUN_FILE), text.as_bytes())
}
