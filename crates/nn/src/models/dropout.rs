//! The option `dropout` of named models.

use super::LayerSpec;

/// A dropout layer of probability `p`; none when it is 0, so that layers keep their places in a network without dropout.
pub(super) fn dropout(p: f64) -> Option<LayerSpec> {
    (p != 0.0).then_some(LayerSpec::Dropout { p })
}

/// Whether settings written down need not name the option.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form in which serde asks")]
pub(super) fn is_left_out(p: &f64) -> bool {
    *p == 0.0
}
