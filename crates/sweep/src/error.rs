//! What can go wrong with many runs.

use consilience_record::RecordError;
use consilience_run::{RunError, SettingsError};
use std::io;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// A run cannot be prepared, carried out or written down.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The system has no more threads.
    #[error("cannot start {threads} threads: {error}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why.
        #[source]
        error: rayon::ThreadPoolBuildError,
    },
    /// It cannot be made sure that nobody else carries out a run.
    #[error("a run cannot be claimed for this worker: {0}")]
    Claim(#[source] RecordError),
    /// What a batch script is made of cannot stand in one.
    #[error("{what} {text:?} cannot stand in a batch script: it holds {why}")]
    Script {
        /// What it is.
        what: &'static str,
        /// The text.
        text: String,
        /// What is in the way.
        why: &'static str,
    },
    /// The program that submits jobs cannot be started.
    #[error("cannot start `{program}`: {cause}")]
    Launcher {
        /// The program.
        program: String,
        /// The reason the operating system gave.
        #[source]
        cause: io::Error,
    },
    /// The program that submits jobs refused the job.
    #[error("`{program}` refused the job: {message}")]
    Refused {
        /// The program.
        program: String,
        /// What it said.
        message: String,
    },
}

impl From<SettingsError> for SweepError {
    fn from(error: SettingsError) -> Self {
        Self::Run(error.into())
    }
}

impl From<RecordError> for SweepError {
    fn from(error: RecordError) -> Self {
        Self::Run(error.into())
    }
}
