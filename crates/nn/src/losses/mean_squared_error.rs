use consilience_tensor::{Shape, Tensor};

use super::Targets;

/// `(1/C) sum_j (z_j - t_j)^2`.
pub(super) fn loss(outputs: &[f64], targets: &Targets, example: usize) -> f64 {
    let squares = outputs.iter().enumerate().map(|(output, z)| (z - targets.value(example, output)).powi(2));
    squares.sum::<f64>() / outputs.len() as f64
}

/// `(2/C) (z - t)`.
pub(super) fn signal<T: Tensor>(outputs: &T, targets: &Targets) -> T {
    let shape = Shape::matrix(outputs.shape().n, outputs.shape().per_example());
    outputs.clone().reshape(shape).sub(&targets.array(shape)).scale(2.0 / shape.c as f64)
}
