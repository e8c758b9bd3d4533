//! Aggregators make one direction out of the gradients of the examples of a batch. One file each.

mod mean;
mod winsorized;

pub use mean::Mean;
pub use winsorized::{Winsorized, percentile_count};

use std::fmt::Debug;

use consilience_gradients::{Reduced, Request};
use consilience_tensor::{Cpu, Real};
use serde::{Deserialize, Serialize};

use crate::SpecError;
use crate::spec::require;

/// An aggregator as `list` and `explain` show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AggregatorEntry {
    /// The name, as in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Definition, options, cost and source.
    pub explanation: &'static str,
}

/// All aggregators.
pub static AGGREGATORS: [AggregatorEntry; 2] = [mean::ENTRY, winsorized::ENTRY];

/// Makes one direction out of the per-example gradients of a batch: it declares the reductions that it needs, and reads the
/// direction from them.
pub trait Aggregator<R>: Debug + Send + Sync {
    /// Adds what is needed of a batch of `examples` examples.
    fn request(&self, examples: usize, request: &mut Request<R>);

    /// Into how many micro-batches of nearly equal size a batch must be cut, each with a pass of its own, when the aggregator
    /// compares micro-batches. Their summed gradients are then in `groups` of what [`Aggregator::direction`] reads, so that
    /// it works with batch statistics, too.
    fn micro_batches(&self) -> Option<usize> {
        None
    }

    /// Weights of the examples of one pass for a second one, whose weighted sum of gradients replaces the sum of the first.
    /// `None`: no second pass.
    fn weights(&self, _reduced: &Reduced<R>) -> Option<Vec<f64>> {
        None
    }

    /// The direction, *summed* over examples: one array per parameter, which the optimizer divides by the number of
    /// examples. [`Direction::Wait`] when there shall be no update at this step; `None` when `reduced` does not hold what
    /// [`Aggregator::request`] asked for.
    fn direction(&mut self, reduced: Reduced<R>) -> Option<Direction<R>>;
}

/// What an aggregator makes of a batch.
#[derive(Clone, Debug)]
pub enum Direction<R> {
    /// One array per parameter, summed over examples.
    Sum(Vec<Cpu<R>>),
    /// No update: more batches are needed first.
    Wait,
}

impl<R> Direction<R> {
    /// The arrays; `None` for [`Direction::Wait`].
    pub fn into_sum(self) -> Option<Vec<Cpu<R>>> {
        match self {
            Self::Sum(sum) => Some(sum),
            Self::Wait => None,
        }
    }
}

/// An aggregator, as in configuration files: `{ kind = "mean" }`, `{ kind = "winsorized", percent = 2.0 }` or
/// `{ kind = "winsorized", count = 2 }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
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
}

impl Default for AggregatorSpec {
    fn default() -> Self {
        Self::Mean {}
    }
}

impl AggregatorSpec {
    /// The name of the kind.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Mean {} => mean::ENTRY.name,
            Self::Winsorized { .. } => winsorized::ENTRY.name,
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(&self) -> Result<(), SpecError> {
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
            Self::Winsorized { .. } | Self::Mean {} => Ok(()),
        }
    }

    /// Checks that a batch of `examples` examples leaves something to sum.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn check_batch(&self, examples: usize) -> Result<(), SpecError> {
        let Self::Winsorized { count: Some(count), .. } = *self else { return Ok(()) };
        let expected = format!(
            "less than half of the smallest batch, which has {examples} examples (choose another batch size, or last_batch = \
             \"drop\")"
        );
        require(count < examples.div_ceil(2), "aggregator.count", &expected, &count)
    }

    /// Whether the gradients of single examples must exist.
    pub fn is_per_example(&self) -> bool {
        match *self {
            Self::Mean {} => false,
            Self::Winsorized { percent, count } => percent.is_some_and(|c| c > 0.0) || count.is_some_and(|k| k > 0),
        }
    }

    /// Whether the direction of a batch is the sum of those of its micro-batches.
    pub const fn sums_over_micro_batches(&self) -> bool {
        matches!(self, Self::Mean {})
    }

    /// The aggregator described.
    pub fn build<R: Real>(&self) -> Box<dyn Aggregator<R>> {
        match *self {
            Self::Mean {} => Box::new(Mean),
            Self::Winsorized { percent: Some(percent), .. } => Box::new(Winsorized::Percent(percent)),
            Self::Winsorized { count, .. } => Box::new(Winsorized::Count(count.unwrap_or(0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked() {
        let of = |percent, count| AggregatorSpec::Winsorized { percent, count }.validate();
        assert!(of(Some(49.9), None).is_ok() && of(None, Some(0)).is_ok());
        assert_eq!(
            of(Some(50.0), None).unwrap_err().to_string(),
            "aggregator.percent: expected from 0 to below 50, got 50"
        );
        assert!(of(Some(f64::NAN), None).is_err());
        assert!(of(None, None).unwrap_err().to_string().contains("got neither"));
        assert!(of(Some(1.0), Some(1)).unwrap_err().to_string().contains("cannot both be given"));
    }

    #[test]
    fn a_batch_must_leave_something() {
        let spec = AggregatorSpec::Winsorized { percent: None, count: Some(2) };
        assert!(spec.check_batch(5).is_ok());
        assert!(spec.check_batch(4).unwrap_err().to_string().contains("got 2"));
    }
}
