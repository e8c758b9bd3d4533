use consilience_tensor::{Cpu, Real, Shape, simd};
use rayon::prelude::*;

use crate::source::Source;

/// Parameters that share a vector register.
const LANES: usize = 16;

/// Winsorized sums (Chatterjee 2020, section 3.1), one per count `k`: of each parameter's gradients `v_0 <= ... <= v_{N-1}`
/// over the batch, `sum_n clip(v_n, v_k, v_{N-1-k})`.
///
/// For outer products the gradients are never formed: each is made in a register and passed down a chain that keeps the
/// `k + 1` largest, then one that keeps the `k + 1` smallest; what both reject is added. The sum never contains an outlier, so
/// an outlier cannot cancel digits of the rest. Memory: the result, transposed once.
///
/// # Panics
/// When `2 k >= N`; a request is checked before.
pub(crate) fn reduce<R: Real>(source: &Source<'_, R>, examples: usize, shape: Shape, counts: &[usize]) -> Vec<Cpu<R>> {
    let size = shape.len();
    let each = |f: &mut dyn FnMut(usize) -> Vec<R>| counts.iter().map(|&k| Cpu::new(shape, f(k))).collect();
    match source {
        Source::RankOne { input, inputs, signal, outputs } => each(&mut |k| {
            // the longer side fills registers; the shorter side's zeros are skipped
            if *outputs >= LANES {
                let sums = outer(input, *inputs, signal, *outputs, examples, k);
                transpose(&sums, *inputs, *outputs)
            } else {
                outer(signal, *outputs, input, *inputs, examples, k)
            }
        }),
        _ => {
            let mut sums = vec![vec![R::zero(); size]; counts.len()];
            let ones = vec![R::one(); examples];
            source.for_columns(examples, size, |columns, tile| {
                for (sums, &k) in sums.iter_mut().zip(counts) {
                    sums[columns.clone()].copy_from_slice(&outer(&ones, 1, tile, columns.len(), examples, k));
                }
            });
            sums.into_iter().map(|sums| Cpu::new(shape, sums)).collect()
        }
    }
}

/// Winsorized sums over `n` of `x[n, a] y[n, b]`, as a matrix over `(a, b)`.
fn outer<R: Real>(x: &[R], a: usize, y: &[R], b: usize, examples: usize, k: usize) -> Vec<R> {
    let mut sums = vec![R::zero(); a * b];
    // a few rows, or a piece of a row, per task
    let (rows, cols) = if a >= 8 { ((1 << 12) / b.max(1), b) } else { (1, 1 << 10) };
    let (rows, cols) = (rows.max(1), cols.next_multiple_of(LANES));
    let tasks: Vec<(usize, usize, &mut [R])> = if a >= 8 {
        sums.chunks_mut(rows * b).enumerate().map(|(i, chunk)| (i * rows, 0, chunk)).collect()
    } else {
        let pieces = sums.chunks_mut(b).enumerate();
        pieces.flat_map(|(row, sums)| sums.chunks_mut(cols).enumerate().map(move |(i, c)| (row, i * cols, c))).collect()
    };
    tasks.into_par_iter().for_each_init(
        || Scratch { column: Vec::with_capacity(examples), padded: Vec::new() },
        |scratch, (first_row, first_col, sums)| {
            let width = if a >= 8 { b } else { sums.len() };
            for (i, sums) in sums.chunks_mut(width).enumerate() {
                let row = first_row + i;
                scratch.column.clear();
                scratch.column.extend((0..examples).map(|n| (n, x[n * a + row])).filter(|(_, x)| *x != R::zero()));
                let zeros = examples - scratch.column.len();
                let job =
                    Job { y, b, first: first_col, column: &scratch.column, zeros, k, padded: &mut scratch.padded };
                job.run(sums);
            }
        },
    );
    sums
}

struct Scratch<R> {
    column: Vec<(usize, R)>,
    padded: Vec<R>,
}

/// One row of the result, or a piece of it.
struct Job<'a, R> {
    y: &'a [R],
    b: usize,
    first: usize,
    /// The examples whose factor is not zero.
    column: &'a [(usize, R)],
    /// How many examples have factor zero, and hence gradient zero.
    zeros: usize,
    k: usize,
    padded: &'a mut Vec<R>,
}

impl<R: Real> Job<'_, R> {
    fn run(self, sums: &mut [R]) {
        // the kernel needs both chains full; shorter batches, and large counts, are sorted
        if self.column.len() + self.zeros < 2 * (self.k + 1) {
            return self.sorted(sums);
        }
        match self.k {
            0 => self.chains::<1>(sums),
            1 => self.chains::<2>(sums),
            2 => self.chains::<3>(sums),
            3 => self.chains::<4>(sums),
            4 => self.chains::<5>(sums),
            5 => self.chains::<6>(sums),
            6 => self.chains::<7>(sums),
            7 => self.chains::<8>(sums),
            8 => self.chains::<9>(sums),
            9 => self.chains::<10>(sums),
            10 => self.chains::<11>(sums),
            _ => self.sorted(sums),
        }
    }

    /// Keeps the `K = k + 1` largest and smallest in registers.
    fn chains<const K: usize>(self, sums: &mut [R]) {
        simd(
            #[inline(always)]
            || {
                for (i, sums) in sums.chunks_mut(LANES).enumerate() {
                    let from = self.first + i * LANES;
                    let total = if sums.len() == LANES {
                        chain::<R, K>(self.column, self.zeros, |n| {
                            let start = n * self.b + from;
                            self.y[start..start + LANES].try_into().expect("a slice of LANES elements")
                        })
                    } else {
                        chain::<R, K>(self.column, self.zeros, |n| {
                            let mut lanes = [R::zero(); LANES];
                            lanes[..sums.len()].copy_from_slice(&self.y[n * self.b + from..][..sums.len()]);
                            lanes
                        })
                    };
                    sums.copy_from_slice(&total[..sums.len()]);
                }
            },
        );
    }

    fn sorted(self, sums: &mut [R]) {
        let Self { y, b, first, column, zeros, k, padded } = self;
        for (i, sum) in sums.iter_mut().enumerate() {
            padded.clear();
            padded.extend(column.iter().map(|&(n, x)| x * y[n * b + first + i]));
            padded.resize(column.len() + zeros, R::zero());
            if padded.iter().any(|x| x.is_nan()) {
                *sum = R::nan();
                continue;
            }
            padded.sort_unstable_by(|a, b| a.partial_cmp(b).expect("no NaN is left"));
            let (low, high) = (padded[k], padded[padded.len() - 1 - k]);
            *sum = padded.iter().map(|&x| x.max(low).min(high)).sum();
        }
    }
}

/// The winsorized sum of `LANES` parameters; `row` reads their factors for one example.
#[inline(always)]
fn chain<R: Real, const K: usize>(
    column: &[(usize, R)],
    zeros: usize,
    row: impl Fn(usize) -> [R; LANES],
) -> [R; LANES] {
    let mut largest = [[R::neg_infinity(); LANES]; K];
    let mut smallest = [[R::infinity(); LANES]; K];
    let mut middle = [R::zero(); LANES];
    // once an example's gradient is zero everywhere, only the first zeros can still displace anything
    let zeros = zeros.min(2 * K);
    let gradient = |index: usize| -> [R; LANES] {
        if let Some(&(n, x)) = column.get(index) { row(n).map(|y| x * y) } else { [R::zero(); LANES] }
    };
    let count = column.len() + zeros;
    // the first values fill the two chains; nothing real is rejected yet
    for index in 0..K.min(count) {
        push_down(&mut largest, gradient(index));
    }
    for index in K..(2 * K).min(count) {
        let rejected = push_down(&mut largest, gradient(index));
        push_up(&mut smallest, rejected);
    }
    let filled = (2 * K).min(count);
    for &(n, x) in &column[filled.min(column.len())..] {
        let y = row(n);
        let mut g = [R::zero(); LANES];
        for (g, y) in g.iter_mut().zip(y) {
            *g = x * y;
        }
        let rejected = push_down(&mut largest, g);
        let rejected = push_up(&mut smallest, rejected);
        for (m, r) in middle.iter_mut().zip(rejected) {
            *m += r;
        }
    }
    for _ in filled.max(column.len())..count {
        let rejected = push_down(&mut largest, [R::zero(); LANES]);
        let rejected = push_up(&mut smallest, rejected);
        for (m, r) in middle.iter_mut().zip(rejected) {
            *m += r;
        }
    }
    // the k outermost on each side take the value of the last one kept
    let kept = R::of(K as f64);
    let mut total = middle;
    for ((t, high), low) in total.iter_mut().zip(largest[K - 1]).zip(smallest[K - 1]) {
        *t += kept * (high + low);
    }
    total
}

/// Inserts into a list sorted downwards and returns what falls off its end. A NaN falls through.
#[inline(always)]
fn push_down<R: Real, const K: usize>(list: &mut [[R; LANES]; K], mut x: [R; LANES]) -> [R; LANES] {
    for entry in list {
        for (e, x) in entry.iter_mut().zip(&mut x) {
            let (old, new) = (*e, *x);
            *e = if new > old { new } else { old };
            *x = if new > old { old } else { new };
        }
    }
    x
}

/// Inserts into a list sorted upwards and returns what falls off its end. A NaN falls through.
#[inline(always)]
fn push_up<R: Real, const K: usize>(list: &mut [[R; LANES]; K], mut x: [R; LANES]) -> [R; LANES] {
    for entry in list {
        for (e, x) in entry.iter_mut().zip(&mut x) {
            let (old, new) = (*e, *x);
            *e = if new < old { new } else { old };
            *x = if new < old { old } else { new };
        }
    }
    x
}

fn transpose<R: Real>(x: &[R], rows: usize, cols: usize) -> Vec<R> {
    const TILE: usize = 32;
    let mut y = vec![R::zero(); x.len()];
    for first_row in (0..rows).step_by(TILE) {
        for first_col in (0..cols).step_by(TILE) {
            for col in first_col..(first_col + TILE).min(cols) {
                for row in first_row..(first_row + TILE).min(rows) {
                    y[col * rows + row] = x[row * cols + col];
                }
            }
        }
    }
    y
}
