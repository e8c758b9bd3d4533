use consilience_tensor::{Buffer, Real, simd};
use rayon::prelude::*;

use crate::Signs;

/// Examples in a word of bits.
const WORD: usize = u32::BITS as usize;

/// Signs of outer products are products of signs. Each row of the factors becomes bits, one per example: where it is positive, and
/// where it is negative. Counts are then numbers of common bits, 32 examples at a time. Memory: the result, and an eighth of a
/// byte for each number of the factors and each sign.
pub(crate) fn rank_one<R: Real>(input: &[R], inputs: usize, signal: &[R], outputs: usize) -> Signs {
    let (a, d) = (Bits::new(input, inputs), Bits::new(signal, outputs));
    let mut signs = none(inputs * outputs);
    let rows = signs.positive.par_chunks_mut(inputs.max(1)).zip(signs.negative.par_chunks_mut(inputs.max(1)));
    rows.enumerate().for_each(|(output, (positive, negative))| {
        for word in 0..a.words {
            let (up, down) = d.of(word, output);
            let (above, below) = a.row(word);
            add_common(positive, above, up);
            add_common(negative, above, down);
            // behind a rectifier nothing is negative
            if a.any_negative {
                add_common(positive, below, down);
                add_common(negative, below, up);
            }
        }
    });
    signs
}

/// `counts += ones (bits & mask)`.
fn add_common(counts: &mut [u32], bits: &[u32], mask: u32) {
    simd(
        #[inline(always)]
        || {
            for (count, bits) in counts.iter_mut().zip(bits) {
                *count += (bits & mask).count_ones();
            }
        },
    );
}

/// For each column of a matrix of one row per example, which examples are positive there and which are negative.
struct Bits {
    /// `words x columns`.
    positive: Vec<u32>,
    negative: Vec<u32>,
    any_negative: bool,
    columns: usize,
    words: usize,
}

impl Bits {
    fn new<R: Real>(matrix: &[R], columns: usize) -> Self {
        let words = (matrix.len() / columns.max(1)).div_ceil(WORD);
        let mut bits = Self {
            positive: vec![0; words * columns],
            negative: vec![0; words * columns],
            any_negative: false,
            columns,
            words,
        };
        for (example, row) in matrix.chunks_exact(columns.max(1)).enumerate() {
            let word = example / WORD * columns..(example / WORD + 1) * columns;
            let shift = (example % WORD) as u32;
            set(&mut bits.positive[word.clone()], row, shift, |x| x > R::zero());
            set(&mut bits.negative[word], row, shift, |x| x < R::zero());
        }
        bits.any_negative = bits.negative.iter().any(|&bits| bits != 0);
        bits
    }

    /// The bits of one column for 32 examples: positive, negative.
    fn of(&self, word: usize, column: usize) -> (u32, u32) {
        let place = word * self.columns + column;
        (self.positive[place], self.negative[place])
    }

    /// The bits of all columns for 32 examples.
    fn row(&self, word: usize) -> (&[u32], &[u32]) {
        let places = word * self.columns..(word + 1) * self.columns;
        (&self.positive[places.clone()], &self.negative[places])
    }
}

#[inline(always)]
fn set<R: Real>(bits: &mut [u32], row: &[R], shift: u32, holds: impl Fn(R) -> bool) {
    simd(
        #[inline(always)]
        || {
            for (bits, &x) in bits.iter_mut().zip(row) {
                *bits |= u32::from(holds(x)) << shift;
            }
        },
    );
}
/// No counts yet.
pub(crate) fn none(size: usize) -> Signs {
    Signs { positive: Buffer::zeros(size), negative: Buffer::zeros(size) }
}

/// Counts the signs of one example's gradient.
pub(crate) fn count<R: Real>(signs: &mut Signs, gradient: &[R]) {
    simd(
        #[inline(always)]
        || {
            for ((positive, negative), &g) in signs.positive.iter_mut().zip(signs.negative.iter_mut()).zip(gradient) {
                *positive += u32::from(g > R::zero());
                *negative += u32::from(g < R::zero());
            }
        },
    );
}
