use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "fisher_trace",
    summary: "trace of the Fisher information of the network's own predictions",
    explanation: "Definition: 1/n sum_n sum_c p_c(x_n) |grad log p_c(x_n)|^2 over the n examples of a fixed probe batch, with p the softmax of \
the outputs. fisher_trace_sampled takes one label per example drawn from p instead of the sum over classes; it is unbiased. The data's \
own labels do not enter.
Range: 0 or more.
Reading: how fast the predictions change with the parameters: the penalty FT of the paper is its sample per micro-batch, whose \
expectation is fisher_trace / M for a micro-batch of M examples.
Undefined: when the loss is not softmax_cross_entropy, because the outputs are then no logarithms of probabilities.
Cost: one forward pass and C + 1 backward passes over the probe batch. In evaluation mode.
Source: Novack et al. 2022 (arXiv 2211.15853), equation 4; Jastrzebski et al. 2021 (arXiv 2012.14193).",
    values: &[
        value("fisher_trace", "trace of the Fisher information"),
        value("fisher_trace_sampled", "trace of the Fisher information, one sampled label per example"),
    ],
    needs: Needs::PROBE_FISHER,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let fisher = evidence.probe.and_then(|probe| probe.fisher);
    vec![
        ("fisher_trace".to_owned(), fisher.map(|fisher| fisher.exact)),
        ("fisher_trace_sampled".to_owned(), fisher.map(|fisher| fisher.sampled)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{on_probe, probe_of_linear};

    #[test]
    fn by_hand() {
        // of a linear layer of zeros every class has probability 1/3: |p - e_c|^2 = 2/3 for each, times |x|^2
        let probe = probe_of_linear(&[[1.0, 2.0], [3.0, 0.0]], DESCRIPTION.needs);
        let expected = 2.0 / 3.0 * f64::midpoint(5.0, 9.0);
        for value in on_probe(&probe, read) {
            assert!((value.unwrap() - expected).abs() < 1e-14, "{value:?}");
        }
    }
}
