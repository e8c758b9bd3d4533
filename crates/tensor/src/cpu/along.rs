//! Convolutions whose weight is a different one for every example, given in factored form. See
//! [`Direction`](crate::Direction).

use rayon::prelude::*;

use super::buffer::Buffer;
use super::conv::{is_plain, sum_in_order};
use super::gemm::{Matrix, MatrixMut, gemm, gemm_into};
use super::simd::simd;
use super::unfold::Patches;
use super::{Cpu, elementwise, pool};
use crate::{Activation, Convolution, Direction, DirectionTerm, Indices, Primal, Real, Shape, Tensor};

/// Numbers of per-example weights that are held at a time.
const BLOCK: usize = 1 << 20;

impl<R: Real> Primal for Cpu<R> {
    fn conv_along(&self, direction: &Direction<Self>, conv: &Convolution) -> Self {
        assert_fits(direction, self.shape);
        let signal = direction.terms[0].signal.shape;
        if is_plain(conv) && signal.positions() == 1 {
            // y_n = sum_m mix[n, m] <x_n, input_m> signal_m
            return sum_terms(direction, |term| along_rows(self, &direction.input, &term.signal, term.mix.as_ref()));
        }
        let x = self;
        let mut y = Cpu::zeros(signal);
        each_block(direction, conv, |block, weights, patch| {
            let size = signal.per_example();
            y.as_mut_slice().par_chunks_mut(size).enumerate().for_each(|(n, y)| {
                let patches = Patches::new(x.shape, *conv, block.group);
                let rows = signal.positions();
                let mut unfolded = Buffer::stale(rows * patch);
                simd(
                    #[inline(always)]
                    || patches.unfold(x.as_slice(), n * signal.h..(n + 1) * signal.h, &mut unfolded),
                );
                gemm_into(
                    MatrixMut::new(&mut y[block.start..], rows, block.outputs, signal.c),
                    R::zero(),
                    Matrix::new(&unfolded, rows, patch, patch),
                    Matrix::new(&weights[n * block.outputs * patch..], block.outputs, patch, patch).t(),
                    R::one(),
                );
            });
        });
        y
    }

    fn conv_input_grad_along(&self, direction: &Direction<Self>, conv: &Convolution, input: Shape) -> Self {
        assert_fits(direction, input);
        let output = self.shape;
        assert_eq!(output, direction.terms[0].signal.shape, "a signal and those of its direction have one shape");
        if is_plain(conv) && output.positions() == 1 {
            // dx_n = sum_m mix[n, m] <d_n, signal_m> input_m
            return sum_terms(direction, |term| along_rows(self, &term.signal, &direction.input, term.mix.as_ref()));
        }
        let d = self;
        let mut dx = Cpu::zeros(input);
        each_block(direction, conv, |block, weights, patch| {
            dx.as_mut_slice().par_chunks_mut(input.per_example()).enumerate().for_each(|(n, dx)| {
                let patches = Patches::new(input, *conv, block.group);
                let rows = output.positions();
                let mut unfolded = Buffer::stale(rows * patch);
                gemm_into(
                    MatrixMut::new(&mut unfolded, rows, patch, patch),
                    R::zero(),
                    Matrix::new(&d.example(n)[block.start..], rows, block.outputs, output.c),
                    Matrix::new(&weights[n * block.outputs * patch..], block.outputs, patch, patch),
                    R::one(),
                );
                simd(
                    #[inline(always)]
                    || patches.fold(&unfolded, n * output.h..(n + 1) * output.h, n, dx),
                );
            });
        });
        dx
    }

    fn activation_curvature(self, saved: &Self, activation: Activation) -> Self {
        elementwise::zip(self, saved, |d, s| d * activation.slope_derivative(s))
    }

    fn gather(&self, indices: &Indices, output: Shape) -> Self {
        pool::gather(self, indices, output)
    }
}

fn assert_fits<R: Real>(direction: &Direction<Cpu<R>>, input: Shape) {
    let n = input.n;
    assert_eq!(direction.input.shape, input, "an input and that of its direction have one shape");
    let signal = direction.terms.first().expect("a direction has at least one term").signal.shape;
    let fits = |term: &DirectionTerm<Cpu<R>>| {
        term.signal.shape == signal && term.mix.as_ref().is_none_or(|mix| mix.shape == Shape::matrix(n, n))
    };
    assert!(
        signal.n == n && direction.terms.iter().all(fits),
        "the terms of a direction have one signal shape, and mix {n} examples"
    );
}

fn sum_terms<R: Real>(direction: &Direction<Cpu<R>>, f: impl Fn(&DirectionTerm<Cpu<R>>) -> Cpu<R>) -> Cpu<R> {
    let mut terms = direction.terms.iter();
    let first = f(terms.next().expect("a direction has at least one term"));
    terms.fold(first, |sum, term| sum.add(&f(term)))
}

/// `sum_m mix[n, m] <x_n, a_m> b_m` for matrices of one row per example.
fn along_rows<R: Real>(x: &Cpu<R>, a: &Cpu<R>, b: &Cpu<R>, mix: Option<&Cpu<R>>) -> Cpu<R> {
    let n = x.shape.n;
    let Some(mix) = mix else {
        let products = x.dot_to(a, Shape::matrix(n, 1));
        return b.clone().mul(&products);
    };
    let (features, outputs) = (x.shape.c, b.shape.c);
    let mut products = Buffer::stale(n * n);
    gemm(
        MatrixMut::new(&mut products, n, n, n),
        R::zero(),
        Matrix::new(x.as_slice(), n, features, features),
        Matrix::new(a.as_slice(), n, features, features).t(),
        R::one(),
    );
    for (product, &m) in products.iter_mut().zip(mix.as_slice()) {
        *product *= m;
    }
    let mut y = Buffer::stale(n * outputs);
    gemm(
        MatrixMut::new(&mut y, n, outputs, outputs),
        R::zero(),
        Matrix::new(&products, n, n, n),
        Matrix::new(b.as_slice(), n, outputs, outputs),
        R::one(),
    );
    Cpu::from_buffer(b.shape, y)
}

/// Some outputs of one group: the first channel in the whole output, and how many.
struct Block {
    group: usize,
    start: usize,
    outputs: usize,
}

/// Forms the per-example weights of all examples for a block of outputs at a time, `N x outputs x patch`, and hands each
/// block on.
fn each_block<R: Real>(direction: &Direction<Cpu<R>>, conv: &Convolution, mut visit: impl FnMut(&Block, &[R], usize)) {
    let input = &direction.input;
    let signal = direction.terms[0].signal.shape;
    let (n, patch) = (input.shape.n, conv.patch(input.shape));
    let outputs = signal.c / conv.groups;
    let per_block = (BLOCK / (n * patch)).clamp(1, outputs);
    for group in 0..conv.groups {
        for first in (0..outputs).step_by(per_block) {
            let block = Block { group, start: group * outputs + first, outputs: per_block.min(outputs - first) };
            let terms = direction.terms.iter().map(|term| {
                let weights = gradients(input, &term.signal, conv, &block);
                match &term.mix {
                    None => weights,
                    Some(mix) => mixed(mix, &weights),
                }
            });
            let weights = sum_in_order(terms.collect(), n * block.outputs * patch);
            visit(&block, &weights, patch);
        }
    }
}

/// Per-example weight gradients for a block of outputs, `N x outputs x patch`.
fn gradients<R: Real>(input: &Cpu<R>, signal: &Cpu<R>, conv: &Convolution, block: &Block) -> Buffer<R> {
    let patches = Patches::new(input.shape, *conv, block.group);
    let (rows, patch) = (signal.shape.positions(), patches.len());
    let size = block.outputs * patch;
    let mut gradients = Buffer::stale(input.shape.n * size);
    gradients.par_chunks_mut(size).enumerate().for_each(|(n, gradient)| {
        let mut unfolded = Buffer::stale(rows * patch);
        simd(
            #[inline(always)]
            || patches.unfold(input.as_slice(), n * signal.shape.h..(n + 1) * signal.shape.h, &mut unfolded),
        );
        gemm_into(
            MatrixMut::new(gradient, block.outputs, patch, patch),
            R::zero(),
            Matrix::new(&signal.example(n)[block.start..], rows, block.outputs, signal.shape.c).t(),
            Matrix::new(&unfolded, rows, patch, patch),
            R::one(),
        );
    });
    gradients
}

fn mixed<R: Real>(mix: &Cpu<R>, weights: &[R]) -> Buffer<R> {
    let n = mix.shape.n;
    let size = weights.len() / n;
    let mut result = Buffer::stale(weights.len());
    gemm(
        MatrixMut::new(&mut result, n, size, size),
        R::zero(),
        Matrix::new(mix.as_slice(), n, n, n),
        Matrix::new(weights, n, size, size),
        R::one(),
    );
    result
}
