//! Sums over axes. The order of every sum depends on shapes only.

use std::ops::Range;

use rayon::prelude::*;

use super::Cpu;
use super::buffer::Buffer;
use super::conv::sum_in_order;
use super::elementwise::Stretched;
use super::simd::simd;
use crate::{Real, Shape};

/// Rows summed on their own before they join the total, which keeps long sums in single precision accurate.
const RUN: usize = 64;

/// Elements that are worth a task of their own.
const TASK: usize = 1 << 15;

/// Lanes of a sum along a row: independent, so that they fill a vector register.
const LANES: usize = 16;

pub(super) fn sum_to<R: Real>(x: &Cpu<R>, target: Shape) -> Cpu<R> {
    let c = x.shape.c;
    reduce(x, |row| &x.as_slice()[row * c..(row + 1) * c], target, |x, _| x)
}

pub(super) fn dot_to<R: Real>(x: &Cpu<R>, y: &Cpu<R>, target: Shape) -> Cpu<R> {
    assert_eq!(x.shape, y.shape, "both arrays of a product have one shape");
    let c = x.shape.c;
    reduce(x, |row| &y.as_slice()[row * c..(row + 1) * c], target, |x, y| x * y)
}

pub(super) fn square_deviations_to<R: Real>(x: &Cpu<R>, mean: &Cpu<R>, target: Shape) -> Cpu<R> {
    let shape = x.shape;
    let mean = Stretched::new(mean, shape);
    reduce(x, |row| mean.row(shape, row), target, |x, m| (x - m) * (x - m))
}

/// Sums `f(x, y)` over the axes along which `target` has size 1; `y` gives the other operand's row of channels (or one
/// element that repeats).
fn reduce<'a, R: Real>(
    x: &'a Cpu<R>,
    y: impl Fn(usize) -> &'a [R] + Sync,
    target: Shape,
    f: impl Fn(R, R) -> R + Copy + Sync,
) -> Cpu<R> {
    let shape = x.shape;
    assert!(target.broadcasts_to(shape), "cannot sum {shape} to {target}");
    let size = target.per_example();
    let sum = |examples: Range<usize>, total: &mut [R]| {
        simd(
            #[inline(always)]
            || {
                sum_rows(x, &y, target, f, examples.start * shape.positions()..examples.end * shape.positions(), total);
            },
        );
    };
    let per_task = (TASK / shape.per_example().max(1)).max(1);
    if target.n == shape.n {
        let mut total = Buffer::zeros(target.len());
        total.par_chunks_mut((per_task * size).max(1)).enumerate().for_each(|(task, total)| {
            for (i, total) in total.chunks_exact_mut(size).enumerate() {
                let n = task * per_task + i;
                sum(n..n + 1, total);
            }
        });
        return Cpu::from_buffer(target, total);
    }
    let share = per_task.max(shape.n.div_ceil(16));
    let partials = (0..shape.n.div_ceil(share)).into_par_iter().map(|i| {
        let mut total = Buffer::zeros(size);
        sum(i * share..((i + 1) * share).min(shape.n), &mut total);
        total
    });
    Cpu::from_buffer(target, sum_in_order(partials.collect(), size))
}

#[inline(always)]
fn sum_rows<'a, R: Real>(
    x: &Cpu<R>,
    y: &impl Fn(usize) -> &'a [R],
    target: Shape,
    f: impl Fn(R, R) -> R + Copy,
    rows: Range<usize>,
    total: &mut [R],
) {
    let (shape, c) = (x.shape, x.shape.c);
    let row_of = |row: usize| &x.as_slice()[row * c..(row + 1) * c];
    if target.positions() == 1 {
        let mut run = Buffer::stale(total.len());
        for start in rows.clone().step_by(RUN) {
            run.fill(R::zero());
            for row in start..(start + RUN).min(rows.end) {
                add_row(&mut run, row_of(row), y(row), f);
            }
            for (t, r) in total.iter_mut().zip(run.iter()) {
                *t += *r;
            }
        }
        return;
    }
    for row in rows {
        let position = row % shape.positions();
        let h = if target.h == 1 { 0 } else { position / shape.w };
        let w = if target.w == 1 { 0 } else { position % shape.w };
        let at = (h * target.w + w) * target.c;
        add_row(&mut total[at..at + target.c], row_of(row), y(row), f);
    }
}

#[inline(always)]
fn add_row<R: Real>(total: &mut [R], x: &[R], y: &[R], f: impl Fn(R, R) -> R) {
    if total.len() == x.len() {
        if y.len() == x.len() {
            for ((t, &x), &y) in total.iter_mut().zip(x).zip(y) {
                *t += f(x, y);
            }
        } else {
            for (t, &x) in total.iter_mut().zip(x) {
                *t += f(x, y[0]);
            }
        }
        return;
    }
    let mut lanes = [R::zero(); LANES];
    if y.len() == x.len() {
        let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
        for (lane, (&x, &y)) in lanes.iter_mut().zip(xs.remainder().iter().zip(ys.remainder())) {
            *lane += f(x, y);
        }
        for (x, y) in xs.zip(ys) {
            for ((lane, &x), &y) in lanes.iter_mut().zip(x).zip(y) {
                *lane += f(x, y);
            }
        }
    } else {
        for (i, &x) in x.iter().enumerate() {
            lanes[i % LANES] += f(x, y[0]);
        }
    }
    for lane in lanes {
        total[0] += lane;
    }
}
