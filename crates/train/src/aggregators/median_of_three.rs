use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};

use super::window::combine_three;
use super::{Aggregator, AggregatorEntry, Direction, micro_batch_means};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "median_of_three",
    summary: "M3: the median, per parameter, of the mean gradients of three micro-batches",
    explanation: "Definition: the batch is cut into three micro-batches of equal size (up to one example), each with a pass of its own; the \
direction is, for each number of the parameters, g1 + g2 + g3 - min - max of their mean gradients.
Options: none. A batch needs at least 3 examples. Momentum is refused, as in the authors' code, because it makes training \
unstable. Weight decay may be added before or after the median: it is the same.
Reading: only directions in which at least two of the three micro-batches pull survive. Batch normalisation in training mode works: \
each micro-batch has its own statistics.
Cost: the ordinary backward pass, and three gradients in memory.
Source: Zielinski, Krishnan and Chatterjee 2020 (arXiv 2003.07422), M3.",
};

/// The median of the mean gradients of three micro-batches, number by number (M3).
#[derive(Clone, Copy, Debug)]
pub struct MedianOfThree;

impl<R: Real> Aggregator<R> for MedianOfThree {
    fn request(&self, _examples: usize, _request: &mut Request<R>) {}

    fn micro_batches(&self) -> Option<usize> {
        Some(3)
    }

    fn direction(&mut self, reduced: Reduced<R>, _parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        let means = micro_batch_means(reduced, 3)?;
        let [a, b, c] = means.as_slice() else { return None };
        Some(Direction::Mean(combine_three([a, b, c], median)))
    }
}

/// `a + b + c - min - max`, without its rounding. As there, what is not finite gives what is not a number.
#[inline(always)]
pub(super) fn median<R: Real>(a: R, b: R, c: R) -> R {
    if !(a.is_finite() && b.is_finite() && c.is_finite()) {
        return R::nan();
    }
    a.min(b).max(a.max(b).min(c))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn medians_of_all_orders() {
        for [a, b, c] in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1], [2, 2, 9], [-9, 2, 2]] {
            assert_eq!(median(f64::from(a), f64::from(b), f64::from(c)), 2.0, "{a} {b} {c}");
        }
        assert!(median(f64::NAN, 1.0, 2.0).is_nan() && median(1.0, f64::INFINITY, 2.0).is_nan());
    }
}
