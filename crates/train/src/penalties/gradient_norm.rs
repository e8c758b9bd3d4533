use consilience_gradients::GradientError;
use consilience_gradients::second_order::{MeanLoss, TotalLoss};
use consilience_nn::Precision;

use super::{Penalty, PenaltyEntry, PenaltyGradient, Site, SquaredNorm};

pub(super) const ENTRY: PenaltyEntry = PenaltyEntry {
    name: "gradient_norm",
    summary: "the squared norm of the loss gradient of a micro-batch (GN; the loss-gradient penalty)",
    explanation: "Definition: R = |grad L_M|^2 with L_M the mean loss of a micro-batch M; its gradient is 2 H_M grad L_M, exact by \
dual numbers. Averaged over all micro-batches, or at one drawn at random (over = \"one\"). In expectation R is \
|grad L|^2 + tr Sigma / |M|: the larger the micro-batch, the less of the disagreement between examples is penalised.
Options: over; per_example = true makes every example a micro-batch, in one pass; step = h takes a finite difference of that \
length in parameter space instead (in single precision about 1e-5 of the length of the parameters; larger steps cross the \
kinks of ReLU). The size of the micro-batches is `micro_batch` of [train]; without it, the whole batch is the only one.
Cost: two plain gradients of the micro-batches it is evaluated at, beside the step's own; per_example three; with step one.
Source: Novack et al. 2023 (arXiv 2211.15853), GN; Szolnoky et al. 2022 (arXiv 2205.12642), the loss-gradient penalty; Geiping \
et al. 2022 for the finite difference.",
};

/// `|grad L|^2` of a micro-batch's mean loss.
#[derive(Clone, Copy, Debug)]
pub struct GradientNorm(pub SquaredNorm);

impl<R: Precision> Penalty<R> for GradientNorm {
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let Site { loss, targets, .. } = *site;
        self.0.gradient(site, &MeanLoss { loss, targets }, &TotalLoss { loss, targets }, Some(site.gradient))
    }
}
