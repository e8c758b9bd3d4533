use crate::{Activation, Convolution, Indices, Shape, Tensor};

/// A direction in weight space that differs from example to example, kept in factored form.
///
/// The direction of example `n` is `W_n = sum_t sum_m mix_t[n, m] sum_s signal_t[m, s] (x) patch(input)[m, s]`: per-example
/// gradients of one layer, mixed over examples. It has the size of the layer's activations; the `N x P` numbers it stands
/// for are formed a block of outputs at a time and dropped.
#[derive(Clone, Debug)]
pub struct Direction<T> {
    /// The layer's input, `N x h x w x inputs`.
    pub input: T,
    /// The summands; at least one.
    pub terms: Vec<DirectionTerm<T>>,
}

/// One summand of a [`Direction`].
#[derive(Clone, Debug)]
pub struct DirectionTerm<T> {
    /// What was back-propagated to the layer's output, `N x h' x w' x outputs`.
    pub signal: T,
    /// How the gradients of examples `m` enter the direction of example `n`, `N x 1 x 1 x N`; `None` is the identity.
    pub mix: Option<T>,
}

/// Arrays that [`Dual`](crate::Dual) numbers are made of: the few operations that appear only in product rules.
pub trait Primal: Tensor {
    /// [`Tensor::conv`] with the weight `W_n` for example `n`.
    ///
    /// Peak memory beside the result: blocks of at most `max(2^20, N * patch)` numbers, one for each term and one more while
    /// it is mixed, and the patches of one example per thread. Where each example is one pixel that a linear layer reads,
    /// `N x N` numbers suffice.
    #[must_use]
    fn conv_along(&self, direction: &Direction<Self>, conv: &Convolution) -> Self;

    /// [`Tensor::conv_input_grad`] with the weight `W_n` for example `n`.
    ///
    /// Peak memory as for [`Primal::conv_along`].
    #[must_use]
    fn conv_input_grad_along(&self, direction: &Direction<Self>, conv: &Convolution, input: Shape) -> Self;

    /// `self * h'(saved)`: what [`Tensor::activation_grad`] contributes to second derivatives.
    #[must_use]
    fn activation_curvature(self, saved: &Self, activation: Activation) -> Self;

    /// Reads the elements that [`Tensor::max_pool`] chose on another array of the same shape; `output` is the shape of the
    /// result.
    #[must_use]
    fn gather(&self, indices: &Indices, output: Shape) -> Self;
}
