use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real, Tensor};
use rayon::prelude::*;

use super::{Aggregator, AggregatorEntry, Direction, micro_batch_means};
use crate::accumulate::share;
use crate::{Memory, MemoryError};

pub(super) const ENTRY: AggregatorEntry = AggregatorEntry {
    name: "gsnr_scaled",
    summary: "VRGD: the mean gradient, scaled down per parameter where micro-batches disagree",
    explanation: "Definition: the batch is cut into k micro-batches of equal size (up to one example). For each number of the parameters, with g the \
mean gradient of the batch and sigma^2 the variance of the micro-batches' mean gradients (divided by k), r = g^2 / sigma^2; r is divided by \
its mean over the weight or bias it belongs to and clipped to [floor, 1]; the direction is r g. A number whose micro-batches agree exactly \
has no finite r: it is left out of the mean and not scaled down.
Options: micro_batches = k, at least 2, default 8 (the authors ask for 8 or more); floor, the authors' gamma, from 0 to 1, default 0.1; momentum, from \
0 to below 1, default 0: an exponential average of r, free of bias, takes its place.
VR-Adam is { kind = \"gsnr_scaled\", momentum = 0.9 } with optimizer = [{ kind = \"adam\" }].
Reading: an update that trusts parameters with a high gradient signal-to-noise ratio. Batch normalisation in training mode works: each \
micro-batch has its own statistics.
Cost: the ordinary backward pass, k gradients in memory, and one more with momentum.
Source: \"Accelerating Large Batch Training via Gradient Signal to Noise Ratio\", 2023 (arXiv 2309.13681); the ratio itself is that of Liu et \
al. 2020 (arXiv 2001.07384).",
};

/// The name of what is remembered.
const RATIO: &str = "ratio";

/// The mean gradient scaled by the clipped, normalised GSNR of micro-batches (VRGD, and the first half of VR-Adam).
#[derive(Clone, Debug)]
pub struct GsnrScaled<R> {
    micro_batches: usize,
    floor: f64,
    momentum: f64,
    steps: u64,
    /// The exponential average of the ratios, before its bias is corrected; empty without momentum.
    average: Vec<Cpu<R>>,
}

impl<R: Real> GsnrScaled<R> {
    /// With at least two micro-batches, a lowest factor from 0 to 1, and the momentum of the ratio from 0 to below 1.
    pub const fn new(micro_batches: usize, floor: f64, momentum: f64) -> Self {
        Self { micro_batches, floor, momentum, steps: 0, average: Vec::new() }
    }
}

impl<R: Real> Aggregator<R> for GsnrScaled<R> {
    fn request(&self, _examples: usize, _request: &mut Request<R>) {}

    fn micro_batches(&self) -> Option<usize> {
        Some(self.micro_batches)
    }

    fn direction(&mut self, reduced: Reduced<R>, parameters: &[Cpu<R>]) -> Option<Direction<R>> {
        let (examples, parts) = (reduced.examples, self.micro_batches);
        let weights: Vec<f64> =
            (0..parts).map(|part| share(examples, parts, part).len() as f64 / examples as f64).collect();
        let means = micro_batch_means(reduced, parts)?;
        if self.momentum > 0.0 && self.average.is_empty() {
            self.average = parameters.iter().map(|parameter| Cpu::zeros(parameter.shape())).collect();
        }
        self.steps += 1;
        let correction = 1.0 - self.momentum.powi(i32::try_from(self.steps).unwrap_or(i32::MAX));
        let (floor, momentum) = (self.floor, self.momentum);
        let mut averages: Vec<Option<&mut Cpu<R>>> = self.average.iter_mut().map(Some).collect();
        averages.resize_with(parameters.len(), || None);
        let direction = averages.into_par_iter().enumerate().map(|(index, average)| {
            let of_micro_batches: Vec<&[R]> = means.iter().map(|mean| mean[index].as_slice()).collect();
            let (mut direction, ratios) = mean_and_ratios(&of_micro_batches, &weights, floor);
            match average {
                None => direction.iter_mut().zip(&ratios).for_each(|(d, &r)| *d *= r),
                Some(average) => {
                    for ((d, &r), p) in direction.iter_mut().zip(&ratios).zip(average.as_mut_slice()) {
                        *p = R::of(momentum * p.f64() + (1.0 - momentum) * r);
                        *d *= p.f64() / correction;
                    }
                }
            }
            Cpu::new(parameters[index].shape(), direction.into_iter().map(R::of).collect())
        });
        Some(Direction::Mean(direction.collect()))
    }

    fn memory(&self) -> Memory<R> {
        let arrays = if self.average.is_empty() { Vec::new() } else { vec![(RATIO.to_owned(), self.average.clone())] };
        Memory { step: self.steps, arrays }
    }

    fn restore(&mut self, memory: Memory<R>, parameters: &[Cpu<R>]) -> Result<(), MemoryError> {
        let remembers = self.momentum > 0.0 && memory.step > 0;
        memory.check(remembers.then_some(RATIO), parameters)?;
        self.steps = memory.step;
        self.average = memory.arrays.into_iter().flat_map(|(_, average)| average).collect();
        Ok(())
    }
}

/// The mean of one parameter's gradients, and their ratios `r`, normalised and clipped; `weights` are the micro-batches' shares
/// of the examples.
fn mean_and_ratios<R: Real>(gradients: &[&[R]], weights: &[f64], floor: f64) -> (Vec<f64>, Vec<f64>) {
    let length = gradients.first().map_or(0, |gradient| gradient.len());
    let (mut means, mut ratios) = (vec![0.0; length], vec![0.0; length]);
    let (mut sum, mut count) = (0.0, 0_usize);
    for (index, (mean, ratio)) in means.iter_mut().zip(&mut ratios).enumerate() {
        let numbers = || gradients.iter().zip(weights).map(|(gradient, weight)| (gradient[index].f64(), weight));
        // from the first on, so that micro-batches that agree leave no variance
        let first = gradients[0][index].f64();
        *mean = first + numbers().map(|(g, weight)| weight * (g - first)).sum::<f64>();
        let variance: f64 = numbers().map(|(g, weight)| weight * (g - *mean).powi(2)).sum();
        // not `mean^2 / variance`, whose squares may vanish or overflow
        *ratio = (*mean / variance.sqrt()).powi(2);
        if variance > 0.0 {
            sum += *ratio;
            count += 1;
        } else {
            *ratio = f64::INFINITY;
        }
    }
    let scale = if sum > 0.0 { count as f64 / sum } else { 1.0 };
    for ratio in &mut ratios {
        *ratio = (*ratio * scale).clamp(floor, 1.0);
    }
    (means, ratios)
}

#[cfg(test)]
mod tests {
    use super::mean_and_ratios;

    #[test]
    fn ratios_by_hand() {
        // means 2, 1, 0, 3; variances 1, 4, 1, 0: ratios 4, 1/4, 0, none; their mean 17/12
        let (means, ratios) = mean_and_ratios(&[&[1.0, 3.0, 1.0, 3.0], &[3.0, -1.0, -1.0, 3.0]], &[0.5, 0.5], 0.1);
        assert_eq!(means, [2.0, 1.0, 0.0, 3.0]);
        let middle = 0.25 * 12.0 / 17.0;
        assert!((ratios[1] - middle).abs() < 1e-15, "{ratios:?}");
        assert_eq!([ratios[0], ratios[2], ratios[3]], [1.0, 0.1, 1.0]);
    }

    #[test]
    fn micro_batches_that_agree_have_no_variance_whatever_their_weights() {
        let (means, ratios) = mean_and_ratios(&[&[0.1, 1.0], &[0.1, 2.0], &[0.1, 3.0]], &[0.3, 0.3, 0.4], 0.0);
        assert_eq!(means[0], 0.1);
        // the other has no one to be compared with
        assert_eq!(ratios, [1.0, 1.0]);
    }

    #[test]
    fn micro_batches_count_by_their_examples() {
        // 3 examples of gradient 1 and 1 of gradient 5: mean 2, variance (3 * 1 + 9) / 4 = 3
        let (means, ratios) = mean_and_ratios(&[&[1.0, 0.0], &[5.0, 4.0]], &[0.75, 0.25], 0.0);
        assert_eq!(means, [2.0, 1.0]);
        // ratios 4/3 and 1/3 of mean 5/6
        assert_eq!(ratios[0], 1.0);
        assert!((ratios[1] - 0.4).abs() < 1e-15, "{ratios:?}");
    }
}
