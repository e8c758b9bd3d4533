use crate::Request;

/// What quantities are read from. The needs of several quantities unite into one pass.
///
/// All but the last are reductions over the gradients of the loss of the examples of the batch, `signal` the loss's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a set, of which any part may be needed")]
pub struct Needs {
    /// [`Request::sum`].
    pub sum: bool,
    /// [`Request::sq_norms`].
    pub sq_norms: bool,
    /// [`Request::moments`].
    pub moments: bool,
    /// [`Request::signs`].
    pub signs: bool,
    /// [`Probe`](super::Probe): passes of their own, one per output, over the fixed probe batch.
    pub probe: bool,
}

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self { sum: false, sq_norms: false, moments: false, signs: false, probe: false };

    /// What either needs.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            sum: self.sum || other.sum,
            sq_norms: self.sq_norms || other.sq_norms,
            moments: self.moments || other.moments,
            signs: self.signs || other.signs,
            probe: self.probe || other.probe,
        }
    }

    /// Adds to `request` what is needed of the pass that back-propagates the loss.
    pub fn add_to<R>(self, request: &mut Request<R>) {
        request.sum |= self.sum;
        request.sq_norms |= self.sq_norms;
        request.moments |= self.moments;
        request.signs |= self.signs;
    }

    /// Whether gradients of single examples of the batch must exist.
    pub const fn is_per_example(self) -> bool {
        self.sq_norms || self.moments || self.signs
    }
}
