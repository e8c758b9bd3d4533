//! Losses, their targets, and how they are averaged.

mod accuracy;
mod hinge;
mod mean_squared_error;
mod reduction;
mod softmax_cross_entropy;
mod targets;

pub use accuracy::{correct, predictions};
pub use reduction::Reduction;
pub use targets::{TargetError, Targets};

use consilience_tensor::{Real, Tensor};
use serde::{Deserialize, Serialize};

/// A loss of one example, as a function of the network's outputs for it.
///
/// A loss is never divided by the batch size here; [`Reduction`] says what becomes of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// `log sum_j exp(z_j) - z_y`; for soft labels `q`: `-sum_j q_j log softmax(z)_j`. Takes classes or soft labels.
    #[default]
    SoftmaxCrossEntropy,
    /// `(1/C) sum_j (z_j - t_j)^2`: the mean over outputs, as PyTorch's `MSELoss` on one example. Takes values, soft labels,
    /// or classes (as 0 and 1).
    MeanSquaredError,
    /// `(1/C) sum_{j != y} max(0, 1 - z_y + z_j)`, as PyTorch's `MultiMarginLoss`; with two classes, the linear support vector
    /// machine's loss. Takes classes. The slope at the kink is 0.
    Hinge,
}

impl Loss {
    /// Every loss.
    pub const ALL: [Self; 3] = [Self::SoftmaxCrossEntropy, Self::MeanSquaredError, Self::Hinge];

    /// The name, as in configuration files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SoftmaxCrossEntropy => "softmax_cross_entropy",
            Self::MeanSquaredError => "mean_squared_error",
            Self::Hinge => "hinge",
        }
    }

    /// Checks targets for a batch of `examples` examples with `outputs` outputs each.
    ///
    /// # Errors
    /// When the loss does not take such targets, their number or width differs, a class is out of range, a soft label is no
    /// probability distribution, or a value is not finite.
    pub fn check(self, targets: &Targets, examples: usize, outputs: usize) -> Result<(), TargetError> {
        let takes = match (self, targets) {
            (Self::SoftmaxCrossEntropy, Targets::Values(..) | Targets::Masked(..)) => Some("classes or soft labels"),
            (Self::Hinge, Targets::Soft(..) | Targets::Values(..) | Targets::Masked(..)) => Some("classes"),
            _ => None,
        };
        if let Some(expected) = takes {
            return Err(TargetError::Kind { loss: self.name(), expected, got: targets.kind() });
        }
        targets.check(examples, outputs)
    }

    /// The loss of each example, computed and summed in double precision; `outputs` is `N x 1 x 1 x C`.
    ///
    /// # Errors
    /// As for [`Loss::check`].
    pub fn per_example<T: Tensor>(self, outputs: &T, targets: &Targets) -> Result<Vec<f64>, TargetError> {
        let (examples, classes) = (outputs.shape().n, outputs.shape().per_example());
        self.check(targets, examples, classes)?;
        let values = outputs.values();
        let mut row = vec![0.0; classes];
        let losses = (0..examples).map(|example| {
            for (into, from) in row.iter_mut().zip(&values[example * classes..]) {
                *into = from.f64();
            }
            match self {
                Self::SoftmaxCrossEntropy => softmax_cross_entropy::loss(&row, targets, example),
                Self::MeanSquaredError => mean_squared_error::loss(&row, targets, example),
                Self::Hinge => hinge::loss(&row, targets, example),
            }
        });
        Ok(losses.collect())
    }

    /// The gradient of each example's own loss with respect to its outputs, `N x 1 x 1 x C`. On dual numbers the tangent is
    /// the loss's second derivative along the outputs' tangent, exactly.
    ///
    /// # Errors
    /// As for [`Loss::check`].
    pub fn signal<T: Tensor>(self, outputs: &T, targets: &Targets) -> Result<T, TargetError> {
        self.check(targets, outputs.shape().n, outputs.shape().per_example())?;
        Ok(match self {
            Self::SoftmaxCrossEntropy => softmax_cross_entropy::signal(outputs, targets),
            Self::MeanSquaredError => mean_squared_error::signal(outputs, targets),
            Self::Hinge => hinge::signal(outputs, targets),
        })
    }
}
