use consilience_nn::Precision;
use consilience_tensor::{Cpu, Dual, Shape, Tensor};

use super::kernel::moving;
use super::{Objective, Point};
use crate::GradientError;
use crate::pass::{factors, refuse_coupling};

/// What the outputs change by when the parameters move along `direction`: `J_n v` for every example, `N x 1 x 1 x C`. Forward
/// mode: one forward pass on dual numbers, and no backward pass.
///
/// # Errors
/// When shapes do not fit.
pub fn output_derivative<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    direction: &[Cpu<R>],
) -> Result<Cpu<R>, GradientError> {
    super::hessian::check_vector(point, direction)?;
    let parameters = point.parameters.iter().zip(direction);
    let parameters: Vec<_> = parameters.map(|(value, v)| Dual::new(value.clone(), v.clone())).collect();
    forward(point, input, &parameters)
}

/// What the outputs of every example change by when the parameters move along the example's own gradient: `J_n g_n`,
/// `N x 1 x 1 x C`, with `g_n` the gradient of the objective's `n`-th term, which reads example `n` alone. It is the block
/// of the kernel of outputs that belongs to the example, times its signal.
///
/// Cost: a forward and a backward pass, and the tangent of a forward pass. Peak memory: activations and signals of the batch.
///
/// # Errors
/// When the mode couples examples, or shapes do not fit.
pub fn output_derivative_along_own<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
) -> Result<Cpu<R>, GradientError> {
    let tape = point.network.forward(point.parameters, point.buffers, input.clone(), point.mode)?;
    refuse_coupling(&tape)?;
    let signal = objective.signal(&tape.output)?;
    let own = factors(&tape, signal)?;
    drop(tape);
    let along = |(value, factor)| moving(value, &[vec![(factor, None)]]);
    let parameters: Vec<_> = point.parameters.iter().zip(&own).map(along).collect();
    forward(point, input, &parameters)
}

/// The tangent of the outputs.
fn forward<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    parameters: &[Dual<Cpu<R>>],
) -> Result<Cpu<R>, GradientError> {
    let buffers = point.constant_buffers();
    let tape = point.network.forward(parameters, &buffers, Dual::constant(input.clone()), point.mode)?;
    let (output, tangent) = tape.output.into_parts();
    let shape: Shape = output.shape();
    Ok(tangent.unwrap_or_else(|| Cpu::zeros(shape)))
}
