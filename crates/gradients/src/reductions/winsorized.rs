use consilience_tensor::{Buffer, Cpu, Real, Shape, simd};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::tails::Tails;
use crate::source::Source;

/// Numbers that a wide register holds, for the choice of the side that fills registers.
const REGISTER: usize = 16;

/// Numbers of a result that are worth a task of their own.
const TASK: usize = 1 << 12;

/// Winsorized sums (Chatterjee 2020, section 3.1), one per count `k`: of each parameter's gradients `v_0 <= ... <= v_{N-1}`
/// over the batch, `sum_n clip(v_n, v_k, v_{N-1-k})`.
///
/// For outer products the gradients are never formed: each is made in a register and compared with the largest and the
/// smallest so far; what belongs to neither is added. The sum never contains an outlier, so an outlier cannot cancel digits
/// of the rest. Memory: the result and its transpose.
///
/// # Panics
/// When `2 k >= N`; a request is checked before.
pub(crate) fn reduce<R: Real>(source: &Source<'_, R>, examples: usize, shape: Shape, counts: &[usize]) -> Vec<Cpu<R>> {
    if let Source::RankOne { input, inputs, signal, outputs } = *source {
        // one side is read number by number, and its zeros (dead units, black pixels) skipped; the other fills registers
        let registers = |width: usize| width.div_ceil(REGISTER);
        let by_output = nonzeros(signal) * registers(inputs) <= nonzeros(input) * registers(outputs);
        let (numbers, rows, count) = if by_output { (signal, input, outputs) } else { (input, signal, inputs) };
        let columns = transposed(numbers, examples, count);
        let one = |&k: &usize| {
            let sums = outer(&columns, rows, examples, k);
            Cpu::from_buffer(shape, if by_output { sums } else { transposed(&sums, inputs, outputs) })
        };
        return counts.iter().map(one).collect();
    }
    let mut sums = vec![vec![R::zero(); shape.len()]; counts.len()];
    let ones = vec![R::one(); examples];
    source.for_columns(examples, shape.len(), |columns, tile| {
        for (sums, &k) in sums.iter_mut().zip(counts) {
            sums[columns.clone()].copy_from_slice(&outer(&ones, tile, examples, k));
        }
    });
    sums.into_iter().map(|sums| Cpu::new(shape, sums)).collect()
}

fn nonzeros<R: Real>(x: &[R]) -> usize {
    simd(
        #[inline(always)]
        || x.iter().map(|x| usize::from(*x != R::zero())).sum(),
    )
}

fn all_finite<R: Real>(x: &[R]) -> bool {
    // to the end, so that there is no branch
    simd(
        #[inline(always)]
        || x.iter().fold(true, |all, x| all & x.is_finite()),
    )
}

/// Winsorized sums over `n` of `x[a, n] y[n, b]`, as a matrix over `(a, b)`.
fn outer<R: Real>(x: &[R], y: &[R], examples: usize, k: usize) -> Buffer<R> {
    let width = y.len() / examples;
    let finite = all_finite(x) && all_finite(y);
    let mut sums = Buffer::stale(x.len() / examples * width);
    // whole rows, or pieces of a row, per task
    let piece = width.min(TASK);
    let rows_per_task = (TASK / width.max(1)).max(1);
    let tasks: Vec<(usize, usize, &mut [R])> = if piece == width {
        let tasks = sums.chunks_mut(rows_per_task * width).enumerate();
        tasks.map(|(task, sums)| (task * rows_per_task, 0, sums)).collect()
    } else {
        let rows = sums.chunks_mut(width).enumerate();
        rows.flat_map(|(row, sums)| sums.chunks_mut(piece).enumerate().map(move |(i, sums)| (row, i * piece, sums)))
            .collect()
    };
    tasks.into_par_iter().for_each_init(Vec::new, |column, (first_row, first, sums)| {
        for (i, sums) in sums.chunks_mut(piece).enumerate() {
            let x = &x[(first_row + i) * examples..][..examples];
            // without a branch: which units are dead is as good as random
            column.resize(examples, (0, R::zero()));
            let mut filled = 0;
            for (n, &x) in x.iter().enumerate() {
                column[filled] = (n * width + first, x);
                // zero times a number that is not finite is no zero
                filled += usize::from(x != R::zero() || !finite);
            }
            let column = &column[..filled];
            Row { y, column, zeros: examples - column.len(), finite, k }.sums(sums);
        }
    });
    sums
}

/// One row of the result, or a piece of it.
struct Row<'a, R> {
    y: &'a [R],
    /// Where the examples whose factor is not zero start in `y`, and that factor.
    column: &'a [(usize, R)],
    /// How many examples have factor zero, and hence gradient zero.
    zeros: usize,
    /// Whether all factors are finite.
    finite: bool,
    k: usize,
}

impl<R: Real> Row<'_, R> {
    fn sums(&self, sums: &mut [R]) {
        let examples = self.column.len() + self.zeros;
        let arch = Arch::new();
        match self.k {
            // the networks compare, and a NaN compares with nothing
            _ if !self.finite => self.by_sorting(sums),
            0..=1 if examples > 2 => arch.dispatch(Kernel::<R, 1> { row: self, sums }),
            2 if examples > 4 => arch.dispatch(Kernel::<R, 2> { row: self, sums }),
            3..=4 if examples > 8 => arch.dispatch(Kernel::<R, 4> { row: self, sums }),
            5..=8 if examples > 16 => arch.dispatch(Kernel::<R, 8> { row: self, sums }),
            9..=16 if examples > 32 => arch.dispatch(Kernel::<R, 16> { row: self, sums }),
            17..=32 if examples > 64 => arch.dispatch(Kernel::<R, 32> { row: self, sums }),
            // few examples, or more outliers than the first-level cache
            _ => self.by_sorting(sums),
        }
    }

    /// The sums of one register's worth of parameters; `load` reads their factors for one example.
    #[inline(always)]
    fn winsorized_sum<S: Simd, const B: usize>(
        &self,
        simd: S,
        load: impl Fn(usize) -> R::Register<S>,
    ) -> R::Register<S> {
        let zero = R::splat(simd, R::zero());
        let mut tails = Tails::<S, R, B>::new(simd);
        let mut batches = self.column.chunks_exact(2 * B);
        for factors in batches.by_ref() {
            tails.push(products::<S, R, B>(simd, factors, &load));
        }
        let rest = batches.remainder();
        // further zeros displace nothing and add nothing, so there are as many as make whole batches, if there are
        let needed = rest.len() + self.zeros.min(2 * (B + 1));
        let mut left = needed.next_multiple_of(2 * B).min(rest.len() + self.zeros);
        if left >= 2 * B {
            tails.push(products::<S, R, B>(simd, rest, &load));
            left -= 2 * B;
            while left >= 2 * B {
                tails.push([[zero; B]; 2]);
                left -= 2 * B;
            }
            for _ in 0..left {
                tails.push_one(zero);
            }
        } else {
            for &(start, x) in rest {
                tails.push_one(R::lane_mul(simd, load(start), R::splat(simd, x)));
            }
            for _ in rest.len()..left {
                tails.push_one(zero);
            }
        }
        tails.winsorized_sum(self.k)
    }

    fn by_sorting(&self, sums: &mut [R]) {
        let mut values = Vec::with_capacity(self.column.len() + self.zeros);
        for (i, sum) in sums.iter_mut().enumerate() {
            values.clear();
            values.extend(self.column.iter().map(|&(start, x)| x * self.y[start + i]));
            values.resize(self.column.len() + self.zeros, R::zero());
            if values.iter().any(|x| x.is_nan()) {
                *sum = R::nan();
                continue;
            }
            values.sort_unstable_by(|a, b| a.partial_cmp(b).expect("no NaN is left"));
            let (low, high) = (values[self.k], values[values.len() - 1 - self.k]);
            *sum = values.iter().map(|&x| x.max(low).min(high)).sum();
        }
    }
}

/// A batch of gradients: products with at most `2 B` factors, then zeros.
#[inline(always)]
fn products<S: Simd, R: Real, const B: usize>(
    simd: S,
    factors: &[(usize, R)],
    load: &impl Fn(usize) -> R::Register<S>,
) -> [[R::Register<S>; B]; 2] {
    let mut batch = [[R::splat(simd, R::zero()); B]; 2];
    for (product, &(start, x)) in batch.as_flattened_mut().iter_mut().zip(factors) {
        *product = R::lane_mul(simd, load(start), R::splat(simd, x));
    }
    batch
}

/// Keeps the `B >= k` largest and smallest of a register's worth of parameters at a time.
struct Kernel<'a, R, const B: usize> {
    row: &'a Row<'a, R>,
    sums: &'a mut [R],
}

impl<R: Real, const B: usize> WithSimd for Kernel<'_, R, B> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Row { y, .. } = *self.row;
        let lanes = R::lanes::<S>();
        let mut full = self.sums.chunks_exact_mut(lanes);
        let mut offset = 0;
        for sums in full.by_ref() {
            let load = |start: usize| R::registers::<S>(&y[start + offset..start + offset + lanes]).0[0];
            R::store(simd, sums, self.row.winsorized_sum::<S, B>(simd, load));
            offset += lanes;
        }
        let rest = full.into_remainder();
        if !rest.is_empty() {
            let load = |start: usize| R::load_part(simd, &y[start + offset..start + offset + rest.len()]);
            let sum = self.row.winsorized_sum::<S, B>(simd, load);
            R::store(simd, rest, sum);
        }
    }
}

/// The transpose of a row-major matrix, in tiles that fit the cache.
fn transposed<R: Real>(x: &[R], rows: usize, cols: usize) -> Buffer<R> {
    const TILE: usize = 32;
    let mut y = Buffer::stale(x.len());
    y.par_chunks_mut((TILE * rows).max(1)).enumerate().for_each(|(tile, y)| {
        let first_col = tile * TILE;
        for first_row in (0..rows).step_by(TILE) {
            for (col, y) in y.chunks_exact_mut(rows).enumerate() {
                for row in first_row..(first_row + TILE).min(rows) {
                    y[row] = x[row * cols + first_col + col];
                }
            }
        }
    });
    y
}
