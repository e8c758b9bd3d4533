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

    /// Calls `visit(patch offset, input offset, count)` for each run of the patch at output column `x` that lies inside the
    /// image; offsets are within the patch and within the whole input.
    #[inline(always)]
    fn runs(&self, line: &Line, x: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let Self { input, conv, .. } = *self;
        let window = conv.window;
        let channels = self.channels();
        let left = x * window.stride.1;
        // columns of the window that lie inside the image
        let first = window.padding.1.saturating_sub(left).min(window.kernel.1);
        let last = (input.w + window.padding.1).saturating_sub(left).clamp(first, window.kernel.1);
        if last == first {
            return;
        }
        let column = left + first - window.padding.1;
        for ky in line.kernel_rows.clone() {
            let from = (line.image_row(ky) + column) * input.c;
            let at = (ky * window.kernel.1 + first) * channels;
            if conv.groups == 1 {
                visit(at, from, (last - first) * channels);
            } else {
                for i in 0..last - first {
                    visit(at + i * channels, from + i * input.c + self.group * channels, channels);
                }
            }
        }
    }

    /// A line of output: its example's rows of the image, and the rows of the window that lie inside.
    #[inline(always)]
    fn line(&self, line: usize) -> Line {
        let window = self.conv.window;
        let (n, top) = (line / self.output.0, line % self.output.0 * window.stride.0);
        let first = window.padding.0.saturating_sub(top).min(window.kernel.0);
        let last = (self.input.h + window.padding.0).saturating_sub(top).clamp(first, window.kernel.0);
        Line { image: n * self.input.h, top, padding: window.padding.0, width: self.input.w, kernel_rows: first..last }
    }

    /// Output columns whose whole window lies between the left and right edge of the image.
    fn inner_columns(&self) -> Range<usize> {
        let window = self.conv.window;
        let first = window.padding.1.div_ceil(window.stride.1);
        let reach = (self.input.w + window.padding.1).checked_sub(window.kernel.1);
        let last = reach.map_or(0, |reach| reach / window.stride.1 + 1).min(self.output.1);
        first.min(last)..last
    }

    /// Writes the patches of output `lines` as rows.
    #[inline(always)]
    pub fn unfold<R: Real>(&self, input: &[R], lines: Range<usize>, out: &mut [R]) {
        let size = self.len();
        let inner = self.inner_columns();
        let mut start = 0;
        for line in lines {
            let line = self.line(line);
            let whole = line.kernel_rows.len() == self.conv.window.kernel.0;
            for x in 0..self.output.1 {
                if whole && inner.contains(&x) {
                    // every element of the row is written, in order, so a copy may run over into what comes next
                    self.runs(
                        &line,
                        x,
                        #[inline(always)]
                        |at, from, count| copy_over(out, start + at, input, from, count),
                    );
                } else {
                    let row = &mut out[start..start + size];
                    row.fill(R::zero());
                    self.runs(
                        &line,
                        x,
                        #[inline(always)]
                        |at, from, count| row[at..at + count].copy_from_slice(&input[from..from + count]),
                    );
                }
                start += size;
            }
        }
    }

    /// Adds rows of patches back to where they came from: the adjoint of [`Patches::unfold`]. `first_example` is the
    /// example that `out` starts with.
    #[inline(always)]
    pub fn fold<R: Real>(&self, rows: &[R], lines: Range<usize>, first_example: usize, out: &mut [R]) {
        let mut rows = rows.chunks_exact(self.len());
        let start = first_example * self.input.per_example();
        for line in lines {
            let line = self.line(line);
            for x in 0..self.output.1 {
                let row = rows.next().expect("the caller gives one row per patch");
                self.runs(
                    &line,
                    x,
                    #[inline(always)]
                    |at, from, count| {
                        let to = &mut out[from - start..from - start + count];
                        for (to, &patch) in to.iter_mut().zip(&row[at..at + count]) {
                            *to += patch;
                        }
                    },
                );
            }
        }
    }
}

/// One line of output.
struct Line {
    image: usize,
    top: usize,
    padding: usize,
    width: usize,
    kernel_rows: Range<usize>,
}

impl Line {
    /// Where the image row under row `ky` of the window starts, in pixels.
    #[inline(always)]
    const fn image_row(&self, ky: usize) -> usize {
        (self.image + self.top + ky - self.padding) * self.width
    }
}

/// Elements that are copied in one move.
const MOVE: usize = 8;

/// Elements under which a copy is not worth a call to `memcpy`.
const SHORT: usize = 64;

/// Copies `count` elements, or a few more where there is room for them: short runs (few channels) are then a few moves.
#[inline(always)]
fn copy_over<R: Real>(out: &mut [R], at: usize, input: &[R], from: usize, count: usize) {
    let moved = count.next_multiple_of(MOVE);
    if count <= SHORT
        && let (Some(to), Some(from)) = (out.get_mut(at..at + moved), input.get(from..from + moved))
    {
        for (to, from) in to.chunks_exact_mut(MOVE).zip(from.chunks_exact(MOVE)) {
            to.copy_from_slice(from);
        }
        return;
    }
    out[at..at + count].copy_from_slice(&input[from..from + count]);
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
