use consilience_tensor::{Shape, Tensor, Window};

use super::slide_pool;
use crate::{Backward, Forward, Layer, Saved, ShapeError, State, Structure};

/// The mean under each window, per channel, as PyTorch's `AvgPool2d`. Padding counts as zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AvgPool2d(pub Window);

impl Structure for AvgPool2d {
    fn kind(&self) -> &'static str {
        "avg_pool2d"
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        slide_pool(&self.0, input)
    }
}

impl<T: Tensor> Layer<T> for AvgPool2d {
    fn forward(&self, input: T, _state: State<'_, T>) -> Forward<T> {
        let output = input.avg_pool(&self.0);
        Forward { output, saved: Saved::tensors(input.shape(), []), buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, _state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        let input = input_grad.then(|| signal.avg_pool_grad(&self.0, saved.input));
        Backward { input, factors: Vec::new() }
    }
}
