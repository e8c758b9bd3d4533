//! Dual numbers: a value and its derivatives along one direction or several, as so many arrays.
//!
//! Each operation below is its product rule. A missing tangent is zero and costs nothing.

use std::borrow::Cow;
use std::ops::Range;

use crate::{Activation, Convolution, Directions, Indices, Primal, Shape, Tensor, Window};

/// The derivatives of a [`Dual`], one along each of its directions.
#[derive(Clone, Debug, Default)]
pub enum Tangent<T> {
    /// Zero along every direction: a constant.
    #[default]
    Zero,
    /// One array per direction, of the value's shape. Of a bias or scale (`1 x 1 x 1 x c`) the arrays may also hold one
    /// direction per example (`n x 1 x 1 x c`), which elementwise operations take and sums and pooling do not.
    Arrays(Vec<T>),
    /// Directions that differ from example to example, for the weight of a linear layer or convolution.
    PerExample(Directions<T>),
}

/// A value and its derivative along one direction, or along several at once, which share the value.
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
        Self::along(value, vec![tangent])
    }

    /// A value with several directions; those of all operands that meet are as many, or none.
    ///
    /// # Panics
    /// As [`Dual::new`].
    pub fn along(value: T, tangents: Vec<T>) -> Self {
        for tangent in &tangents {
            assert!(
                value.shape().broadcasts_to(tangent.shape()),
                "a value of shape {} cannot have a tangent of shape {}",
                value.shape(),
                tangent.shape()
            );
        }
        Self::of(value, tangents)
    }

    /// A value that does not move.
    pub const fn constant(value: T) -> Self {
        Self { value, tangent: Tangent::Zero }
    }

    /// The weight of a linear layer or convolution with one or several directions per example. Only the three bilinear
    /// operations can take it.
    pub const fn per_example(value: T, directions: Directions<T>) -> Self {
        Self { value, tangent: Tangent::PerExample(directions) }
    }

    /// The value with its `index`-th direction alone.
    ///
    /// # Panics
    /// When it moves, and not along so many directions.
    #[must_use]
    pub fn direction(&self, index: usize) -> Self {
        let tangent = match &self.tangent {
            Tangent::Zero => Tangent::Zero,
            Tangent::Arrays(arrays) => Tangent::Arrays(vec![arrays[index].clone()]),
            Tangent::PerExample(directions) => Tangent::PerExample(directions.direction(index)),
        };
        Self { value: self.value.clone(), tangent }
    }

    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The derivatives, one per direction; none when they are zero throughout.
    ///
    /// # Panics
    /// For a weight with a direction per example, which has no array.
    pub fn tangents(&self) -> &[T] {
        match &self.tangent {
            Tangent::Zero => &[],
            Tangent::Arrays(tangents) => tangents,
            Tangent::PerExample(_) => panic!("a weight with a direction per example enters bilinear operations only"),
        }
    }

    /// The derivative along the first direction; `None` when it is zero throughout.
    ///
    /// # Panics
    /// As [`Dual::tangents`].
    pub fn tangent(&self) -> Option<&T> {
        self.tangents().first()
    }

    /// Value and derivative along the first direction.
    ///
    /// # Panics
    /// As [`Dual::tangents`].
    pub fn into_parts(self) -> (T, Option<T>) {
        let (value, tangents) = self.into_value_and_tangents();
        (value, tangents.into_iter().next())
    }

    fn into_value_and_tangents(self) -> (T, Vec<T>) {
        match self.tangent {
            Tangent::Zero => (self.value, Vec::new()),
            Tangent::Arrays(tangents) => (self.value, tangents),
            Tangent::PerExample(_) => panic!("a weight with a direction per example enters bilinear operations only"),
        }
    }

    fn of(value: T, tangents: Vec<T>) -> Self {
        let tangent = if tangents.is_empty() { Tangent::Zero } else { Tangent::Arrays(tangents) };
        Self { value, tangent }
    }

    /// A function of each tangent.
    fn each(&self, f: impl FnMut(&T) -> T) -> Vec<T> {
        self.tangents().iter().map(f).collect()
    }

    /// A linear operation acts on value and tangents alike.
    fn linear(&self, f: impl Fn(&T) -> T) -> Self {
        // a sum over a direction per example would run over the examples too
        assert!(
            self.tangents().iter().all(|t| t.shape() == self.value.shape()),
            "a vector with a direction per example enters elementwise operations only"
        );
        Self::of(f(&self.value), self.each(&f))
    }

    fn into_linear(self, f: impl Fn(T) -> T) -> Self {
        let (value, tangents) = self.into_value_and_tangents();
        Self::of(f(value), tangents.into_iter().map(f).collect())
    }
}

/// The sum direction by direction; an empty list is zero.
fn plus<T: Tensor>(a: Vec<T>, b: Vec<T>) -> Vec<T> {
    if a.is_empty() || b.is_empty() {
        return if a.is_empty() { b } else { a };
    }
    assert_eq!(a.len(), b.len(), "numbers that meet move along the same directions");
    // the larger operand comes first: the second is the one that is stretched
    let sum = |(a, b): (T, T)| if a.shape().len() >= b.shape().len() { a.add(&b) } else { b.add(&a) };
    a.into_iter().zip(b).map(sum).collect()
}

/// `a * b`, stretching whichever is smaller.
fn times<T: Tensor>(a: T, b: &T) -> T {
    if a.shape().len() >= b.shape().len() { a.mul(b) } else { b.clone().mul(&a) }
}

/// `dx a + x da + db` for each direction, in one sweep; an empty list is zero.
fn affine_along<T: Primal>(x: &T, dx: Vec<T>, scale: &Dual<T>, db: &[T]) -> Vec<T> {
    let directions = dx.len().max(scale.tangents().len()).max(db.len());
    let moves = |count: usize| count == 0 || count == directions;
    assert!(
        moves(dx.len()) && moves(scale.tangents().len()) && moves(db.len()),
        "numbers that meet move along the same directions"
    );
    let mut dx = dx.into_iter();
    let along = |i: usize| {
        let db = db.get(i).cloned().unwrap_or_else(|| T::full(scale.shape(), 0.0));
        match (dx.next(), scale.tangents().get(i)) {
            (Some(dx), Some(da)) => dx.affine_pair(&scale.value, x, da, &db),
            (Some(dx), None) => dx.affine(&scale.value, &db),
            (None, Some(da)) => x.clone().affine(da, &db),
            (None, None) => stretched(&db, x.shape()),
        }
    };
    (0..directions).map(along).collect()
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
            Tangent::Zero => Vec::new(),
            Tangent::Arrays(weights) => weights.iter().map(|w| self.value.conv(w, conv)).collect(),
            Tangent::PerExample(directions) => self.value.conv_along(directions, conv),
        };
        let along_input = self.each(|x| x.conv(&weight.value, conv));
        Self::of(self.value.conv(&weight.value, conv), plus(along_input, along_weight))
    }

    fn conv_input_grad(&self, weight: &Self, conv: &Convolution, input: Shape) -> Self {
        let along_weight = match &weight.tangent {
            Tangent::Zero => Vec::new(),
            Tangent::Arrays(weights) => weights.iter().map(|w| self.value.conv_input_grad(w, conv, input)).collect(),
            Tangent::PerExample(directions) => self.value.conv_input_grad_along(directions, conv, input),
        };
        let along_signal = self.each(|d| d.conv_input_grad(&weight.value, conv, input));
        Self::of(self.value.conv_input_grad(&weight.value, conv, input), plus(along_signal, along_weight))
    }

    fn conv_weight_grad(&self, signal: &Self, conv: &Convolution) -> Self {
        let along_input = self.each(|x| x.conv_weight_grad(&signal.value, conv));
        let along_signal = signal.each(|d| self.value.conv_weight_grad(d, conv));
        Self::of(self.value.conv_weight_grad(&signal.value, conv), plus(along_input, along_signal))
    }

    fn add(self, other: &Self) -> Self {
        let (value, tangents) = self.into_value_and_tangents();
        let shape = value.shape();
        let tangents = if tangents.is_empty() {
            other.each(|tangent| stretched(tangent, shape))
        } else {
            plus(tangents, other.tangents().to_vec())
        };
        Self::of(value.add(&other.value), tangents)
    }

    fn sub(self, other: &Self) -> Self {
        self.add(&other.clone().scale(-1.0))
    }

    fn mul(self, other: &Self) -> Self {
        let (value, tangents) = self.into_value_and_tangents();
        let along_self = tangents.into_iter().map(|t| times(t, &other.value)).collect();
        let along_other = other.each(|t| times(t.clone(), &value));
        Self::of(value.mul(&other.value), plus(along_self, along_other))
    }

    fn scale(self, factor: f64) -> Self {
        self.into_linear(|x| x.scale(factor))
    }

    fn affine(self, scale: &Self, shift: &Self) -> Self {
        let (x, tangents) = self.into_value_and_tangents();
        let tangents = affine_along(&x, tangents, scale, shift.tangents());
        Self::of(x.affine(&scale.value, &shift.value), tangents)
    }

    fn affine_pair(self, scale: &Self, other: &Self, other_scale: &Self, shift: &Self) -> Self {
        let (x, tangents) = self.into_value_and_tangents();
        let along_other = affine_along(&other.value, other.tangents().to_vec(), other_scale, shift.tangents());
        let tangents = affine_along(&x, tangents, scale, &along_other);
        Self::of(x.affine_pair(&scale.value, &other.value, &other_scale.value, &shift.value), tangents)
    }

    fn rsqrt(self, epsilon: f64) -> Self {
        let (x, tangents) = self.into_value_and_tangents();
        let value = x.rsqrt(epsilon);
        // d (x + e)^(-1/2) = -1/2 (x + e)^(-3/2) dx
        let tangents = tangents.into_iter().map(|t| t.mul(&value).mul(&value).mul(&value).scale(-0.5)).collect();
        Self::of(value, tangents)
    }

    fn activate(self, activation: Activation) -> (Self, Self) {
        let (x, tangents) = self.into_value_and_tangents();
        let (y, saved) = x.activate(activation);
        let along = |t: T| t.activation_grad(&saved, activation);
        if activation == Activation::Relu {
            // flat on both sides: how far what was saved moves does not matter
            let output = Self::of(y, tangents.into_iter().map(along).collect());
            return (output, Self::constant(saved));
        }
        let of_input = (!activation.saves_output()).then(|| tangents.clone());
        let of_output: Vec<T> = tangents.into_iter().map(along).collect();
        let of_saved = of_input.unwrap_or_else(|| of_output.clone());
        (Self::of(y, of_output), Self::of(saved, of_saved))
    }

    fn activation_grad(self, saved: &Self, activation: Activation) -> Self {
        let (d, tangents) = self.into_value_and_tangents();
        let along_signal = tangents.into_iter().map(|t| t.activation_grad(&saved.value, activation)).collect();
        let along_saved = if saved.tangents().is_empty() {
            Vec::new()
        } else {
            let curvature = d.clone().activation_curvature(&saved.value, activation);
            saved.each(|s| curvature.clone().mul(s))
        };
        Self::of(d.activation_grad(&saved.value, activation), plus(along_signal, along_saved))
    }

    fn sum_to(&self, shape: Shape) -> Self {
        self.linear(|x| x.sum_to(shape))
    }

    fn dot_to(&self, other: &Self, shape: Shape) -> Self {
        let along_self = self.each(|t| t.dot_to(&other.value, shape));
        let along_other = other.each(|t| self.value.dot_to(t, shape));
        Self::of(self.value.dot_to(&other.value, shape), plus(along_self, along_other))
    }

    fn square_deviations_to(&self, mean: &Self, shape: Shape) -> Self {
        let value = self.value.square_deviations_to(&mean.value, shape);
        if self.tangents().is_empty() && mean.tangents().is_empty() {
            return Self::constant(value);
        }
        // d (x - m)^2 = 2 (x - m) (dx - dm)
        let centred = self.clone().sub(mean);
        let tangents = centred.each(|t| centred.value.dot_to(t, shape).scale(2.0));
        Self::of(value, tangents)
    }

    fn max_pool(&self, window: &Window) -> (Self, Indices) {
        let (value, indices) = self.value.max_pool(window);
        let output = value.shape();
        let tangents = self.each(|t| t.gather(&indices, output));
        (Self::of(value, tangents), indices)
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
        let (x, tangents) = self.into_value_and_tangents();
        let p = x.softmax();
        // dp = p (dx - <p, dx>), the product over channels at each position
        let along = |t: T| {
            let mean = p.dot_to(&t, p.shape().with_c(1));
            t.sub(&mean).mul(&p)
        };
        let tangents = tangents.into_iter().map(along).collect();
        Self::of(p, tangents)
    }
}

/// A tangent as an array of at least `shape`.
fn stretched<T: Tensor>(tangent: &T, shape: Shape) -> T {
    if tangent.shape().len() >= shape.len() { tangent.clone() } else { T::full(shape, 0.0).add(tangent) }
}
