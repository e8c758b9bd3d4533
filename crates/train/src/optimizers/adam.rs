use consilience_tensor::{Real, simd};

use super::{Block, Transform, TransformEntry};

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "adam",
    summary: "divides an average of the direction by the root of an average of its square",
    explanation:
        "Definition: with t = 1, 2, ... m <- beta1 m + (1 - beta1) d, v <- beta2 v + (1 - beta2) d^2, and \
d <- (m / (1 - beta1^t)) / (sqrt(v) / sqrt(1 - beta2^t) + epsilon), as in PyTorch.
Options: beta1, default 0.9; beta2, default 0.999, both from 0 to below 1; epsilon, at least 0, default 1e-8.
AdamW is [{ kind = \"adam\" }, { kind = \"weight_decay\", factor = ... }]: weight decay after Adam is decoupled from it, while the \
key `weight_decay` of [train] acts before.
Cost: two numbers per parameter.
Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1; Loshchilov and Hutter 2019 (arXiv 1711.05101) for AdamW.",
};

/// Adam in `PyTorch`'s form. Followed by [`WeightDecay`](super::WeightDecay) it is `AdamW`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Adam {
    /// How much of the average is kept, from 0 to below 1.
    pub beta1: f64,
    /// How much of the average of squares is kept, from 0 to below 1.
    pub beta2: f64,
    /// What is added to the root, at least 0.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

impl<R: Real> Transform<R> for Adam {
    fn slots(&self) -> &'static [&'static str] {
        &["average", "average_square"]
    }

    fn update(&self, block: Block<'_, '_, R>) {
        let time = (block.context.updates + 1) as f64;
        let (kept, new) = (R::of(self.beta1), R::of(1.0 - self.beta1));
        let (kept_square, new_square) = (R::of(self.beta2), R::of(1.0 - self.beta2));
        let correction = R::of(1.0 / (1.0 - self.beta1.powf(time)));
        let root_correction = R::of(1.0 / (1.0 - self.beta2.powf(time)).sqrt());
        let epsilon = R::of(self.epsilon);
        let [averages, squares] = block.state else { return };
        simd(
            #[inline(always)]
            || {
                for ((d, m), v) in block.direction.iter_mut().zip(averages.iter_mut()).zip(squares.iter_mut()) {
                    *m = kept * *m + new * *d;
                    *v = kept_square * *v + new_square * *d * *d;
                    *d = *m * correction / (v.sqrt() * root_correction + epsilon);
                }
            },
        );
    }
}
