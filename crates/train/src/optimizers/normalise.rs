use consilience_tensor::{Real, simd};

use super::{Block, Transform, TransformEntry};

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "normalise",
    summary: "NGD: gives every update the same length",
    explanation: "Definition: d <- d / |d|, where |d| is the Euclidean norm over all parameters; a direction of 0 stays 0. Every update is then as long \
as the learning rate.
Options: none.
Cost: a sweep over the direction for its norm.
Source: Novack et al. 2022 (arXiv 2211.15853), appendix C.1, normalised gradient descent.",
};

/// `d <- d / |d|`, with the norm over all parameters (normalised gradient descent).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Normalise;

impl<R: Real> Transform<R> for Normalise {
    fn uses_norm(&self) -> bool {
        true
    }

    fn update(&self, block: Block<'_, '_, R>) {
        lengthen(block, 1.0);
    }
}

/// `d <- length d / |d|`; a direction of 0 stays 0.
pub(super) fn lengthen<R: Real>(block: Block<'_, '_, R>, length: f64) {
    let (norm, length) = (R::of(block.context.norm), R::of(length));
    if norm == R::zero() {
        return;
    }
    simd(
        #[inline(always)]
        || {
            for d in block.direction {
                // in this order no factor overflows, however small the norm
                *d = *d / norm * length;
            }
        },
    );
}
