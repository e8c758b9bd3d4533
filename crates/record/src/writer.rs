//! Writing a run down while it goes on.

use crate::description::{RunDescription, Status};
use crate::directory::{self, IfExists};
use crate::error::RecordError;
use crate::examples::{self, Column};
use crate::instant::UtcTime;
use crate::metrics::{Metrics, Timing};
use crate::weights::{self, Weight};
use crate::{EXAMPLES_FILE, METRICS_FILE, RUN_FILE, TIMINGS_FILE, WEIGHTS_FILE, atomic};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The one writer of a run directory. Dropped without [`RunWriter::finish`], [`RunWriter::fail`]
/// or [`RunWriter::interrupt`], it leaves the run as a
/// killed program would: `running`.
#[derive(Debug)]
pub struct RunWriter {
    directory: PathBuf,
    description: RunDescription,
    begun: Instant,
    metrics: Lines,
    timings: Lines,
}

impl RunWriter {
    /// Makes the directory `directory`, and the ones above it, with `description` as its `run.toml`. The status becomes
    /// [`Status::Running`], the start the present moment.
    ///
    /// # Errors
    /// [`RecordError::Exists`], [`RecordError::NotReplaceable`]; [`RecordError::Io`]; [`RecordError::Unwritable`] when
    /// `description` cannot be written as TOML.
    pub fn create(directory: &Path, description: RunDescription, if_exists: IfExists) -> Result<Self, RecordError> {
        let description = RunDescription {
            status: Status::Running,
            error: None,
            started: UtcTime::now(),
            ended: None,
            seconds: None,
            ..description
        };
        let begun = Instant::now();
        directory::create(directory, if_exists, |partial| {
            for name in [METRICS_FILE, TIMINGS_FILE] {
                let path = partial.join(name);
                File::create(&path).map_err(RecordError::io("create", &path))?;
            }
            write_description(partial, &description)
        })?;
        Ok(Self {
            directory: directory.to_owned(),
            metrics: Lines::open(directory.join(METRICS_FILE))?,
            timings: Lines::open(directory.join(TIMINGS_FILE))?,
            description,
            begun,
        })
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
        self.metrics.append(metrics)
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
        self.metrics.synchronise()?;
        self.timings.synchronise()?;
        self.description.status = status;
        self.description.error = error;
        self.description.ended = Some(UtcTime::now());
        self.description.seconds = Some(self.begun.elapsed().as_secs_f64());
        write_description(&self.directory, &self.description)
    }
}

fn write_description(directory: &Path, description: &RunDescription) -> Result<(), RecordError> {
    let text = toml::to_string(description)
        .map_err(|error| RecordError::Unwritable { what: RUN_FILE.to_owned(), message: error.to_string() })?;
    atomic::write(&directory.join(RUN_FILE), text.as_bytes())
}

/// A file of JSON lines that only ever grows.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    fn open(path: PathBuf) -> Result<Self, RecordError> {
        let file = OpenOptions::new().append(true).open(&path).map_err(RecordError::io("open", &path))?;
        Ok(Self { path, file })
    }

    fn append(&mut self, line: &impl Serialize) -> Result<(), RecordError> {
        let mut text = serde_json::to_vec(line).map_err(|error| RecordError::Unwritable {
            what: self.path.display().to_string(),
            message: error.to_string(),
        })?;
        text.push(b'\n');
        // One write per line, unbuffered: whoever watches the file sees whole lines, and a killed run loses none.
        self.file.write_all(&text).map_err(RecordError::io("write", &self.path))
    }

    fn synchronise(&self) -> Result<(), RecordError> {
        self.file.sync_all().map_err(RecordError::io("synchronise", &self.path))
    }
}
