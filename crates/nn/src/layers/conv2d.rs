use consilience_tensor::{Convolution, Shape, Tensor, Window};

use super::linear::weight_backward;
use super::{check_size, slide, wrong};
use crate::{Backward, Forward, Layer, ParameterSpec, Role, Saved, ShapeError, State, Structure};

/// Cross-correlation with zero padding, rounding sizes down, as PyTorch's `Conv2d`.
///
/// Shapes: the input is `n x h x w x inputs`, the weight `outputs x kernel height x kernel width x inputs / groups`, the bias
/// has `outputs` numbers. The per-example gradient of the weight is `sum_s signal[n, s] (x) patch(x)[n, s]` over output
/// pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Conv2d {
    inputs: usize,
    outputs: usize,
    conv: Convolution,
    bias: bool,
}

impl Conv2d {
    /// A convolution of one group with a bias.
    pub const fn new(inputs: usize, outputs: usize, window: Window) -> Self {
        Self { inputs, outputs, conv: Convolution { window, groups: 1 }, bias: true }
    }

    /// The same without a bias.
    #[must_use]
    pub const fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }

    /// The same with channels split into groups: output group `g` reads input group `g` only.
    #[must_use]
    pub const fn with_groups(self, groups: usize) -> Self {
        Self { conv: Convolution { window: self.conv.window, groups }, ..self }
    }
}

impl Structure for Conv2d {
    fn kind(&self) -> &'static str {
        "conv2d"
    }

    fn parameters(&self) -> Vec<ParameterSpec> {
        let area = self.conv.window.area();
        let (fan_in, fan_out) = (area * (self.inputs / self.conv.groups), area * self.outputs);
        let spec = |name, shape, role| ParameterSpec { name, shape, role, fan_in, fan_out };
        let mut specs = vec![spec("weight", self.conv.weight_shape(self.inputs, self.outputs), Role::Weight)];
        if self.bias {
            specs.push(spec("bias", Shape::vector(self.outputs), Role::Bias));
        }
        specs
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        let Convolution { window, groups } = self.conv;
        if input.c != self.inputs {
            return Err(wrong(format!("{} channels", self.inputs), input));
        }
        if groups == 0 || !self.inputs.is_multiple_of(groups) || !self.outputs.is_multiple_of(groups) {
            return Err(wrong(
                format!("groups ({groups}) that divide the input channels and the {} output channels", self.outputs),
                input,
            ));
        }
        let (h, w) = slide(&window, input)?;
        check_size("a weight", &[self.outputs, window.kernel.0, window.kernel.1, self.inputs / groups], input)?;
        check_size("an output", &[h, w, self.outputs], input)?;
        Ok(Shape::new(input.n, h, w, self.outputs))
    }
}

impl<T: Tensor> Layer<T> for Conv2d {
    fn forward(&self, input: T, state: State<'_, T>) -> Forward<T> {
        let mut output = input.conv(&state.parameters[0], &self.conv);
        if self.bias {
            output = output.add(&state.parameters[1]);
        }
        Forward { output, saved: Saved::tensors(input.shape(), [input]), buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        weight_backward(&self.conv, self.bias, saved, state, signal, input_grad)
    }
}
