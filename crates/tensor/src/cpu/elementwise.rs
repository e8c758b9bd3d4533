//! Elementwise operations in place, with the other operands stretched.

use rayon::prelude::*;

use super::Cpu;
use super::buffer::Buffer;
use super::simd::simd;
use crate::{Real, Shape};

/// Elements that are worth a task of their own.
const TASK: usize = 1 << 15;

/// An operand stretched to `shape`: where each row of channels starts.
#[derive(Clone, Copy)]
pub(super) struct Stretched<'a, R> {
    elements: &'a [R],
    strides: [usize; 3],
    repeats_channel: bool,
}

impl<'a, R: Real> Stretched<'a, R> {
    /// # Panics
    /// When the operand cannot be stretched.
    pub fn new(operand: &'a Cpu<R>, shape: Shape) -> Self {
        let own = operand.shape;
        assert!(own.broadcasts_to(shape), "cannot stretch {own} to {shape}");
        let unless_one = |size: usize, stride: usize| if size == 1 { 0 } else { stride };
        Self {
            elements: operand.as_slice(),
            strides: [unless_one(own.n, own.per_example()), unless_one(own.h, own.w * own.c), unless_one(own.w, own.c)],
            repeats_channel: own.c == 1 && shape.c != 1,
        }
    }

    /// The channels at row `row` of the stretched array: a full row, or one element that repeats.
    #[inline(always)]
    pub fn row(&self, shape: Shape, row: usize) -> &'a [R] {
        let start = if self.strides[1] == 0 && self.strides[2] == 0 {
            if self.strides[0] == 0 { 0 } else { row / shape.positions() * self.strides[0] }
        } else {
            let (n, position) = (row / shape.positions(), row % shape.positions());
            n * self.strides[0] + position / shape.w * self.strides[1] + position % shape.w * self.strides[2]
        };
        let length = if self.repeats_channel { 1 } else { shape.c };
        &self.elements[start..start + length]
    }
}

/// `x = f(x)`.
pub(super) fn map<R: Real>(mut x: Cpu<R>, f: impl Fn(R) -> R + Sync) -> Cpu<R> {
    each_chunk(x.as_mut_slice(), TASK, |_, x| {
        simd(
            #[inline(always)]
            || {
                for x in x {
                    *x = f(*x);
                }
            },
        );
    });
    x
}

/// `x = f(x, other)` with the other operand stretched.
pub(super) fn zip<R: Real>(mut x: Cpu<R>, other: &Cpu<R>, f: impl Fn(R, R) -> R + Sync) -> Cpu<R> {
    let shape = x.shape;
    if other.shape == shape {
        each_chunk(x.as_mut_slice(), TASK, |start, x| {
            let other = &other.as_slice()[start..start + x.len()];
            simd(
                #[inline(always)]
                || {
                    for (x, &o) in x.iter_mut().zip(other) {
                        *x = f(*x, o);
                    }
                },
            );
        });
        return x;
    }
    let other = Stretched::new(other, shape);
    each_rows(x.as_mut_slice(), shape, |first, x| {
        simd(
            #[inline(always)]
            || {
                for (i, x) in x.chunks_exact_mut(shape.c).enumerate() {
                    let o = other.row(shape, first + i);
                    if let [o] = *o {
                        for x in x {
                            *x = f(*x, o);
                        }
                    } else {
                        for (x, &o) in x.iter_mut().zip(o) {
                            *x = f(*x, o);
                        }
                    }
                }
            },
        );
    });
    x
}

/// `x = x * scale + shift`.
pub(super) fn affine<R: Real>(mut x: Cpu<R>, scale: &Cpu<R>, shift: &Cpu<R>) -> Cpu<R> {
    let shape = x.shape;
    let (scale, shift) = (Stretched::new(scale, shape), Stretched::new(shift, shape));
    each_rows(x.as_mut_slice(), shape, |first, x| {
        simd(
            #[inline(always)]
            || {
                for (i, x) in x.chunks_exact_mut(shape.c).enumerate() {
                    let (a, b) = (scale.row(shape, first + i), shift.row(shape, first + i));
                    if a.len() == x.len() && b.len() == x.len() {
                        for ((x, &a), &b) in x.iter_mut().zip(a).zip(b) {
                            *x = *x * a + b;
                        }
                    } else {
                        for (c, x) in x.iter_mut().enumerate() {
                            *x = *x * at(a, c) + at(b, c);
                        }
                    }
                }
            },
        );
    });
    x
}

/// `x = x * scale + y * y_scale + shift`.
pub(super) fn affine_pair<R: Real>(
    mut x: Cpu<R>,
    scale: &Cpu<R>,
    y: &Cpu<R>,
    y_scale: &Cpu<R>,
    shift: &Cpu<R>,
) -> Cpu<R> {
    let shape = x.shape;
    assert_eq!(y.shape, shape, "both arrays of a pair have one shape");
    let y = y.as_slice();
    let [scale, y_scale, shift] = [scale, y_scale, shift].map(|operand| Stretched::new(operand, shape));
    each_rows(x.as_mut_slice(), shape, |first, x| {
        simd(
            #[inline(always)]
            || {
                for (i, x) in x.chunks_exact_mut(shape.c).enumerate() {
                    let y = &y[(first + i) * shape.c..][..shape.c];
                    let [a, b, s] = [scale, y_scale, shift].map(|operand| operand.row(shape, first + i));
                    if a.len() == shape.c && b.len() == shape.c && s.len() == shape.c {
                        for ((((x, &y), &a), &b), &s) in x.iter_mut().zip(y).zip(a).zip(b).zip(s) {
                            *x = *x * a + y * b + s;
                        }
                    } else {
                        for (c, (x, &y)) in x.iter_mut().zip(y).enumerate() {
                            *x = *x * at(a, c) + y * at(b, c) + at(s, c);
                        }
                    }
                }
            },
        );
    });
    x
}

/// Softmax over each row of channels.
pub(super) fn softmax<R: Real>(mut x: Cpu<R>) -> Cpu<R> {
    let shape = x.shape;
    each_rows(x.as_mut_slice(), shape, |_, x| {
        for row in x.chunks_exact_mut(shape.c) {
            let largest = row.iter().fold(R::neg_infinity(), |m, &x| if x > m { x } else { m });
            let mut sum = R::zero();
            for x in row.iter_mut() {
                *x = (*x - largest).exp();
                sum += *x;
            }
            for x in row {
                *x /= sum;
            }
        }
    });
    x
}

/// Moves channels to the front within each example, or back.
pub(super) fn transpose_examples<R: Real>(x: &Cpu<R>, rows: usize, cols: usize) -> Buffer<R> {
    let mut y = Buffer::stale(x.shape.len());
    y.par_chunks_mut((rows * cols).max(1)).enumerate().for_each(|(n, y)| {
        let x = &x.as_slice()[n * rows * cols..(n + 1) * rows * cols];
        for (col, y) in y.chunks_exact_mut(rows.max(1)).enumerate() {
            for (row, y) in y.iter_mut().enumerate() {
                *y = x[row * cols + col];
            }
        }
    });
    y
}

#[inline(always)]
fn at<R: Real>(row: &[R], channel: usize) -> R {
    if row.len() == 1 { row[0] } else { row[channel] }
}

fn each_rows<R: Real>(x: &mut [R], shape: Shape, f: impl Fn(usize, &mut [R]) + Sync) {
    if shape.c == 0 {
        return;
    }
    let rows = (TASK / shape.c).max(1);
    each_chunk(x, rows * shape.c, |start, x| f(start / shape.c, x));
}

fn each_chunk<R: Real>(x: &mut [R], size: usize, f: impl Fn(usize, &mut [R]) + Sync) {
    if x.len() <= size {
        f(0, x);
    } else {
        x.par_chunks_mut(size).enumerate().for_each(|(i, x)| f(i * size, x));
    }
}
