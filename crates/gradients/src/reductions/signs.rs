use consilience_tensor::{Buffer, Real, simd, simd_popcount};
use rayon::prelude::*;

use crate::Signs;

/// Examples in a word of bits.
const WORD: usize = u32::BITS as usize;

/// Columns that are counted together.
const LANES: usize = 16;

/// Rows of a parameter that are worth a task of their own, in numbers.
const CHUNK: usize = 1 << 14;

/// Signs of outer products are products of signs. Each row of the factors becomes bits, one per example: where it is positive, and
/// where it is negative. Counts are then numbers of common bits, 32 examples at a time. Memory: the result, and an eighth of a
/// byte for each number of the factors and each sign.
pub(crate) fn rank_one<R: Real>(input: &[R], inputs: usize, signal: &[R], outputs: usize) -> Signs {
    let examples = input.len() / inputs.max(1);
    let (a, d) = rayon::join(|| Bits::new(input, inputs, examples), || Bits::new(signal, outputs, examples));
    let mut signs = Signs { positive: Buffer::stale(inputs * outputs), negative: Buffer::stale(inputs * outputs) };
    let rows = (CHUNK / inputs.max(1)).max(1);
    let (positive, negative) =
        (signs.positive.par_chunks_mut(rows * inputs), signs.negative.par_chunks_mut(rows * inputs));
    positive.zip(negative).enumerate().for_each(|(chunk, (positive, negative))| {
        let lines = positive.chunks_mut(inputs).zip(negative.chunks_mut(inputs));
        for (row, (positive, negative)) in lines.enumerate() {
            a.count_common(&d.column(chunk * rows + row), positive, negative);
        }
    });
    signs
}

/// For each column of a matrix of one row per example, which examples are positive there and which are negative.
struct Bits {
    /// For each word of examples one row, of which as many columns are added as fill the last lanes.
    positive: Vec<[u32; LANES]>,
    negative: Vec<[u32; LANES]>,
    any_negative: bool,
    /// Lanes of a row.
    row: usize,
}

/// The bits of one column, word by word: positive, negative.
type Column = Vec<(u32, u32)>;

impl Bits {
    fn new<R: Real>(matrix: &[R], columns: usize, examples: usize) -> Self {
        let row = columns.div_ceil(LANES);
        let empty = || vec![[0; LANES]; examples.div_ceil(WORD) * row];
        let mut bits = Self { positive: empty(), negative: empty(), any_negative: false, row };
        for (example, numbers) in matrix.chunks_exact(columns.max(1)).enumerate() {
            let word = example / WORD * row..(example / WORD + 1) * row;
            let shift = (example % WORD) as u32;
            set(bits.positive[word.clone()].as_flattened_mut(), numbers, shift, |x| x > R::zero());
            set(bits.negative[word].as_flattened_mut(), numbers, shift, |x| x < R::zero());
        }
        bits.any_negative = bits.negative.as_flattened().iter().any(|&bits| bits != 0);
        bits
    }

    fn column(&self, column: usize) -> Column {
        let rows = self.positive.chunks_exact(self.row).zip(self.negative.chunks_exact(self.row));
        let (lanes, lane) = (column / LANES, column % LANES);
        rows.map(|(positive, negative)| (positive[lanes][lane], negative[lanes][lane])).collect()
    }

    /// For each column, in how many examples its sign times that of `other` is positive, and in how many it is negative.
    fn count_common(&self, other: &Column, positive: &mut [u32], negative: &mut [u32]) {
        simd_popcount(
            #[inline(always)]
            || {
                let counts = positive.chunks_mut(LANES).zip(negative.chunks_mut(LANES));
                for (place, (positive, negative)) in counts.enumerate() {
                    let (mut same, mut opposite) = ([0; LANES], [0; LANES]);
                    for (word, &(up, down)) in other.iter().enumerate() {
                        let above = &self.positive[word * self.row + place];
                        add_common(&mut same, above, up);
                        add_common(&mut opposite, above, down);
                        // behind a rectifier nothing is negative
                        if self.any_negative {
                            let below = &self.negative[word * self.row + place];
                            add_common(&mut same, below, down);
                            add_common(&mut opposite, below, up);
                        }
                    }
                    positive.copy_from_slice(&same[..positive.len()]);
                    negative.copy_from_slice(&opposite[..negative.len()]);
                }
            },
        );
    }
}

/// `counts += ones (bits & mask)`.
#[inline(always)]
fn add_common(counts: &mut [u32; LANES], bits: &[u32; LANES], mask: u32) {
    for (count, bits) in counts.iter_mut().zip(bits) {
        *count += (bits & mask).count_ones();
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
