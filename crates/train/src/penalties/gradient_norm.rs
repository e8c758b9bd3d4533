use consilience_gradients::GradientError;
use consilience_gradients::second_order::{MeanLoss, hessian_vector_product};
use consilience_nn::Number;
use consilience_tensor::{Cpu, Dual, Real, Tensor};

use super::{Penalty, PenaltyEntry, PenaltyGradient, Site};

pub(super) const ENTRY: PenaltyEntry = PenaltyEntry {
    name: "gradient_norm",
    summary: "the squared norm of the loss gradient of a micro-batch (GN; the loss-gradient penalty)",
    explanation: "Definition: R = |grad L_M|^2 with L_M the mean loss of a micro-batch M; its gradient is 2 H_M grad L_M, exact by \
dual numbers. Averaged over all micro-batches, or at one drawn at random (over = \"one\").
Options: over. The size of the micro-batches is `micro_batch` of [train]; without it, the whole batch is the only one.
Cost: two to three plain gradients of the micro-batches it is evaluated at, beside the step's own.
Source: Novack et al. 2023 (arXiv 2211.15853), GN; Szolnoky et al. 2022 (arXiv 2205.12642), the loss-gradient penalty; double \
back-propagation for parameters.",
};

/// `|grad L|^2` of a micro-batch's mean loss.
#[derive(Clone, Copy, Debug)]
pub struct GradientNorm;

impl<R: Real> Penalty<R> for GradientNorm
where
    Cpu<R>: Number,
    Dual<Cpu<R>>: Number,
{
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let objective = MeanLoss { loss: site.loss, targets: site.targets };
        let product = hessian_vector_product(&site.point, site.input, &objective, site.gradient)?.product;
        let squares = site.gradient.iter().flat_map(Cpu::as_slice).map(|x| x.f64() * x.f64());
        let gradient = product.into_iter().map(|array| <Cpu<R> as Tensor>::scale(array, 2.0)).collect();
        Ok(PenaltyGradient { value: squares.sum(), gradient })
    }
}
