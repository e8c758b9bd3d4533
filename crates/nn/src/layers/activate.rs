use consilience_tensor::{Activation, Shape, Tensor};

use crate::{Backward, Forward, Layer, Saved, ShapeError, State, Structure};

/// An elementwise non-linearity, in place where nothing else reads its input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Activate(pub Activation);

/// The name of a non-linearity, as in configuration files.
pub const fn activation_name(activation: Activation) -> &'static str {
    match activation {
        Activation::Relu => "relu",
        Activation::Tanh => "tanh",
        Activation::Sigmoid => "sigmoid",
        Activation::Gelu => "gelu",
        Activation::Silu => "silu",
        Activation::Softplus => "softplus",
    }
}

impl Structure for Activate {
    fn kind(&self) -> &'static str {
        activation_name(self.0)
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        Ok(input)
    }
}

impl<T: Tensor> Layer<T> for Activate {
    fn forward(&self, input: T, _state: State<'_, T>) -> Forward<T> {
        let shape = input.shape();
        let (output, saved) = input.activate(self.0);
        Forward { output, saved: Saved::tensors(shape, [saved]), buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, _state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        let input = input_grad.then(|| signal.activation_grad(&saved.tensors[0], self.0));
        Backward { input, factors: Vec::new() }
    }
}
