//! Means that dominate: a variance that cancels in working precision is not reported as zero.

use consilience_gradients::{Moments, Request};
use consilience_nn::Block;
use consilience_nn::layers::{GlobalAvgPool, Linear};
use consilience_oracle::SINGLE;
use consilience_oracle::cases::Case;
use consilience_tensor::{Cpu, Shape};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::reductions::Fast;

/// Gradients that are exactly the given numbers, by the three ways gradients come: as outer products (a linear layer),
/// as vectors (its bias), and over positions (a linear layer on two tokens, of which the second is zero).
fn moments_of(gradients: &[f32]) -> Vec<(&'static str, Moments<f32>)> {
    let n = gradients.len();
    let moments = Request { moments: true, ..Request::default() };
    let signal = Cpu::new(Shape::matrix(n, 1), gradients.to_vec());

    let flat = Case::new("outer products", Shape::matrix(1, 1), &[Block::layer(Linear::new(1, 1))]).unwrap();
    let ones = Cpu::new(Shape::matrix(n, 1), vec![1.0; n]);
    let flat = Fast::<f32>::new(&flat, &ones).reduce(signal.clone(), &moments);

    let layers = [Block::layer(Linear::new(1, 1)), Block::layer(GlobalAvgPool)];
    let tokens = Case::new("tokens", Shape::new(1, 2, 1, 1), &layers).unwrap();
    // the pool halves the signal, so the first token is two
    let input = Cpu::new(Shape::new(n, 2, 1, 1), [2.0, 0.0].repeat(n));
    let tokens = Fast::<f32>::new(&tokens, &input).reduce(signal, &moments);

    let of = |reduced: &consilience_gradients::Reduced<f32>, place: usize| {
        reduced.parameters[place].moments.clone().unwrap()
    };
    vec![("outer products", of(&flat, 0)), ("vectors", of(&flat, 1)), ("positions", of(&tokens, 0))]
}

fn draw(n: usize, mean: f64, deviation: f64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(n as u64);
    // uniform, of the given standard deviation
    (0..n).map(|_| (mean + deviation * 3_f64.sqrt() * rng.random_range(-1.0..1.0)) as f32).collect()
}

/// Mean and sum of squared deviations in double precision, in two passes.
fn two_passes(gradients: &[f32]) -> (f64, f64) {
    let numbers = gradients.iter().copied().map(f64::from);
    let mean = numbers.clone().sum::<f64>() / gradients.len() as f64;
    (mean, numbers.map(|x| (x - mean).powi(2)).sum())
}

/// Deviations are taken from a gradient of the same size, which is exact (Sterbenz), so a chunk's squares err by its
/// length. Merging up to eight chunks takes differences of means that are each rounded at size `mean`: with `c` chunks
/// of `n / c` examples, the sum `weight * step^2` is off by about `c (n / c) 2 (sd sqrt(c / n)) 2 u mean`, a share of
/// `4 u (mean / sd) sqrt(c / n)` of `n sd^2`.
fn bound(n: usize, mean: f64, deviation: f64) -> f64 {
    let merging = 4.0 * SINGLE * (mean / deviation) * (8.0 / n as f64).sqrt().min(2.0);
    (n as f64 + 8.0) * SINGLE + 2.0 * merging
}

#[test]
fn a_mean_of_one_and_a_deviation_of_a_ten_thousandth() {
    for n in [2, 7, 100, 1000] {
        for mean in [1.0, -1.0] {
            let gradients = draw(n, mean, 1e-4);
            let (expected_mean, expected) = two_passes(&gradients);
            assert!(expected > 0.0);
            for (route, moments) in moments_of(&gradients) {
                let (got_mean, got) =
                    (f64::from(moments.mean.as_slice()[0]), f64::from(moments.square_deviations.as_slice()[0]));
                // the mean is rounded once more for each chunk and each example of a sum
                assert!((got_mean - expected_mean).abs() <= (n as f64 + 8.0) * SINGLE, "{route}: mean {got_mean}");
                let error = (got - expected).abs() / expected;
                let bound = bound(n, 1.0, 1e-4);
                assert!(
                    error <= bound,
                    "{route}, {n} examples: {got:e}, expected {expected:e}, error {error:e} > {bound:e}"
                );
            }
        }
    }
}

#[test]
fn deviations_of_every_size_beside_a_mean_of_one() {
    // outer products switch from the difference of two sums to an exact sum within this range
    for deviation in [1e-6, 1e-5, 1e-3, 1e-2, 0.1, 0.13, 0.14, 0.15, 0.2, 1.0] {
        let n = 300;
        let gradients = draw(n, 1.0, deviation);
        let (_, expected) = two_passes(&gradients);
        for (route, moments) in moments_of(&gradients) {
            let got = f64::from(moments.square_deviations.as_slice()[0]);
            // the difference of two sums of n squares, where at least eps^(1/4) of them is left
            let difference = n as f64 * 2.0 * SINGLE / f64::from(f32::EPSILON).powf(0.25);
            let bound = bound(n, 1.0, deviation).max(difference);
            let error = (got - expected).abs() / expected;
            assert!(
                error <= bound,
                "{route}, deviation {deviation}: {got:e}, expected {expected:e}: {error:e} > {bound:e}"
            );
        }
    }
}

#[test]
fn equal_gradients_do_not_deviate() {
    for (value, n) in [(1.1, 7), (0.3, 100), (-3.7, 1000), (0.0, 5), (5.5, 1)] {
        for (route, moments) in moments_of(&vec![value; n]) {
            let deviation = (f64::from(moments.square_deviations.as_slice()[0]) / n as f64).sqrt();
            // nothing but the rounding of the mean can be left
            let bound = 8.0 * SINGLE * f64::from(value).abs();
            assert!(deviation <= bound, "{route}, {n} times {value}: a deviation of {deviation:e}");
            assert!((moments.mean.as_slice()[0] - value).abs() <= (n as f32) * f32::EPSILON * value.abs(), "{route}");
        }
    }
}

#[test]
fn gradients_too_large_or_not_numbers_stay_visible() {
    for value in [f32::NAN, f32::INFINITY] {
        let mut gradients = draw(9, 1.0, 1e-4);
        gradients[4] = value;
        for (route, moments) in moments_of(&gradients) {
            assert!(
                !moments.mean.as_slice()[0].is_finite(),
                "{route}: mean {} with {value}",
                moments.mean.as_slice()[0]
            );
            let squares = moments.square_deviations.as_slice()[0];
            assert!(!squares.is_finite(), "{route}: square deviations {squares} with {value}");
        }
    }
}

#[test]
fn squares_that_underflow_are_not_lost() {
    // one number of single precision that is next to another near zero
    let step = f64::from(f32::from_bits(1));
    for size in [1e-22, 1e-23, 1e-24] {
        let gradients = draw(100, size, size);
        let (_, expected) = two_passes(&gradients);
        let (route, moments) = moments_of(&gradients).swap_remove(0);
        let got = f64::from(moments.square_deviations.as_slice()[0]);
        assert!((got - expected).abs() <= step, "{route}, gradients of {size:e}: {got:e}, expected {expected:e}");
    }
}
