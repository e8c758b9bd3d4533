use consilience_data::DataError;
use consilience_gradients::GradientError;
use consilience_nn::NetworkError;
use consilience_nn::losses::TargetError;
use consilience_tensor::Shape;
use thiserror::Error;

use crate::{MemoryError, ObserverError};

/// Why a setting makes no sense.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// A value outside its range.
    #[error("{key}: expected {expected}, got {got}")]
    OutOfRange {
        /// The key in the configuration file.
        key: &'static str,
        /// The range.
        expected: String,
        /// The value.
        got: String,
    },
    /// Two settings of which only one may be given.
    #[error("{first} and {second} cannot both be given; leave one of them out")]
    Conflict {
        /// One key.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A quantity that does not exist.
    #[error("quantities: unknown quantity `{name}`{}", hint(nearest.as_deref()))]
    UnknownQuantity {
        /// The name that was given.
        name: String,
        /// The nearest name there is, when one is near.
        nearest: Option<String>,
    },
    /// A score of examples that does not exist.
    #[error("scores: unknown score `{name}`{}", hint(nearest.as_deref()))]
    UnknownScore {
        /// The name that was given.
        name: String,
        /// The nearest name there is, when one is near.
        nearest: Option<String>,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Why training cannot start, or stopped with an error.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting makes no sense.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The data has another shape than the network was built for.
    #[error(
        "the network takes inputs of {}x{}x{} (height x width x channels), but the {part} data has {}x{}x{}",
        expected.h, expected.w, expected.c, got.h, got.w, got.c
    )]
    Inputs {
        /// `training`, `test` or `validation`.
        part: &'static str,
        /// What the network was built for.
        expected: Shape,
        /// What the data has.
        got: Shape,
    },
    /// The network has another number of outputs than the data has classes or values.
    #[error("the network has {network} outputs, but the {part} data has {data} classes or values per example")]
    Outputs {
        /// `training`, `test` or `validation`.
        part: &'static str,
        /// The network's.
        network: usize,
        /// The data's.
        data: usize,
    },
    /// Per-example gradients are needed and do not exist, or shapes do not fit.
    #[error("{needed_by}: {source}")]
    Undefined {
        /// What needs the gradients of single examples.
        needed_by: String,
        /// Why there are none.
        source: GradientError,
    },
    /// Gradients cannot be reduced.
    #[error(transparent)]
    Gradient(#[from] GradientError),
    /// The network refused a batch.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The loss refused targets.
    #[error(transparent)]
    Targets(#[from] TargetError),
    /// The data refused.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A checkpoint is not of such a run.
    #[error("the checkpoint does not fit the run: {0}")]
    Checkpoint(#[from] MemoryError),
    /// The observer refused, for instance because a disk is full.
    #[error("cannot record the run: {0}")]
    Observer(#[source] ObserverError),
}
