use consilience_gradients::second_order::{MeanLoss, TotalLoss};
use consilience_gradients::{GradientError, signal};
use consilience_nn::Precision;
use consilience_nn::losses::{Loss, Targets};

use super::{Penalty, PenaltyEntry, PenaltyGradient, Site, SquaredNorm};

pub(super) const ENTRY: PenaltyEntry = PenaltyEntry {
    name: "fisher_trace",
    summary: "the squared gradient norm at labels drawn from the network's own prediction (FT)",
    explanation: "Definition: R = |grad L_M|^2, where L_M is the mean cross-entropy of the micro-batch M at one label per example, \
drawn from the softmax of the outputs of this step. In expectation R is tr F / |M|, with F the mean Fisher information of the \
micro-batch's examples: a weight tuned at one |M| must grow with |M|.
Options: over; per_example = true makes every example a micro-batch, in one pass, so that R estimates tr F itself; step as for \
gradient_norm.
Cost: about three plain gradients of the micro-batches it is evaluated at.
Source: Novack et al. 2023 (arXiv 2211.15853), FT; Jastrzebski et al. 2021.",
};

/// `|grad L|^2` of a micro-batch's mean cross-entropy at labels drawn from the prediction.
#[derive(Clone, Copy, Debug)]
pub struct FisherTrace(pub SquaredNorm);

impl<R: Precision> Penalty<R> for FisherTrace {
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let targets = &Targets::Classes(signal::sampled_labels(site.output, site.seed));
        let loss = Loss::SoftmaxCrossEntropy;
        self.0.gradient(site, &MeanLoss { loss, targets }, &TotalLoss { loss, targets }, None)
    }
}
