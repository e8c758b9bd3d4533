use consilience_tensor::Cpu;

/// Which reductions over per-example gradients a backward pass shall compute. Any set of them shares one pass.
///
/// Start from [`Request::default`] (nothing) and switch on what is needed:
///
/// ```
/// use consilience_gradients::Request;
/// let request = Request::<f32> { moments: true, sq_norms: true, ..Request::default() };
/// assert!(request.is_per_example());
/// ```
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of switches")]
pub struct Request<R> {
    /// `sum_n G_n` per parameter. Peak memory: the result.
    pub sum: bool,
    /// `|G_n|^2` per example. Peak memory: `N` numbers and one block of gradients.
    pub sq_norms: bool,
    /// `<G_n, v>` per example. Peak memory: `N` numbers and one block of gradients.
    pub dots: Option<Dots<R>>,
    /// `<G_n, G_m>` for all pairs. Peak memory: `N x N` numbers and one block of gradients.
    pub gram: bool,
    /// Mean and sum of squared deviations of each parameter's gradient over examples. Peak memory: the result; for layers
    /// with positions, three arrays of the parameter's size for each of two to eight parts of the batch.
    pub moments: bool,
    /// How many examples have a positive, how many a negative gradient, per parameter. Peak memory: the result; for
    /// layers with positions, two arrays for each part.
    pub signs: bool,
    /// Winsorized sums, one for each count `k`: the `k` largest and `k` smallest gradients of each parameter are replaced by
    /// the nearest that is kept, and the sum taken. Peak memory: the result and one block of gradients.
    pub winsorized: Vec<usize>,
    /// The median over examples, per parameter. Peak memory as for `winsorized`.
    pub median: bool,
    /// Sums over micro-batches of consecutive examples.
    pub groups: Option<Groups>,
}

/// What per-example gradients are multiplied with.
#[derive(Clone, Debug)]
pub enum Dots<R> {
    /// The sum of the gradients of the same pass.
    Sum,
    /// A given vector: one array per parameter of the network.
    With(Vec<Cpu<R>>),
}

/// Sums over groups of consecutive examples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Groups {
    /// Examples per group; the last group holds what remains.
    pub size: usize,
    /// Whether to keep the sums themselves (`groups x P` numbers) or only their squared norms.
    pub keep_sums: bool,
    /// Whether to take the inner products of the sums of all pairs of groups. Peak memory: the sums of one parameter.
    pub gram: bool,
}

impl<R> Request<R> {
    /// Whether anything is asked for that needs the gradients of single examples to exist.
    pub fn is_per_example(&self) -> bool {
        self.groups.is_some() || self.separates(0)
    }

    /// Whether anything is asked of a batch of `examples` examples that needs the gradients of parts of it to exist. A group that
    /// holds the whole batch is no part.
    pub fn separates(&self, examples: usize) -> bool {
        self.sq_norms
            || self.dots.is_some()
            || self.gram
            || self.moments
            || self.signs
            || !self.winsorized.is_empty()
            || self.median
            || self.groups.is_some_and(|groups| groups.size < examples)
    }

    /// Whether the sum is asked for, and nothing beside it.
    pub(crate) fn is_sum_alone(&self) -> bool {
        self.sum && !self.is_per_example()
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        !self.sum && !self.is_per_example()
    }
}
