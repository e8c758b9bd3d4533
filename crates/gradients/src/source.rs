//! Per-example gradients of one parameter as they can be read: by closed form, or as tiles of numbers.

use std::borrow::Cow;
use std::ops::{Deref, Range};

use consilience_nn::Factor;
use consilience_tensor::{Buffer, Convolution, Cpu, Matrix, MatrixMut, Real, Shape, Tensor, gemm_into, simd, unfold};
use rayon::prelude::*;

/// Numbers in a tile of whole gradients: what a core keeps close while several reductions read it.
const EXAMPLE_TILE: usize = 1 << 17;

/// Numbers in a tile that holds all examples of some columns.
const COLUMN_TILE: usize = 1 << 20;

/// The gradients of one parameter.
pub(crate) enum Source<'a, R: Real> {
    /// One position: `G_n = signal_n (x) input_n`. Rows of `inputs` and `outputs` numbers.
    RankOne { input: &'a [R], inputs: usize, signal: &'a [R], outputs: usize },
    /// A vector: row `n` of a matrix.
    Vectors(Cow<'a, [R]>),
    /// A weight with several positions. With several signals, row `n * signals + i` is the gradient of example `n` for the
    /// `i`-th of them.
    Positions { input: &'a Cpu<R>, signals: Vec<&'a Cpu<R>>, conv: Convolution },
}

impl<'a, R: Real> Source<'a, R> {
    pub fn new(factor: &'a Factor<Cpu<R>>) -> Self {
        let per_example = |signal: &Cpu<R>| Shape::matrix(signal.shape().n, signal.shape().c);
        match factor {
            Factor::Weight { input, signal, conv }
                if *conv == Convolution::POINT && signal.shape().positions() == 1 =>
            {
                Self::RankOne {
                    input: input.as_slice(),
                    inputs: input.shape().c,
                    signal: signal.as_slice(),
                    outputs: signal.shape().c,
                }
            }
            Factor::Weight { input, signal, conv } => Self::Positions { input, signals: vec![signal], conv: *conv },
            Factor::Scale { input, signal } => {
                Self::Vectors(Cow::Owned(input.dot_to(signal, per_example(signal)).into_vec()))
            }
            Factor::Bias { signal } if signal.shape().positions() == 1 => {
                Self::Vectors(Cow::Borrowed(signal.as_slice()))
            }
            Factor::Bias { signal } => Self::Vectors(Cow::Owned(signal.sum_to(per_example(signal)).into_vec())),
        }
    }

    /// Reads whole gradients: calls `visit` with consecutive examples and their gradients as rows of `size` numbers.
    /// Examples are shared out in consecutive chunks, each with a state of its own; the states come back in order.
    ///
    /// The number of chunks depends on sizes only. Peak memory: one tile per thread, and the states.
    pub fn fold_examples<S: Send>(
        &self,
        examples: usize,
        size: usize,
        new: impl Fn() -> S + Sync,
        visit: impl Fn(&mut S, Range<usize>, &[R]) + Sync,
    ) -> Vec<S> {
        let chunks = (COLUMN_TILE / size.max(1)).clamp(2, 8);
        let per_chunk = examples.div_ceil(chunks).max(1);
        let per_tile = (EXAMPLE_TILE / size.max(1)).clamp(1, per_chunk);
        let chunk = |index: usize| {
            let mut state = new();
            let range = index * per_chunk..((index + 1) * per_chunk).min(examples);
            if let Self::Vectors(rows) = self {
                visit(&mut state, range.clone(), &rows[range.start * size..range.end * size]);
                return state;
            }
            let mut tile = Buffer::stale(per_tile * size);
            let mut scratch = Vec::new();
            for start in range.clone().step_by(per_tile) {
                let tile_range = start..(start + per_tile).min(range.end);
                for (gradient, n) in tile.chunks_exact_mut(size).zip(tile_range.clone()) {
                    self.gradient(n, gradient, &mut scratch);
                }
                let filled = tile_range.len() * size;
                visit(&mut state, tile_range, &tile[..filled]);
            }
            state
        };
        (0..examples.div_ceil(per_chunk)).into_par_iter().map(chunk).collect()
    }

    /// Divides the parameter into runs of columns of which all of `examples` fit a tile of at most
    /// `max(2^20, examples * patch)` numbers.
    pub fn column_blocks(&self, examples: usize, size: usize) -> Vec<ColumnBlock> {
        let (unit, per_group, groups) = match self {
            Self::Vectors(_) => return vec![ColumnBlock { group: 0, outputs: 0..size, columns: 0..size }],
            Self::RankOne { inputs, outputs, .. } => (*inputs, *outputs, 1),
            Self::Positions { input, signals, conv } => {
                (conv.patch(input.shape()), signals[0].shape().c / conv.groups, conv.groups)
            }
        };
        let per_tile = (COLUMN_TILE / (examples * unit).max(1)).clamp(1, per_group);
        let of_group = |group: usize| {
            (0..per_group).step_by(per_tile).map(move |first| {
                let outputs = group * per_group + first..group * per_group + (first + per_tile).min(per_group);
                ColumnBlock { group, columns: outputs.start * unit..outputs.end * unit, outputs }
            })
        };
        (0..groups).flat_map(of_group).collect()
    }

    /// The gradients of all examples for some columns, one row per example.
    pub fn tile(&self, block: &ColumnBlock) -> Tile<'_, R> {
        let width = block.columns.len();
        match self {
            Self::Vectors(rows) => Tile::Borrowed(rows),
            Self::RankOne { input, inputs, signal, outputs } => {
                let mut tile = Buffer::stale(input.len() / inputs * width);
                tile.par_chunks_mut(width).enumerate().for_each(|(n, tile)| {
                    let a = &input[n * inputs..(n + 1) * inputs];
                    outer(&signal[n * outputs..(n + 1) * outputs][block.outputs.clone()], a, tile);
                });
                Tile::Owned(tile)
            }
            Self::Positions { input, signals, conv } => {
                let mut tile = Buffer::stale(input.shape().n * signals.len() * width);
                tile.par_chunks_mut(signals.len() * width).enumerate().for_each_init(Vec::new, |scratch, (n, rows)| {
                    let patches = patches(input, *conv, block.group, n, signals[0].shape(), scratch);
                    for (row, signal) in rows.chunks_exact_mut(width).zip(signals) {
                        product(signal, n, block.outputs.clone(), patches, row);
                    }
                });
                Tile::Owned(tile)
            }
        }
    }

    /// Reads all examples of some columns at a time: calls `visit` with a range of the flat parameter and a matrix of one
    /// row per example. Peak memory: one tile.
    pub fn for_columns(&self, examples: usize, size: usize, mut visit: impl FnMut(Range<usize>, &[R])) {
        for block in self.column_blocks(examples, size) {
            visit(block.columns.clone(), &self.tile(&block));
        }
    }

    fn gradient(&self, n: usize, gradient: &mut [R], scratch: &mut Vec<R>) {
        match self {
            Self::RankOne { input, inputs, signal, outputs } => {
                outer(&signal[n * outputs..(n + 1) * outputs], &input[n * inputs..(n + 1) * inputs], gradient);
            }
            Self::Vectors(rows) => gradient.copy_from_slice(&rows[n * gradient.len()..(n + 1) * gradient.len()]),
            Self::Positions { input, signals, conv } => {
                let (n, signal) = (n / signals.len(), signals[n % signals.len()]);
                let per_group = signal.shape().c / conv.groups;
                let share = gradient.len() / conv.groups;
                for (group, gradient) in gradient.chunks_exact_mut(share).enumerate() {
                    let patches = patches(input, *conv, group, n, signal.shape(), scratch);
                    product(signal, n, group * per_group..(group + 1) * per_group, patches, gradient);
                }
            }
        }
    }
}

/// The gradients of all examples for some columns.
pub(crate) enum Tile<'a, R> {
    Borrowed(&'a [R]),
    Owned(Buffer<R>),
}

impl<R> Deref for Tile<'_, R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        match self {
            Self::Borrowed(rows) => rows,
            Self::Owned(buffer) => buffer,
        }
    }
}

/// Some columns of a parameter: consecutive outputs of one group.
pub(crate) struct ColumnBlock {
    group: usize,
    outputs: Range<usize>,
    /// Where they lie in the flat parameter.
    pub columns: Range<usize>,
}

#[inline(always)]
fn outer<R: Real>(d: &[R], a: &[R], out: &mut [R]) {
    simd(|| {
        for (row, &d) in out.chunks_exact_mut(a.len()).zip(d) {
            for (g, &a) in row.iter_mut().zip(a) {
                *g = d * a;
            }
        }
    });
}

/// The unfolded patches of one example for one group.
fn patches<'a, R: Real>(
    input: &'a Cpu<R>,
    conv: Convolution,
    group: usize,
    n: usize,
    output: Shape,
    scratch: &'a mut Vec<R>,
) -> &'a [R] {
    if conv == Convolution::POINT {
        return input.example(n);
    }
    scratch.resize(output.positions() * conv.patch(input.shape()), R::zero());
    simd(
        #[inline(always)]
        || unfold(input.as_slice(), input.shape(), conv, group, n..n + 1, scratch),
    );
    scratch
}

/// `G_n` for some outputs: the signal's columns times the patches.
fn product<R: Real>(signal: &Cpu<R>, n: usize, outputs: Range<usize>, patches: &[R], gradient: &mut [R]) {
    let (positions, channels) = (signal.shape().positions(), signal.shape().c);
    let patch = patches.len() / positions;
    gemm_into(
        MatrixMut::new(gradient, outputs.len(), patch, patch),
        R::zero(),
        Matrix::new(&signal.example(n)[outputs.start..], positions, outputs.len(), channels).t(),
        Matrix::new(patches, positions, patch, patch),
        R::one(),
    );
}
