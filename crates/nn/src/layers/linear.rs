use consilience_tensor::{Convolution, Shape, Tensor};

use super::{check_size, wrong};
use crate::{Backward, Factor, Forward, Layer, ParameterSpec, Role, Saved, ShapeError, State, Structure};

/// `y = x W^T + b` on the channels of every position; on tokens, the same map for each token.
///
/// Shapes: `x` is `n x h x w x inputs`, `W` is `outputs x 1 x 1 x inputs`, `b` has `outputs` numbers. The per-example
/// gradient of `W` is `sum_s signal[n, s] (x) x[n, s]` over the `h * w` positions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    bias: bool,
}

impl Linear {
    /// A linear map with a bias.
    pub const fn new(inputs: usize, outputs: usize) -> Self {
        Self { inputs, outputs, bias: true }
    }

    /// The same without a bias.
    #[must_use]
    pub const fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }
}

impl Structure for Linear {
    fn kind(&self) -> &'static str {
        "linear"
    }

    fn parameters(&self) -> Vec<ParameterSpec> {
        let spec = |name, shape, role| ParameterSpec { name, shape, role, fan_in: self.inputs, fan_out: self.outputs };
        let mut specs = vec![spec("weight", Shape::matrix(self.outputs, self.inputs), Role::Weight)];
        if self.bias {
            specs.push(spec("bias", Shape::vector(self.outputs), Role::Bias));
        }
        specs
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        if input.c != self.inputs {
            return Err(wrong(format!("{} features", self.inputs), input));
        }
        check_size("a weight", &[self.outputs, self.inputs], input)?;
        check_size("an output", &[input.h, input.w, self.outputs], input)?;
        Ok(input.with_c(self.outputs))
    }
}

impl<T: Tensor> Layer<T> for Linear {
    fn forward(&self, input: T, state: State<'_, T>) -> Forward<T> {
        let mut output = input.conv(&state.parameters[0], &Convolution::POINT);
        if self.bias {
            output = output.add(&state.parameters[1]);
        }
        Forward { output, saved: Saved::tensors(input.shape(), [input]), buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        weight_backward(&Convolution::POINT, self.bias, saved, state, signal, input_grad)
    }
}

/// The backward pass of every layer of the form `conv(x, W) + b`.
pub(super) fn weight_backward<T: Tensor>(
    conv: &Convolution,
    bias: bool,
    saved: &Saved<T>,
    state: State<'_, T>,
    signal: T,
    input_grad: bool,
) -> Backward<T> {
    let input = input_grad.then(|| signal.conv_input_grad(&state.parameters[0], conv, saved.input));
    let mut factors = vec![Factor::Weight { input: saved.tensors[0].clone(), signal: signal.clone(), conv: *conv }];
    if bias {
        factors.push(Factor::Bias { signal });
    }
    Backward { input, factors }
}
