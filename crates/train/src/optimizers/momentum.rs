use consilience_tensor::{Real, simd};

use super::{Block, Transform, TransformEntry};

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "momentum",
    summary: "heavy-ball momentum, or Nesterov's form of it",
    explanation:
        "Definition: v <- factor v + d; d <- v, or with nesterov = true d <- d + factor v. The learning rate acts on \
what results (the convention of PyTorch's SGD, without dampening).
Options: factor, from 0 to below 1; nesterov, default false. The key `momentum` of [train] is short for this transform.
Cost: one number per parameter.
Source: Polyak 1964; Nesterov 1983; Sutskever et al. 2013.",
};

/// Momentum by `PyTorch`'s convention: `v <- factor v + d`, then `d <- v`, or `d <- d + factor v` in Nesterov's form. The
/// learning rate acts on the result.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Momentum {
    /// How much of the velocity is kept, from 0 to below 1.
    pub factor: f64,
    /// Whether to look ahead.
    pub nesterov: bool,
}

impl<R: Real> Transform<R> for Momentum {
    fn slots(&self) -> &'static [&'static str] {
        &["velocity"]
    }

    fn update(&self, block: Block<'_, '_, R>) {
        let factor = R::of(self.factor);
        let nesterov = self.nesterov;
        let [velocity] = block.state else { return };
        simd(
            #[inline(always)]
            || {
                for (v, d) in velocity.iter_mut().zip(block.direction) {
                    *v = factor * *v + *d;
                    *d = if nesterov { *d + factor * *v } else { *v };
                }
            },
        );
    }
}
