use consilience_gradients::GradientError;
use consilience_tensor::{Cpu, Real, Tensor, sq_norm};

use super::{Penalty, PenaltyEntry, PenaltyGradient, Site};

pub(super) const ENTRY: PenaltyEntry = PenaltyEntry {
    name: "weight",
    summary: "the squared length of all parameters",
    explanation:
        "Definition: R = |theta|^2, biases included; its gradient is 2 theta. With plain SGD it is weight decay by \
2 weight; with momentum or Adam it is not the decoupled form.
Cost: none worth naming.
Source: Szolnoky et al. 2022 (arXiv 2205.12642), section 2.1, as the weight penalty.",
};

/// `|theta|^2`.
#[derive(Clone, Copy, Debug)]
pub struct Weight;

impl<R: Real> Penalty<R> for Weight {
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let parameters = site.point.parameters;
        let gradient = parameters.iter().map(|array| <Cpu<R> as Tensor>::scale(array.clone(), 2.0)).collect();
        Ok(PenaltyGradient { value: sq_norm(parameters), gradient })
    }
}
