//! Patches under a sliding window, laid out as rows, and the way back.

use std::ops::Range;

use crate::{Convolution, Real, Shape};

/// Where the patches of one convolution group lie.
#[derive(Clone, Copy)]
pub(super) struct Patches {
    pub input: Shape,
    pub output: (usize, usize),
    pub conv: Convolution,
    pub group: usize,
}

impl Patches {
    /// # Panics
    /// When the window does not fit the input.
    pub fn new(input: Shape, conv: Convolution, group: usize) -> Self {
        let output = conv.window.output(input.h, input.w).expect("the input is at least as large as the window");
        Self { input, output, conv, group }
    }

    pub const fn channels(&self) -> usize {
        self.input.c / self.conv.groups
    }

    /// The length of one patch.
    pub const fn len(&self) -> usize {
        self.conv.window.area() * self.channels()
    }

    /// Calls `visit(patch offset, input offset, count)` for each run of a patch that lies inside the image; offsets are
    /// within the patch and within the whole input.
    #[inline(always)]
    fn runs(&self, line: usize, x: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let Self { input, conv, .. } = *self;
        let window = conv.window;
        let channels = self.channels();
        let (n, y) = (line / self.output.0, line % self.output.0);
        let left = x * window.stride.1;
        for ky in 0..window.kernel.0 {
            let row = y * window.stride.0 + ky;
            if row < window.padding.0 || row - window.padding.0 >= input.h {
                continue;
            }
            let image_row = (n * input.h + row - window.padding.0) * input.w;
            // columns of the window that lie inside the image
            let first = window.padding.1.saturating_sub(left).min(window.kernel.1);
            let last = (input.w + window.padding.1).saturating_sub(left).clamp(first, window.kernel.1);
            if last == first {
                continue;
            }
            if conv.groups == 1 {
                let from = (image_row + left + first - window.padding.1) * input.c;
                visit((ky * window.kernel.1 + first) * channels, from, (last - first) * channels);
            } else {
                for kx in first..last {
                    let from = (image_row + left + kx - window.padding.1) * input.c + self.group * channels;
                    visit((ky * window.kernel.1 + kx) * channels, from, channels);
                }
            }
        }
    }

    fn is_inside(&self, line: usize, x: usize) -> bool {
        let window = self.conv.window;
        let top = (line % self.output.0) * window.stride.0;
        let left = x * window.stride.1;
        top >= window.padding.0
            && top + window.kernel.0 <= self.input.h + window.padding.0
            && left >= window.padding.1
            && left + window.kernel.1 <= self.input.w + window.padding.1
    }

    /// Writes the patches of output `lines` as rows.
    pub fn unfold<R: Real>(&self, input: &[R], lines: Range<usize>, out: &mut [R]) {
        let size = self.len();
        let mut rows = out.chunks_exact_mut(size);
        let padded = self.conv.window.padding != (0, 0);
        for line in lines {
            for x in 0..self.output.1 {
                let row = rows.next().expect("the caller gives one row per patch");
                if padded && !self.is_inside(line, x) {
                    row.fill(R::zero());
                }
                self.runs(line, x, |at, from, count| copy(&mut row[at..at + count], &input[from..from + count]));
            }
        }
    }

    /// Adds rows of patches back to where they came from: the adjoint of [`Patches::unfold`]. `first_example` is the
    /// example that `out` starts with.
    pub fn fold<R: Real>(&self, rows: &[R], lines: Range<usize>, first_example: usize, out: &mut [R]) {
        let mut rows = rows.chunks_exact(self.len());
        let start = first_example * self.input.per_example();
        for line in lines {
            for x in 0..self.output.1 {
                let row = rows.next().expect("the caller gives one row per patch");
                self.runs(line, x, |at, from, count| {
                    add(&mut out[from - start..from - start + count], &row[at..at + count]);
                });
            }
        }
    }
}

#[inline(always)]
fn copy<R: Real>(to: &mut [R], from: &[R]) {
    // short runs (few channels) are not worth a call to memcpy
    if to.len() <= 8 {
        for (t, f) in to.iter_mut().zip(from) {
            *t = *f;
        }
    } else {
        to.copy_from_slice(from);
    }
}

#[inline(always)]
fn add<R: Real>(to: &mut [R], from: &[R]) {
    for (t, f) in to.iter_mut().zip(from) {
        *t += *f;
    }
}

/// Writes the patches of examples `examples` for one group as rows of `kernel height * kernel width * inputs / groups`
/// elements (order: height, width, channel), one row per output position.
///
/// # Panics
/// When `out` is shorter than the patches.
pub fn unfold<R: Real>(
    input: &[R],
    shape: Shape,
    conv: Convolution,
    group: usize,
    examples: Range<usize>,
    out: &mut [R],
) {
    let patches = Patches::new(shape, conv, group);
    let height = patches.output.0;
    patches.unfold(input, examples.start * height..examples.end * height, out);
}
