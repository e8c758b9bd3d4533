use consilience_tensor::{Real, simd};

use super::{Block, Transform};

/// Heavy-ball momentum by `PyTorch`'s convention: `v <- factor v + d`, `d <- v`. The learning rate acts on `v`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Momentum {
    /// How much of the velocity is kept, from 0 to below 1.
    pub factor: f64,
}

impl<R: Real> Transform<R> for Momentum {
    fn slots(&self) -> usize {
        1
    }

    fn update(&self, block: Block<'_, '_, R>) {
        let factor = R::of(self.factor);
        let [velocity] = block.state else { return };
        simd(
            #[inline(always)]
            || {
                for (v, d) in velocity.iter_mut().zip(block.direction) {
                    *v = factor * *v + *d;
                    *d = *v;
                }
            },
        );
    }
}
