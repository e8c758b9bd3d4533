use consilience_tensor::{Real, simd};

use super::{Block, Transform, TransformEntry};

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "clip_value",
    summary: "limits every number of the direction",
    explanation: "Definition: each number of d becomes the nearest from -max_value to max_value.
Options: max_value, above 0.
Cost: none worth naming.
Source: Mikolov 2012, PhD thesis, section 3.2.2.",
};

/// Each number becomes the nearest from `-max_value` to `max_value`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ClipValue {
    /// The largest magnitude, above 0.
    pub max_value: f64,
}

impl<R: Real> Transform<R> for ClipValue {
    fn update(&self, block: Block<'_, '_, R>) {
        let limit = R::of(self.max_value);
        simd(
            #[inline(always)]
            || {
                for d in block.direction {
                    // comparisons that a NaN passes unchanged
                    *d = if *d > limit {
                        limit
                    } else if *d < -limit {
                        -limit
                    } else {
                        *d
                    };
                }
            },
        );
    }
}
