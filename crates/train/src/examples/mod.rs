//! What is measured of the whole training set and of single training examples while training: pristine and corrupt shares of
//! the gradient, and scores of examples. The rule of this folder is in its README.

mod agreement;
mod area;
mod aum;
mod el2n;
mod forgetting;
mod grand;
mod learnt;
mod logits;
mod means;
mod prediction;
mod pull;
mod registry;
mod sample;
mod self_influence;
mod shares;
mod sweep;
mod table;
mod watch;

pub use area::corrupt_area;
pub(crate) use logits::{Softmax, largest_other};
pub use registry::Score;
pub use shares::{SHARES, ShareSample, SharesEntry, SharesSpec};
pub use table::ExampleTable;
pub(crate) use watch::{Moment, Watch};

use std::fmt::Debug;

/// A score as `list` and `explain` show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ScoreEntry {
    /// The name, as in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The page of `explain`: definition, range, reading, when undefined, cost, source.
    pub explanation: &'static str,
    /// Its columns in the table of examples: name and meaning.
    pub columns: &'static [(&'static str, &'static str)],
    /// What it is read from.
    pub read_from: ReadFrom,
}

/// What a score is read from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReadFrom {
    /// The outputs of evaluations, which are computed anyway. Needs classes.
    Outputs,
    /// The norms of gradients: one forward and backward pass over the training set whenever it is due.
    Norms,
    /// The inner products of gradients with their sum: two passes over the training set whenever it is due.
    Products,
    /// The derivatives of outputs along the gradient of the others: three passes over the training set whenever it is due.
    /// Needs classes.
    Pulls,
}

impl ReadFrom {
    /// Whether it is defined for examples with classes only.
    const fn needs_classes(self) -> bool {
        matches!(self, Self::Outputs | Self::Pulls)
    }
}

/// What an evaluation says of one example with a class.
#[derive(Clone, Copy, Debug)]
struct Outputs<'a> {
    /// The number of updates made before.
    step: u64,
    /// `[C]`, before any softmax.
    logits: &'a [f64],
    /// The given class.
    class: usize,
    /// Whether the given class is predicted.
    learnt: bool,
}

/// What gradients say of all `N` training examples, at the parameters before an update.
#[derive(Clone, Copy, Debug)]
struct Gradients<'a> {
    /// The learning rate of the update.
    learning_rate: f64,
    /// `|g_n|^2`, `[N]`.
    sq_norms: &'a [f64],
    /// `<g_n, sum_m g_m>`, `[N]`; empty unless a score asks for [`ReadFrom::Products`].
    products: &'a [f64],
}

/// Where the others push the outputs of every training example, at the parameters before an update.
#[derive(Clone, Copy, Debug)]
struct Pulls<'a> {
    /// The learning rate of the update.
    learning_rate: f64,
    /// `-1/(N-1) J_n sum_{m != n} g_m`, `[N, C]` row-major: what the logits of example `n` change by, per unit of learning
    /// rate, in a step down the mean gradient of the others.
    logits: &'a [f64],
    /// The given classes, `[N]`.
    classes: &'a [u32],
}

/// A score in the making.
trait Follow: Debug {
    /// Told once, before anything else, how many outputs there are per example.
    fn begin(&mut self, outputs: usize) {
        let _ = outputs;
    }

    /// An evaluation has seen `example`.
    fn outputs(&mut self, example: usize, seen: &Outputs<'_>) {
        let _ = (example, seen);
    }

    /// Gradients of all examples were taken.
    fn gradients(&mut self, seen: &Gradients<'_>) {
        let _ = seen;
    }

    /// Where the others push all examples was found.
    fn pulls(&mut self, seen: &Pulls<'_>) {
        let _ = seen;
    }

    /// What it has gathered so far, exactly, as lists by name. Their names and lengths do not change while it follows a run.
    fn memory(&self) -> Vec<(&'static str, Vec<f64>)>;

    /// Takes back the lists that [`Follow::memory`] gave, in that order: it goes on as it would have there.
    fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>);

    /// One number per example for each column; `None` where it is undefined.
    fn columns(&self) -> Vec<Vec<Option<f64>>>;
}
