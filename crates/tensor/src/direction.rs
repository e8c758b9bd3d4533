use crate::{Activation, Convolution, Indices, Shape, Tensor};

/// Directions in weight space that differ from example to example, kept in factored form.
///
/// The direction of example `n` is `W_n = sum_t sum_m mix_t[n, m] sum_s signal_t[m, s] (x) patch(input)[m, s]`: per-example
/// gradients of one layer, mixed over examples. It has the size of the layer's activations; the `N x P` numbers it stands
/// for are formed a part at a time and dropped. Several directions share the input, so that its patches are unfolded once.
#[derive(Clone, Debug)]
pub struct Directions<T> {
    /// The layer's input, `N x h x w x inputs`.
    pub input: T,
    /// The summands of each direction; at least one.
    pub terms: Vec<Vec<DirectionTerm<T>>>,
}

impl<T: Clone> Directions<T> {
    /// The `index`-th direction alone.
    ///
    /// # Panics
    /// When there are not so many.
    #[must_use]
    pub fn direction(&self, index: usize) -> Self {
        Self { input: self.input.clone(), terms: vec![self.terms[index].clone()] }
    }
}

/// One summand of a direction.
#[derive(Clone, Debug)]
pub struct DirectionTerm<T> {
    /// What was back-propagated to the layer's output, `N x h' x w' x outputs`.
    pub signal: T,
    /// How the gradients of examples `m` enter the direction of example `n`, `N x 1 x 1 x N`; `None` is the identity.
    pub mix: Option<T>,
}

/// Arrays that [`Dual`](crate::Dual) numbers are made of: the few operations that appear only in product rules.
pub trait Primal: Tensor {
    /// [`Tensor::conv`] with the weight `W_n` for example `n`, for each of several directions.
    ///
    /// Peak memory beside the results, per thread: the patches of one example, at most `max(2^18, patch)` numbers of its weights,
    /// and its signals and results for as many outputs. Where gradients are mixed over examples: blocks of at most `max(2^20, N * patch)` numbers, one for each term and
    /// one more while it is mixed. Where each example is one pixel that a linear layer reads, `N x N` numbers suffice.
    #[must_use]
    fn conv_along(&self, directions: &Directions<Self>, conv: &Convolution) -> Vec<Self>;

    /// [`Tensor::conv_input_grad`] with the weight `W_n` for example `n`, for each of several directions.
    ///
    /// Peak memory as for [`Primal::conv_along`].
    #[must_use]
    fn conv_input_grad_along(&self, directions: &Directions<Self>, conv: &Convolution, input: Shape) -> Vec<Self>;

    /// `self * h'(saved)`: what [`Tensor::activation_grad`] contributes to second derivatives.
    #[must_use]
    fn activation_curvature(self, saved: &Self, activation: Activation) -> Self;

    /// Reads the elements that [`Tensor::max_pool`] chose on another array of the same shape; `output` is the shape of the
    /// result.
    #[must_use]
    fn gather(&self, indices: &Indices, output: Shape) -> Self;
}
