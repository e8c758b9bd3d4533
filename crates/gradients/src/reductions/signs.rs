use consilience_tensor::{Matrix, MatrixMut, Real, gemm, simd};

use crate::Signs;

/// Signs of outer products are products of signs: `#+ - #-` and `#+ + #-` are two GEMMs of numbers in {-1, 0, 1}, exact for
/// up to 2^24 examples in single precision. Memory: two arrays of the parameter's size, and the signs of the factors.
pub(crate) fn rank_one<R: Real>(input: &[R], inputs: usize, signal: &[R], outputs: usize) -> Signs {
    let examples = input.len() / inputs;
    let (mut a, mut d) = (sign_of(input), sign_of(signal));
    let mut difference = vec![R::zero(); inputs * outputs];
    let mut total = difference.clone();
    let product = |to: &mut [R], a: &[R], d: &[R]| {
        gemm(
            MatrixMut::new(to, outputs, inputs, inputs),
            R::zero(),
            Matrix::new(d, examples, outputs, outputs).t(),
            Matrix::new(a, examples, inputs, inputs),
            R::one(),
        );
    };
    product(&mut difference, &a, &d);
    a.iter_mut().chain(&mut d).for_each(|x| *x = x.abs());
    product(&mut total, &a, &d);
    let half = R::of(0.5);
    let count = |sign: R| -> Vec<u32> {
        let mut counts = vec![0; total.len()];
        simd(
            #[inline(always)]
            || {
                for ((count, &total), &difference) in counts.iter_mut().zip(&total).zip(&difference) {
                    *count = ((total + sign * difference) * half).f64() as u32;
                }
            },
        );
        counts
    };
    Signs { positive: count(R::one()), negative: count(-R::one()) }
}

/// -1, 0 or 1.
fn sign_of<R: Real>(x: &[R]) -> Vec<R> {
    let mut signs = vec![R::zero(); x.len()];
    simd(
        #[inline(always)]
        || {
            for (sign, &x) in signs.iter_mut().zip(x) {
                let positive = if x > R::zero() { R::one() } else { R::zero() };
                *sign = if x < R::zero() { -R::one() } else { positive };
            }
        },
    );
    signs
}

/// No counts yet.
pub(crate) fn none(size: usize) -> Signs {
    Signs { positive: vec![0; size], negative: vec![0; size] }
}

/// Counts the signs of one example's gradient.
pub(crate) fn count<R: Real>(signs: &mut Signs, gradient: &[R]) {
    simd(
        #[inline(always)]
        || {
            for ((positive, negative), &g) in signs.positive.iter_mut().zip(&mut signs.negative).zip(gradient) {
                *positive += u32::from(g > R::zero());
                *negative += u32::from(g < R::zero());
            }
        },
    );
}

/// Adds the counts of other examples.
pub(crate) fn merge(signs: &mut Signs, other: &Signs) {
    signs.positive.iter_mut().zip(&other.positive).for_each(|(a, b)| *a += b);
    signs.negative.iter_mut().zip(&other.negative).for_each(|(a, b)| *a += b);
}
