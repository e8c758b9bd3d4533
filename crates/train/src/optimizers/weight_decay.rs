use consilience_tensor::{Real, simd};

use super::{Block, Transform, TransformEntry};

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "weight_decay",
    summary: "adds a multiple of the parameters to the direction",
    explanation:
        "Definition: d <- d + factor theta. Before momentum or Adam it is the gradient of factor / 2 |theta|^2, as in \
PyTorch's SGD; after Adam it is decoupled weight decay (AdamW).
Options: factor, at least 0. The key `weight_decay` of [train] is short for this transform in first place.
Cost: none worth naming.
Source: Loshchilov and Hutter 2019 for the difference.",
};

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
