//! Gradients by central finite differences, for quantities that are themselves computed naively.

use consilience_tensor::{Cpu, Tensor};

/// The step in each parameter. With the five-point rule the error is `STEP^4 / 30` times the fifth derivative, about
/// 3e-14 for numbers of order one, and the rounding of the quantity over the step, about 1e-13 times its size.
pub const STEP: f64 = 1e-3;

/// The gradient of `quantity` with respect to all parameters, flat, by the five-point rule
/// `(8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h`.
pub fn gradient(parameters: &[Cpu<f64>], quantity: impl Fn(&[Cpu<f64>]) -> f64) -> Vec<f64> {
    let mut gradient = Vec::new();
    for array in 0..parameters.len() {
        for element in 0..parameters[array].shape().len() {
            let at = |step: f64| {
                let mut moved = parameters.to_vec();
                moved[array].as_mut_slice()[element] += step;
                quantity(&moved)
            };
            gradient.push(five_points(at(STEP), at(-STEP), at(2.0 * STEP), at(-2.0 * STEP)));
        }
    }
    gradient
}

/// The derivative of a vector-valued quantity along `direction` (one array per parameter), by the same rule.
pub fn derivative(
    parameters: &[Cpu<f64>],
    direction: &[Cpu<f64>],
    quantity: impl Fn(&[Cpu<f64>]) -> Vec<f64>,
) -> Vec<f64> {
    let at = |step: f64| {
        let pairs = parameters.iter().zip(direction);
        let moved: Vec<_> = pairs.map(|(value, along)| value.clone().add(&along.clone().scale(step))).collect();
        quantity(&moved)
    };
    let (near, back, far, far_back) = (at(STEP), at(-STEP), at(2.0 * STEP), at(-2.0 * STEP));
    (0..near.len()).map(|i| five_points(near[i], back[i], far[i], far_back[i])).collect()
}

fn five_points(near: f64, back: f64, far: f64, far_back: f64) -> f64 {
    (8.0 * (near - back) - (far - far_back)) / (12.0 * STEP)
}
