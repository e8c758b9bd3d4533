use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};

use super::{Aggregator, AggregatorEntry, Direction};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "mean",
    summary: "the mean of the gradients: plain mini-batch gradient descent",
    explanation: "Definition: 1/m sum_n g_n over the m examples of the batch.
Options: none. Works with micro-batches.
Cost: the ordinary backward pass.",
};

/// The mean of the gradients.
#[derive(Clone, Copy, Debug)]
pub struct Mean;

impl<R: Real> Aggregator<R> for Mean {
    fn request(&self, _examples: usize, request: &mut Request<R>) {
        request.sum = true;
    }

    fn direction(&mut self, reduced: Reduced<R>, _parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        reduced.into_sum().map(Direction::Sum)
    }
}
