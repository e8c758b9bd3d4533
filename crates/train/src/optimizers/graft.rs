use consilience_tensor::Real;

use super::normalise::lengthen;
use super::{Block, Transform, TransformEntry};

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "graft",
    summary: "IG: the direction of the batch with the gradient norm of one of its micro-batches",
    explanation: "Definition: d <- |g_M| d / |d|, where g_M is the mean gradient of one micro-batch of the batch, drawn at random for every update, \
and |.| the Euclidean norm over all parameters; the learning rate acts on the result. A batch that is a single micro-batch is left as it \
is.
Options: none. Needs `micro_batch` of [train], or an aggregator that compares micro-batches.
Reading: separates the length of small-batch steps from their direction.
Cost: a sweep over the direction, and one over a micro-batch's gradient.
Source: Novack et al. 2022 (arXiv 2211.15853), appendix C.1, iterative grafting; Agarwal et al. 2020 (arXiv 2002.11803).",
};

/// `d <- |g_M| d / |d|`, with `g_M` the mean gradient of a micro-batch drawn at random (iterative grafting).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Graft;

impl<R: Real> Transform<R> for Graft {
    fn uses_norm(&self) -> bool {
        true
    }

    fn update(&self, block: Block<'_, '_, R>) {
        if let Some(length) = block.context.micro_batch_norm {
            lengthen(block, length);
        }
    }
}
