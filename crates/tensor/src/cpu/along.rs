//! Convolutions whose weight is a different one for every example, given in factored form. See
//! [`Directions`](crate::Directions).

use rayon::prelude::*;

use super::buffer::Buffer;
use super::conv::{is_plain, sum_in_order};
use super::gemm::{Matrix, MatrixMut, gemm, gemm_into};
use super::simd::simd;
use super::unfold::Patches;
use super::{Cpu, elementwise, pool};
use crate::{Activation, Convolution, DirectionTerm, Directions, Indices, Primal, Real, Shape, Tensor};

/// Numbers of mixed per-example weights that are held at a time.
const BLOCK: usize = 1 << 20;

/// Numbers of one example's own weights that are held at a time.
const OWN_BLOCK: usize = 1 << 18;

impl<R: Real> Primal for Cpu<R> {
    fn conv_along(&self, directions: &Directions<Self>, conv: &Convolution) -> Vec<Self> {
        let signal = assert_fits(directions, self.shape);
        if is_plain(conv) && signal.positions() == 1 {
            // y_n = sum_m mix[n, m] <x_n, input_m> signal_m
            let along =
                |term: &DirectionTerm<Self>| along_rows(self, &directions.input, &term.signal, term.mix.as_ref());
            return each_sum(directions, along);
        }
        if let Some(own) = Own::new(directions, conv) {
            return own.conv(self);
        }
        let x = self;
        let along = |terms: &Vec<DirectionTerm<Self>>| {
            let mut y = Cpu::zeros(signal);
            each_block(&directions.input, terms, conv, |block, weights, patch| {
                let size = signal.per_example();
                y.as_mut_slice().par_chunks_mut(size).enumerate().for_each(|(n, y)| {
                    let rows = signal.positions();
                    let mut unfolded = Buffer::stale(rows * patch);
                    unfold_example(x, conv, block.group, n, signal.h, &mut unfolded);
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
        };
        directions.terms.iter().map(along).collect()
    }

    fn conv_input_grad_along(&self, directions: &Directions<Self>, conv: &Convolution, input: Shape) -> Vec<Self> {
        let output = assert_fits(directions, input);
        assert_eq!(self.shape, output, "a signal and those of its direction have one shape");
        if is_plain(conv) && output.positions() == 1 {
            // dx_n = sum_m mix[n, m] <d_n, signal_m> input_m
            let along =
                |term: &DirectionTerm<Self>| along_rows(self, &term.signal, &directions.input, term.mix.as_ref());
            return each_sum(directions, along);
        }
        if let Some(own) = Own::new(directions, conv) {
            return own.conv_input_grad(self);
        }
        let d = self;
        let along = |terms: &Vec<DirectionTerm<Self>>| {
            let mut dx = Cpu::zeros(input);
            each_block(&directions.input, terms, conv, |block, weights, patch| {
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
        };
        directions.terms.iter().map(along).collect()
    }

    fn activation_curvature(self, saved: &Self, activation: Activation) -> Self {
        elementwise::zip(self, saved, |d, s| d * activation.slope_derivative(s))
    }

    fn gather(&self, indices: &Indices, output: Shape) -> Self {
        pool::gather(self, indices, output)
    }
}

/// The shape of the signals.
fn assert_fits<R: Real>(directions: &Directions<Cpu<R>>, input: Shape) -> Shape {
    let n = input.n;
    assert_eq!(directions.input.shape, input, "an input and that of its directions have one shape");
    let mut terms = directions.terms.iter().flatten();
    let signal = terms.next().expect("a direction has at least one term").signal.shape;
    let fits = |term: &DirectionTerm<Cpu<R>>| {
        term.signal.shape == signal && term.mix.as_ref().is_none_or(|mix| mix.shape == Shape::matrix(n, n))
    };
    assert!(
        signal.n == n
            && directions.terms.iter().all(|direction| !direction.is_empty())
            && directions.terms.iter().flatten().all(fits),
        "the terms of directions, at least one of each, have one signal shape, and mix {n} examples"
    );
    signal
}

/// The sum over the terms of each direction.
fn each_sum<R: Real>(directions: &Directions<Cpu<R>>, f: impl Fn(&DirectionTerm<Cpu<R>>) -> Cpu<R>) -> Vec<Cpu<R>> {
    let sum = |terms: &Vec<DirectionTerm<Cpu<R>>>| {
        let mut terms = terms.iter().map(&f);
        let first = terms.next().expect("a direction has at least one term");
        terms.fold(first, |sum, term| sum.add(&term))
    };
    directions.terms.iter().map(sum).collect()
}

fn unfold_example<R: Real>(x: &Cpu<R>, conv: &Convolution, group: usize, n: usize, lines: usize, out: &mut [R]) {
    let patches = Patches::new(x.shape, *conv, group);
    simd(
        #[inline(always)]
        || patches.unfold(x.as_slice(), n * lines..(n + 1) * lines, out),
    );
}

/// Directions of each example's own gradients. Nothing is mixed, so the weights of an example are formed, applied and dropped
/// at once, those of all directions together: their outputs stand side by side as those of one wide layer.
struct Own<'a, R> {
    input: &'a Cpu<R>,
    /// One per direction.
    signals: Vec<Cpu<R>>,
    conv: &'a Convolution,
}

impl<'a, R: Real> Own<'a, R> {
    /// `None` when examples are mixed.
    fn new(directions: &'a Directions<Cpu<R>>, conv: &'a Convolution) -> Option<Self> {
        let own = directions.terms.iter().flatten().all(|term| term.mix.is_none());
        own.then(|| Self { input: &directions.input, signals: each_sum(directions, |term| term.signal.clone()), conv })
    }

    fn signal(&self) -> Shape {
        self.signals[0].shape
    }

    fn patch(&self) -> usize {
        self.conv.patch(self.input.shape)
    }

    /// Outputs whose weights are held at a time.
    fn per_block(&self) -> usize {
        (OWN_BLOCK / (self.patch() * self.signals.len())).clamp(1, self.signal().c / self.conv.groups)
    }

    /// Calls `visit` with some outputs at a time of example `n`: the patches of the directions' input, which those of one group
    /// share, and the signals of all directions side by side, `positions x (directions x outputs)`.
    fn for_blocks(&self, n: usize, mut visit: impl FnMut(&Block, &[R], &[R])) {
        let (signal, patch, directions) = (self.signal(), self.patch(), self.signals.len());
        let (rows, outputs) = (signal.positions(), signal.c / self.conv.groups);
        let per_block = self.per_block();
        let mut unfolded = Buffer::stale(rows * patch);
        let mut side_by_side = Buffer::stale(rows * directions * per_block);
        for group in 0..self.conv.groups {
            unfold_example(self.input, self.conv, group, n, signal.h, &mut unfolded);
            for first in (0..outputs).step_by(per_block) {
                let block = Block { group, start: group * outputs + first, outputs: per_block.min(outputs - first) };
                let width = directions * block.outputs;
                for (i, signals) in self.signals.iter().enumerate() {
                    let to = side_by_side.chunks_exact_mut(width).map(|row| &mut row[i * block.outputs..]);
                    let from = signals.example(n).chunks_exact(signal.c).map(|row| &row[block.start..]);
                    copy_rows(to, from, block.outputs);
                }
                visit(&block, &unfolded, &side_by_side[..rows * width]);
            }
        }
    }

    /// The weights of an example for some outputs, `directions x outputs x patch`, from what [`Own::for_blocks`] gives.
    fn form(&self, weights: &mut [R], unfolded: &[R], side_by_side: &[R]) {
        let (rows, patch) = (self.signal().positions(), self.patch());
        let width = side_by_side.len() / rows;
        gemm_into(
            MatrixMut::new(weights, width, patch, patch),
            R::zero(),
            Matrix::new(side_by_side, rows, width, width).t(),
            Matrix::new(unfolded, rows, patch, patch),
            R::one(),
        );
    }

    fn conv(&self, x: &Cpu<R>) -> Vec<Cpu<R>> {
        let (signal, patch, directions) = (self.signal(), self.patch(), self.signals.len());
        let rows = signal.positions();
        let most = directions * self.per_block();
        // the usual case: a network is differentiated where its gradients were taken
        let same = x.as_slice() == self.input.as_slice();
        // then `patches (patches^T signals)` may cost less as `(patches patches^T) signals`, which forms no weights
        let by_products = same && rows * rows <= OWN_BLOCK && rows * (patch + most) < 2 * patch * most;
        let one = |n: usize, y: &mut [&mut [R]]| {
            let mut other = Buffer::stale(if same { 0 } else { rows * patch });
            let mut between = Buffer::stale(if by_products { rows * rows } else { most * patch });
            let mut results = Buffer::stale(rows * most);
            let mut group = None;
            self.for_blocks(n, |block, unfolded, side_by_side| {
                let width = directions * block.outputs;
                let new_group = group.replace(block.group) != Some(block.group);
                let (lhs, rhs) = if by_products {
                    let patches = Matrix::new(unfolded, rows, patch, patch);
                    if new_group {
                        let products = MatrixMut::new(&mut between, rows, rows, rows);
                        gemm_into(products, R::zero(), patches, patches.t(), R::one());
                    }
                    (Matrix::new(&between, rows, rows, rows), Matrix::new(side_by_side, rows, width, width))
                } else {
                    if new_group && !same {
                        unfold_example(x, self.conv, block.group, n, signal.h, &mut other);
                    }
                    self.form(&mut between, unfolded, side_by_side);
                    let patches = if same { unfolded } else { &other };
                    (Matrix::new(patches, rows, patch, patch), Matrix::new(&between, width, patch, patch).t())
                };
                gemm_into(MatrixMut::new(&mut results, rows, width, width), R::zero(), lhs, rhs, R::one());
                for (i, y) in y.iter_mut().enumerate() {
                    let to = y.chunks_exact_mut(signal.c).map(|row| &mut row[block.start..]);
                    let from = results.chunks_exact(width).map(|row| &row[i * block.outputs..]);
                    copy_rows(to, from, block.outputs);
                }
            });
        };
        each_example(signal, directions, one)
    }

    /// `d` is the same for all directions.
    fn conv_input_grad(&self, d: &Cpu<R>) -> Vec<Cpu<R>> {
        let (signal, patch, directions) = (self.signal(), self.patch(), self.signals.len());
        let (rows, input) = (signal.positions(), self.input.shape);
        let one = |n: usize, dx: &mut [&mut [R]]| {
            let mut patches_of_dx = Buffer::stale(rows * patch);
            let mut weights = Buffer::stale(directions * self.per_block() * patch);
            dx.iter_mut().for_each(|dx| dx.fill(R::zero()));
            self.for_blocks(n, |block, unfolded, side_by_side| {
                let patches = Patches::new(input, *self.conv, block.group);
                self.form(&mut weights, unfolded, side_by_side);
                for (dx, weights) in dx.iter_mut().zip(weights.chunks_exact(block.outputs * patch)) {
                    gemm_into(
                        MatrixMut::new(&mut patches_of_dx, rows, patch, patch),
                        R::zero(),
                        Matrix::new(&d.example(n)[block.start..], rows, block.outputs, signal.c),
                        Matrix::new(weights, block.outputs, patch, patch),
                        R::one(),
                    );
                    simd(
                        #[inline(always)]
                        || patches.fold(&patches_of_dx, n * signal.h..(n + 1) * signal.h, n, dx),
                    );
                }
            });
        };
        each_example(input, directions, one)
    }
}

/// Copies the first `count` elements of every row. Rows are a few outputs long, for which a call to `memcpy` costs more than it does.
fn copy_rows<'a, R: Real>(to: impl Iterator<Item = &'a mut [R]>, from: impl Iterator<Item = &'a [R]>, count: usize) {
    simd(
        #[inline(always)]
        || {
            for (to, from) in to.zip(from) {
                let (to, from) = (&mut to[..count], &from[..count]);
                let (mut to, mut from) = (to.chunks_exact_mut(4), from.chunks_exact(4));
                for (to, from) in to.by_ref().zip(from.by_ref()) {
                    to.copy_from_slice(from);
                }
                for (to, from) in to.into_remainder().iter_mut().zip(from.remainder()) {
                    *to = *from;
                }
            }
        },
    );
}

/// `count` arrays of one shape, written example by example: `one` is given an example and its part of each array.
fn each_example<R: Real>(shape: Shape, count: usize, one: impl Fn(usize, &mut [&mut [R]]) + Sync) -> Vec<Cpu<R>> {
    let mut arrays: Vec<Buffer<R>> = (0..count).map(|_| Buffer::stale(shape.len())).collect();
    let mut examples: Vec<Vec<&mut [R]>> = (0..shape.n).map(|_| Vec::with_capacity(count)).collect();
    for array in &mut arrays {
        for (example, part) in examples.iter_mut().zip(array.chunks_mut(shape.per_example().max(1))) {
            example.push(part);
        }
    }
    examples.par_iter_mut().enumerate().for_each(|(n, parts)| one(n, parts));
    arrays.into_iter().map(|array| Cpu::from_buffer(shape, array)).collect()
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

/// Forms the per-example weights of all examples along one direction for a block of outputs at a time,
/// `N x outputs x patch`, and hands each block on.
fn each_block<R: Real>(
    input: &Cpu<R>,
    terms: &[DirectionTerm<Cpu<R>>],
    conv: &Convolution,
    mut visit: impl FnMut(&Block, &[R], usize),
) {
    let signal = terms[0].signal.shape;
    let (n, patch) = (input.shape.n, conv.patch(input.shape));
    let outputs = signal.c / conv.groups;
    let per_block = (BLOCK / (n * patch)).clamp(1, outputs);
    for group in 0..conv.groups {
        for first in (0..outputs).step_by(per_block) {
            let block = Block { group, start: group * outputs + first, outputs: per_block.min(outputs - first) };
            let terms = terms.iter().map(|term| {
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
