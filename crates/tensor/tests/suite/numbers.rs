//! Arrays of reproducible numbers, and comparisons with a stated bound.

use consilience_tensor::{Cpu, Real, Shape};

/// Numbers in [-1, 1) that depend on the seed and the place only.
pub fn random(shape: Shape, seed: u64) -> Cpu<f64> {
    Cpu::new(shape, (0..shape.len() as u64).map(|i| uniform(seed, i)).collect())
}

/// As [`random`], but at least 0.1 away from zero, where some operations have a kink.
pub fn random_away_from_zero(shape: Shape, seed: u64) -> Cpu<f64> {
    map(&random(shape, seed), |x| x + 0.1 * x.signum())
}

/// As [`random`], but no two numbers are closer than 0.01.
pub fn random_apart(shape: Shape, seed: u64) -> Cpu<f64> {
    let mut order: Vec<usize> = (0..shape.len()).collect();
    order.sort_by(|&a, &b| uniform(seed, a as u64).total_cmp(&uniform(seed, b as u64)));
    let mut elements = vec![0.0; shape.len()];
    for (rank, place) in order.into_iter().enumerate() {
        elements[place] = 0.01 * (rank as f64 - shape.len() as f64 / 2.0);
    }
    Cpu::new(shape, elements)
}

/// One number in [-1, 1): `SplitMix64` of the seed and the counter.
fn uniform(seed: u64, i: u64) -> f64 {
    let mut z = seed.wrapping_mul(0xD1B5_4A32_D192_ED03).wrapping_add((i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

pub fn map<R: Real>(x: &Cpu<R>, f: impl Fn(R) -> R) -> Cpu<R> {
    let shape = consilience_tensor::Tensor::shape(x);
    Cpu::new(shape, x.as_slice().iter().map(|&x| f(x)).collect())
}

pub fn absolute(x: &Cpu<f64>) -> Cpu<f64> {
    map(x, f64::abs)
}

/// `x + factor * direction`, of one shape.
pub fn moved(x: &Cpu<f64>, factor: f64, direction: &Cpu<f64>) -> Cpu<f64> {
    let shape = consilience_tensor::Tensor::shape(x);
    Cpu::new(shape, x.as_slice().iter().zip(direction.as_slice()).map(|(x, t)| x + factor * t).collect())
}

pub fn inner(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The bytes of an array: equal only when the numbers are the same, signs of zero and NaN included.
pub fn bits<R: Real>(x: &[R]) -> Vec<u64> {
    x.iter().map(|x| x.f64().to_bits()).collect()
}

/// Asserts `|actual - expected| <= bound` at every place.
pub fn assert_within(what: &str, actual: &[f64], expected: &[f64], bound: impl Fn(usize) -> f64) {
    assert_eq!(actual.len(), expected.len(), "{what}: lengths differ");
    for (i, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        let bound = bound(i);
        assert!(
            (a - e).abs() <= bound,
            "{what}: at {i} got {a:e}, expected {e:e}, off by {:e} > {bound:e}",
            (a - e).abs()
        );
    }
}

/// Asserts that two sums of `terms` products agree as well as any two orders of summation must: each is off by at most
/// `(terms + 1) u` times the sum of absolute products (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1),
/// with `2 u = epsilon` and room for second order.
pub fn assert_sums_agree(what: &str, actual: &[f64], expected: &[f64], magnitudes: &[f64], terms: usize, epsilon: f64) {
    assert_within(what, actual, expected, |i| (terms + 2) as f64 * epsilon * magnitudes[i]);
}
