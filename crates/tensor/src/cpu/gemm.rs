//! Matrix products: safe views over slices, and the one place that calls the `gemm` crate.

use rayon::prelude::*;

use crate::Real;

/// A matrix that is read: any strides over a slice.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, R> {
    elements: &'a [R],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a, R> Matrix<'a, R> {
    /// A row-major matrix whose rows start `stride` elements apart.
    ///
    /// # Panics
    /// When the slice is too short.
    pub fn new(elements: &'a [R], rows: usize, cols: usize, stride: usize) -> Self {
        assert_within(rows, cols, stride, elements.len());
        Self { elements, rows, cols, row_stride: stride, col_stride: 1 }
    }

    /// The transpose, without moving anything.
    #[must_use]
    pub const fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    fn is_within(&self) -> bool {
        span(self.rows, self.cols, self.row_stride, self.col_stride).is_some_and(|span| span <= self.elements.len())
    }

    fn row_range(self, start: usize, rows: usize) -> Self {
        Self { elements: &self.elements[(start * self.row_stride).min(self.elements.len())..], rows, ..self }
    }

    fn col_range(self, start: usize, cols: usize) -> Self {
        Self { elements: &self.elements[(start * self.col_stride).min(self.elements.len())..], cols, ..self }
    }
}

/// How many elements a matrix spans; `None` when more than can be counted.
const fn span(rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> Option<usize> {
    if rows == 0 || cols == 0 {
        return Some(0);
    }
    match ((rows - 1).checked_mul(row_stride), (cols - 1).checked_mul(col_stride)) {
        (Some(down), Some(across)) => match down.checked_add(across) {
            Some(last) => last.checked_add(1),
            None => None,
        },
        _ => None,
    }
}

/// Asserts that a row-major matrix lies within so many elements.
fn assert_within(rows: usize, cols: usize, stride: usize, elements: usize) {
    assert!(
        span(rows, cols, stride, 1).is_some_and(|span| span <= elements),
        "a {rows}x{cols} matrix of stride {stride} does not lie within {elements} elements"
    );
}

/// A row-major matrix that is written.
#[derive(Debug)]
pub struct MatrixMut<'a, R> {
    elements: &'a mut [R],
    rows: usize,
    cols: usize,
    stride: usize,
}

impl<'a, R> MatrixMut<'a, R> {
    /// A row-major matrix whose rows start `stride` elements apart.
    ///
    /// # Panics
    /// When the slice is too short or rows overlap.
    pub fn new(elements: &'a mut [R], rows: usize, cols: usize, stride: usize) -> Self {
        assert!(stride >= cols, "rows of {cols} elements overlap at stride {stride}");
        assert_within(rows, cols, stride, elements.len());
        Self { elements, rows, cols, stride }
    }
}

/// `dst = keep * dst + factor * lhs * rhs` on the calling thread. With `keep = 0` what `dst` held is ignored.
///
/// # Panics
/// When the sizes do not fit.
pub fn gemm_into<R: Real>(dst: MatrixMut<'_, R>, keep: R, lhs: Matrix<'_, R>, rhs: Matrix<'_, R>, factor: R) {
    assert_sizes(&dst, lhs, rhs);
    let MatrixMut { elements, rows, cols, stride } = dst;
    let raw = RawDst { start: elements.as_mut_ptr(), stride };
    // SAFETY: `dst` is exclusive and `MatrixMut::new` checked that all its rows lie in its slice.
    unsafe { raw.multiply(rows, cols, keep, lhs, rhs, factor) }
}

/// `dst = keep * dst + factor * lhs * rhs` on all threads, which share out the longer side of `dst`.
///
/// The number of shares depends on the sizes only, so the result does not depend on the number of threads.
///
/// # Panics
/// When the sizes do not fit.
pub fn gemm<R: Real>(dst: MatrixMut<'_, R>, keep: R, lhs: Matrix<'_, R>, rhs: Matrix<'_, R>, factor: R) {
    assert_sizes(&dst, lhs, rhs);
    let MatrixMut { elements, rows, cols, stride } = dst;
    let by_rows = rows >= cols;
    let side = if by_rows { rows } else { cols };
    let share = share_of(side, rows * cols * lhs.cols);
    let raw = RawDst { start: elements.as_mut_ptr(), stride };
    let one = |start: usize| {
        let size = share.min(side - start);
        // SAFETY: `dst` is exclusive, `MatrixMut::new` checked its bounds, and shares are disjoint ranges of its rows or
        // of its columns, so no element is written by two threads.
        unsafe {
            if by_rows {
                raw.offset(start * raw.stride).multiply(size, cols, keep, lhs.row_range(start, size), rhs, factor);
            } else {
                raw.offset(start).multiply(rows, size, keep, lhs, rhs.col_range(start, size), factor);
            }
        }
    };
    if share >= side {
        one(0);
    } else {
        (0..side.div_ceil(share)).into_par_iter().for_each(|i| one(i * share));
    }
}

/// The length of one thread's share of a side: an even count of shares (the usual core counts are even), none under about
/// half a million multiplications, in multiples of the widest register.
fn share_of(side: usize, multiplications: usize) -> usize {
    const SMALLEST: usize = 1 << 19;
    const LARGE: usize = 1 << 25;
    if multiplications < 2 * SMALLEST {
        return side.max(1);
    }
    let shares = (2 * multiplications.div_ceil(LARGE)).clamp(2, 16);
    side.div_ceil(shares).next_multiple_of(16)
}

fn assert_sizes<R: Real>(dst: &MatrixMut<'_, R>, lhs: Matrix<'_, R>, rhs: Matrix<'_, R>) {
    assert!(
        dst.rows == lhs.rows && dst.cols == rhs.cols && lhs.cols == rhs.rows,
        "cannot multiply {}x{} by {}x{} into {}x{}",
        lhs.rows,
        lhs.cols,
        rhs.rows,
        rhs.cols,
        dst.rows,
        dst.cols
    );
}

#[derive(Clone, Copy)]
struct RawDst<R> {
    start: *mut R,
    stride: usize,
}

// SAFETY: threads use it for disjoint ranges only, as `gemm` argues.
unsafe impl<R: Send> Send for RawDst<R> {}
// SAFETY: as above.
unsafe impl<R: Send> Sync for RawDst<R> {}

impl<R: Real> RawDst<R> {
    /// # Safety
    /// The result stays within the destination.
    unsafe fn offset(self, elements: usize) -> Self {
        // SAFETY: by the caller.
        Self { start: unsafe { self.start.add(elements) }, ..self }
    }

    /// # Safety
    /// `rows` rows of `cols` elements from `start` at `stride` are valid for writes and nobody else touches them.
    unsafe fn multiply(self, rows: usize, cols: usize, keep: R, lhs: Matrix<'_, R>, rhs: Matrix<'_, R>, factor: R) {
        debug_assert!(lhs.is_within() && rhs.is_within());
        if rows == 0 || cols == 0 {
            return;
        }
        // SAFETY: the destination is valid by the caller's word; both operands' spans were checked against their slices
        // when they were made, and taking ranges or transposing keeps them inside. A stride fits `isize` because its
        // slice does, unless there is a single row, and then it is multiplied with 0.
        unsafe {
            gemm::gemm(
                rows,
                cols,
                lhs.cols,
                self.start,
                1,
                self.stride.cast_signed(),
                keep != R::zero(),
                lhs.elements.as_ptr(),
                lhs.col_stride.cast_signed(),
                lhs.row_stride.cast_signed(),
                rhs.elements.as_ptr(),
                rhs.col_stride.cast_signed(),
                rhs.row_stride.cast_signed(),
                keep,
                factor,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }
}
