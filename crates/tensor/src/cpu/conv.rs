//! The three bilinear operations. Patches are unfolded a block at a time into a buffer that fits the cache, and several
//! examples' patches share one product.

use std::ops::Range;

use rayon::prelude::*;

use super::Cpu;
use super::buffer::Buffer;
use super::gemm::{Matrix, MatrixMut, gemm, gemm_into};
use super::simd::simd;
use super::unfold::Patches;
use crate::{Convolution, Real, Shape};

/// Elements of a block of patches: small enough for a core's own cache, large enough that a product is worth its set-up.
const BLOCK: usize = 1 << 18;

/// Multiplications that are worth a task of their own.
const TASK: usize = 1 << 21;

pub(super) fn conv<R: Real>(x: &Cpu<R>, weight: &Cpu<R>, conv: &Convolution) -> Cpu<R> {
    let output = conv.output_shape(x.shape, weight.shape);
    assert_fit(x.shape, output, weight.shape, conv);
    let mut y = Buffer::stale(output.len());
    let (inputs, outputs) = (conv.patch(x.shape), output.c / conv.groups);
    if is_plain(conv) {
        gemm(
            MatrixMut::new(&mut y, output.rows(), outputs, outputs),
            R::zero(),
            Matrix::new(x.as_slice(), output.rows(), inputs, inputs),
            Matrix::new(weight.as_slice(), outputs, inputs, inputs).t(),
            R::one(),
        );
        return Cpu::from_buffer(output, y);
    }
    let lines = lines_per_block(output.w, inputs);
    y.par_chunks_mut((lines * output.w * output.c).max(1)).enumerate().for_each(|(block, y)| {
        let first = block * lines;
        let count = y.len() / (output.w * output.c);
        let mut buffer = Buffer::stale(count * output.w * inputs);
        for group in 0..conv.groups {
            let patches = Patches::new(x.shape, *conv, group);
            simd(
                #[inline(always)]
                || patches.unfold(x.as_slice(), first..first + count, &mut buffer),
            );
            let rows = count * output.w;
            gemm_into(
                MatrixMut::new(&mut y[group * outputs..], rows, outputs, output.c),
                R::zero(),
                Matrix::new(&buffer, rows, inputs, inputs),
                group_weight(weight, conv, group).t(),
                R::one(),
            );
        }
    });
    Cpu::from_buffer(output, y)
}

pub(super) fn conv_input_grad<R: Real>(d: &Cpu<R>, weight: &Cpu<R>, conv: &Convolution, input: Shape) -> Cpu<R> {
    let output = d.shape;
    assert_fit(input, output, weight.shape, conv);
    let (inputs, outputs) = (conv.patch(input), output.c / conv.groups);
    if is_plain(conv) {
        let mut dx = Buffer::stale(input.len());
        gemm(
            MatrixMut::new(&mut dx, output.rows(), inputs, inputs),
            R::zero(),
            Matrix::new(d.as_slice(), output.rows(), outputs, outputs),
            Matrix::new(weight.as_slice(), outputs, inputs, inputs),
            R::one(),
        );
        return Cpu::from_buffer(input, dx);
    }
    let mut dx = Buffer::zeros(input.len());
    // whole examples per task: their gradients do not overlap, their windows do
    let examples = examples_per_task(output, inputs);
    dx.par_chunks_mut((examples * input.per_example()).max(1)).enumerate().for_each(|(task, dx)| {
        let first = task * examples;
        let count = dx.len() / input.per_example();
        let lines = lines_per_block(output.w, inputs);
        let mut buffer = Buffer::stale(lines.min(count * output.h) * output.w * inputs);
        for group in 0..conv.groups {
            let patches = Patches::new(input, *conv, group);
            for block in blocks(first * output.h..(first + count) * output.h, lines) {
                let rows = block.len() * output.w;
                let d = &d.as_slice()[block.start * output.w * output.c + group * outputs..];
                gemm_into(
                    MatrixMut::new(&mut buffer, rows, inputs, inputs),
                    R::zero(),
                    Matrix::new(d, rows, outputs, output.c),
                    group_weight(weight, conv, group),
                    R::one(),
                );
                simd(
                    #[inline(always)]
                    || patches.fold(&buffer[..rows * inputs], block.clone(), first, dx),
                );
            }
        }
    });
    Cpu::from_buffer(input, dx)
}

pub(super) fn conv_weight_grad<R: Real>(x: &Cpu<R>, d: &Cpu<R>, conv: &Convolution) -> Cpu<R> {
    let (input, output) = (x.shape, d.shape);
    let shape = conv.weight_shape(input.c, output.c);
    assert_fit(input, output, shape, conv);
    let (inputs, outputs) = (conv.patch(input), output.c / conv.groups);
    // few rows: share out the weight; many rows: share out the rows and add
    if is_plain(conv) && output.rows() <= 4 * shape.len().isqrt() {
        let mut gradient = Buffer::stale(shape.len());
        gemm(
            MatrixMut::new(&mut gradient, outputs, inputs, inputs),
            R::zero(),
            Matrix::new(d.as_slice(), output.rows(), outputs, outputs).t(),
            Matrix::new(x.as_slice(), output.rows(), inputs, inputs),
            R::one(),
        );
        return Cpu::from_buffer(shape, gradient);
    }
    let examples = weight_grad_share(output, shape.len());
    let partial = |first: usize| {
        let count = examples.min(output.n - first);
        let mut gradient = Buffer::zeros(shape.len());
        let lines = lines_per_block(output.w, inputs);
        let range = first * output.h..(first + count) * output.h;
        let unfolded = if is_plain(conv) { 0 } else { lines.min(range.len()) * output.w * inputs };
        let mut buffer = Buffer::stale(unfolded);
        for group in 0..conv.groups {
            let patches = Patches::new(input, *conv, group);
            for block in blocks(range.clone(), lines) {
                let rows = block.len() * output.w;
                let from = block.start * output.w;
                let unfolded = if is_plain(conv) {
                    &x.as_slice()[from * inputs..][..rows * inputs]
                } else {
                    simd(
                        #[inline(always)]
                        || patches.unfold(x.as_slice(), block.clone(), &mut buffer),
                    );
                    &buffer[..rows * inputs]
                };
                gemm_into(
                    MatrixMut::new(&mut gradient[group * outputs * inputs..], outputs, inputs, inputs),
                    R::one(),
                    Matrix::new(&d.as_slice()[from * output.c + group * outputs..], rows, outputs, output.c).t(),
                    Matrix::new(unfolded, rows, inputs, inputs),
                    R::one(),
                );
            }
        }
        gradient
    };
    let partials: Vec<Buffer<R>> =
        (0..output.n.div_ceil(examples)).into_par_iter().map(|i| partial(i * examples)).collect();
    Cpu::from_buffer(shape, sum_in_order(partials, shape.len()))
}

/// Adds arrays of `len` numbers in their order, so that the sum does not depend on which thread made which.
pub(super) fn sum_in_order<R: Real>(arrays: Vec<Buffer<R>>, len: usize) -> Buffer<R> {
    let mut arrays = arrays.into_iter();
    let mut sum = arrays.next().unwrap_or_else(|| Buffer::zeros(len));
    for array in arrays {
        simd(
            #[inline(always)]
            || {
                for (s, a) in sum.iter_mut().zip(array.iter()) {
                    *s += *a;
                }
            },
        );
    }
    sum
}

/// Whether patches are the pixels themselves.
pub(super) fn is_plain(conv: &Convolution) -> bool {
    conv.window.is_point() && conv.groups == 1
}

pub(super) fn group_weight<'a, R: Real>(weight: &'a Cpu<R>, conv: &Convolution, group: usize) -> Matrix<'a, R> {
    let outputs = weight.shape.n / conv.groups;
    let inputs = weight.shape.per_example();
    Matrix::new(&weight.as_slice()[group * outputs * inputs..], outputs, inputs, inputs)
}

fn lines_per_block(width: usize, inputs: usize) -> usize {
    (BLOCK / (width * inputs).max(1)).max(1)
}

fn examples_per_task(output: Shape, inputs: usize) -> usize {
    (TASK / (output.per_example() * inputs).max(1)).clamp(1, output.n.div_ceil(2).max(1))
}

/// Examples per partial weight gradient: at most eight shares, fewer when the gradient itself is large.
fn weight_grad_share(output: Shape, weights: usize) -> usize {
    let work = output.rows() * weights;
    let shares = (work / TASK).clamp(1, if weights > 1 << 20 { 2 } else { 8 });
    output.n.div_ceil(shares).max(1)
}

fn blocks(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(size).map(move |start| start..(start + size).min(end))
}

fn assert_fit(input: Shape, output: Shape, weight: Shape, conv: &Convolution) {
    let fits = conv.groups > 0
        && input.c.is_multiple_of(conv.groups)
        && output.c.is_multiple_of(conv.groups)
        && weight == conv.weight_shape(input.c, output.c)
        && conv.window.output(input.h, input.w) == Some((output.h, output.w))
        && input.n == output.n;
    assert!(fits, "a convolution {conv:?} with weight {weight} does not take {input} to {output}");
}
