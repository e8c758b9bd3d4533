use consilience_tensor::{Shape, Tensor};

use super::Targets;

/// `(1/C) sum_j (z_j - t_j)^2`, over the `j` whose target is known.
pub(super) fn loss(outputs: &[f64], targets: &Targets, example: usize) -> f64 {
    let squares = outputs.iter().enumerate().map(|(output, z)| match targets.value(example, output) {
        unknown if unknown.is_nan() => 0.0,
        target => (z - target).powi(2),
    });
    squares.sum::<f64>() / outputs.len() as f64
}

/// `(2/C) (z - t)`, and 0 where the target is unknown.
pub(super) fn signal<T: Tensor>(outputs: &T, targets: &Targets) -> T {
    let shape = Shape::matrix(outputs.shape().n, outputs.shape().per_example());
    let differences = outputs.clone().reshape(shape).sub(&targets.array(shape));
    let differences = match targets.known(shape) {
        Some(known) => differences.mul(&known),
        None => differences,
    };
    differences.scale(2.0 / shape.c as f64)
}
