use consilience_tensor::{Shape, Tensor};

use super::Targets;

/// `log sum_j exp(z_j) - z_y`, or `-sum_j q_j (z_j - log sum_k exp(z_k))`.
pub(super) fn loss(outputs: &[f64], targets: &Targets, example: usize) -> f64 {
    // every output is taken relative to the largest, so that no exponential overflows
    let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let log_sum = outputs.iter().map(|z| (z - largest).exp()).sum::<f64>().ln();
    match targets {
        Targets::Classes(classes) => log_sum - (outputs[classes[example] as usize] - largest),
        Targets::Soft(..) | Targets::Values(..) | Targets::Masked(..) => {
            let terms = outputs.iter().enumerate().map(|(output, z)| {
                let probability = targets.value(example, output);
                // a class without probability adds nothing, even where its output is minus infinity
                if probability == 0.0 { 0.0 } else { probability * (log_sum - (z - largest)) }
            });
            terms.sum()
        }
    }
}

/// `softmax(z) - one-hot(y)`, or `softmax(z) sum_j q_j - q`.
pub(super) fn signal<T: Tensor>(outputs: &T, targets: &Targets) -> T {
    let shape = Shape::matrix(outputs.shape().n, outputs.shape().per_example());
    let target: T = targets.array(shape);
    let softmax = outputs.clone().reshape(shape).softmax();
    let softmax = match targets {
        Targets::Classes(_) => softmax,
        // soft labels in f32 sum to 1 only nearly
        Targets::Soft(..) | Targets::Values(..) | Targets::Masked(..) => softmax.mul(&target.sum_to(shape.with_c(1))),
    };
    softmax.sub(&target)
}
