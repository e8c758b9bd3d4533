//! Penalties: functions of the parameters that are added to the loss, each with its exact gradient. The rule of this folder
//! is in its README.

mod fisher_trace;
mod gradient_norm;
mod input_gradient;
mod jacobian;
mod kernel_log_determinant;
mod kernel_trace;
mod sharpness;
mod spec;
mod squared_norm;
mod weight;

pub use fisher_trace::FisherTrace;
pub use gradient_norm::GradientNorm;
pub use input_gradient::InputGradient;
pub use jacobian::{Along, Jacobian};
pub use kernel_log_determinant::KernelLogDeterminant;
pub use kernel_trace::KernelTrace;
pub use sharpness::Sharpness;
pub use spec::{Over, OverOutputs, PenaltyKind, PenaltySpec};
pub use squared_norm::SquaredNorm;
pub use weight::Weight;

use std::fmt::Debug;

use consilience_gradients::GradientError;
use consilience_gradients::second_order::Point;
use consilience_nn::losses::{Loss, Targets};
use consilience_tensor::{Cpu, Real, Tensor};

/// A penalty as `list` and `explain` show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PenaltyEntry {
    /// The name, as in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Definition, options, cost in plain steps and source.
    pub explanation: &'static str,
}

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
    /// The network's outputs for them.
    pub output: &'a Cpu<R>,
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

impl<R: Real> PenaltyGradient<R> {
    /// Both, multiplied with `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let gradient = self.gradient.into_iter().map(|array| <Cpu<R> as Tensor>::scale(array, factor)).collect();
        Self { value: self.value * factor, gradient }
    }
}
