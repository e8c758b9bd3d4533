use consilience_gradients::second_order::LinearOutput;
use consilience_gradients::{GradientError, signal};
use consilience_nn::Precision;
use consilience_tensor::{Cpu, Tensor};

use super::{OverOutputs, Penalty, PenaltyEntry, PenaltyGradient, Site, SquaredNorm};

pub(super) const AVERAGE: PenaltyEntry = PenaltyEntry {
    name: "average_jacobian",
    summary: "the squared gradient norm of the mean output of a micro-batch (AJ)",
    explanation: "Definition: R = |grad 1/|M| sum_n 1/C sum_c f_c(x_n)|^2 over the micro-batch M, f the raw outputs.
Options: over; outputs = \"sum\" leaves out the 1/C, as the authors' code does: its weights are C^2 times smaller than those of \
the paper; per_example and step as for gradient_norm.
Cost: about three plain gradients of the micro-batches it is evaluated at.
Source: Novack et al. 2023 (arXiv 2211.15853), appendix A.3; Lee et al. 2022.",
};

pub(super) const UNIT: PenaltyEntry = PenaltyEntry {
    name: "unit_jacobian",
    summary: "the squared gradient norm of the outputs of a micro-batch along a random unit vector (UJ)",
    explanation: "Definition: R = |grad 1/|M| sum_n <u, f(x_n)>|^2 over the micro-batch M, f the raw outputs and u of length one, \
drawn once for the micro-batch. E_u R = |J|_F^2 / C with J the Jacobian of the micro-batch's mean output: it is not tr K, which \
sums over examples.
Options: over; per_example = true draws one u for every example and averages their squared norms; step as for gradient_norm.
Cost: about three plain gradients of the micro-batches it is evaluated at.
Source: Novack et al. 2023 (arXiv 2211.15853), appendix A.3; Lee et al. 2022.",
};

/// The squared gradient norm of the outputs of a micro-batch, averaged over examples and weighted over outputs.
#[derive(Clone, Copy, Debug)]
pub struct Jacobian {
    /// The weights of the outputs.
    pub along: Along,
    /// How its norm is penalised.
    pub norm: SquaredNorm,
}

/// Which combination of the outputs a [`Jacobian`] penalty differentiates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Along {
    /// Their mean or sum.
    All(OverOutputs),
    /// A random direction of length one.
    RandomUnit,
}

impl<R: Precision> Penalty<R> for Jacobian {
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let (n, classes) = (site.output.shape().n, site.output.shape().c);
        let coefficients: Cpu<R> = match self.along {
            Along::All(over) => signal::sum_of_outputs::<Cpu<R>>(n, classes).scale(over.weight(classes)),
            Along::RandomUnit => signal::random_unit(n, classes, if self.norm.per_example { 1 } else { n }, site.seed),
        };
        let mean = LinearOutput { coefficients: coefficients.clone().scale(1.0 / n as f64) };
        self.norm.gradient(site, &mean, &LinearOutput { coefficients }, None)
    }
}
