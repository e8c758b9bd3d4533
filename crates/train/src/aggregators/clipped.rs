use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};

use super::{Aggregator, AggregatorEntry, Direction};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "clipped",
    summary: "the mean of the examples' gradients, those that are too long shortened",
    explanation: "Definition: 1/m sum_n min(1, max_norm / |g_n|) g_n over the m examples of the batch, where |g_n| is the Euclidean norm over all \
parameters.
Options: max_norm, above 0.
Reading: no example can move the parameters by more than learning_rate * max_norm / m.
Cost: squared norms of the examples' gradients and a second backward pass. Works with micro-batches, but not with batch \
normalisation in training mode.
Source: Abadi et al. 2016 (arXiv 1607.00133), algorithm 1 without the noise.",
};

/// `1/m sum_n min(1, max_norm / |g_n|) g_n`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Clipped {
    /// The longest that one example's gradient may be, above 0.
    pub max_norm: f64,
}

impl<R: Real> Aggregator<R> for Clipped {
    fn request(&self, _examples: usize, request: &mut Request<R>) {
        request.sq_norms = true;
    }

    fn weights(&self, reduced: &Reduced<R>) -> Option<Vec<f64>> {
        let sq_norms = reduced.sq_norms()?;
        // a norm of 0 gives 1, and one that is not a number must not pass for one that is short
        let weight = |sq_norm: f64| {
            let ratio = self.max_norm / sq_norm.sqrt();
            if ratio > 1.0 { 1.0 } else { ratio }
        };
        Some(sq_norms.into_iter().map(weight).collect())
    }

    fn direction(&mut self, reduced: Reduced<R>, _parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        reduced.into_sum().map(Direction::Sum)
    }
}
