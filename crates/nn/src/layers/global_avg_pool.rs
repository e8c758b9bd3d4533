use consilience_tensor::{Shape, Tensor};

use crate::{Backward, Forward, Layer, Saved, ShapeError, State, Structure};

/// The mean of each channel over all pixels (over all tokens of a sequence): `n x h x w x c` to `n x 1 x 1 x c`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GlobalAvgPool;

impl Structure for GlobalAvgPool {
    fn kind(&self) -> &'static str {
        "global_avg_pool"
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        Ok(Shape::matrix(input.n, input.c))
    }
}

impl<T: Tensor> Layer<T> for GlobalAvgPool {
    fn forward(&self, input: T, _state: State<'_, T>) -> Forward<T> {
        let shape = input.shape();
        let output = input.sum_to(Shape::matrix(shape.n, shape.c)).scale(1.0 / shape.positions() as f64);
        Forward { output, saved: Saved::tensors(shape, []), buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, _state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        let share = 1.0 / saved.input.positions() as f64;
        let input = input_grad.then(|| T::full(saved.input, 0.0).add(&signal.scale(share)));
        Backward { input, factors: Vec::new() }
    }
}
