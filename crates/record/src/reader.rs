//! Reading a run back, finished or not.

use crate::description::{self, RunDescription};
use crate::error::RecordError;
use crate::examples::{self, Column, Table};
use crate::metrics::{Metrics, Timing};
use crate::weights::{self, Weight};
use crate::{EXAMPLES_FILE, METRICS_FILE, RUN_FILE, TIMINGS_FILE, WEIGHTS_FILE, lock, regular};
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};

/// A run directory that can be read. The description is read on opening; the other files when asked for.
///
/// No file is trusted. What cannot be read, because the run was killed, the disk failed, or another version of the program wrote
/// it, is passed over and reported ([`RunReader::problems`], [`Lines::problems`], [`Table::problems`]); the rest is read.
#[derive(Clone, Debug)]
pub struct RunReader {
    directory: PathBuf,
    description: RunDescription,
    problems: Vec<String>,
}

/// The lines of a file that grows while a run goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines<T> {
    /// The lines, first to last.
    pub records: Vec<T>,
    /// The beginning of a last line that was never finished, as a killed run (or a full disk) leaves it.
    pub truncated: Option<String>,
    /// The other lines that are no records, which are passed over.
    pub damaged: Vec<DamagedLine>,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl<T> Lines<T> {
    /// Whether every line was read.
    pub fn is_whole(&self) -> bool {
        self.truncated.is_none() && self.damaged.is_empty()
    }

    /// What could not be read, a sentence each, of which the first names the line.
    pub fn problems(&self) -> impl Iterator<Item = String> {
        let damaged = DamagedLine::sentence(&self.damaged);
        let truncated = self.truncated.as_ref().map(|_| "the last line was never finished and is left out".to_owned());
        damaged.into_iter().chain(truncated)
    }
}

impl DamagedLine {
    /// What is said of all `lines` together, naming the first; nothing where there is none.
    pub fn sentence(lines: &[Self]) -> Option<String> {
        let Self { line, message } = lines.first()?;
        Some(match lines.len() {
            1 => format!("line {line} is not a record and is left out: {message}"),
            several => {
                format!("{several} lines are not records and are left out, the first of them line {line}: {message}")
            }
        })
    }
}

impl RunReader {
    /// Opens the run directory `directory`.
    ///
    /// # Errors
    /// [`RecordError::NotARun`] without `run.toml`, [`RecordError::Malformed`] when it is not TOML.
    pub fn open(directory: &Path) -> Result<Self, RecordError> {
        let path = directory.join(RUN_FILE);
        let bytes = regular::read(&path).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                RecordError::NotARun { path: directory.to_owned() }
            }
            _ => RecordError::io("read", &path)(cause),
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|error| RecordError::malformed(&path, None, error.utf8_error().to_string()))?;
        let table: toml::Table = toml::from_str(&text).map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            RecordError::malformed(&path, line, error.message())
        })?;
        let (description, problems) = description::from_table(table);
        Ok(Self { directory: directory.to_owned(), description, problems })
    }

    /// What could not be read of `run.toml`, a sentence each.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What `run.toml` says.
    pub fn description(&self) -> &RunDescription {
        &self.description
    }

    /// Whether a process writes the run at the moment; none where the file system has no locks that would tell.
    pub fn is_being_written(&self) -> Option<bool> {
        lock::is_held(&self.directory)
    }

    /// The metrics.
    ///
    /// # Errors
    /// [`RecordError::Io`]. Lines that are not records are left out; [`Lines::problems`] says so.
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
        match regular::read(&path) {
            Ok(bytes) => weights::from_bytes(&path, &bytes).map(Some),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(RecordError::io("read", &path)(cause)),
        }
    }

    /// The columns of [`RunReader::table`].
    ///
    /// # Errors
    /// As there.
    pub fn examples(&self) -> Result<Option<Vec<Column>>, RecordError> {
        Ok(self.table()?.map(|table| table.columns))
    }

    /// The table of training examples; none when the run has written none. Columns of types that no column of ours has are left
    /// out; [`Table::problems`] says so.
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Malformed`] when it is not a Parquet file, or not whole.
    pub fn table(&self) -> Result<Option<Table>, RecordError> {
        let path = self.directory.join(EXAMPLES_FILE);
        match regular::read(&path) {
            Ok(bytes) => examples::from_bytes(&path, bytes).map(Some),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(RecordError::io("read", &path)(cause)),
        }
    }
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Lines<T>, RecordError> {
    let bytes = regular::read(path).map_err(RecordError::io("read", path))?;
    // A line ends with its line break: what follows the last one was not written to its end, even if it happens to parse.
    let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let (whole, rest) = bytes.split_at(end);
    let (mut records, mut damaged) = (Vec::new(), Vec::new());
    for (index, line) in whole.split_inclusive(|&byte| byte == b'\n').enumerate() {
        match serde_json::from_slice(line) {
            Ok(record) => records.push(record),
            Err(error) => damaged.push(DamagedLine { line: index + 1, message: error.to_string() }),
        }
    }
    let truncated = (!rest.is_empty()).then(|| String::from_utf8_lossy(rest).into_owned());
    Ok(Lines { records, truncated, damaged })
}
