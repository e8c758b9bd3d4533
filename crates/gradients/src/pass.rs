use consilience_nn::losses::TargetError;
use consilience_nn::{Factor, NetworkError, Precision, Tape};
use consilience_tensor::{Cpu, Tensor};
use thiserror::Error;

use crate::reducer::Reducer;
use crate::{Reduced, Request};

/// Why gradients cannot be reduced.
#[derive(Clone, PartialEq, Debug, Error)]
#[non_exhaustive]
pub enum GradientError {
    /// A layer makes examples depend on each other, so the gradients of single examples do not exist.
    #[error(
        "per-example gradients are undefined: layer {layer} ({kind}) standardises with the statistics of the batch; \
         freeze its statistics, use group normalisation, or reduce over micro-batches"
    )]
    Coupled {
        /// The layer's name.
        layer: String,
        /// The layer's kind.
        kind: &'static str,
    },
    /// A winsorization that leaves nothing.
    #[error("winsorizing {count} gradients on each side needs more than {} examples, got {examples}", count.saturating_mul(2))]
    Winsorized {
        /// How many gradients are replaced on each side.
        count: usize,
        /// The size of the batch.
        examples: usize,
    },
    /// A kernel without a logarithm of its determinant.
    #[error(
        "the kernel of size {size} is singular with ridge {ridge}; raise the ridge, for instance to a thousandth of its mean eigenvalue"
    )]
    Singular {
        /// Rows of the kernel.
        size: usize,
        /// What was added to its diagonal.
        ridge: f64,
    },
    /// Vectors that are not of the network's parameters.
    #[error("{what}: expected {expected}, got {got}")]
    Mismatch {
        /// What does not fit.
        what: &'static str,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// Targets do not fit the outputs.
    #[error(transparent)]
    Targets(#[from] TargetError),
    /// The network refused.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// Back-propagates `signal` (`N x 1 x 1 x C`) and reduces the per-example gradients as they stream by.
///
/// The gradient of example `n` is that of `<signal_n, output_n>`, never divided by the batch size.
///
/// # Errors
/// When a reduction over single examples is asked for and the tape was recorded with batch statistics; when a winsorization
/// leaves nothing; when shapes do not fit.
pub fn reduce<R: Precision>(
    tape: &Tape<Cpu<R>>,
    signal: Cpu<R>,
    request: &Request<R>,
) -> Result<Reduced<R>, GradientError> {
    if request.separates(tape.output.shape().n) {
        refuse_coupling(tape)?;
    }
    let mut reducer = Reducer::new(request, tape.network(), tape.output.shape().n)?;
    tape.backward(signal, false, &mut |index, factor| reducer.visit(index, &factor))?;
    Ok(reducer.finish())
}

/// Back-propagates `signal` and keeps every parameter's factor: activations and signals, never gradients.
///
/// # Errors
/// When shapes do not fit.
pub(crate) fn factors<R: Precision>(tape: &Tape<Cpu<R>>, signal: Cpu<R>) -> Result<Vec<Factor<Cpu<R>>>, GradientError> {
    let mut factors: Vec<Option<Factor<Cpu<R>>>> = vec![None; tape.parameters().len()];
    tape.backward(signal, false, &mut |index, factor| factors[index] = Some(factor))?;
    Ok(factors.into_iter().flatten().collect())
}

/// # Errors
/// When the tape was recorded in a mode that couples examples.
pub(crate) fn refuse_coupling<T>(tape: &Tape<T>) -> Result<(), GradientError> {
    match tape.network().coupling_layer(tape.mode()) {
        Some((layer, kind)) => Err(GradientError::Coupled { layer: layer.to_owned(), kind }),
        None => Ok(()),
    }
}
