use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};

use super::window::Window;
use super::{Aggregator, AggregatorEntry, Direction};
use crate::{Memory, MemoryError};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "rolling_mean",
    summary: "RA3: the mean of the gradients of this batch and the two before",
    explanation: "Definition: the mean of the mean gradients of the last three batches, each taken at the parameters of its own step. The first two \
steps make no update.
Options: none; weight decay and momentum as for rolling_median.
Reading: the control of rolling_median. What both change follows from old gradients and larger batches, not from the median.
Cost: the ordinary backward pass, and two more gradients in memory.
Source: Zielinski, Krishnan and Chatterjee 2020 (arXiv 2003.07422), RA3.",
};

/// The mean of the gradients of this batch and the two before (RA3).
#[derive(Clone, Debug)]
pub struct RollingMean<R>(Window<R>);

impl<R: Real> RollingMean<R> {
    /// With a factor of the parameters to be added to each gradient.
    pub const fn new(weight_decay: f64) -> Self {
        Self(Window::new(weight_decay))
    }
}

impl<R: Real> Aggregator<R> for RollingMean<R> {
    fn request(&self, _examples: usize, request: &mut Request<R>) {
        request.sum = true;
    }

    fn direction(&mut self, reduced: Reduced<R>, parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        let third = R::of(1.0 / 3.0);
        let mean = self.0.push(reduced, parameters, |a, b, c| (a + b + c) * third);
        mean.map(|mean| mean.map_or(Direction::Wait, Direction::Mean))
    }

    fn memory(&self) -> Memory<R> {
        self.0.memory()
    }

    fn restore(&mut self, memory: Memory<R>, parameters: &[Cpu<R>]) -> Result<(), MemoryError> {
        self.0.restore(memory, parameters)
    }
}
