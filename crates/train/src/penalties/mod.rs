//! Penalties: functions of the parameters that are added to the loss, each with its exact gradient. The rule of this folder
//! is in its README.

mod gradient_norm;
mod weight;

pub use gradient_norm::GradientNorm;
pub use weight::Weight;

use std::fmt::Debug;

use consilience_gradients::GradientError;
use consilience_gradients::second_order::Point;
use consilience_nn::losses::{Loss, Targets};
use consilience_tensor::{Cpu, Real};
use serde::{Deserialize, Serialize};

use crate::SpecError;
use crate::spec::require;

/// A penalty as `list` and `explain` show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PenaltyEntry {
    /// The name, as in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Definition, options, cost in plain steps and source.
    pub explanation: &'static str,
}

/// All penalties.
pub static PENALTIES: [PenaltyEntry; 2] = [weight::ENTRY, gradient_norm::ENTRY];

/// A function of the parameters at a micro-batch, with its gradient.
pub trait Penalty<R: Real>: Debug + Send + Sync {
    /// The penalty and its gradient, without the weight.
    ///
    /// # Errors
    /// When it is undefined for the network (examples coupled by batch normalisation), or shapes do not fit.
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError>;
}

/// Where a penalty is evaluated: a micro-batch of a training step.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a, R: Real> {
    /// The network with its parameters, buffers, and the mode of the pass.
    pub point: Point<'a, R>,
    /// The inputs.
    pub input: &'a Cpu<R>,
    /// What the outputs are compared with.
    pub targets: &'a Targets,
    /// The loss that is trained.
    pub loss: Loss,
    /// The gradient of the mean loss of the micro-batch: one array per parameter.
    pub gradient: &'a [Cpu<R>],
    /// The seed of everything that the penalty draws at random here.
    pub seed: u64,
}

/// The value of a penalty and its gradient.
#[derive(Clone, Debug)]
pub struct PenaltyGradient<R> {
    /// `R(theta)`.
    pub value: f64,
    /// One array per parameter.
    pub gradient: Vec<Cpu<R>>,
}

/// An entry of `[[train.penalty]]` in configuration files.
///
/// ```
/// use consilience_train::PenaltySpec;
/// let spec: PenaltySpec = toml::from_str("kind = 'gradient_norm'\nweight = 0.01\nover = 'one'")?;
/// assert!(spec.validate().is_ok());
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PenaltySpec {
    /// Which penalty.
    pub kind: PenaltyKind,
    /// `lambda`, which multiplies the penalty before it is added to the mean loss of the batch; at least 0.
    pub weight: f64,
    /// Of the micro-batches that training works in (`micro_batch` of `[train]`; without it, the whole batch is the only one):
    /// the average over all, or one drawn at random at each step. Default `all`.
    #[serde(default)]
    pub over: Over,
}

/// Which penalty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PenaltyKind {
    /// [`Weight`].
    Weight,
    /// [`GradientNorm`].
    GradientNorm,
}

impl PenaltyKind {
    /// Whether the gradients of single examples must exist.
    pub const fn is_per_example(self) -> bool {
        match self {
            Self::Weight | Self::GradientNorm => false,
        }
    }
}

/// At which micro-batches of a step a penalty is evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// At all, and averaged.
    #[default]
    All,
    /// At one, drawn at random.
    One,
}

impl PenaltySpec {
    /// The name of the kind.
    pub const fn name(&self) -> &'static str {
        match self.kind {
            PenaltyKind::Weight => weight::ENTRY.name,
            PenaltyKind::GradientNorm => gradient_norm::ENTRY.name,
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(&self) -> Result<(), SpecError> {
        let weight = self.weight;
        require(weight.is_finite() && weight >= 0.0, "penalty.weight", "a finite number of at least 0", &weight)
    }

    /// The penalty described.
    pub fn build<R: Real>(&self) -> Box<dyn Penalty<R>>
    where
        Cpu<R>: consilience_nn::Number,
        consilience_tensor::Dual<Cpu<R>>: consilience_nn::Number,
    {
        match self.kind {
            PenaltyKind::Weight => Box::new(Weight),
            PenaltyKind::GradientNorm => Box::new(GradientNorm),
        }
    }
}
