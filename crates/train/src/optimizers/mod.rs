//! Optimizers: a chain of transforms turns a direction into an update. One file per transform.
//!
//! A transform sees one block of numbers at a time, small enough for the processor's cache, and the whole chain runs on a
//! block before the next is touched: composing transforms costs no further sweep over memory, unless one asks for the norm
//! of the whole direction, which starts another.

mod chain;
mod momentum;
mod scale;
mod weight_decay;

pub use chain::Chain;
pub use momentum::Momentum;
pub use scale::Scale;
pub use weight_decay::WeightDecay;

use std::fmt::Debug;

use consilience_tensor::Real;
use serde::{Deserialize, Serialize};

use crate::spec::require;
use crate::{SpecError, TrainSpec};

/// A transform as `list` and `explain` show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransformEntry {
    /// The name, as in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Definition, options, cost and source.
    pub explanation: &'static str,
}

/// All transforms that configuration files can name.
pub static TRANSFORMS: [TransformEntry; 2] = [momentum::ENTRY, weight_decay::ENTRY];

/// One link of a [`Chain`]: changes the direction, in place.
pub trait Transform<R>: Debug + Send + Sync {
    /// How many numbers it remembers per parameter. They start at 0.
    fn slots(&self) -> usize {
        0
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
    /// The update, counted from 0.
    pub step: u64,
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
}

impl TransformSpec {
    /// The name of the kind.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::WeightDecay { .. } => weight_decay::ENTRY.name,
            Self::Momentum { .. } => momentum::ENTRY.name,
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(&self) -> Result<(), SpecError> {
        match *self {
            Self::WeightDecay { factor } => require(
                factor.is_finite() && factor >= 0.0,
                "optimizer.factor",
                "a finite number of at least 0",
                &factor,
            ),
            Self::Momentum { factor, .. } => {
                require((0.0..1.0).contains(&factor), "optimizer.factor", "from 0 to below 1", &factor)
            }
        }
    }

    /// Whether it acts on the update itself, after the learning rate, instead of on the direction before.
    pub const fn follows_rate(&self) -> bool {
        match self {
            Self::WeightDecay { .. } | Self::Momentum { .. } => false,
        }
    }

    /// Whether it reads [`Context::micro_batch_norm`].
    pub const fn uses_micro_batch_norm(&self) -> bool {
        match self {
            Self::WeightDecay { .. } | Self::Momentum { .. } => false,
        }
    }

    /// The transform described. Everything random in it follows from `seed`.
    pub fn build<R: Real>(&self, _seed: u64) -> Box<dyn Transform<R>> {
        match *self {
            Self::WeightDecay { factor } => Box::new(WeightDecay { factor }),
            Self::Momentum { factor, nesterov } => Box::new(Momentum { factor, nesterov }),
        }
    }
}

/// The whole chain of a run of `total` updates: what [`TrainSpec::weight_decay`] and [`TrainSpec::momentum`] stand for, the
/// listed transforms in their order, the learning rate, and the transforms that follow it.
pub fn transforms<R: Real>(spec: &TrainSpec, total: u64, seed: u64) -> Vec<Box<dyn Transform<R>>> {
    let mut transforms: Vec<Box<dyn Transform<R>>> = Vec::new();
    if spec.weight_decay > 0.0 {
        transforms.push(Box::new(WeightDecay { factor: spec.weight_decay }));
    }
    if spec.momentum > 0.0 {
        transforms.push(Box::new(Momentum { factor: spec.momentum, nesterov: false }));
    }
    let (after, before): (Vec<_>, Vec<_>) = spec.optimizer.iter().partition(|transform| transform.follows_rate());
    transforms.extend(before.into_iter().map(|transform| transform.build(seed)));
    transforms.push(Box::new(Scale { rate: spec.learning_rate, total }));
    transforms.extend(after.into_iter().map(|transform| transform.build(seed)));
    transforms
}
