//! Reading a run back, finished or not.

use crate::description::RunDescription;
use crate::error::RecordError;
use crate::examples::{self, Column};
use crate::metrics::{Metrics, Timing};
use crate::weights::{self, Weight};
use crate::{EXAMPLES_FILE, METRICS_FILE, RUN_FILE, TIMINGS_FILE, WEIGHTS_FILE};
use serde::de::DeserializeOwned;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A run directory that can be read. The description is read on opening; the other files when asked for.
#[derive(Clone, Debug)]
pub struct RunReader {
    directory: PathBuf,
    description: RunDescription,
}

/// The lines of a file that grows while a run goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines<T> {
    /// The lines, first to last.
    pub records: Vec<T>,
    /// The beginning of a last line that was never finished, as a killed run (or a full disk) leaves it.
    pub truncated: Option<String>,
}

impl RunReader {
    /// Opens the run directory `directory`.
    ///
    /// # Errors
    /// [`RecordError::NotARun`] without `run.toml`, [`RecordError::Malformed`] when it does not hold what it should.
    pub fn open(directory: &Path) -> Result<Self, RecordError> {
        let path = directory.join(RUN_FILE);
        let text = fs::read_to_string(&path).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                RecordError::NotARun { path: directory.to_owned() }
            }
            _ => RecordError::io("read", &path)(cause),
        })?;
        let description = toml::from_str(&text).map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
            RecordError::malformed(&path, line, error.message())
        })?;
        Ok(Self { directory: directory.to_owned(), description })
    }

    /// What `run.toml` says.
    pub fn description(&self) -> &RunDescription {
        &self.description
    }

    /// The metrics.
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Malformed`], with the line, when a line other than an unfinished last one is not
    /// a record.
    pub fn metrics(&self) -> Result<Lines<Metrics>, RecordError> {
        read_lines(&self.directory.join(METRICS_FILE))
    }

    /// The wall-clock times.
    ///
    /// # Errors
    /// As for [`RunReader::metrics`].
    pub fn timings(&self) -> Result<Lines<Timing>, RecordError> {
        read_lines(&self.directory.join(TIMINGS_FILE))
    }

    /// The final weights, by name; none when the run has not come to writing them.
    ///
    /// # Errors
    /// [`RecordError::Io`], [`RecordError::Malformed`].
    pub fn weights(&self) -> Result<Option<Vec<Weight>>, RecordError> {
        let path = self.directory.join(WEIGHTS_FILE);
        match fs::read(&path) {
            Ok(bytes) => weights::from_bytes(&path, &bytes).map(Some),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(RecordError::io("read", &path)(cause)),
        }
    }

    /// The table of training examples; none when the run has written none.
    ///
    /// # Errors
    /// [`RecordError::Io`], [`RecordError::Malformed`].
    pub fn examples(&self) -> Result<Option<Vec<Column>>, RecordError> {
        let path = self.directory.join(EXAMPLES_FILE);
        match fs::read(&path) {
            Ok(bytes) => examples::from_bytes(&path, bytes).map(Some),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(RecordError::io("read", &path)(cause)),
        }
    }
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Lines<T>, RecordError> {
    let bytes = fs::read(path).map_err(RecordError::io("read", path))?;
    // A line ends with its line break: what follows the last one was not written to its end, even if it happens to parse.
    let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let (whole, rest) = bytes.split_at(end);
    let records = whole
        .split_inclusive(|&byte| byte == b'\n')
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_slice(line)
                .map_err(|error| RecordError::malformed(path, Some(index + 1), error.to_string()))
        })
        .collect::<Result<_, _>>()?;
    let truncated = (!rest.is_empty()).then(|| String::from_utf8_lossy(rest).into_owned());
    Ok(Lines { records, truncated })
}
