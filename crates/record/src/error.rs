//! What can go wrong with a run directory.

use std::io;
use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The directory to be made is there already.
    #[error("{} exists already", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// What is to be replaced was not made by a run.
    #[error("{} exists and is not a run directory, so it is not replaced", path.display())]
    NotReplaceable {
        /// What is there.
        path: PathBuf,
    },
    /// Another process writes the run.
    #[error(
        "{} is being written by {}",
        path.display(),
        process.as_ref().map_or_else(|| "another process".to_owned(), |process| format!("process {process}"))
    )]
    Busy {
        /// The run directory.
        path: PathBuf,
        /// The number of the process, where it could be read.
        process: Option<String>,
    },
    /// A run was to be read where there is none.
    #[error("{} is not a run directory: it has no {}", path.display(), crate::RUN_FILE)]
    NotARun {
        /// The directory.
        path: PathBuf,
    },
    /// The operating system refused an operation.
    #[error("cannot {operation} {}: {cause}", path.display())]
    Io {
        /// What was attempted, as a verb.
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The reason the operating system gave.
        #[source]
        cause: io::Error,
    },
    /// A file of the run does not hold what it should.
    #[error("{}{}: {message}", path.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where the file has lines.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// Something that was to be recorded cannot be written in its format.
    #[error("cannot write {what}: {message}")]
    Unwritable {
        /// What was to be recorded.
        what: String,
        /// The reason.
        message: String,
    },
}

impl RecordError {
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { operation, path, cause }
    }

    pub(crate) fn malformed(path: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_owned(), line, message: message.into() }
    }
}
