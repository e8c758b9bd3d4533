use consilience_gradients::second_order::{Ridge, log_determinant_gradient};
use consilience_gradients::{GradientError, Outputs};
use consilience_nn::Precision;
use consilience_tensor::Tensor;

use super::{OverOutputs, Penalty, PenaltyEntry, PenaltyGradient, Site};

pub(super) const ENTRY: PenaltyEntry = PenaltyEntry {
    name: "kernel_log_determinant",
    summary: "the log-determinant of the kernel of output gradients, per example (the MGS log-determinant penalty)",
    explanation: "Definition: R = 1/n log det(K + eps I), with K_ij = 1/C sum_c <grad f_c(x_i), grad f_c(x_j)> over the n examples \
of the micro-batch, f the raw outputs, and eps = ridge tr K / n held constant. The paper penalises alpha log det K of a batch: \
its alpha is weight / n, with the 1/C and without, as that only shifts R. R is the logarithm of the geometric mean of the \
eigenvalues, as tr K / n is their arithmetic mean.
With outputs = \"full\" K keeps the outputs apart, K_(i c)(j d) = <grad f_c(x_i), grad f_d(x_j)>, and n C stands for n everywhere.
Options: ridge, above 0, default 1e-3, far above what single precision leaves uncertain of the smallest eigenvalues; outputs = \"sum\" leaves out the 1/C, \"full\" as above; over.
Cost: about four plain gradients for each output, with \"full\" C times the mixing of per-example gradients among them. Undefined with batch normalisation in training mode.
Source: Szolnoky et al. 2022 (arXiv 2205.12642), section 2.3; the paper states no ridge.",
};

/// `1/n log det(K + eps I)`.
#[derive(Clone, Copy, Debug)]
pub struct KernelLogDeterminant {
    /// Whether outputs are averaged, summed or kept apart.
    pub outputs: OverOutputs,
    /// `eps` over `tr K / n`.
    pub ridge: f64,
}

impl KernelLogDeterminant {
    /// The default ridge.
    pub const RIDGE: f64 = 1e-3;
}

impl<R: Precision> Penalty<R> for KernelLogDeterminant {
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let point = &site.point;
        let (n, classes) = (site.output.shape().n, site.output.shape().c);
        let ridge = Ridge::OfMeanDiagonal(self.ridge);
        let (kept, rows) = match self.outputs {
            OverOutputs::Full => (Outputs::Full, n * classes),
            OverOutputs::Mean | OverOutputs::Sum => (Outputs::Traced, n),
        };
        // the mean over outputs divides kernel and ridge alike, which the determinant knows as a constant
        let shift = rows as f64 * self.outputs.weight(classes).ln();
        let (value, gradient) = log_determinant_gradient(point, site.input, kept, ridge)?;
        Ok(PenaltyGradient { value: value + shift, gradient }.scaled(1.0 / rows as f64))
    }
}
