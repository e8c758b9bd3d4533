//! Dual numbers: a value and its derivative along one direction, as two arrays.
//!
//! Each operation below is its product rule. A missing tangent is zero and costs nothing.

use std::borrow::Cow;
use std::ops::Range;

use crate::{Activation, Convolution, Direction, Indices, Primal, Shape, Tensor, Window};

/// The derivative part of a [`Dual`].
#[derive(Clone, Debug, Default)]
pub enum Tangent<T> {
    /// Zero: a constant.
    #[default]
    Zero,
    /// One direction for all examples: an array of the value's shape. Of a bias or scale (`1 x 1 x 1 x c`) it may also be one
    /// direction per example (`n x 1 x 1 x c`), which elementwise operations take and sums and pooling do not.
    Array(T),
    /// A direction per example for the weight of a linear layer or convolution.
    PerExample(Direction<T>),
}

/// A value and its derivative along one direction.
///
/// Seed parameters with [`Dual::new`], run any code written over [`Tensor`], and read the directional derivative of every
/// result with [`Dual::tangent`]. Run a forward and a backward pass, and the tangent of the gradient is the Hessian times
/// the direction, exactly.
///
/// ```
/// use consilience_tensor::{Cpu, Dual, Shape, Tensor};
/// // d/dt (3 + 2 t)^2 = 2 * 3 * 2 at t = 0
/// let x = Dual::new(Cpu::full(Shape::SCALAR, 3.0), Cpu::<f64>::full(Shape::SCALAR, 2.0));
/// let y = x.clone().mul(&x);
/// assert_eq!(y.value().as_slice(), [9.0]);
/// assert_eq!(y.tangent().unwrap().as_slice(), [12.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Dual<T> {
    value: T,
    tangent: Tangent<T>,
}

impl<T: Primal> Dual<T> {
    /// A value with a direction of the same shape, or of one more example axis for a bias or scale.
    ///
    /// # Panics
    /// When the value cannot be stretched to the tangent.
    pub fn new(value: T, tangent: T) -> Self {
        assert!(
            value.shape().broadcasts_to(tangent.shape()),
            "a value of shape {} cannot have a tangent of shape {}",
            value.shape(),
            tangent.shape()
        );
        Self { value, tangent: Tangent::Array(tangent) }
    }

    /// A value that does not move.
    pub const fn constant(value: T) -> Self {
        Self { value, tangent: Tangent::Zero }
    }

    /// The weight of a linear layer or convolution with a direction per example. Only the three bilinear operations can
    /// take it.
    pub const fn per_example(value: T, direction: Direction<T>) -> Self {
        Self { value, tangent: Tangent::PerExample(direction) }
    }

    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The derivative; `None` when it is zero throughout.
    ///
    /// # Panics
    /// For a weight with a direction per example, which has no array.
    pub fn tangent(&self) -> Option<&T> {
        match &self.tangent {
            Tangent::Zero => None,
            Tangent::Array(tangent) => Some(tangent),
            Tangent::PerExample(_) => panic!("a weight with a direction per example enters bilinear operations only"),
        }
    }

    /// Value and derivative.
    ///
    /// # Panics
    /// As [`Dual::tangent`].
    pub fn into_parts(self) -> (T, Option<T>) {
        match self.tangent {
            Tangent::Zero => (self.value, None),
            Tangent::Array(tangent) => (self.value, Some(tangent)),
            Tangent::PerExample(_) => panic!("a weight with a direction per example enters bilinear operations only"),
        }
    }

    fn of(value: T, tangent: Option<T>) -> Self {
        Self { value, tangent: tangent.map_or(Tangent::Zero, Tangent::Array) }
    }

    /// A linear operation acts on value and tangent alike.
    fn linear(&self, f: impl Fn(&T) -> T) -> Self {
        // a sum over a direction per example would run over the examples too
        assert!(
            self.tangent().is_none_or(|t| t.shape() == self.value.shape()),
            "a vector with a direction per example enters elementwise operations only"
        );
        Self::of(f(&self.value), self.tangent().map(f))
    }

    fn into_linear(self, f: impl Fn(T) -> T) -> Self {
        let (value, tangent) = self.into_parts();
        Self::of(f(value), tangent.map(f))
    }
}

fn plus<T: Tensor>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        // the larger operand comes first: the second is the one that is stretched
        (Some(a), Some(b)) if a.shape().len() >= b.shape().len() => Some(a.add(&b)),
        (Some(a), Some(b)) => Some(b.add(&a)),
        (a, b) => a.or(b),
    }
}

/// `a * b`, stretching whichever is smaller.
fn times<T: Tensor>(a: &T, b: &T) -> T {
    if a.shape().len() >= b.shape().len() { a.clone().mul(b) } else { b.clone().mul(a) }
}

impl<T: Primal> Tensor for Dual<T> {
    type Elem = T::Elem;

    fn from_vec(shape: Shape, elements: Vec<Self::Elem>) -> Self {
        Self::constant(T::from_vec(shape, elements))
    }

    fn full(shape: Shape, value: f64) -> Self {
        Self::constant(T::full(shape, value))
    }

    fn shape(&self) -> Shape {
        self.value.shape()
    }

    fn values(&self) -> Cow<'_, [Self::Elem]> {
        self.value.values()
    }

    fn reshape(self, shape: Shape) -> Self {
        self.into_linear(|x| x.reshape(shape))
    }

    fn examples(&self, range: Range<usize>) -> Self {
        self.linear(|x| x.examples(range.clone()))
    }

    fn conv(&self, weight: &Self, conv: &Convolution) -> Self {
        let along_weight = match &weight.tangent {
            Tangent::Zero => None,
            Tangent::Array(w) => Some(self.value.conv(w, conv)),
            Tangent::PerExample(direction) => Some(self.value.conv_along(direction, conv)),
        };
        let along_input = self.tangent().map(|x| x.conv(&weight.value, conv));
        Self::of(self.value.conv(&weight.value, conv), plus(along_input, along_weight))
    }

    fn conv_input_grad(&self, weight: &Self, conv: &Convolution, input: Shape) -> Self {
        let along_weight = match &weight.tangent {
            Tangent::Zero => None,
            Tangent::Array(w) => Some(self.value.conv_input_grad(w, conv, input)),
            Tangent::PerExample(direction) => Some(self.value.conv_input_grad_along(direction, conv, input)),
        };
        let along_signal = self.tangent().map(|d| d.conv_input_grad(&weight.value, conv, input));
        Self::of(self.value.conv_input_grad(&weight.value, conv, input), plus(along_signal, along_weight))
    }

    fn conv_weight_grad(&self, signal: &Self, conv: &Convolution) -> Self {
        let along_input = self.tangent().map(|x| x.conv_weight_grad(&signal.value, conv));
        let along_signal = signal.tangent().map(|d| self.value.conv_weight_grad(d, conv));
        Self::of(self.value.conv_weight_grad(&signal.value, conv), plus(along_input, along_signal))
    }

    fn add(self, other: &Self) -> Self {
        let (value, tangent) = self.into_parts();
        let tangent = match (tangent, other.tangent()) {
            (None, Some(other)) => Some(stretched(other, value.shape())),
            (Some(tangent), Some(other)) => plus(Some(tangent), Some(other.clone())),
            (tangent, None) => tangent,
        };
        Self::of(value.add(&other.value), tangent)
    }

    fn sub(self, other: &Self) -> Self {
        self.add(&other.clone().scale(-1.0))
    }

    fn mul(self, other: &Self) -> Self {
        let (value, tangent) = self.into_parts();
        let along_self = tangent.map(|t| times(&t, &other.value));
        let along_other = other.tangent().map(|t| times(&value, t));
        Self::of(value.mul(&other.value), plus(along_self, along_other))
    }

    fn scale(self, factor: f64) -> Self {
        self.into_linear(|x| x.scale(factor))
    }

    fn affine(self, scale: &Self, shift: &Self) -> Self {
        self.mul(scale).add(shift)
    }

    fn affine_pair(self, scale: &Self, other: &Self, other_scale: &Self, shift: &Self) -> Self {
        self.mul(scale).add(&other.clone().mul(other_scale)).add(shift)
    }

    fn rsqrt(self, epsilon: f64) -> Self {
        let (x, tangent) = self.into_parts();
        let value = x.rsqrt(epsilon);
        // d (x + e)^(-1/2) = -1/2 (x + e)^(-3/2) dx
        let tangent = tangent.map(|t| t.mul(&value).mul(&value).mul(&value).scale(-0.5));
        Self::of(value, tangent)
    }

    fn activate(self, activation: Activation) -> Self {
        let (x, tangent) = self.into_parts();
        if activation.saves_output() {
            let y = x.activate(activation);
            let tangent = tangent.map(|t| t.activation_grad(&y, activation));
            return Self::of(y, tangent);
        }
        let tangent = tangent.map(|t| t.activation_grad(&x, activation));
        Self::of(x.activate(activation), tangent)
    }

    fn activation_grad(self, saved: &Self, activation: Activation) -> Self {
        let (d, tangent) = self.into_parts();
        let along_signal = tangent.map(|t| t.activation_grad(&saved.value, activation));
        let along_saved = match saved.tangent() {
            // ReLU is flat on both sides
            Some(s) if activation != Activation::Relu => {
                Some(d.clone().activation_curvature(&saved.value, activation).mul(s))
            }
            _ => None,
        };
        Self::of(d.activation_grad(&saved.value, activation), plus(along_signal, along_saved))
    }

    fn sum_to(&self, shape: Shape) -> Self {
        self.linear(|x| x.sum_to(shape))
    }

    fn dot_to(&self, other: &Self, shape: Shape) -> Self {
        let along_self = self.tangent().map(|t| t.dot_to(&other.value, shape));
        let along_other = other.tangent().map(|t| self.value.dot_to(t, shape));
        Self::of(self.value.dot_to(&other.value, shape), plus(along_self, along_other))
    }

    fn square_deviations_to(&self, mean: &Self, shape: Shape) -> Self {
        let value = self.value.square_deviations_to(&mean.value, shape);
        if self.tangent().is_none() && mean.tangent().is_none() {
            return Self::constant(value);
        }
        // d (x - m)^2 = 2 (x - m) (dx - dm)
        let centred = self.clone().sub(mean);
        let tangent = centred.tangent().map(|t| centred.value.dot_to(t, shape).scale(2.0));
        Self::of(value, tangent)
    }

    fn max_pool(&self, window: &Window) -> (Self, Indices) {
        let (value, indices) = self.value.max_pool(window);
        let output = value.shape();
        let tangent = self.tangent().map(|t| t.gather(&indices, output));
        (Self::of(value, tangent), indices)
    }

    fn max_pool_grad(&self, indices: &Indices, input: Shape) -> Self {
        self.linear(|d| d.max_pool_grad(indices, input))
    }

    fn avg_pool(&self, window: &Window) -> Self {
        self.linear(|x| x.avg_pool(window))
    }

    fn avg_pool_grad(&self, window: &Window, input: Shape) -> Self {
        self.linear(|d| d.avg_pool_grad(window, input))
    }

    fn flatten_channels_first(self) -> Self {
        self.into_linear(T::flatten_channels_first)
    }

    fn unflatten_channels_first(self, shape: Shape) -> Self {
        self.into_linear(|x| x.unflatten_channels_first(shape))
    }

    fn softmax(self) -> Self {
        let (x, tangent) = self.into_parts();
        let p = x.softmax();
        // dp = p (dx - <p, dx>), the product over channels at each position
        let tangent = tangent.map(|t| {
            let mean = p.dot_to(&t, p.shape().with_c(1));
            t.sub(&mean).mul(&p)
        });
        Self::of(p, tangent)
    }
}

/// A tangent as an array of at least `shape`.
fn stretched<T: Tensor>(tangent: &T, shape: Shape) -> T {
    if tangent.shape().len() >= shape.len() { tangent.clone() } else { T::full(shape, 0.0).add(tangent) }
}
