use consilience_nn::{Mode, Network, Number};
use consilience_tensor::{Cpu, Real};

use super::{Description, Evidence, Needs, Probe, Value, ratio, value};
use crate::{GradientError, kernel_trace};

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
    needs: Needs { probe: true, ..Needs::NONE },
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let per_example = evidence.probe.and_then(|probe| ratio(probe.trace, probe.examples as f64));
    let per_output = evidence.probe.and_then(|probe| ratio(per_example?, probe.outputs as f64));
    vec![("trace_kernel".to_owned(), per_example), ("trace_kernel_mean_over_outputs".to_owned(), per_output)]
}

/// Measures the kernel of the outputs on a probe batch, in evaluation mode: one backward pass per output, without forming
/// the kernel.
///
/// # Errors
/// When the probe does not fit the network.
pub fn measure<R: Real>(
    network: &Network,
    parameters: &[Cpu<R>],
    buffers: &[Cpu<R>],
    probe: Cpu<R>,
) -> Result<Probe, GradientError>
where
    Cpu<R>: Number<Elem = R>,
{
    let tape = network.forward(parameters, buffers, probe, Mode::EVALUATION)?;
    let per_example = kernel_trace(network, parameters, buffers, &tape)?;
    Ok(Probe { examples: per_example.len(), outputs: network.outputs(), trace: per_example.iter().sum() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::reduce as gradients;
    use consilience_nn::{Block, layers::Linear};
    use consilience_tensor::Shape;

    #[test]
    fn by_hand() {
        // of a linear layer with bias, every output has the gradient (x, 1) in its own row
        let network = Network::new(Shape::vector(2), &[Block::layer(Linear::new(2, 3))]).unwrap();
        let parameters: Vec<Cpu<f64>> = network.parameters().iter().map(|p| Cpu::zeros(p.spec.shape)).collect();
        let inputs = Cpu::new(Shape::matrix(2, 2), vec![1.0, 2.0, 0.0, -3.0]);
        let probe = measure(&network, &parameters, &[], inputs).unwrap();
        assert_eq!(probe, Probe { examples: 2, outputs: 3, trace: 3.0 * (5.0 + 1.0 + 9.0 + 1.0) });
        let reduced = gradients(&[[0.0, 0.0]]);
        let values = read(&Evidence::new(&network, &reduced, Some(probe)));
        assert_eq!((values[0].1, values[1].1), (Some(24.0), Some(8.0)));
    }
}
