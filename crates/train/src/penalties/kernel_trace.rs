use consilience_gradients::GradientError;
use consilience_gradients::second_order::{kernel_trace_gradient, kernel_trace_gradient_estimate};
use consilience_nn::Precision;
use consilience_tensor::Tensor;

use super::{OverOutputs, Penalty, PenaltyEntry, PenaltyGradient, Site};

pub(super) const ENTRY: PenaltyEntry = PenaltyEntry {
    name: "kernel_trace",
    summary: "the trace of the kernel of output gradients, per example (the MGS trace penalty)",
    explanation: "Definition: R = tr K / (n C) = 1/n sum_n 1/C sum_c |grad f_c(x_n)|^2 over the n examples of the micro-batch, f the C raw \
outputs. The paper penalises alpha tr K of a batch: with outputs summed in K, its alpha is weight / (n C).
Options: outputs = \"sum\" leaves out the 1/C, and alpha is weight / n; estimate = true replaces the sum over outputs by one vector of random signs for \
each example, which is unbiased; over.
Cost: about three plain gradients for each output; the estimate about three in all. Undefined with batch normalisation in training \
mode.
Source: Szolnoky et al. 2022 (arXiv 2205.12642), section 2.3; the mean over outputs is the convention of the library it used.",
};

/// `tr K / n`.
#[derive(Clone, Copy, Debug)]
pub struct KernelTrace {
    /// Whether outputs are averaged or summed.
    pub outputs: OverOutputs,
    /// Whether random signs stand for the sum over outputs.
    pub estimate: bool,
}

impl<R: Precision> Penalty<R> for KernelTrace {
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let (value, gradient) = if self.estimate {
            kernel_trace_gradient_estimate(&site.point, site.input, site.seed)?
        } else {
            kernel_trace_gradient(&site.point, site.input)?
        };
        let (n, classes) = (site.output.shape().n, site.output.shape().c);
        Ok(PenaltyGradient { value, gradient }.scaled(self.outputs.weight(classes) / n as f64))
    }
}
