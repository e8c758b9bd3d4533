use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};

use super::median_of_three::median;
use super::window::Window;
use super::{Aggregator, AggregatorEntry, Direction};
use crate::{Memory, MemoryError};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "rolling_median",
    summary: "RM3: the median, per parameter, of the gradients of this batch and the two before",
    explanation: "Definition: for each number of the parameters the median of the mean gradients of the last three batches, each taken at the \
parameters of its own step. The first two steps make no update.
Options: none. `weight_decay` of [train] is added to each gradient when it is taken, hence before the median; a transform \
`weight_decay` acts after it. Momentum is refused, as in the authors' code, because it makes training unstable.
Reading: only directions in which at least two of the three batches pull survive.
Cost: the ordinary backward pass, and two more gradients in memory.
Source: Zielinski, Krishnan and Chatterjee 2020 (arXiv 2003.07422), RM3.",
};

/// The median of the gradients of this batch and the two before, number by number (RM3).
#[derive(Clone, Debug)]
pub struct RollingMedian<R>(Window<R>);

impl<R: Real> RollingMedian<R> {
    /// With a factor of the parameters to be added to each gradient.
    pub const fn new(weight_decay: f64) -> Self {
        Self(Window::new(weight_decay))
    }
}

impl<R: Real> Aggregator<R> for RollingMedian<R> {
    fn request(&self, _examples: usize, request: &mut Request<R>) {
        request.sum = true;
    }

    fn direction(&mut self, reduced: Reduced<R>, parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        self.0.push(reduced, parameters, median).map(|median| median.map_or(Direction::Wait, Direction::Mean))
    }

    fn memory(&self) -> Memory<R> {
        self.0.memory()
    }

    fn restore(&mut self, memory: Memory<R>, parameters: &[Cpu<R>]) -> Result<(), MemoryError> {
        self.0.restore(memory, parameters)
    }
}
