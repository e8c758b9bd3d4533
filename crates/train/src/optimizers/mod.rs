//! Optimizers: a chain of transforms turns a direction into an update. One file per transform.
//!
//! A transform sees one block of numbers at a time, small enough for the processor's cache, and the whole chain runs on a
//! block before the next is touched: composing transforms costs no further sweep over memory.

mod chain;
mod momentum;
mod scale;
mod weight_decay;

pub use chain::Chain;
pub use momentum::Momentum;
pub use scale::Scale;
pub use weight_decay::WeightDecay;

use std::fmt::Debug;

/// One link of a [`Chain`]: changes the direction, in place.
pub trait Transform<R>: Debug + Send + Sync {
    /// How many numbers it remembers per parameter. They start at 0.
    fn slots(&self) -> usize {
        0
    }

    /// Changes the direction of one block.
    fn update(&self, block: Block<'_, '_, R>);
}

/// Consecutive numbers of one parameter.
#[derive(Debug)]
pub struct Block<'a, 'b, R> {
    /// The update, counted from 0.
    pub step: u64,
    /// The parameters before the update.
    pub parameters: &'a [R],
    /// The direction, as the transforms before left it; the chain subtracts the last one's from the parameters.
    pub direction: &'a mut [R],
    /// What the transform remembers: [`Transform::slots`] arrays as long as the block.
    pub state: &'a mut [&'b mut [R]],
}
