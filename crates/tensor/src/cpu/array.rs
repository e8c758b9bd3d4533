use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::buffer::Buffer;
use super::{conv, elementwise, pool, reduce};
use crate::{Activation, Convolution, Indices, Real, Shape, Tensor, Window};

/// An array in this machine's memory. Clones share their elements until one is written.
#[derive(Clone)]
pub struct Cpu<R> {
    pub(super) shape: Shape,
    elements: Arc<Buffer<R>>,
}

impl<R: Real> Cpu<R> {
    /// An array of the given elements in row-major order.
    ///
    /// # Panics
    /// When there are more or fewer elements than the shape has.
    pub fn new(shape: Shape, elements: Vec<R>) -> Self {
        assert_eq!(shape.len(), elements.len(), "an array of shape {shape} has {} elements", shape.len());
        Self { shape, elements: Arc::new(Buffer::new(elements)) }
    }

    /// An array of the given elements in row-major order, without moving them.
    ///
    /// # Panics
    /// As [`Cpu::new`].
    pub fn from_buffer(shape: Shape, elements: Buffer<R>) -> Self {
        assert_eq!(shape.len(), elements.len(), "an array of shape {shape} has {} elements", shape.len());
        Self { shape, elements: Arc::new(elements) }
    }

    /// An array of zeros.
    pub fn zeros(shape: Shape) -> Self {
        Self::from_buffer(shape, Buffer::zeros(shape.len()))
    }

    /// The elements.
    pub fn as_slice(&self) -> &[R] {
        &self.elements
    }

    /// The elements for writing; copied first when another array shares them.
    pub fn as_mut_slice(&mut self) -> &mut [R] {
        &mut *Arc::make_mut(&mut self.elements)
    }

    /// The elements; copied when another array shares them.
    pub fn into_vec(self) -> Vec<R> {
        Arc::unwrap_or_clone(self.elements).into_vec()
    }

    /// The elements of example `n`.
    pub fn example(&self, n: usize) -> &[R] {
        let size = self.shape.per_example();
        &self.elements[n * size..(n + 1) * size]
    }

    /// The same elements in another precision.
    pub fn cast<S: Real>(&self) -> Cpu<S> {
        Cpu::new(self.shape, self.elements.iter().map(|x| S::of(x.f64())).collect())
    }
}

impl<R: fmt::Debug> fmt::Debug for Cpu<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        write!(
            f,
            "Cpu<{}>[{}] {:?}",
            std::any::type_name::<R>(),
            self.shape,
            &self.elements[..self.elements.len().min(SHOWN)]
        )?;
        if self.elements.len() > SHOWN { f.write_str("..") } else { Ok(()) }
    }
}

impl<R: Real> Tensor for Cpu<R> {
    type Elem = R;

    fn from_vec(shape: Shape, elements: Vec<R>) -> Self {
        Self::new(shape, elements)
    }

    fn full(shape: Shape, value: f64) -> Self {
        let mut elements = Buffer::stale(shape.len());
        elements.fill(R::of(value));
        Self::from_buffer(shape, elements)
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn values(&self) -> Cow<'_, [R]> {
        Cow::Borrowed(self.as_slice())
    }

    fn reshape(self, shape: Shape) -> Self {
        assert_eq!(shape.len(), self.shape.len(), "cannot view {} as {shape}", self.shape);
        Self { shape, ..self }
    }

    fn examples(&self, range: Range<usize>) -> Self {
        let size = self.shape.per_example();
        let mut elements = Buffer::stale(range.len() * size);
        elements.copy_from_slice(&self.elements[range.start * size..range.end * size]);
        Self::from_buffer(self.shape.with_n(range.len()), elements)
    }

    fn conv(&self, weight: &Self, conv: &Convolution) -> Self {
        conv::conv(self, weight, conv)
    }

    fn conv_input_grad(&self, weight: &Self, conv: &Convolution, input: Shape) -> Self {
        conv::conv_input_grad(self, weight, conv, input)
    }

    fn conv_weight_grad(&self, signal: &Self, conv: &Convolution) -> Self {
        conv::conv_weight_grad(self, signal, conv)
    }

    fn add(self, other: &Self) -> Self {
        elementwise::zip(self, other, |x, y| x + y)
    }

    fn sub(self, other: &Self) -> Self {
        elementwise::zip(self, other, |x, y| x - y)
    }

    fn mul(self, other: &Self) -> Self {
        elementwise::zip(self, other, |x, y| x * y)
    }

    fn scale(self, factor: f64) -> Self {
        let factor = R::of(factor);
        elementwise::map(self, |x| x * factor)
    }

    fn affine(self, scale: &Self, shift: &Self) -> Self {
        elementwise::affine(self, scale, shift)
    }

    fn affine_pair(self, scale: &Self, other: &Self, other_scale: &Self, shift: &Self) -> Self {
        elementwise::affine_pair(self, scale, other, other_scale, shift)
    }

    fn rsqrt(self, epsilon: f64) -> Self {
        let epsilon = R::of(epsilon);
        elementwise::map(self, |x| (x + epsilon).sqrt().recip())
    }

    fn activate(self, activation: Activation) -> (Self, Self) {
        // a clone of the input would keep the activation from working in place
        let input = (!activation.saves_output()).then(|| self.clone());
        // ReLU apart, so that its loop carries no choice and vectorises
        let output = match activation {
            Activation::Relu => elementwise::map(self, |x| Activation::Relu.value(x)),
            other => elementwise::map(self, |x| other.value(x)),
        };
        let saved = input.unwrap_or_else(|| output.clone());
        (output, saved)
    }

    fn activation_grad(self, saved: &Self, activation: Activation) -> Self {
        match activation {
            Activation::Relu => elementwise::zip(self, saved, |d, s| if s > R::zero() { d } else { R::zero() }),
            other => elementwise::zip(self, saved, |d, s| d * other.slope(s)),
        }
    }

    fn sum_to(&self, shape: Shape) -> Self {
        reduce::sum_to(self, shape)
    }

    fn dot_to(&self, other: &Self, shape: Shape) -> Self {
        reduce::dot_to(self, other, shape)
    }

    fn square_deviations_to(&self, mean: &Self, shape: Shape) -> Self {
        reduce::square_deviations_to(self, mean, shape)
    }

    fn max_pool(&self, window: &Window) -> (Self, Indices) {
        pool::max_pool(self, window)
    }

    fn max_pool_grad(&self, indices: &Indices, input: Shape) -> Self {
        pool::max_pool_grad(self, indices, input)
    }

    fn avg_pool(&self, window: &Window) -> Self {
        pool::avg_pool(self, window)
    }

    fn avg_pool_grad(&self, window: &Window, input: Shape) -> Self {
        pool::avg_pool_grad(self, window, input)
    }

    fn flatten_channels_first(self) -> Self {
        let shape = self.shape;
        let flat = Shape::matrix(shape.n, shape.per_example());
        if shape.positions() == 1 || shape.c == 1 {
            return self.reshape(flat);
        }
        Self::from_buffer(flat, elementwise::transpose_examples(&self, shape.positions(), shape.c))
    }

    fn unflatten_channels_first(self, shape: Shape) -> Self {
        if shape.positions() == 1 || shape.c == 1 {
            return self.reshape(shape);
        }
        Self::from_buffer(shape, elementwise::transpose_examples(&self, shape.c, shape.positions()))
    }

    fn softmax(self) -> Self {
        elementwise::softmax(self)
    }
}
