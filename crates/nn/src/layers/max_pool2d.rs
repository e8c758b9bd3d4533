use consilience_tensor::{Shape, Tensor, Window};

use super::slide_pool;
use crate::{Backward, Forward, Layer, Saved, ShapeError, State, Structure};

/// The largest element under each window, per channel, as PyTorch's `MaxPool2d`; of equal ones the first, which alone receives
/// the gradient. Padding counts as minus infinity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxPool2d(pub Window);

impl Structure for MaxPool2d {
    fn kind(&self) -> &'static str {
        "max_pool2d"
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        slide_pool(&self.0, input)
    }
}

impl<T: Tensor> Layer<T> for MaxPool2d {
    fn forward(&self, input: T, _state: State<'_, T>) -> Forward<T> {
        let (output, indices) = input.max_pool(&self.0);
        let saved = Saved { input: input.shape(), tensors: Vec::new(), indices: Some(indices) };
        Forward { output, saved, buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, _state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        let input = input_grad.then(|| {
            let indices = saved.indices.as_ref().expect("forward saves where the largest elements were");
            signal.max_pool_grad(indices, saved.input)
        });
        Backward { input, factors: Vec::new() }
    }
}
