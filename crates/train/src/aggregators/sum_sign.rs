use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real, Tensor};

use super::{Aggregator, AggregatorEntry, Direction};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "sum_sign",
    summary: "a vote of the examples: the sum of the signs of their gradients",
    explanation:
        "Definition: step * sum_n sign(g_n) over the examples of the batch, where the sign of 0 is 0. It takes the place of \
the mean gradient, so a parameter on which all m examples agree changes by learning_rate * step * m.
Options: step, above 0, default 0.001 (the constant of the authors' code, which multiplies it with the learning rate, too, and does \
not divide it by m).
Reading: how many examples pull counts, and not how strongly.
Cost: counts of signs: about those of a second backward pass. Not with batch normalisation in training mode.
Source: Chatterjee 2020 (arXiv 2002.10657), code only.",
};

/// `step * sum_n sign(g_n)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SumSign {
    /// What one example's vote counts, above 0.
    pub step: f64,
}

impl<R: Real> Aggregator<R> for SumSign {
    fn request(&self, _examples: usize, request: &mut Request<R>) {
        request.signs = true;
    }

    fn direction(&mut self, reduced: Reduced<R>, parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        let votes = reduced.parameters.iter().zip(parameters).map(|(reduced, parameter)| {
            let signs = reduced.signs.as_ref()?;
            let votes = signs
                .positive
                .iter()
                .zip(signs.negative.iter())
                .map(|(&positive, &negative)| R::of((f64::from(positive) - f64::from(negative)) * self.step));
            Some(Cpu::new(parameter.shape(), votes.collect()))
        });
        votes.collect::<Option<_>>().map(Direction::Mean)
    }
}
