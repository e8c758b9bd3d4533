use consilience_tensor::{Real, simd};

use super::{Block, Transform};
use crate::Rate;

/// `d <- rate d`: the learning rate of gradient descent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scale {
    /// The rate of every update.
    pub rate: Rate,
    /// The number of updates of the run, which some schedules refer to.
    pub total: u64,
}

impl Scale {
    /// The same rate for every update.
    pub const fn constant(rate: f64) -> Self {
        Self { rate: Rate::Constant(rate), total: 0 }
    }
}

impl<R: Real> Transform<R> for Scale {
    fn update(&self, block: Block<'_, '_, R>) {
        let factor = R::of(self.rate.at(block.context.step, self.total));
        simd(
            #[inline(always)]
            || {
                for d in block.direction {
                    *d *= factor;
                }
            },
        );
    }
}
