use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};

use super::{Aggregator, AggregatorEntry, Direction};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "winsorized",
    summary: "the mean of the gradients after clipping, per parameter, the k largest and k smallest of the batch",
    explanation: "Definition: for each number of the parameters, biases included, the k largest of the batch's m gradients are replaced by \
the largest that is kept and the k smallest by the smallest that is kept; the update is the mean of the result.
Options: either percent = c, from 0 to below 50, with k = round(c / 100 (m - 1)), halves to the even number (the percentile \
of the authors' code: 1, 2, 4, 8 of 100 for c = 1, 2, 4, 8), or count = k, less than m / 2.
Reading: directions in which only a few examples pull are suppressed, so labels that are wrong are memorised later or not at all.
Cost: per-example gradients, never held at once. Not over micro-batches, and not with batch normalisation in training mode.
Source: Chatterjee 2020 (arXiv 2002.10657), section 3.",
};

/// The winsorized sum: per parameter, the `k` largest and the `k` smallest gradients are replaced by the nearest that is kept
/// (Chatterjee 2020, section 3).
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Winsorized {
    /// `k` is [`percentile_count`] of the batch.
    Percent(f64),
    /// `k` itself.
    Count(usize),
}

impl Winsorized {
    fn count(self, examples: usize) -> usize {
        match self {
            Self::Percent(percent) => percentile_count(percent, examples),
            Self::Count(count) => count,
        }
    }
}

/// How many of `examples` values lie beyond the `percent`-th percentile by `NumPy`'s method `nearest`, which the authors' code
/// takes: `round(percent / 100 (examples - 1))`, halves to the even number.
///
/// ```
/// use consilience_train::aggregators::percentile_count;
/// assert_eq!([1.0, 2.0, 4.0, 8.0].map(|c| percentile_count(c, 100)), [1, 2, 4, 8]);
/// assert_eq!([1.0, 2.0, 4.0, 8.0].map(|c| percentile_count(c, 32)), [0, 1, 1, 2]);
/// ```
pub fn percentile_count(percent: f64, examples: usize) -> usize {
    (percent / 100.0 * examples.saturating_sub(1) as f64).round_ties_even() as usize
}

impl<R: Real> Aggregator<R> for Winsorized {
    fn request(&self, examples: usize, request: &mut Request<R>) {
        match self.count(examples) {
            // nothing is replaced: the plain sum, by the cheaper route
            0 => request.sum = true,
            count => request.winsorized = vec![count],
        }
    }

    fn direction(&mut self, reduced: Reduced<R>, _parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        let sum = match self.count(reduced.examples) {
            0 => reduced.into_sum(),
            _ => reduced.into_winsorized(0),
        };
        sum.map(Direction::Sum)
    }
}

#[cfg(test)]
mod tests {
    use super::percentile_count;

    #[test]
    fn counts_of_the_authors_code() {
        // numpy.percentile(range(m), c, method='nearest') for c = 1, 2, 4, 8
        for (m, expected) in [(64, [1, 1, 3, 5]), (128, [1, 3, 5, 10]), (256, [3, 5, 10, 20])] {
            assert_eq!([1.0, 2.0, 4.0, 8.0].map(|c| percentile_count(c, m)), expected, "{m}");
        }
        // halves go to the even number
        assert_eq!((percentile_count(50.0, 2), percentile_count(10.0, 16), percentile_count(10.0, 26)), (0, 2, 2));
        assert_eq!((percentile_count(10.0, 0), percentile_count(10.0, 1)), (0, 0));
    }

    #[test]
    fn something_is_always_kept() {
        for m in 1..300 {
            assert!(2 * percentile_count(49.999, m) < m, "{m}");
        }
    }
}
