use consilience_nn::{Mode, Network};
use consilience_tensor::{Cpu, Real};

use crate::{GradientError, Kernel, Outputs, empirical_ntk};

/// The kernel of the outputs, summed over them: one forward pass, `C` backward passes and their products. All of it in double
/// precision, or the small eigenvalues, and with them the determinant, would be rounding.
pub(super) fn measure<R: Real>(
    network: &Network,
    parameters: &[Cpu<R>],
    buffers: &[Cpu<R>],
    inputs: &Cpu<R>,
) -> Result<Kernel, GradientError> {
    let double = |arrays: &[Cpu<R>]| arrays.iter().map(Cpu::cast::<f64>).collect::<Vec<_>>();
    let (parameters, buffers) = (double(parameters), double(buffers));
    let tape = network.forward(&parameters, &buffers, inputs.cast::<f64>(), Mode::EVALUATION)?;
    empirical_ntk(&tape, Outputs::Traced)
}
