//! What can go wrong with a run.

use crate::memory::{Bytes, MemoryNeed};
use crate::weights::WeightsError;
use consilience_data::DataError;
use consilience_nn::NetworkError;
use consilience_record::RecordError;
use consilience_train::TrainError;
use std::path::PathBuf;

/// Settings that cannot be taken: what is wrong with its place, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// What is wrong: lower case, no final period.
    pub message: String,
    /// What to do about it, a sentence each.
    pub hints: Vec<String>,
}

impl SettingsError {
    /// An error without hints.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    /// The same error with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// Why a run could not be prepared, carried out or written down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The settings cannot be taken.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The data cannot be had.
    #[error("{error} ({place})")]
    Data {
        /// Why.
        #[source]
        error: DataError,
        /// Where the settings name the data.
        place: String,
    },
    /// The network cannot be built for the data.
    #[error("the model does not fit the data: {error} ({place})")]
    Model {
        /// Why.
        #[source]
        error: Box<NetworkError>,
        /// Where the settings name the model.
        place: String,
        /// The data in words: their name, shape and outputs.
        data: String,
    },
    /// The machine has too little memory.
    #[error("this needs about {} of memory ({need}), and this machine has {}", Bytes(need.total()), Bytes(*machine))]
    Memory {
        /// What it needs.
        need: MemoryNeed,
        /// What there is, in bytes.
        machine: u64,
    },
    /// Training cannot start, or stopped with an error. The run directory has the status `failed` and keeps what was recorded
    /// before, unless `unrecorded` says otherwise.
    #[error("method `{method}`: {error}")]
    Training {
        /// Name of the method.
        method: String,
        /// Why.
        #[source]
        error: Box<TrainError>,
        /// Why the failure could not be recorded, if so; its directory then looks like that of a killed run.
        unrecorded: Option<Box<RecordError>>,
    },
    /// Saved arrays are not those of the network.
    #[error("the weights in {} do not fit: {error}", file.display())]
    Weights {
        /// The file.
        file: PathBuf,
        /// Which of them, and why.
        #[source]
        error: Box<WeightsError>,
        /// The network in words: where it is described, and for which data it was built.
        network: String,
    },
    /// The run directory cannot be made or written.
    #[error(transparent)]
    Record(#[from] RecordError),
}
