use consilience_nn::{Factor, Precision, Role, Tape};
use consilience_tensor::{Cpu, Shape, Tensor};

use crate::{GradientError, signal};

/// What the first layer makes of the examples: the inputs of the second layer that has a weight.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Features {
    /// Row-major, one row per example; the channels of images and tokens are averaged over positions.
    pub values: Vec<f64>,
    /// Features of each example.
    pub count: usize,
}

/// One backward pass, which hands over what came into each layer. `None` when there is no second weight.
pub(super) fn measure<R: Precision>(tape: &Tape<Cpu<R>>) -> Result<Option<Features>, GradientError> {
    let parameters = tape.network().parameters().iter().enumerate();
    let mut weights = parameters.filter(|(_, parameter)| parameter.spec.role == Role::Weight);
    let Some((second, _)) = weights.nth(1) else { return Ok(None) };
    let shape = tape.output.shape();
    let signal = signal::sum_of_outputs(shape.n, shape.c);
    let mut features = None;
    tape.backward(signal, false, &mut |index, factor| {
        if let (true, Factor::Weight { input, .. }) = (index == second, factor) {
            let shape = input.shape();
            let share = 1.0 / shape.positions() as f64;
            let means = input.sum_to(Shape::matrix(shape.n, shape.c)).scale(share);
            features = Some(Features { values: means.as_slice().iter().map(|x| x.f64()).collect(), count: shape.c });
        }
    })?;
    Ok(features)
}
