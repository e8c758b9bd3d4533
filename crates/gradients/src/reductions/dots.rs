use consilience_nn::Factor;
use consilience_tensor::{Cpu, Real, Shape, Tensor, simd};

use crate::source::Source;

/// Independent partial sums of a dot product: they fill a vector register and shorten the rounding chain.
const LANES: usize = 32;

/// `<G_n, v>` for all examples: one product of the patches with `v`, then a dot product with the signal. When it is best:
/// gradients are not formed anyway. Memory: one array of the signal's size.
pub(crate) fn with_vector<R: Real>(factor: &Factor<Cpu<R>>, source: &Source<'_, R>, vector: &Cpu<R>) -> Vec<f64> {
    match (factor, source) {
        (Factor::Weight { input, signal, conv }, _) => {
            let products = input.conv(vector, conv).dot_to(signal, Shape::matrix(signal.shape().n, 1));
            products.as_slice().iter().map(|x| x.f64()).collect()
        }
        (_, Source::Vectors(rows)) => {
            rows.chunks_exact(vector.shape().len()).map(|row| dot(row, vector.as_slice())).collect()
        }
        _ => unreachable!("scales and biases have vectors for gradients"),
    }
}

/// A dot product, accumulated in lanes.
pub(crate) fn dot<R: Real>(x: &[R], y: &[R]) -> f64 {
    simd(
        #[inline(always)]
        || {
            let mut lanes = [R::zero(); LANES];
            let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
            let rest: R = xs.remainder().iter().zip(ys.remainder()).map(|(&x, &y)| x * y).sum();
            for (x, y) in xs.zip(ys) {
                for ((lane, &x), &y) in lanes.iter_mut().zip(x).zip(y) {
                    *lane += x * y;
                }
            }
            lanes.iter().map(|lane| lane.f64()).sum::<f64>() + rest.f64()
        },
    )
}
