use consilience_nn::Factor;
use consilience_tensor::{Buffer, Cpu, Matrix, MatrixMut, Real, Tensor, gemm_into, simd, unfold};
use rayon::prelude::*;

use super::dots::dot;
use super::moments::at_least_zero;

/// `|G_n|^2 = |a_n|^2 |d_n|^2`: what Goodfellow (2015) noticed. Memory: `N` numbers.
pub(crate) fn rank_one<R: Real>(input: &[R], inputs: usize, signal: &[R], outputs: usize) -> Vec<f64> {
    let rows = input.chunks_exact(inputs).zip(signal.chunks_exact(outputs));
    rows.map(|(a, d)| dot(a, a) * dot(d, d)).collect()
}

/// Whether [`gram_of_positions`] takes fewer multiplications than forming the gradients: `S^2 (I + O) / 2 < S I O`, where the
/// halved cost of symmetric products is not had from a general product and is left out.
pub(crate) fn prefers_positions<R: Real>(factor: &Factor<Cpu<R>>) -> bool {
    let Factor::Weight { input, signal, conv } = factor else { return false };
    let (patch, outputs) = (conv.patch(input.shape()), signal.shape().c / conv.groups);
    signal.shape().positions() * (patch + outputs) < patch * outputs
}

/// `|G_n|^2 = sum_{s,t} <a_s, a_t> <d_s, d_t>`: two Gram matrices of positions per example and group. Best when an example
/// has few positions and the layer many channels. Memory: `2 S^2` numbers and one example's patches per thread.
pub(crate) fn gram_of_positions<R: Real>(factor: &Factor<Cpu<R>>) -> Vec<f64> {
    let Factor::Weight { input, signal, conv } = factor else { return Vec::new() };
    let (positions, channels) = (signal.shape().positions(), signal.shape().c);
    let (patch, outputs) = (conv.patch(input.shape()), channels / conv.groups);
    let buffers = || {
        (Buffer::stale(positions * patch), Buffer::stale(positions * positions), Buffer::stale(positions * positions))
    };
    let examples = (0..signal.shape().n).into_par_iter();
    examples
        .map_init(buffers, |(patches, patch_gram, signal_gram), n| {
            let mut total = 0.0;
            for group in 0..conv.groups {
                simd(|| unfold(input.as_slice(), input.shape(), *conv, group, n..n + 1, patches));
                let a = Matrix::new(patches, positions, patch, patch);
                let d = Matrix::new(&signal.example(n)[group * outputs..], positions, outputs, channels);
                square(patch_gram, positions, a);
                square(signal_gram, positions, d);
                total += dot(patch_gram, signal_gram);
            }
            // rounding may leave the square of a length of zero below it
            at_least_zero(total)
        })
        .collect()
}

fn square<R: Real>(gram: &mut [R], rows: usize, a: Matrix<'_, R>) {
    gemm_into(MatrixMut::new(gram, rows, rows, rows), R::zero(), a, a.t(), R::one());
}
