use consilience_gradients::GradientError;
use consilience_gradients::second_order::{TotalLoss, input_gradient_norm_gradient};
use consilience_nn::Precision;
use consilience_tensor::Tensor;

use super::{Penalty, PenaltyEntry, PenaltyGradient, Site};

pub(super) const ENTRY: PenaltyEntry = PenaltyEntry {
    name: "input_gradient",
    summary: "the squared norm of the loss gradient with respect to the inputs (double back-propagation)",
    explanation: "Definition: R = 1/n sum_n |d/dx_n sum_m loss_m|^2 over the n examples of the micro-batch: the squared norm of the \
gradient of each example's loss with respect to its own input (and, with batch normalisation in training mode, to what it does to \
the others). Exact by dual numbers along the input.
Options: over.
Cost: about three plain gradients of the micro-batches it is evaluated at.
Source: Drucker and LeCun 1992.",
};

/// `1/n sum_n |grad_x loss_n|^2`.
#[derive(Clone, Copy, Debug)]
pub struct InputGradient;

impl<R: Precision> Penalty<R> for InputGradient {
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let objective = TotalLoss { loss: site.loss, targets: site.targets };
        let (value, gradient) = input_gradient_norm_gradient(&site.point, site.input, &objective)?;
        Ok(PenaltyGradient { value, gradient }.scaled(1.0 / site.input.shape().n as f64))
    }
}
