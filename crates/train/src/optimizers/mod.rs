//! Optimizers: a chain of transforms turns a direction into an update. One file per transform.
//!
//! A transform sees one block of numbers at a time, small enough for the processor's cache, and the whole chain runs on a
//! block before the next is touched: composing transforms costs no further sweep over memory, unless one asks for the norm
//! of the whole direction, which starts another.

mod adam;
mod anti_pgd;
mod chain;
mod clip_norm;
mod clip_value;
mod graft;
mod graft_recorded;
mod momentum;
mod normalise;
mod scale;
mod weight_decay;

pub use adam::Adam;
pub use anti_pgd::AntiPgd;
pub use chain::Chain;
pub use clip_norm::ClipNorm;
pub use clip_value::ClipValue;
pub use graft::Graft;
pub use graft_recorded::{GraftRecorded, Recorded};
pub use momentum::Momentum;
pub use normalise::Normalise;
pub use scale::Scale;
pub use weight_decay::WeightDecay;

use std::fmt::Debug;

use consilience_tensor::Real;
use serde::{Deserialize, Serialize};

use crate::spec::require;
use crate::{SpecError, TrainSpec};

/// A transform as `list` and `explain` show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TransformEntry {
    /// The name, as in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Definition, options, cost and source.
    pub explanation: &'static str,
}

/// All transforms that configuration files can name.
pub static TRANSFORMS: [TransformEntry; 9] = [
    momentum::ENTRY,
    weight_decay::ENTRY,
    adam::ENTRY,
    clip_norm::ENTRY,
    clip_value::ENTRY,
    normalise::ENTRY,
    graft::ENTRY,
    graft_recorded::ENTRY,
    anti_pgd::ENTRY,
];

/// One link of a [`Chain`]: changes the direction, in place.
pub trait Transform<R>: Debug + Send + Sync {
    /// The names of the numbers that it remembers for each number of the parameters. They start at 0.
    fn slots(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether it reads [`Context::norm`].
    fn uses_norm(&self) -> bool {
        false
    }

    /// Changes the direction of one block.
    fn update(&self, block: Block<'_, '_, R>);
}

/// What a transform is told about the update as a whole.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Context {
    /// The step, counted from 0.
    pub step: u64,
    /// Updates that were made before: fewer than steps where the first had to wait for others.
    pub updates: u64,
    /// The Euclidean norm of the whole direction, as the transforms before left it; 0 unless [`Transform::uses_norm`].
    pub norm: f64,
    /// The norm of the mean-loss gradient of one micro-batch of the step, drawn at random, when the loop works in
    /// micro-batches.
    pub micro_batch_norm: Option<f64>,
}

/// Consecutive numbers of one parameter.
#[derive(Debug)]
pub struct Block<'a, 'b, R> {
    /// The update as a whole.
    pub context: Context,
    /// Which parameter of the network the numbers belong to.
    pub parameter: usize,
    /// The index of the first of them within the parameter.
    pub offset: usize,
    /// The parameters before the update.
    pub parameters: &'a [R],
    /// The direction, as the transforms before left it; the chain subtracts the last one's from the parameters.
    pub direction: &'a mut [R],
    /// What the transform remembers: [`Transform::slots`] arrays as long as the block.
    pub state: &'a mut [&'b mut [R]],
}

/// A transform, as in the list `optimizer` of configuration files: `{ kind = "momentum", factor = 0.9 }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum TransformSpec {
    /// [`WeightDecay`].
    WeightDecay {
        /// At least 0.
        factor: f64,
    },
    /// [`Momentum`].
    Momentum {
        /// From 0 to below 1.
        factor: f64,
        /// Whether to look ahead (Nesterov's form). Default false.
        #[serde(default)]
        nesterov: bool,
    },
    /// [`Adam`].
    Adam {
        /// From 0 to below 1. Default 0.9.
        #[serde(default = "beta1")]
        beta1: f64,
        /// From 0 to below 1. Default 0.999.
        #[serde(default = "beta2")]
        beta2: f64,
        /// At least 0. Default 1e-8.
        #[serde(default = "epsilon")]
        epsilon: f64,
    },
    /// [`ClipNorm`].
    ClipNorm {
        /// Above 0.
        max_norm: f64,
    },
    /// [`ClipValue`].
    ClipValue {
        /// Above 0.
        max_value: f64,
    },
    /// [`Normalise`].
    Normalise {},
    /// [`Graft`].
    Graft {},
    /// [`GraftRecorded`].
    GraftRecorded {
        /// The directory of the other run.
        run: String,
        /// What it recorded. Default `micro_batch_gradient_norm`.
        #[serde(default = "micro_batch_gradient_norm")]
        quantity: String,
        /// The numbers, once [`TrainSpec::resolve`] has got them.
        #[serde(skip)]
        recorded: Option<Recorded>,
    },
    /// [`AntiPgd`].
    AntiPgd {
        /// At least 0.
        sigma: f64,
        /// The number of steps, from the first, whose updates add noise. Default: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<u64>,
    },
}

fn beta1() -> f64 {
    Adam::default().beta1
}

fn beta2() -> f64 {
    Adam::default().beta2
}

fn epsilon() -> f64 {
    Adam::default().epsilon
}

fn micro_batch_gradient_norm() -> String {
    "micro_batch_gradient_norm".to_owned()
}

impl TransformSpec {
    /// The name of the kind.
    pub const fn name(&self) -> &'static str {
        self.entry().name
    }

    const fn entry(&self) -> TransformEntry {
        match self {
            Self::WeightDecay { .. } => weight_decay::ENTRY,
            Self::Momentum { .. } => momentum::ENTRY,
            Self::Adam { .. } => adam::ENTRY,
            Self::ClipNorm { .. } => clip_norm::ENTRY,
            Self::ClipValue { .. } => clip_value::ENTRY,
            Self::Normalise {} => normalise::ENTRY,
            Self::Graft {} => graft::ENTRY,
            Self::GraftRecorded { .. } => graft_recorded::ENTRY,
            Self::AntiPgd { .. } => anti_pgd::ENTRY,
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(&self) -> Result<(), SpecError> {
        let positive =
            |key, value: f64| require(value.is_finite() && value > 0.0, key, "a finite number above 0", &value);
        let at_least_0 =
            |key, value: f64| require(value.is_finite() && value >= 0.0, key, "a finite number of at least 0", &value);
        let below_1 = |key, value: f64| require((0.0..1.0).contains(&value), key, "from 0 to below 1", &value);
        match *self {
            Self::WeightDecay { factor } => at_least_0("optimizer.factor", factor),
            Self::Momentum { factor, .. } => below_1("optimizer.factor", factor),
            Self::Adam { beta1, beta2, epsilon } => {
                below_1("optimizer.beta1", beta1)?;
                below_1("optimizer.beta2", beta2)?;
                at_least_0("optimizer.epsilon", epsilon)
            }
            Self::ClipNorm { max_norm } => positive("optimizer.max_norm", max_norm),
            Self::ClipValue { max_value } => positive("optimizer.max_value", max_value),
            Self::AntiPgd { sigma, .. } => at_least_0("optimizer.sigma", sigma),
            Self::Normalise {} | Self::Graft {} | Self::GraftRecorded { .. } => Ok(()),
        }
    }

    /// Whether it acts on the update itself, after the learning rate, instead of on the direction before.
    pub const fn follows_rate(&self) -> bool {
        matches!(self, Self::AntiPgd { .. })
    }

    /// Whether it reads [`Context::micro_batch_norm`].
    pub const fn uses_micro_batch_norm(&self) -> bool {
        matches!(self, Self::Graft {})
    }

    /// Whether it mixes directions of earlier updates into this one.
    pub fn has_momentum(&self) -> bool {
        match *self {
            Self::Momentum { factor, .. } => factor > 0.0,
            Self::Adam { beta1, .. } => beta1 > 0.0,
            _ => false,
        }
    }

    /// The transform described. Everything random in it follows from `seed`.
    ///
    /// # Errors
    /// When numbers that another run recorded are missing: see [`TrainSpec::resolve`].
    pub fn build<R: Real>(&self, seed: u64) -> Result<Box<dyn Transform<R>>, SpecError> {
        Ok(match self {
            &Self::WeightDecay { factor } => Box::new(WeightDecay { factor }),
            &Self::Momentum { factor, nesterov } => Box::new(Momentum { factor, nesterov }),
            &Self::Adam { beta1, beta2, epsilon } => Box::new(Adam { beta1, beta2, epsilon }),
            &Self::ClipNorm { max_norm } => Box::new(ClipNorm { max_norm }),
            &Self::ClipValue { max_value } => Box::new(ClipValue { max_value }),
            Self::Normalise {} => Box::new(Normalise),
            Self::Graft {} => Box::new(Graft),
            Self::GraftRecorded { recorded: Some(lengths), .. } => Box::new(GraftRecorded { lengths: lengths.clone() }),
            Self::GraftRecorded { run, quantity, recorded: None } => {
                let expected = format!("a run whose `{quantity}` was read before training (TrainSpec::resolve)");
                return Err(SpecError::OutOfRange { key: "optimizer.run", expected, got: run.clone() });
            }
            &Self::AntiPgd { sigma, until } => Box::new(AntiPgd { sigma, until, seed }),
        })
    }
}

/// The whole chain of a run of `total` updates: what [`TrainSpec::weight_decay`] (unless the aggregator takes it) and
/// [`TrainSpec::momentum`] stand for, the listed transforms in their order, the learning rate, and the transforms that follow
/// it.
///
/// # Errors
/// When a transform lacks what other runs recorded.
pub fn transforms<R: Real>(spec: &TrainSpec, total: u64, seed: u64) -> Result<Vec<Box<dyn Transform<R>>>, SpecError> {
    let mut transforms: Vec<Box<dyn Transform<R>>> = Vec::new();
    if spec.weight_decay > 0.0 && !spec.aggregator.takes_weight_decay() {
        transforms.push(Box::new(WeightDecay { factor: spec.weight_decay }));
    }
    if spec.momentum > 0.0 {
        transforms.push(Box::new(Momentum { factor: spec.momentum, nesterov: false }));
    }
    let (after, before): (Vec<_>, Vec<_>) = spec.optimizer.iter().partition(|transform| transform.follows_rate());
    for transform in before {
        transforms.push(transform.build(seed)?);
    }
    transforms.push(Box::new(Scale { rate: spec.learning_rate, total }));
    for transform in after {
        transforms.push(transform.build(seed)?);
    }
    Ok(transforms)
}

#[cfg(test)]
mod tests;
