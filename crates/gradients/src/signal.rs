//! What is back-propagated: arrays of one row per example that a backward pass starts from.

use consilience_tensor::{Real, Shape, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// One logit of every example: the gradient of output `index`. A `classes`-wide one-hot row per example.
///
/// # Panics
/// When there is no such output.
pub fn one_output<T: Tensor>(examples: usize, classes: usize, index: usize) -> T {
    assert!(index < classes, "output {index} of {classes}");
    rows(examples, classes, |row, _| row[index] = T::Elem::of(1.0))
}

/// The sum of all outputs of every example.
pub fn sum_of_outputs<T: Tensor>(examples: usize, classes: usize) -> T {
    T::full(Shape::matrix(examples, classes), 1.0)
}

/// A vector of random signs, independent for each micro-batch of `unit` consecutive examples (1: for each example).
///
/// For independent signs `v_n`, `E |grad <v_n, f(x_n)>|^2 = sum_c |grad f_c(x_n)|^2`: the unbiased one-pass estimate of the
/// trace of the kernel.
pub fn random_signs<T: Tensor>(examples: usize, classes: usize, unit: usize, seed: u64) -> T {
    per_unit(examples, classes, unit, seed, |rng, v| {
        for x in v {
            *x = if rng.random::<bool>() { 1.0 } else { -1.0 };
        }
    })
}

/// A random direction of length one, independent for each micro-batch of `unit` consecutive examples (1: for each example);
/// the unit Jacobian of Novack et al. back-propagates it.
pub fn random_unit<T: Tensor>(examples: usize, classes: usize, unit: usize, seed: u64) -> T {
    per_unit(examples, classes, unit, seed, |rng, v| {
        v.iter_mut().for_each(|x| *x = StandardNormal.sample(rng));
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length > 0.0 {
            v.iter_mut().for_each(|x| *x /= length);
        }
    })
}

/// For every example a label drawn from the network's own prediction, the softmax of `outputs`: with the cross-entropy
/// signal at these labels, the squared gradient norms estimate the trace of the Fisher information.
pub fn sampled_labels<T: Tensor>(outputs: &T, seed: u64) -> Vec<u32> {
    let probabilities = outputs.clone().softmax();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let classes = outputs.shape().c;
    probabilities
        .values()
        .chunks_exact(classes)
        .map(|row| {
            let mut left: f64 = rng.random();
            let sampled = row.iter().position(|p| {
                left -= p.f64();
                left < 0.0
            });
            sampled.unwrap_or(classes - 1) as u32
        })
        .collect()
}

fn per_unit<T: Tensor>(
    examples: usize,
    classes: usize,
    unit: usize,
    seed: u64,
    draw: impl Fn(&mut ChaCha8Rng, &mut [f64]),
) -> T {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut vector = vec![0.0; classes];
    rows(examples, classes, |row, n| {
        if n % unit.max(1) == 0 {
            draw(&mut rng, &mut vector);
        }
        for (to, from) in row.iter_mut().zip(&vector) {
            *to = T::Elem::of(*from);
        }
    })
}

fn rows<T: Tensor>(examples: usize, classes: usize, mut fill: impl FnMut(&mut [T::Elem], usize)) -> T {
    let mut elements = vec![T::Elem::default(); examples * classes];
    for (n, row) in elements.chunks_exact_mut(classes.max(1)).enumerate() {
        fill(row, n);
    }
    T::from_vec(Shape::matrix(examples, classes), elements)
}
