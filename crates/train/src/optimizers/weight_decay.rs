use consilience_tensor::{Real, simd};

use super::{Block, Transform};

/// `d <- d + factor theta`: the gradient of `factor / 2 |theta|^2`, added before momentum as in `PyTorch`'s SGD.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct WeightDecay {
    /// The factor, at least 0.
    pub factor: f64,
}

impl<R: Real> Transform<R> for WeightDecay {
    fn update(&self, block: Block<'_, '_, R>) {
        let factor = R::of(self.factor);
        simd(
            #[inline(always)]
            || {
                for (d, &p) in block.direction.iter_mut().zip(block.parameters) {
                    *d += factor * p;
                }
            },
        );
    }
}
