use consilience_tensor::{Real, simd};

use super::{Block, Transform};

/// `d <- factor d`: the learning rate of gradient descent, as the last link.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scale {
    /// The factor.
    pub factor: f64,
}

impl<R: Real> Transform<R> for Scale {
    fn update(&self, block: Block<'_, '_, R>) {
        let factor = R::of(self.factor);
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
