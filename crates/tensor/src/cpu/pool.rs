//! Maximum and mean over sliding windows. Channels are contiguous, so every inner loop runs over them.

use std::sync::Arc;

use rayon::prelude::*;

use super::Cpu;
use super::buffer::Buffer;
use super::simd::simd;
use crate::{Indices, Real, Shape, Window};

fn output_shape(input: Shape, window: &Window) -> Shape {
    let (h, w) = window.output(input.h, input.w).expect("the input is at least as large as the window");
    Shape { h, w, ..input }
}

fn assert_fit(input: Shape, indices: &Indices, output: Shape) {
    assert!(
        indices.len() == output.len() && input.n == output.n && input.c == output.c,
        "{} choices of a maximum do not take {input} to {output}",
        indices.len()
    );
}

/// Pixels of the image under the window at output position `(y, x)`, as offsets `iy * width + ix`.
#[inline(always)]
fn pixels(input: Shape, window: &Window, y: usize, x: usize, mut visit: impl FnMut(usize)) {
    for ky in 0..window.kernel.0 {
        let row = y * window.stride.0 + ky;
        if row < window.padding.0 || row - window.padding.0 >= input.h {
            continue;
        }
        for kx in 0..window.kernel.1 {
            let col = x * window.stride.1 + kx;
            if col < window.padding.1 || col - window.padding.1 >= input.w {
                continue;
            }
            visit((row - window.padding.0) * input.w + col - window.padding.1);
        }
    }
}

pub(super) fn max_pool<R: Real>(x: &Cpu<R>, window: &Window) -> (Cpu<R>, Indices) {
    let (input, output) = (x.shape, output_shape(x.shape, window));
    // then every window holds a pixel
    assert!(
        window.padding.0 < window.kernel.0 && window.padding.1 < window.kernel.1,
        "{window:?} leaves windows that hold nothing but padding"
    );
    let mut y = Buffer::stale(output.len());
    let mut indices = Buffer::stale(output.len());
    let (size, c) = (output.per_example().max(1), input.c);
    y.par_chunks_mut(size).zip(indices.par_chunks_mut(size)).enumerate().for_each(|(n, (y, indices))| {
        let x = x.example(n);
        simd(
            #[inline(always)]
            || {
                for position in 0..output.positions() {
                    let y = &mut y[position * c..(position + 1) * c];
                    let indices = &mut indices[position * c..(position + 1) * c];
                    let mut first = true;
                    pixels(
                        input,
                        window,
                        position / output.w,
                        position % output.w,
                        #[inline(always)]
                        |pixel| {
                            let start = (pixel * c) as u32;
                            let x = &x[pixel * c..(pixel + 1) * c];
                            for (((y, index), &x), channel) in y.iter_mut().zip(indices.iter_mut()).zip(x).zip(0_u32..)
                            {
                                // a NaN must win, and stay
                                let larger = first || x > *y || x.is_nan();
                                *y = if larger { x } else { *y };
                                *index = if larger { start + channel } else { *index };
                            }
                            first = false;
                        },
                    );
                }
            },
        );
    });
    (Cpu::from_buffer(output, y), Arc::new(indices))
}

pub(super) fn max_pool_grad<R: Real>(d: &Cpu<R>, indices: &Indices, input: Shape) -> Cpu<R> {
    assert_fit(input, indices, d.shape);
    let mut dx = Buffer::zeros(input.len());
    let size = d.shape.per_example();
    dx.par_chunks_mut(input.per_example().max(1)).enumerate().for_each(|(n, dx)| {
        for (&d, &index) in d.example(n).iter().zip(&indices[n * size..(n + 1) * size]) {
            dx[index as usize] += d;
        }
    });
    Cpu::from_buffer(input, dx)
}

/// Reads the elements of `x` that `indices` name, for the tangent of a max-pool.
pub(super) fn gather<R: Real>(x: &Cpu<R>, indices: &Indices, output: Shape) -> Cpu<R> {
    assert_fit(x.shape, indices, output);
    let size = output.per_example().max(1);
    let mut y = Buffer::zeros(output.len());
    y.par_chunks_mut(size).enumerate().for_each(|(n, y)| {
        let x = x.example(n);
        for (y, &index) in y.iter_mut().zip(&indices[n * size..(n + 1) * size]) {
            *y = x[index as usize];
        }
    });
    Cpu::from_buffer(output, y)
}

pub(super) fn avg_pool<R: Real>(x: &Cpu<R>, window: &Window) -> Cpu<R> {
    let (input, output) = (x.shape, output_shape(x.shape, window));
    let mut y = Buffer::zeros(output.len());
    let (c, share) = (input.c, R::of(1.0 / window.area() as f64));
    y.par_chunks_mut(output.per_example().max(1)).enumerate().for_each(|(n, y)| {
        let x = x.example(n);
        simd(
            #[inline(always)]
            || {
                for position in 0..output.positions() {
                    let y = &mut y[position * c..(position + 1) * c];
                    pixels(
                        input,
                        window,
                        position / output.w,
                        position % output.w,
                        #[inline(always)]
                        |pixel| {
                            for (y, &x) in y.iter_mut().zip(&x[pixel * c..(pixel + 1) * c]) {
                                *y += x;
                            }
                        },
                    );
                    for y in y {
                        *y *= share;
                    }
                }
            },
        );
    });
    Cpu::from_buffer(output, y)
}

pub(super) fn avg_pool_grad<R: Real>(d: &Cpu<R>, window: &Window, input: Shape) -> Cpu<R> {
    let output = d.shape;
    assert_eq!(output, output_shape(input, window), "{window:?} does not take {input} to {output}");
    let mut dx = Buffer::zeros(input.len());
    let (c, share) = (input.c, R::of(1.0 / window.area() as f64));
    dx.par_chunks_mut(input.per_example().max(1)).enumerate().for_each(|(n, dx)| {
        let d = d.example(n);
        simd(
            #[inline(always)]
            || {
                for position in 0..output.positions() {
                    let d = &d[position * c..(position + 1) * c];
                    pixels(
                        input,
                        window,
                        position / output.w,
                        position % output.w,
                        #[inline(always)]
                        |pixel| {
                            for (dx, &d) in dx[pixel * c..(pixel + 1) * c].iter_mut().zip(d) {
                                *dx += d * share;
                            }
                        },
                    );
                }
            },
        );
    });
    Cpu::from_buffer(input, dx)
}
