use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "jacobian_norms",
    summary: "squared norms of the gradient of a micro-batch's mean output: the measures behind AJ and UJ",
    explanation: "Definition: with J = 1/M sum_n J(x_n) the mean Jacobian (outputs x parameters) of the M examples of a micro-batch, the mean \
over the micro-batches of a fixed probe batch of: jacobian_norms_average, |1/C sum_c J_c|^2 (AJ, equation 6); jacobian_norms_sum, \
|sum_c J_c|^2, which is C^2 times that (what the authors' code computes); jacobian_norms_unit, |u^T J|^2 with one random u of length 1 per \
micro-batch (UJ, equation 7), whose expectation is |J|^2 / C. A micro-batch is a run of [monitor] micro_batch consecutive examples, or \
the whole probe where it is smaller; a shorter one at the end is left out.
Range: 0 or more.
Reading: how strongly a micro-batch's mean output reacts to the parameters, whatever the labels are. Not tr K: in \
trace_kernel = tr K / n examples are not averaged before they are squared, 1/n sum_n |J(x_n)|^2.
Undefined: never.
Cost: one forward pass and two backward passes over the probe batch. In evaluation mode.
Source: Novack et al. 2022 (arXiv 2211.15853), equations 6 and 7.",
    values: &[
        value("jacobian_norms_average", "squared norm of the average Jacobian (AJ, with 1/C)"),
        value("jacobian_norms_sum", "squared norm of the summed Jacobian (AJ, without 1/C)"),
        value("jacobian_norms_unit", "squared norm of the unit Jacobian (UJ)"),
    ],
    needs: Needs::PROBE_JACOBIAN,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let norms = evidence.probe.and_then(|probe| Some((probe.jacobian?, probe.outputs as f64)));
    vec![
        ("jacobian_norms_average".to_owned(), norms.map(|(norms, outputs)| norms.sum / (outputs * outputs))),
        ("jacobian_norms_sum".to_owned(), norms.map(|(norms, _)| norms.sum)),
        ("jacobian_norms_unit".to_owned(), norms.map(|(norms, _)| norms.unit)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{on_probe, probe_of_linear};

    #[test]
    fn by_hand() {
        // micro-batches of two, mean inputs (2, 1) and (0, -1); the gradient of an output is the input in its own row
        let probe = probe_of_linear(&[[1.0, 2.0], [3.0, 0.0], [0.0, 0.0], [0.0, -2.0], [9.0, 9.0]], DESCRIPTION.needs);
        let values = on_probe(&probe, read);
        // |x|^2 = 5 and 1; three outputs; u is of length 1
        for (got, expected) in values.iter().zip([3.0 * 3.0 / 9.0, 9.0, 3.0]) {
            assert!((got.unwrap() - expected).abs() < 1e-14, "{values:?}");
        }
    }
}
