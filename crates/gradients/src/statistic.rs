use std::fmt::Debug;

use consilience_tensor::Real;

use crate::Quantity;
use crate::quantities::{Description, Evidence, Value};

/// Something that is read from the gradients of the examples of a batch: what it is, what it needs, and how it is read.
///
/// [`Quantity`] lists the built-in ones. Implement it for your own, which training then measures beside them, in the same
/// backward pass:
///
/// ```
/// use consilience_gradients::quantities::{Description, Evidence, Needs, Value, ratio, value};
/// use consilience_gradients::Statistic;
/// use consilience_tensor::Real;
///
/// /// The share of the squared gradient norms that the example with the largest gradient has.
/// #[derive(Debug)]
/// struct LargestShare;
///
/// const DESCRIPTION: Description = Description {
///     name: "largest_share",
///     summary: "share of the squared gradient norms that the example with the largest gradient has",
///     explanation: "",
///     values: &[value("largest_share", "share of the largest gradient")],
///     needs: Needs::SQ_NORMS,
/// };
///
/// impl<R: Real> Statistic<R> for LargestShare {
///     fn description(&self) -> &Description {
///         &DESCRIPTION
///     }
///
///     fn read(&self, evidence: &Evidence<'_, R>) -> Vec<Value> {
///         let largest = evidence.sq_norms.iter().flatten().copied().reduce(f64::max);
///         let share = largest.zip(evidence.sum_of_sq_norms()).and_then(|(largest, sum)| ratio(largest, sum));
///         vec![("largest_share".to_owned(), share)]
///     }
/// }
/// ```
pub trait Statistic<R: Real>: Debug + Send + Sync {
    /// What it is, and what it needs.
    fn description(&self) -> &Description;

    /// Its values. The names start with those of [`Description::values`], in their order; values per parameter follow each as
    /// `name/parameter`. A value that is undefined, or whose reductions are not there, is `None`.
    fn read(&self, evidence: &Evidence<'_, R>) -> Vec<Value>;
}

impl<R: Real> Statistic<R> for Quantity {
    fn description(&self) -> &Description {
        (*self).description()
    }

    fn read(&self, evidence: &Evidence<'_, R>) -> Vec<Value> {
        (*self).read(evidence)
    }
}
