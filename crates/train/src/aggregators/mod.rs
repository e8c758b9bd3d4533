//! Aggregators make one direction out of the gradients of the examples of a batch. One file each.

mod clipped;
mod gsnr_scaled;
mod mean;
mod median;
mod median_of_three;
mod rolling_mean;
mod rolling_median;
mod sign_sum;
mod sum_sign;
mod window;
mod winsorized;

pub use clipped::Clipped;
pub use gsnr_scaled::GsnrScaled;
pub use mean::Mean;
pub use median::Median;
pub use median_of_three::MedianOfThree;
pub use rolling_mean::RollingMean;
pub use rolling_median::RollingMedian;
pub use sign_sum::SignSum;
pub use sum_sign::SumSign;
pub use winsorized::{Winsorized, percentile_count};

use std::fmt::Debug;

use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real, Tensor};
use serde::{Deserialize, Serialize};

use crate::accumulate::share;
use crate::spec::require;
use crate::{Memory, MemoryError, SpecError};

/// An aggregator as `list` and `explain` show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct AggregatorEntry {
    /// The name, as in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Definition, options, cost and source.
    pub explanation: &'static str,
}

/// All aggregators.
pub static AGGREGATORS: [AggregatorEntry; 10] = [
    mean::ENTRY,
    winsorized::ENTRY,
    median::ENTRY,
    clipped::ENTRY,
    median_of_three::ENTRY,
    rolling_median::ENTRY,
    rolling_mean::ENTRY,
    sign_sum::ENTRY,
    sum_sign::ENTRY,
    gsnr_scaled::ENTRY,
];

/// Makes one direction out of the per-example gradients of a batch: it declares the reductions that it needs, and reads the
/// direction from them.
pub trait Aggregator<R>: Debug + Send + Sync {
    /// Adds what is needed of a batch of `examples` examples.
    fn request(&self, examples: usize, request: &mut Request<R>);

    /// Into how many micro-batches a batch must be cut, as equal in size as they can be, each with a pass of its own, when the
    /// aggregator compares micro-batches. Their summed gradients are then in `groups` of what [`Aggregator::direction`]
    /// reads, so that it works with batch statistics, too.
    fn micro_batches(&self) -> Option<usize> {
        None
    }

    /// Weights of the examples of one pass for a second one, whose weighted sum of gradients is the sum that
    /// [`Aggregator::direction`] reads. `None`: no second pass.
    fn weights(&self, _reduced: &Reduced<R>) -> Option<Vec<f64>> {
        None
    }

    /// The direction at `parameters`, before the penalties' gradients are added. [`Direction::Wait`] when there shall be no
    /// update at this step; `None` when `reduced` does not hold what [`Aggregator::request`] asked for.
    fn direction(&mut self, reduced: Reduced<R>, parameters: &[Cpu<R>]) -> Option<Direction<R>>;

    /// What it remembers of the batches before.
    fn memory(&self) -> Memory<R> {
        Memory::default()
    }

    /// Takes back what [`Aggregator::memory`] gave, for a network of the given parameters.
    ///
    /// # Errors
    /// When it was not given by an aggregator of the same settings for the same network.
    fn restore(&mut self, memory: Memory<R>, parameters: &[Cpu<R>]) -> Result<(), MemoryError>
    where
        R: Real,
    {
        memory.check([], parameters)
    }
}

/// What an aggregator makes of a batch.
#[derive(Clone, Debug)]
pub enum Direction<R> {
    /// One array per parameter, summed over examples: the optimizer divides it by their number.
    Sum(Vec<Cpu<R>>),
    /// One array per parameter, in the place of the mean gradient.
    Mean(Vec<Cpu<R>>),
    /// No update: more batches are needed first.
    Wait,
}

impl<R> Direction<R> {
    /// The arrays, and what they must be multiplied with to take the place of the mean gradient of `examples` examples; `None`
    /// for [`Direction::Wait`].
    pub fn into_arrays(self, examples: usize) -> Option<(Vec<Cpu<R>>, f64)> {
        match self {
            Self::Sum(sum) => Some((sum, 1.0 / examples as f64)),
            Self::Mean(mean) => Some((mean, 1.0)),
            Self::Wait => None,
        }
    }
}

/// The mean gradients of `parts` micro-batches, each an array per parameter; `None` when there are not so many.
fn micro_batch_means<R: Real>(reduced: Reduced<R>, parts: usize) -> Option<Vec<Vec<Cpu<R>>>> {
    let examples = reduced.examples;
    let mut means: Vec<Vec<Cpu<R>>> = vec![Vec::new(); parts];
    for parameter in reduced.parameters {
        let sums = parameter.groups.filter(|groups| groups.sums.len() == parts)?.sums;
        for (part, (sum, means)) in sums.into_iter().zip(&mut means).enumerate() {
            means.push(sum.scale(1.0 / share(examples, parts, part).len() as f64));
        }
    }
    Some(means)
}

/// An aggregator, as in configuration files: `{ kind = "mean" }`, `{ kind = "winsorized", percent = 2.0 }`,
/// `{ kind = "winsorized", count = 2 }` and so on.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AggregatorSpec {
    /// The mean of the gradients: plain mini-batch gradient descent.
    Mean {},
    /// The mean of the winsorized gradients (Chatterjee 2020, section 3): per parameter, the `k` largest and the `k` smallest
    /// gradients of the batch are replaced by the nearest that is kept.
    Winsorized {
        /// `k` as a percentage `c` of the batch on either side, from 0 to below 50: of `m` examples,
        /// `k = round(c / 100 (m - 1))`, halves to the even number, which is the `nearest` percentile of `NumPy` that the
        /// authors' code takes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        percent: Option<f64>,
        /// `k` itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<usize>,
    },
    /// [`Median`].
    Median {},
    /// [`Clipped`].
    Clipped {
        /// The longest that one example's gradient may be, above 0.
        max_norm: f64,
    },
    /// [`MedianOfThree`].
    MedianOfThree {},
    /// [`RollingMedian`].
    RollingMedian {},
    /// [`RollingMean`].
    RollingMean {},
    /// [`SignSum`].
    SignSum {
        /// The length of the step of every number, before the learning rate; above 0. Default 0.001.
        #[serde(default = "authors_step")]
        step: f64,
    },
    /// [`SumSign`].
    SumSign {
        /// What one example's vote counts, before the learning rate; above 0. Default 0.001.
        #[serde(default = "authors_step")]
        step: f64,
    },
    /// [`GsnrScaled`].
    GsnrScaled {
        /// Micro-batches of a batch, at least 2. Default 8.
        #[serde(default = "eight")]
        micro_batches: usize,
        /// The smallest factor, from 0 to 1. Default 0.1.
        #[serde(default = "tenth")]
        floor: f64,
        /// The momentum of the ratio, from 0 to below 1. Default 0.
        #[serde(default)]
        momentum: f64,
    },
}

const fn authors_step() -> f64 {
    0.001
}

const fn eight() -> usize {
    8
}

const fn tenth() -> f64 {
    0.1
}

impl Default for AggregatorSpec {
    fn default() -> Self {
        Self::Mean {}
    }
}

impl AggregatorSpec {
    /// The name of the kind.
    pub const fn name(&self) -> &'static str {
        self.entry().name
    }

    const fn entry(&self) -> AggregatorEntry {
        match self {
            Self::Mean {} => mean::ENTRY,
            Self::Winsorized { .. } => winsorized::ENTRY,
            Self::Median {} => median::ENTRY,
            Self::Clipped { .. } => clipped::ENTRY,
            Self::MedianOfThree {} => median_of_three::ENTRY,
            Self::RollingMedian {} => rolling_median::ENTRY,
            Self::RollingMean {} => rolling_mean::ENTRY,
            Self::SignSum { .. } => sign_sum::ENTRY,
            Self::SumSign { .. } => sum_sign::ENTRY,
            Self::GsnrScaled { .. } => gsnr_scaled::ENTRY,
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(&self) -> Result<(), SpecError> {
        let positive =
            |key, value: f64| require(value.is_finite() && value > 0.0, key, "a finite number above 0", &value);
        match *self {
            Self::Winsorized { percent: Some(_), count: Some(_) } => {
                Err(SpecError::Conflict { first: "aggregator.percent", second: "aggregator.count" })
            }
            Self::Winsorized { percent: None, count: None } => {
                require(false, "aggregator", "`percent` or `count` beside kind \"winsorized\"", &"neither")
            }
            Self::Winsorized { percent: Some(percent), .. } => {
                require((0.0..50.0).contains(&percent), "aggregator.percent", "from 0 to below 50", &percent)
            }
            Self::Clipped { max_norm } => positive("aggregator.max_norm", max_norm),
            Self::SignSum { step } | Self::SumSign { step } => positive("aggregator.step", step),
            Self::GsnrScaled { micro_batches, floor, momentum } => {
                require(micro_batches >= 2, "aggregator.micro_batches", "at least 2", &micro_batches)?;
                require((0.0..=1.0).contains(&floor), "aggregator.floor", "from 0 to 1", &floor)?;
                require((0.0..1.0).contains(&momentum), "aggregator.momentum", "from 0 to below 1", &momentum)
            }
            Self::Winsorized { .. }
            | Self::Mean {}
            | Self::Median {}
            | Self::MedianOfThree {}
            | Self::RollingMedian {}
            | Self::RollingMean {} => Ok(()),
        }
    }

    /// Checks that a batch of `examples` examples is large enough.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn check_batch(&self, examples: usize) -> Result<(), SpecError> {
        let batch = format!(
            "the smallest batch, which has {examples} examples (choose another batch size, or last_batch = \"drop\")"
        );
        match *self {
            Self::Winsorized { count: Some(count), .. } => {
                let expected = format!("less than half of {batch}");
                require(count < examples.div_ceil(2), "aggregator.count", &expected, &count)
            }
            Self::GsnrScaled { micro_batches, .. } => {
                let expected = format!("at most {batch}");
                require(micro_batches <= examples, "aggregator.micro_batches", &expected, &micro_batches)
            }
            Self::MedianOfThree {} => {
                require(examples >= 3, "aggregator", &format!("at least 3 examples in {batch}"), &self.name())
            }
            _ => Ok(()),
        }
    }

    /// Whether the gradients of single examples must exist.
    pub fn is_per_example(&self) -> bool {
        match *self {
            Self::Winsorized { percent, count } => percent.is_some_and(|c| c > 0.0) || count.is_some_and(|k| k > 0),
            Self::Median {} | Self::Clipped { .. } | Self::SumSign { .. } => true,
            Self::Mean {}
            | Self::MedianOfThree {}
            | Self::RollingMedian {}
            | Self::RollingMean {}
            | Self::SignSum { .. }
            | Self::GsnrScaled { .. } => false,
        }
    }

    /// Whether the direction of a batch follows from the reductions of its micro-batches, whatever their size.
    pub const fn sums_over_micro_batches(&self) -> bool {
        match self {
            Self::Mean {}
            | Self::Clipped { .. }
            | Self::RollingMedian {}
            | Self::RollingMean {}
            | Self::SignSum { .. }
            | Self::SumSign { .. } => true,
            Self::Winsorized { .. } | Self::Median {} | Self::MedianOfThree {} | Self::GsnrScaled { .. } => false,
        }
    }

    /// Whether it cuts a batch into micro-batches itself.
    pub const fn compares_micro_batches(&self) -> bool {
        matches!(self, Self::MedianOfThree {} | Self::GsnrScaled { .. })
    }

    /// Whether it adds [`TrainSpec::weight_decay`](crate::TrainSpec::weight_decay) to each gradient itself, because doing so
    /// afterwards would not be the same.
    pub const fn takes_weight_decay(&self) -> bool {
        matches!(self, Self::RollingMedian {} | Self::RollingMean {})
    }

    /// Whether momentum is refused beside it.
    pub const fn refuses_momentum(&self) -> bool {
        matches!(self, Self::MedianOfThree {} | Self::RollingMedian {} | Self::RollingMean {})
    }

    /// The aggregator described; `weight_decay` is for those that [take it](Self::takes_weight_decay).
    pub fn build<R: Real>(&self, weight_decay: f64) -> Box<dyn Aggregator<R>> {
        match *self {
            Self::Mean {} => Box::new(Mean),
            Self::Winsorized { percent: Some(percent), .. } => Box::new(Winsorized::Percent(percent)),
            Self::Winsorized { count, .. } => Box::new(Winsorized::Count(count.unwrap_or(0))),
            Self::Median {} => Box::new(Median),
            Self::Clipped { max_norm } => Box::new(Clipped { max_norm }),
            Self::MedianOfThree {} => Box::new(MedianOfThree),
            Self::RollingMedian {} => Box::new(RollingMedian::new(weight_decay)),
            Self::RollingMean {} => Box::new(RollingMean::new(weight_decay)),
            Self::SignSum { step } => Box::new(SignSum { step }),
            Self::SumSign { step } => Box::new(SumSign { step }),
            Self::GsnrScaled { micro_batches, floor, momentum } => {
                Box::new(GsnrScaled::new(micro_batches, floor, momentum))
            }
        }
    }
}

#[cfg(test)]
mod tests;
