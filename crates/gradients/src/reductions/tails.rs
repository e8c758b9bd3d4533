//! The largest and the smallest of a stream of numbers, for a register's worth of streams at once.

use consilience_tensor::Real;
use pulp::Simd;

/// The `B` largest and the `B` smallest numbers seen so far, and the sum of all others. `B` is a power of two. Numbers are
/// finite.
///
/// Numbers come in batches of `B`. A batch is sorted by a network and merged with the largest; what they reject is merged with
/// the smallest; what those reject is added up. For `B = 8` this takes about 21 instructions per number, where a chain of
/// insertions takes 36; for `B = 32` about 31, on lists that lie in the first-level cache where registers run out.
pub(super) struct Tails<S: Simd, R: Real, const B: usize> {
    simd: S,
    /// Largest first.
    largest: [R::Register<S>; B],
    /// Smallest first.
    smallest: [R::Register<S>; B],
    /// The largest that `largest` rejected.
    next_largest: R::Register<S>,
    /// The smallest that both rejected.
    next_smallest: R::Register<S>,
    middle: R::Register<S>,
    count: usize,
}

impl<S: Simd, R: Real, const B: usize> Tails<S, R, B> {
    #[inline(always)]
    pub fn new(simd: S) -> Self {
        let [low, zero, high] = [R::neg_infinity(), R::zero(), R::infinity()].map(|x| R::splat(simd, x));
        Self {
            simd,
            largest: [low; B],
            smallest: [high; B],
            next_largest: low,
            next_smallest: high,
            middle: zero,
            count: 0,
        }
    }

    /// Takes a batch.
    #[inline(always)]
    pub fn push(&mut self, mut batch: [R::Register<S>; B]) {
        let simd = self.simd;
        sort::<S, R, B>(simd, &mut batch);
        self.count += B;
        if self.count == B {
            self.largest = batch;
            return;
        }
        // Of two sorted lists, the winners of opposite pairs are the B largest of both, and both winners and losers come in
        // bitonic order.
        for i in 0..B {
            let (kept, rejected) = (self.largest[i], batch[B - 1 - i]);
            self.largest[i] = R::lane_max(simd, kept, rejected);
            batch[B - 1 - i] = R::lane_min(simd, kept, rejected);
        }
        sort_bitonic::<S, R, B>(simd, &mut self.largest, true);
        sort_bitonic::<S, R, B>(simd, &mut batch, true);
        self.next_largest = R::lane_max(simd, self.next_largest, batch[0]);
        if self.count == 2 * B {
            for i in 0..B {
                self.smallest[i] = batch[B - 1 - i];
            }
            return;
        }
        // the batch falls and `smallest` rises, so equal places are opposite
        for (kept, rejected) in self.smallest.iter_mut().zip(&mut batch) {
            let (a, b) = (*kept, *rejected);
            *kept = R::lane_min(simd, a, b);
            *rejected = R::lane_max(simd, a, b);
        }
        sort_bitonic::<S, R, B>(simd, &mut self.smallest, false);
        for rejected in batch {
            self.next_smallest = R::lane_min(simd, self.next_smallest, rejected);
            self.middle = R::lane_add(simd, self.middle, rejected);
        }
    }

    /// Takes one number of each stream.
    #[inline(always)]
    pub fn push_one(&mut self, mut x: R::Register<S>) {
        let simd = self.simd;
        self.count += 1;
        for i in 0..B {
            let kept = self.largest[i];
            self.largest[i] = R::lane_max(simd, kept, x);
            x = R::lane_min(simd, kept, x);
        }
        if self.count <= B {
            return;
        }
        self.next_largest = R::lane_max(simd, self.next_largest, x);
        for i in 0..B {
            let kept = self.smallest[i];
            self.smallest[i] = R::lane_min(simd, kept, x);
            x = R::lane_max(simd, kept, x);
        }
        if self.count <= 2 * B {
            return;
        }
        self.next_smallest = R::lane_min(simd, self.next_smallest, x);
        self.middle = R::lane_add(simd, self.middle, x);
    }

    /// The sum in which the `k <= B` largest and smallest are replaced by the nearest that is kept.
    ///
    /// At least `2 B` numbers must have come, and one more when `k = B`.
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
fn exchange<S: Simd, R: Real, const B: usize>(
    simd: S,
    list: &mut [R::Register<S>; B],
    i: usize,
    j: usize,
    largest_first: bool,
) {
    let (a, b) = (list[i], list[j]);
    let (larger, smaller) = (R::lane_max(simd, a, b), R::lane_min(simd, a, b));
    (list[i], list[j]) = if largest_first { (larger, smaller) } else { (smaller, larger) };
}

/// Sorts a bitonic list. Short lists are written out, so that they stay in registers.
#[inline(always)]
fn sort_bitonic<S: Simd, R: Real, const B: usize>(simd: S, list: &mut [R::Register<S>; B], largest_first: bool) {
    macro_rules! network {
        ($($i:literal $j:literal),*) => {{ $(exchange::<S, R, B>(simd, list, $i, $j, largest_first);)* return; }};
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
                exchange::<S, R, B>(simd, list, i, i + distance, largest_first);
            }
        }
        distance /= 2;
    }
}

/// Sorts a list, largest first, by Batcher's odd-even merge network (Knuth, The Art of Computer Programming, volume 3, section
/// 5.2.2, algorithm M). Short lists are written out, so that they stay in registers.
#[inline(always)]
fn sort<S: Simd, R: Real, const B: usize>(simd: S, list: &mut [R::Register<S>; B]) {
    macro_rules! network {
        ($($i:literal $j:literal),*) => {{ $(exchange::<S, R, B>(simd, list, $i, $j, true);)* return; }};
    }
    match B {
        2 => network!(0 1),
        4 => network!(0 1, 2 3, 0 2, 1 3, 1 2),
        8 => network!(0 1, 2 3, 4 5, 6 7, 0 2, 1 3, 4 6, 5 7, 1 2, 5 6, 0 4, 1 5, 2 6, 3 7, 2 4, 3 5, 1 2, 3 4, 5 6),
        _ => {}
    }
    let mut merged = 1;
    while merged < B {
        let mut distance = merged;
        while distance > 0 {
            for start in (distance % merged..B - distance).step_by(2 * distance) {
                for i in start..(start + distance).min(B - distance) {
                    // only within a pair of lists that are merged
                    if i / (2 * merged) == (i + distance) / (2 * merged) {
                        exchange::<S, R, B>(simd, list, i, i + distance, true);
                    }
                }
            }
            distance /= 2;
        }
        merged *= 2;
    }
}
