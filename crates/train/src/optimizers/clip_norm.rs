use consilience_tensor::Real;

use super::chain::scale;
use super::{Block, Transform, TransformEntry};

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "clip_norm",
    summary: "shortens the direction to a largest norm",
    explanation: "Definition: d <- min(1, max_norm / |d|) d, where |d| is the Euclidean norm over all parameters.
Options: max_norm, above 0.
Cost: a sweep over the direction for its norm.
Source: Pascanu, Mikolov and Bengio 2013 (arXiv 1211.5063), algorithm 1.",
};

/// `d <- min(1, max_norm / |d|) d`, with the norm over all parameters.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ClipNorm {
    /// The largest norm, above 0.
    pub max_norm: f64,
}

impl<R: Real> Transform<R> for ClipNorm {
    fn uses_norm(&self) -> bool {
        true
    }

    fn update(&self, block: Block<'_, '_, R>) {
        if block.context.norm > self.max_norm {
            scale(block.direction, R::of(self.max_norm / block.context.norm));
        }
    }
}
