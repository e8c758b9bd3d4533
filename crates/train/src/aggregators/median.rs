use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};

use super::{Aggregator, AggregatorEntry, Direction};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "median",
    summary: "the median of the examples' gradients, per parameter",
    explanation: "Definition: for each number of the parameters the middle one of the batch's m gradients; of an even number, the mean of the middle \
two. It takes the place of the mean gradient.
Options: none.
Reading: the end of winsorizing. With ReLU most examples' gradients of a parameter can be exactly 0, and then the median is 0, too.
Cost: per-example gradients, never held at once. Not over micro-batches, and not with batch normalisation in training mode.
Source: Yin et al. 2018 (arXiv 1803.01498), for workers in place of examples.",
};

/// The median of the examples' gradients, number by number.
#[derive(Clone, Copy, Debug)]
pub struct Median;

impl<R: Real> Aggregator<R> for Median {
    fn request(&self, _examples: usize, request: &mut Request<R>) {
        request.median = true;
    }

    fn direction(&mut self, reduced: Reduced<R>, _parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        let medians = reduced.parameters.into_iter().map(|parameter| parameter.median);
        medians.collect::<Option<_>>().map(Direction::Mean)
    }
}
