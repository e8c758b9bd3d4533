use consilience_tensor::{Real, Shape, Tensor};

use super::Targets;

/// `(1/C) sum_{j != y} max(0, 1 - z_y + z_j)`.
pub(super) fn loss(outputs: &[f64], targets: &Targets, example: usize) -> f64 {
    let own = class(targets, example);
    let others = outputs.iter().enumerate().filter(|&(output, _)| output != own);
    // a comparison rather than `max`, which would hide what is not a number
    let margins = others.map(|(_, z)| 1.0 - outputs[own] + z).map(|margin| if margin <= 0.0 { 0.0 } else { margin });
    margins.sum::<f64>() / outputs.len() as f64
}

/// `1/C` at every class whose margin is violated, and minus their sum at the example's own class. Piecewise constant, so its
/// tangent on dual numbers is zero.
pub(super) fn signal<T: Tensor>(outputs: &T, targets: &Targets) -> T {
    let shape = Shape::matrix(outputs.shape().n, outputs.shape().per_example());
    let share = 1.0 / shape.c as f64;
    let mut elements = vec![T::Elem::of(0.0); shape.len()];
    let values = outputs.values();
    for (example, (row, z)) in elements.chunks_exact_mut(shape.c).zip(values.chunks_exact(shape.c)).enumerate() {
        let own = class(targets, example);
        let mut violated = 0;
        for output in (0..shape.c).filter(|&output| output != own) {
            // the difference is taken as the loss takes it, in double precision
            if 1.0 - z[own].f64() + z[output].f64() > 0.0 {
                row[output] = T::Elem::of(share);
                violated += 1;
            }
        }
        row[own] = T::Elem::of(-share * f64::from(violated));
    }
    T::from_vec(shape, elements)
}

fn class(targets: &Targets, example: usize) -> usize {
    match targets {
        Targets::Classes(classes) => classes[example] as usize,
        Targets::Soft(..) | Targets::Values(..) | Targets::Masked(..) => 0,
    }
}
