use consilience_tensor::{Buffer, Cpu, Matrix, MatrixMut, Real, Shape, Tensor, gemm, simd};
use rayon::prelude::*;

use crate::Moments;

/// Parameters that are worth a task of their own.
const CHUNK: usize = 1 << 14;

/// Moments of outer products: the sum is known; the sum of squares is one GEMM of squares, because
/// `(d a)^2 = d^2 a^2`. Where the mean so dominates that the difference of the two cancels, or squares underflow, the entry is
/// recomputed from its examples in double precision. Memory: two arrays of the parameter's size, and the squares of the factors.
pub(crate) fn rank_one<R: Real>(input: &[R], inputs: usize, signal: &[R], outputs: usize, sum: &Cpu<R>) -> Moments<R> {
    let examples = input.len() / inputs;
    let squared = |x: &[R]| {
        let mut squared = Buffer::stale(x.len());
        simd(
            #[inline(always)]
            || squared.iter_mut().zip(x).for_each(|(squared, &x)| *squared = x * x),
        );
        squared
    };
    let (a, d) = (squared(input), squared(signal));
    let mut squares = Buffer::stale(inputs * outputs);
    gemm(
        MatrixMut::new(&mut squares, outputs, inputs, inputs),
        R::zero(),
        Matrix::new(&d, examples, outputs, outputs).t(),
        Matrix::new(&a, examples, inputs, inputs),
        R::one(),
    );
    let share = R::of(1.0 / examples as f64);
    let mut mean = Buffer::stale(squares.len());
    // below this share of the sum of squares, more than a quarter of the digits have cancelled
    let cancelled = R::epsilon().sqrt().sqrt();
    // below this sum of squares, some of them may have underflowed
    let underflowed = R::min_positive_value() / R::epsilon();
    let chunks = mean.par_chunks_mut(CHUNK).zip(squares.par_chunks_mut(CHUNK)).zip(sum.as_slice().par_chunks(CHUNK));
    chunks.enumerate().for_each(|(chunk, ((mean, squares), sum))| {
        let any = simd(
            #[inline(always)]
            || {
                let mut any = 0_u32;
                for ((mean, square), &sum) in mean.iter_mut().zip(squares.iter_mut()).zip(sum) {
                    *mean = sum * share;
                    let deviations = *square - sum * *mean;
                    // where both sums are zero, so is every gradient
                    let recompute = ((deviations <= cancelled * *square) & (*square > R::zero()))
                        | ((*square < underflowed) & (sum != R::zero()));
                    any |= u32::from(recompute);
                    *square = if recompute { R::nan() } else { deviations };
                }
                any
            },
        );
        if any == 0 {
            return;
        }
        for (i, square) in squares.iter_mut().enumerate().filter(|(_, square)| square.is_nan()) {
            let (o, i) = ((chunk * CHUNK + i) / inputs, (chunk * CHUNK + i) % inputs);
            let gradient = |n: usize| signal[n * outputs + o].f64() * input[n * inputs + i].f64();
            let exact = (0..examples).map(gradient).sum::<f64>() / examples as f64;
            *square = R::of((0..examples).map(|n| (gradient(n) - exact).powi(2)).sum());
        }
    });
    let (mean, square_deviations) = (Cpu::from_buffer(sum.shape(), mean), Cpu::from_buffer(sum.shape(), squares));
    Moments { count: examples, mean, square_deviations }
}

/// Moments of gradients that come one at a time. Deviations are taken from the first gradient, so that a dominating mean
/// does not cancel.
pub(crate) struct Accumulator<R> {
    count: usize,
    shape: Shape,
    shift: Option<Buffer<R>>,
    sum: Buffer<R>,
    squares: Buffer<R>,
}

impl<R: Real> Accumulator<R> {
    /// Of gradients of this shape.
    pub fn new(shape: Shape) -> Self {
        Self { count: 0, shape, shift: None, sum: Buffer::zeros(shape.len()), squares: Buffer::zeros(shape.len()) }
    }

    pub fn add(&mut self, gradient: &[R]) {
        self.count += 1;
        let Some(shift) = &self.shift else {
            let mut shift = Buffer::stale(gradient.len());
            shift.copy_from_slice(gradient);
            self.shift = Some(shift);
            return;
        };
        let (sum, squares) = (&mut self.sum, &mut self.squares);
        simd(
            #[inline(always)]
            || {
                for (((&g, &shift), sum), square) in
                    gradient.iter().zip(shift.iter()).zip(sum.iter_mut()).zip(squares.iter_mut())
                {
                    let deviation = g - shift;
                    *sum += deviation;
                    *square += deviation * deviation;
                }
            },
        );
    }

    pub fn finish(self) -> Moments<R> {
        let Self { count, shape, shift, sum, mut squares } = self;
        let of = |mean, squares| Moments {
            count,
            mean: Cpu::from_buffer(shape, mean),
            square_deviations: Cpu::from_buffer(shape, squares),
        };
        let Some(mut shift) = shift else { return of(sum, squares) };
        let share = R::of(1.0 / count as f64);
        for ((shift, square), &sum) in shift.iter_mut().zip(squares.iter_mut()).zip(sum.iter()) {
            *shift += sum * share;
            *square = at_least_zero(*square - sum * sum * share);
        }
        of(shift, squares)
    }
}

/// What rounding made negative is zero; what is not a number stays so.
#[inline(always)]
pub(crate) fn at_least_zero<R: Real>(value: R) -> R {
    if value < R::zero() { R::zero() } else { value }
}

/// `sum += gradient`.
pub(crate) fn add<R: Real>(sum: &mut [R], gradient: &[R]) {
    simd(
        #[inline(always)]
        || {
            for (sum, &g) in sum.iter_mut().zip(gradient) {
                *sum += g;
            }
        },
    );
}
