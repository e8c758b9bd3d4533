use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use crate::{Activation, Buffer, Convolution, Real, Shape, Window};

/// For each output of a max-pool, which element of its example's input it came from.
pub type Indices = Arc<Buffer<u32>>;

/// An array with four axes ([`Shape`]) and the operations layers, losses and penalties are made of.
///
/// Clones are cheap: the elements are shared until one of them is written. Operations that take `self` reuse its memory
/// when nothing else shares it. Wherever two arrays meet elementwise, the second may have size 1 along any axis and is
/// stretched.
///
/// # Panics
/// Every operation panics when shapes do not fit. Networks check all shapes when they are built and when they are fed, so
/// only code that calls operations directly can meet this.
pub trait Tensor: Clone + Debug + Send + Sync + 'static {
    /// The number type of the elements.
    type Elem: Real;

    /// An array of the given elements, in row-major order, without a tangent.
    fn from_vec(shape: Shape, elements: Vec<Self::Elem>) -> Self;

    /// An array of one repeated number, without a tangent.
    fn full(shape: Shape, value: f64) -> Self;

    /// The size.
    fn shape(&self) -> Shape;

    /// The elements in row-major order (of a dual number: of its value).
    fn values(&self) -> Cow<'_, [Self::Elem]>;

    /// The same elements under another shape of the same length.
    #[must_use]
    fn reshape(self, shape: Shape) -> Self;

    /// Examples `range`.
    #[must_use]
    fn examples(&self, range: Range<usize>) -> Self;

    // Bilinear operations, which carry every weight matrix.

    /// Cross-correlation of `self` (`n x h x w x inputs`) with a weight (`outputs x kernel x kernel x inputs / groups`).
    /// With [`Convolution::POINT`] this is the linear map `x W^T` at every position.
    #[must_use]
    fn conv(&self, weight: &Self, conv: &Convolution) -> Self;

    /// The adjoint of [`Tensor::conv`] with respect to its input: `self` is the gradient at the output, `input` the shape
    /// of the result.
    #[must_use]
    fn conv_input_grad(&self, weight: &Self, conv: &Convolution, input: Shape) -> Self;

    /// The adjoint of [`Tensor::conv`] with respect to its weight, summed over examples and positions: `self` is the input
    /// and `signal` the gradient at the output.
    #[must_use]
    fn conv_weight_grad(&self, signal: &Self, conv: &Convolution) -> Self;

    // Elementwise operations; the second operand is stretched.

    /// `self + other`.
    #[must_use]
    fn add(self, other: &Self) -> Self;

    /// `self - other`.
    #[must_use]
    fn sub(self, other: &Self) -> Self;

    /// `self * other`.
    #[must_use]
    fn mul(self, other: &Self) -> Self;

    /// `self * factor`.
    #[must_use]
    fn scale(self, factor: f64) -> Self;

    /// `self * scale + shift`.
    #[must_use]
    fn affine(self, scale: &Self, shift: &Self) -> Self;

    /// `self * scale + other * other_scale + shift`, where `other` has the shape of `self`.
    #[must_use]
    fn affine_pair(self, scale: &Self, other: &Self, other_scale: &Self, shift: &Self) -> Self;

    /// `1 / sqrt(self + epsilon)`.
    #[must_use]
    fn rsqrt(self, epsilon: f64) -> Self;

    /// `f(self)`, and what [`Tensor::activation_grad`] needs of it, which is what [`Activation::saves_output`] says.
    #[must_use]
    fn activate(self, activation: Activation) -> (Self, Self);

    /// `self * h(saved)`: the adjoint of [`Tensor::activate`].
    #[must_use]
    fn activation_grad(self, saved: &Self, activation: Activation) -> Self;

    // Sums. `shape` has size 1 along the axes that are summed and the size of `self` along the others.

    /// Sum over axes.
    #[must_use]
    fn sum_to(&self, shape: Shape) -> Self;

    /// Sum of products `self * other` over axes; `other` has the shape of `self`.
    #[must_use]
    fn dot_to(&self, other: &Self, shape: Shape) -> Self;

    /// Sum of `(self - mean)^2` over axes, where `mean` is stretched to `self`.
    #[must_use]
    fn square_deviations_to(&self, mean: &Self, shape: Shape) -> Self;

    // Pooling.

    /// The largest element under each window, per channel (the first of equal ones), and where it was.
    #[must_use]
    fn max_pool(&self, window: &Window) -> (Self, Indices);

    /// The adjoint of [`Tensor::max_pool`]: adds each element to where it came from in an array of shape `input`.
    #[must_use]
    fn max_pool_grad(&self, indices: &Indices, input: Shape) -> Self;

    /// The mean over each window per channel; padding counts as zeros, as in PyTorch's default.
    #[must_use]
    fn avg_pool(&self, window: &Window) -> Self;

    /// The adjoint of [`Tensor::avg_pool`].
    #[must_use]
    fn avg_pool_grad(&self, window: &Window, input: Shape) -> Self;

    // Layout and output.

    /// Flattens each example in the order channel, height, width: the order in which PyTorch's `Flatten` feeds the linear
    /// layer behind a convolution. The result is `n x 1 x 1 x (c * h * w)`.
    #[must_use]
    fn flatten_channels_first(self) -> Self;

    /// The adjoint (and inverse) of [`Tensor::flatten_channels_first`].
    #[must_use]
    fn unflatten_channels_first(self, shape: Shape) -> Self;

    /// `exp(x) / sum exp(x)` over channels, at every position.
    #[must_use]
    fn softmax(self) -> Self;
}
