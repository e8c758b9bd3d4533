//! What can go wrong with an experiment.

use crate::schema::{Experiment, Scale};
use consilience_data::DataError;
use consilience_record::RecordError;
use consilience_run::{RunError, SettingsError};
use consilience_sweep::SweepError;
use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A run cannot be prepared, carried out or written down.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Data files are missing.
    #[error("missing data file {}, which experiment `{experiment}` needs at scale {scale}", file.display())]
    MissingData {
        /// The experiment.
        experiment: String,
        /// The scale.
        scale: Scale,
        /// The first file that is missing.
        file: PathBuf,
        /// How to get it.
        obtain: String,
    },
    /// Results are there already, and they are not to be continued.
    #[error("{} exists already", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The runs cannot be carried out.
    #[error(transparent)]
    CarryOut(Box<SweepError>),
    /// A run that results are to be made of is not there or not whole.
    #[error("the run {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// Its directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A table or figure cannot be made.
    #[error("{what} cannot be made: {reason}")]
    Report {
        /// The table or figure.
        what: String,
        /// Why.
        reason: String,
    },
}

impl ExperimentError {
    pub(crate) fn from_run(error: RunError, experiment: &Experiment, scale: Scale) -> Self {
        match error {
            RunError::Data { error: DataError::MissingFile { file, origin, .. }, .. } => Self::MissingData {
                experiment: experiment.name.clone(),
                scale,
                file: file.clone(),
                obtain: origin.to_string(),
            },
            other => Self::Run(other),
        }
    }
}

impl From<SettingsError> for ExperimentError {
    fn from(error: SettingsError) -> Self {
        Self::Run(error.into())
    }
}

impl From<RecordError> for ExperimentError {
    fn from(error: RecordError) -> Self {
        Self::Run(error.into())
    }
}
