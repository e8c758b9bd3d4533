use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "trace_kernel",
    summary: "tr K / n: how strongly the outputs of a probe example react to the parameters",
    explanation: "Definition: tr K / n = 1/n sum_n sum_c |grad f_c(x_n)|^2, with f_c the raw outputs (before any softmax), K = J J^T \
summed over the C outputs and n the examples of a fixed probe batch. No loss and no label enters. trace_kernel_mean_over_outputs \
is the same divided by C, the convention of the library that the paper's authors used; the kernel of loss gradients is another thing.
Range: 0 or more.
Reading: the scale of the model gradient similarity kernel. The paper sees it grow when a network starts to memorise, and \
penalises it.
Undefined: never. Measured in evaluation mode: running statistics, no dropout.
Cost: one forward pass and C backward passes over the probe batch, which do not depend on the training batch.
Source: Szolnoky, Andersson, Kulcsar and Jornsten 2022 (arXiv 2205.12642), section 2.3.",
    values: &[
        value("trace_kernel", "tr K / n, outputs summed"),
        value("trace_kernel_mean_over_outputs", "tr K / n, mean over outputs"),
    ],
    needs: Needs::PROBE_TRACE,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let per_example = evidence.probe.and_then(|probe| ratio(probe.trace?, probe.examples as f64));
    let per_output = evidence.probe.and_then(|probe| ratio(per_example?, probe.outputs as f64));
    vec![("trace_kernel".to_owned(), per_example), ("trace_kernel_mean_over_outputs".to_owned(), per_output)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{on_probe, probe_of_linear};

    #[test]
    fn by_hand() {
        // each of the three outputs has the input for its gradient, in its own row
        let probe = probe_of_linear(&[[1.0, 2.0], [0.0, -3.0]], DESCRIPTION.needs);
        assert_eq!(probe.trace, Some(3.0 * (5.0 + 9.0)));
        assert_eq!(on_probe(&probe, read), [Some(21.0), Some(7.0)]);
    }
}
