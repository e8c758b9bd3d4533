use consilience_tensor::{Shape, Tensor};

use crate::{Backward, Forward, Layer, Saved, ShapeError, State, Structure};

/// Turns each example into a vector, in PyTorch's order (channel, height, width), so that the weight of a linear layer
/// behind it means the same as in PyTorch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flatten;

impl Structure for Flatten {
    fn kind(&self) -> &'static str {
        "flatten"
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        Ok(Shape::matrix(input.n, input.per_example()))
    }
}

impl<T: Tensor> Layer<T> for Flatten {
    fn forward(&self, input: T, _state: State<'_, T>) -> Forward<T> {
        let shape = input.shape();
        Forward { output: input.flatten_channels_first(), saved: Saved::tensors(shape, []), buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, _state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        let input = input_grad.then(|| signal.unflatten_channels_first(saved.input));
        Backward { input, factors: Vec::new() }
    }
}
