use rayon::prelude::*;

use super::Cpu;
use super::simd::simd;
use crate::Real;

/// The sum of the squares of numbers, in double precision and in an order that depends on their count only.
pub fn sum_of_squares<R: Real>(elements: &[R]) -> f64 {
    const CHUNK: usize = 1 << 15;
    let sums: Vec<f64> = elements.par_chunks(CHUNK).map(of_chunk).collect();
    sums.into_iter().sum()
}

/// The squared Euclidean norm of all arrays together, as [`sum_of_squares`] takes it.
pub fn sq_norm<R: Real>(arrays: &[Cpu<R>]) -> f64 {
    arrays.iter().map(|array| sum_of_squares(array.as_slice())).sum()
}

fn of_chunk<R: Real>(elements: &[R]) -> f64 {
    const LANES: usize = 16;
    simd(
        #[inline(always)]
        || {
            let mut lanes = [0.0_f64; LANES];
            let chunks = elements.chunks_exact(LANES);
            for (lane, x) in lanes.iter_mut().zip(chunks.remainder()) {
                *lane += x.f64() * x.f64();
            }
            for chunk in chunks {
                for (lane, x) in lanes.iter_mut().zip(chunk) {
                    *lane += x.f64() * x.f64();
                }
            }
            lanes.iter().sum()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::sum_of_squares;

    #[test]
    fn squares_are_summed_in_double_precision() {
        let ones = vec![1e-4_f32; 1_000_003];
        let expected = 1_000_003.0 * f64::from(1e-4_f32).powi(2);
        // every lane adds 62,500 terms, each addition off by at most half a unit of double precision
        assert!((sum_of_squares(&ones) / expected - 1.0).abs() < 62_501.0 * f64::EPSILON);
    }
}
