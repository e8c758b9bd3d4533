use std::sync::Arc;

use consilience_tensor::Real;

use super::normalise::lengthen;
use super::{Block, Transform, TransformEntry};

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "graft_recorded",
    summary: "EG: the direction of the batch with the gradient norm that another run recorded at that step",
    explanation: "Definition: d <- c_t d / |d|, where c_t is what another run recorded at its step t and |.| the Euclidean norm over all parameters; \
the learning rate acts on the result. Between recorded steps the last value holds, before the first one the first, after the \
last one the last.
Options: run, the directory of the other run, as seen from where the program runs; quantity, default \"micro_batch_gradient_norm\", a value \
that it recorded under `monitor`.
Reading: gives large batches the step lengths of small ones, whatever happens in this run.
Cost: a sweep over the direction.
Source: Novack et al. 2022 (arXiv 2211.15853), appendix C.1, external grafting; their code reads the norms of every 20th step.",
};

/// Numbers that another run recorded, by step.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded(Arc<[(u64, f64)]>);

impl Recorded {
    /// Of pairs of step and value; those that are not finite or below 0 are left out. `None` when none remains.
    pub fn new(values: impl IntoIterator<Item = (u64, f64)>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().filter(|(_, value)| value.is_finite() && *value >= 0.0).collect();
        values.sort_by_key(|(step, _)| *step);
        (!values.is_empty()).then(|| Self(values.into()))
    }

    /// The value of the last recorded step up to `step`, or of the first one there is.
    ///
    /// ```
    /// use consilience_train::optimizers::Recorded;
    /// let recorded = Recorded::new([(20, 3.0), (0, 5.0), (40, f64::NAN)]).unwrap();
    /// assert_eq!([0, 19, 20, 1000].map(|step| recorded.at(step)), [5.0, 5.0, 3.0, 3.0]);
    /// ```
    pub fn at(&self, step: u64) -> f64 {
        let later = self.0.partition_point(|(recorded, _)| *recorded <= step);
        self.0[later.saturating_sub(1)].1
    }
}

/// `d <- c_t d / |d|`, with `c_t` what another run recorded (external grafting).
#[derive(Clone, PartialEq, Debug)]
pub struct GraftRecorded {
    /// The lengths.
    pub lengths: Recorded,
}

impl<R: Real> Transform<R> for GraftRecorded {
    fn uses_norm(&self) -> bool {
        true
    }

    fn update(&self, block: Block<'_, '_, R>) {
        let length = self.lengths.at(block.context.step);
        lengthen(block, length);
    }
}
