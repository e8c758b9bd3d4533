//! The largest and the smallest of a stream of numbers, for a register's worth of streams at once.

use consilience_tensor::Real;
use pulp::Simd;

/// The `B` largest and the `B` smallest numbers seen so far, and the sum of all others. `B` is a power of two. Numbers are
/// finite.
///
/// Numbers come in batches of `2 B`. A network sorts a batch; its upper half is merged with the largest, its lower half with the
/// smallest, and what they reject is added up. With the product that makes it, a number takes 7 instructions for `B = 1`, where
/// a chain of insertions takes 8; about 16 for `B = 8`, where the chain takes 36; and about 27 for `B = 32`, on lists that lie
/// in the first-level cache where registers run out.
pub(super) struct Tails<S: Simd, R: Real, const B: usize> {
    simd: S,
    empty: bool,
    /// Largest first.
    largest: [R::Register<S>; B],
    /// Smallest first.
    smallest: [R::Register<S>; B],
    /// The largest that is not in `largest`, once there are more than `2 B` numbers.
    next_largest: R::Register<S>,
    /// The smallest that is not in `smallest`, once there are more than `2 B` numbers.
    next_smallest: R::Register<S>,
    middle: R::Register<S>,
}

impl<S: Simd, R: Real, const B: usize> Tails<S, R, B> {
    #[inline(always)]
    pub fn new(simd: S) -> Self {
        let [low, zero, high] = [R::neg_infinity(), R::zero(), R::infinity()].map(|x| R::splat(simd, x));
        Self {
            simd,
            empty: true,
            largest: [low; B],
            smallest: [high; B],
            next_largest: low,
            next_smallest: high,
            middle: zero,
        }
    }

    /// Takes a batch.
    #[inline(always)]
    pub fn push(&mut self, mut batch: [[R::Register<S>; B]; 2]) {
        let simd = self.simd;
        sort::<S, R, B>(simd, &mut batch);
        let [upper, lower] = batch;
        // the lower half holds the next largest unless the upper half loses it below, and the other way round
        self.next_largest = R::lane_max(simd, self.next_largest, lower[0]);
        self.next_smallest = R::lane_min(simd, self.next_smallest, upper[B - 1]);
        if self.empty {
            self.empty = false;
            for i in 0..B {
                (self.largest[i], self.smallest[i]) = (upper[i], lower[B - 1 - i]);
            }
            return;
        }
        // Of two sorted lists, the winners of opposite pairs are the B largest of both, in bitonic order.
        for (i, kept) in self.largest.iter_mut().enumerate() {
            let (a, b) = (*kept, upper[B - 1 - i]);
            let rejected = R::lane_min(simd, a, b);
            *kept = R::lane_max(simd, a, b);
            self.next_largest = R::lane_max(simd, self.next_largest, rejected);
            self.middle = R::lane_add(simd, self.middle, rejected);
        }
        sort_bitonic::<S, R, B>(simd, &mut self.largest, true);
        // the lower half falls and `smallest` rises, so equal places are opposite
        for (kept, b) in self.smallest.iter_mut().zip(lower) {
            let a = *kept;
            let rejected = R::lane_max(simd, a, b);
            *kept = R::lane_min(simd, a, b);
            self.next_smallest = R::lane_min(simd, self.next_smallest, rejected);
            self.middle = R::lane_add(simd, self.middle, rejected);
        }
        sort_bitonic::<S, R, B>(simd, &mut self.smallest, false);
    }

    /// Takes one number of each stream, after a batch.
    #[inline(always)]
    pub fn push_one(&mut self, mut x: R::Register<S>) {
        debug_assert!(!self.empty, "the lists are full");
        let simd = self.simd;
        for kept in &mut self.largest {
            let larger = R::lane_max(simd, *kept, x);
            x = R::lane_min(simd, *kept, x);
            *kept = larger;
        }
        self.next_largest = R::lane_max(simd, self.next_largest, x);
        for kept in &mut self.smallest {
            let smaller = R::lane_min(simd, *kept, x);
            x = R::lane_max(simd, *kept, x);
            *kept = smaller;
        }
        self.next_smallest = R::lane_min(simd, self.next_smallest, x);
        self.middle = R::lane_add(simd, self.middle, x);
    }

    /// The sum in which the `k <= B` largest and smallest are replaced by the nearest that is kept.
    ///
    /// A batch must have come, and one more number when `k = B`.
    #[inline(always)]
    pub fn winsorized_sum(&self, k: usize) -> R::Register<S> {
        let simd = self.simd;
        let (high, low) =
            if k < B { (self.largest[k], self.smallest[k]) } else { (self.next_largest, self.next_smallest) };
        let mut total = self.middle;
        for i in k..B {
            total = R::lane_add(simd, total, R::lane_add(simd, self.largest[i], self.smallest[i]));
        }
        let replaced = R::splat(simd, R::of(k as f64));
        R::lane_add(simd, total, R::lane_mul(simd, replaced, R::lane_add(simd, high, low)))
    }
}

/// Puts the larger (or the smaller) of two entries first.
#[inline(always)]
fn exchange<S: Simd, R: Real>(simd: S, list: &mut [R::Register<S>], i: usize, j: usize, largest_first: bool) {
    let (a, b) = (list[i], list[j]);
    let (larger, smaller) = (R::lane_max(simd, a, b), R::lane_min(simd, a, b));
    (list[i], list[j]) = if largest_first { (larger, smaller) } else { (smaller, larger) };
}

/// Sorts a bitonic list. Short lists are written out, so that they stay in registers.
#[inline(always)]
fn sort_bitonic<S: Simd, R: Real, const B: usize>(simd: S, list: &mut [R::Register<S>; B], largest_first: bool) {
    macro_rules! network {
        ($($i:literal $j:literal),*) => {{ $(exchange::<S, R>(simd, list, $i, $j, largest_first);)* return; }};
    }
    match B {
        2 => network!(0 1),
        4 => network!(0 2, 1 3, 0 1, 2 3),
        8 => network!(0 4, 1 5, 2 6, 3 7, 0 2, 1 3, 4 6, 5 7, 0 1, 2 3, 4 5, 6 7),
        _ => {}
    }
    let mut distance = B / 2;
    while distance > 0 {
        for start in (0..B).step_by(2 * distance) {
            for i in start..start + distance {
                exchange::<S, R>(simd, list, i, i + distance, largest_first);
            }
        }
        distance /= 2;
    }
}

/// Sorts a batch, largest first: a short one by the shortest network known, written out so that it stays in registers (Knuth,
/// The Art of Computer Programming, volume 3, section 5.3.4, where Green's network for 16 stands), a longer one by Batcher's
/// odd-even merges (section 5.2.2, algorithm M).
#[inline(always)]
fn sort<S: Simd, R: Real, const B: usize>(simd: S, batch: &mut [[R::Register<S>; B]; 2]) {
    let list = batch.as_flattened_mut();
    macro_rules! network {
        ($($i:literal $j:literal),*) => {{ $(exchange::<S, R>(simd, list, $i, $j, true);)* return; }};
    }
    match list.len() {
        2 => network!(0 1),
        4 => network!(0 1, 2 3, 0 2, 1 3, 1 2),
        8 => network!(0 1, 2 3, 4 5, 6 7, 0 2, 1 3, 4 6, 5 7, 1 2, 5 6, 0 4, 1 5, 2 6, 3 7, 2 4, 3 5, 1 2, 3 4, 5 6),
        16 => network!(
            0 1, 2 3, 4 5, 6 7, 8 9, 10 11, 12 13, 14 15, 0 2, 1 3, 4 6, 5 7, 8 10, 9 11, 12 14, 13 15,
            0 4, 1 5, 2 6, 3 7, 8 12, 9 13, 10 14, 11 15, 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15,
            5 10, 6 9, 3 12, 13 14, 4 8, 7 11, 1 2, 1 4, 7 13, 2 8, 11 14, 2 4, 5 6, 9 10, 11 13, 3 8, 7 12,
            6 8, 10 12, 3 5, 7 9, 3 4, 5 6, 7 8, 9 10, 11 12, 6 7, 8 9
        ),
        _ => {}
    }
    let length = list.len();
    let mut merged = 1;
    while merged < length {
        let mut distance = merged;
        while distance > 0 {
            for start in (distance % merged..length - distance).step_by(2 * distance) {
                for i in start..(start + distance).min(length - distance) {
                    // only within a pair of lists that are merged
                    if i / (2 * merged) == (i + distance) / (2 * merged) {
                        exchange::<S, R>(simd, list, i, i + distance, true);
                    }
                }
            }
            distance /= 2;
        }
        merged *= 2;
    }
}
