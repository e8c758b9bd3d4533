use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};

use super::{Aggregator, AggregatorEntry, Direction};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "sign_sum",
    summary: "a step of equal length for every parameter: the sign of the summed gradient",
    explanation: "Definition: step * sign(sum_n g_n), where the sign of 0 is 0. It takes the place of the mean gradient, so a parameter changes by \
learning_rate * step.
Options: step, above 0, default 0.001 (the constant of the authors' code, which multiplies it with the learning rate, too).
Cost: the ordinary backward pass.
Source: Chatterjee 2020 (arXiv 2002.10657), code only; Bernstein et al. 2018 (arXiv 1802.04434), signSGD.",
};

/// `step * sign(sum_n g_n)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SignSum {
    /// The length, above 0.
    pub step: f64,
}

impl<R: Real> Aggregator<R> for SignSum {
    fn request(&self, _examples: usize, request: &mut Request<R>) {
        request.sum = true;
    }

    fn direction(&mut self, reduced: Reduced<R>, _parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        let step = R::of(self.step);
        let mut sums = reduced.into_sum()?;
        for number in sums.iter_mut().flat_map(Cpu::as_mut_slice) {
            *number = sign(*number) * step;
        }
        Some(Direction::Mean(sums))
    }
}

/// -1, 0 or 1; what is not a number stays so.
fn sign<R: Real>(number: R) -> R {
    if number == R::zero() { R::zero() } else { number.signum() }
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn signs() {
        assert_eq!([-3.0, -0.0, 0.0, 1e-300].map(sign), [-1.0, 0.0, 0.0, 1.0]);
        assert!(sign(f64::NAN).is_nan());
    }
}
