//! Squared norms of gradients, which four penalties share: they differ in whose gradient it is.

use consilience_gradients::GradientError;
use consilience_gradients::second_order::{
    Objective, gradient_norm_gradient_at, gradient_norm_gradient_by_differences_at, sq_norms_gradient,
};
use consilience_nn::Precision;
use consilience_tensor::{Cpu, Tensor};

use super::{PenaltyGradient, Site};

/// How the squared norm of a gradient is penalised.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct SquaredNorm {
    /// Whether every example is a micro-batch of its own: `1/N sum_n |grad s_n|^2`, exactly and in one pass on dual numbers.
    pub per_example: bool,
    /// The length of the step of a finite difference in parameter space; `None`: exact.
    pub step: Option<f64>,
}

impl SquaredNorm {
    /// `|grad mean|^2` and its gradient, or with `per_example` the mean over examples of `|grad total_n|^2`, where `total` is
    /// the sum over examples of what `mean` is the mean of. `known` is the gradient of `mean`, when the step has it already.
    ///
    /// # Errors
    /// When examples are coupled and `per_example`, or shapes do not fit.
    pub(super) fn gradient<R: Precision>(
        self,
        site: &Site<'_, R>,
        mean: &impl Objective,
        total: &impl Objective,
        known: Option<&[Cpu<R>]>,
    ) -> Result<PenaltyGradient<R>, GradientError> {
        let (point, input) = (&site.point, site.input);
        if self.per_example {
            let share = 1.0 / input.shape().n as f64;
            let (value, gradient) = sq_norms_gradient(point, input, total)?;
            return Ok(PenaltyGradient { value, gradient }.scaled(share));
        }
        let gradient = match known {
            Some(gradient) => gradient.to_vec(),
            None => point.gradient(input, mean)?,
        };
        let found = match self.step {
            None => gradient_norm_gradient_at(point, input, mean, gradient)?,
            Some(step) => gradient_norm_gradient_by_differences_at(point, input, mean, gradient, step)?,
        };
        Ok(PenaltyGradient { value: found.sq_norm, gradient: found.penalty_gradient })
    }
}
