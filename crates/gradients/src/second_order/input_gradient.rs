use consilience_nn::Precision;
use consilience_tensor::{Cpu, Dual, Tensor, sum_of_squares};

use super::{Objective, Point, complete, tangent_of_sum};
use crate::GradientError;

/// `|grad_x s|^2` for an objective `s` of the whole batch, with respect to all its inputs, and the gradient of that with respect
/// to the parameters, exactly: the tangent of the parameters' gradient when the inputs move along `grad_x s`, doubled (double
/// back-propagation, Drucker and LeCun 1992).
///
/// With [`TotalLoss`](super::TotalLoss) and examples that do not depend on each other it is `sum_n |grad_x loss_n|^2`.
///
/// Cost: a plain pass down to the inputs, and one on dual numbers. Peak memory: twice that of a plain gradient.
///
/// # Errors
/// When shapes do not fit.
pub fn input_gradient_norm_gradient<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
) -> Result<(f64, Vec<Cpu<R>>), GradientError> {
    let tape = point.network.forward(point.parameters, point.buffers, input.clone(), point.mode)?;
    let signal = objective.signal(&tape.output)?;
    let at_input = tape.backward(signal, true, &mut |_, _| {})?;
    let at_input = at_input.unwrap_or_else(|| Cpu::zeros(input.shape()));
    drop(tape);

    let parameters: Vec<_> = point.parameters.iter().cloned().map(Dual::constant).collect();
    let buffers = point.constant_buffers();
    let moved = Dual::new(input.clone(), at_input.clone());
    let tape = point.network.forward(&parameters, &buffers, moved, point.mode)?;
    let signal = objective.signal(&tape.output)?;
    let mut gradient: Vec<Option<Cpu<R>>> = vec![None; parameters.len()];
    tape.backward(signal, false, &mut |index, factor| {
        gradient[index] = tangent_of_sum(&factor);
    })?;
    let doubled = complete(gradient, point.parameters).into_iter().map(|array| array.scale(2.0)).collect();
    Ok((sum_of_squares(at_input.as_slice()), doubled))
}
