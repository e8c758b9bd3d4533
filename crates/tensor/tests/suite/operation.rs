//! Every operation of the trait as data, to be run on any kind of number.

use consilience_tensor::{Activation, Convolution, Cpu, Real, Shape, Tensor, Window};

use super::geometries::Geometry;
use super::numbers::{absolute, map, random, random_apart, random_away_from_zero};

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Reshape(Shape),
    Examples(usize, usize),
    Conv(Convolution),
    ConvInputGrad(Convolution, Shape),
    ConvWeightGrad(Convolution),
    Add,
    Sub,
    Mul,
    Scale(f64),
    Affine,
    AffinePair,
    Rsqrt(f64),
    Activate(Activation),
    ActivationGrad(Activation),
    SumTo(Shape),
    DotTo(Shape),
    SquareDeviationsTo(Shape),
    MaxPool(Window),
    MaxPoolGrad(Window, Shape),
    AvgPool(Window),
    AvgPoolGrad(Window, Shape),
    Flatten,
    Unflatten(Shape),
    Softmax,
}

/// An operation and the shapes of its operands.
#[derive(Clone, Debug)]
pub struct Case {
    pub operation: Operation,
    pub shapes: Vec<Shape>,
}

impl Operation {
    pub fn apply<T: Tensor>(self, operands: &[T]) -> T {
        match (self, operands) {
            (Self::Reshape(shape), [x]) => x.clone().reshape(shape),
            (Self::Examples(start, end), [x]) => x.examples(start..end),
            (Self::Conv(conv), [x, w]) => x.conv(w, &conv),
            (Self::ConvInputGrad(conv, input), [d, w]) => d.conv_input_grad(w, &conv, input),
            (Self::ConvWeightGrad(conv), [x, d]) => x.conv_weight_grad(d, &conv),
            (Self::Add, [x, y]) => x.clone().add(y),
            (Self::Sub, [x, y]) => x.clone().sub(y),
            (Self::Mul, [x, y]) => x.clone().mul(y),
            (Self::Scale(factor), [x]) => x.clone().scale(factor),
            (Self::Affine, [x, a, b]) => x.clone().affine(a, b),
            (Self::AffinePair, [x, a, y, b, s]) => x.clone().affine_pair(a, y, b, s),
            (Self::Rsqrt(epsilon), [x]) => x.clone().rsqrt(epsilon),
            (Self::Activate(activation), [x]) => x.clone().activate(activation).0,
            (Self::ActivationGrad(activation), [d, s]) => d.clone().activation_grad(s, activation),
            (Self::SumTo(target), [x]) => x.sum_to(target),
            (Self::DotTo(target), [x, y]) => x.dot_to(y, target),
            (Self::SquareDeviationsTo(target), [x, mean]) => x.square_deviations_to(mean, target),
            (Self::MaxPool(window), [x]) => x.max_pool(&window).0,
            (Self::MaxPoolGrad(window, input), [d]) => {
                let indices = random_apart(input, 9).max_pool(&window).1;
                d.max_pool_grad(&indices, input)
            }
            (Self::AvgPool(window), [x]) => x.avg_pool(&window),
            (Self::AvgPoolGrad(window, input), [d]) => d.avg_pool_grad(&window, input),
            (Self::Flatten, [x]) => x.clone().flatten_channels_first(),
            (Self::Unflatten(shape), [x]) => x.clone().unflatten_channels_first(shape),
            (Self::Softmax, [x]) => x.clone().softmax(),
            (operation, operands) => panic!("{operation:?} does not take {} operands", operands.len()),
        }
    }

    /// Whether the result is a polynomial of at most fourth degree in all operands together.
    pub const fn is_polynomial(self) -> bool {
        !matches!(self, Self::Rsqrt(_) | Self::Activate(_) | Self::ActivationGrad(_) | Self::MaxPool(_) | Self::Softmax)
    }
}

impl Case {
    fn new(operation: Operation, shapes: &[Shape]) -> Self {
        Self { operation, shapes: shapes.to_vec() }
    }

    /// The number of products or numbers that are added up for one element of the result, at most.
    pub fn terms(&self) -> usize {
        let first = self.shapes[0];
        match self.operation {
            Operation::Conv(conv) => conv.patch(first),
            Operation::ConvInputGrad(conv, _) => conv.window.area() * first.c / conv.groups,
            Operation::ConvWeightGrad(_) => self.shapes[1].rows(),
            Operation::SumTo(target) | Operation::DotTo(target) | Operation::SquareDeviationsTo(target) => {
                first.len() / target.len()
            }
            Operation::MaxPoolGrad(window, _) | Operation::AvgPool(window) | Operation::AvgPoolGrad(window, _) => {
                window.area()
            }
            Operation::Softmax => first.c,
            _ => 3,
        }
    }

    /// Operands in [-2, 2], away from kinks and poles; none is more than a few units long.
    pub fn operands(&self, seed: u64) -> Vec<Cpu<f64>> {
        let one = |(i, &shape): (usize, &Shape)| {
            let seed = 10 * seed + i as u64;
            match self.operation {
                Operation::Rsqrt(_) => map(&absolute(&random(shape, seed)), |x| x + 1.0),
                Operation::Activate(_) | Operation::ActivationGrad(_) => random_away_from_zero(shape, seed),
                Operation::MaxPool(_) => random_apart(shape, seed),
                _ => random(shape, seed),
            }
        };
        self.shapes.iter().enumerate().map(one).collect()
    }

    pub fn cast<R: Real>(&self, seed: u64) -> Vec<Cpu<R>> {
        self.operands(seed).iter().map(Cpu::cast).collect()
    }
}

/// The three bilinear operations of a convolution.
pub fn bilinear(geometry: &Geometry) -> [Case; 3] {
    let Geometry { input, conv, .. } = *geometry;
    [
        Case::new(Operation::Conv(conv), &[input, geometry.weight()]),
        Case::new(Operation::ConvInputGrad(conv, input), &[geometry.output(), geometry.weight()]),
        Case::new(Operation::ConvWeightGrad(conv), &[input, geometry.output()]),
    ]
}

/// All other operations on images of `x`, with everything stretched that can be.
pub fn others(x: Shape) -> Vec<Case> {
    let (channel, example, position) = (Shape::vector(x.c), Shape::matrix(x.n, 1), Shape::new(1, x.h, x.w, 1));
    let (image, pooled) = (x.with_n(1), Window::square(3, 2, 1));
    let (h, w) = pooled.output(x.h, x.w).map_or((0, 0), |size| size);
    let output = Shape { h, w, ..x };
    let mut cases = vec![
        Case::new(Operation::Reshape(Shape::matrix(x.rows(), x.c)), &[x]),
        Case::new(Operation::Examples(x.n / 2, x.n), &[x]),
        Case::new(Operation::Scale(-1.75), &[x]),
        Case::new(Operation::Affine, &[x, channel, channel]),
        Case::new(Operation::Affine, &[x, Shape::matrix(x.n, x.c), x]),
        Case::new(Operation::AffinePair, &[x, channel, x, channel, channel]),
        Case::new(Operation::AffinePair, &[x, example, x, channel, Shape::matrix(x.n, x.c)]),
        Case::new(Operation::Rsqrt(1e-3), &[x]),
        Case::new(Operation::MaxPool(pooled), &[x]),
        Case::new(Operation::MaxPool(Window::square(2, 2, 0)), &[x]),
        Case::new(Operation::MaxPoolGrad(pooled, x), &[output]),
        Case::new(Operation::AvgPool(pooled), &[x]),
        Case::new(Operation::AvgPoolGrad(pooled, x), &[output]),
        Case::new(Operation::Flatten, &[x]),
        Case::new(Operation::Unflatten(x), &[Shape::matrix(x.n, x.per_example())]),
        Case::new(Operation::Softmax, &[x]),
    ];
    for other in [x, channel, example, position, image, Shape::SCALAR] {
        cases.extend([Operation::Add, Operation::Sub, Operation::Mul].map(|op| Case::new(op, &[x, other])));
        cases.push(Case::new(Operation::SumTo(other), &[x]));
        cases.push(Case::new(Operation::DotTo(other), &[x, x]));
        cases.push(Case::new(Operation::SquareDeviationsTo(other), &[x, other]));
        cases.push(Case::new(Operation::SquareDeviationsTo(channel), &[x, other]));
    }
    for activation in [
        Activation::Relu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::Silu,
        Activation::Softplus,
    ] {
        cases.push(Case::new(Operation::Activate(activation), &[x]));
        cases.push(Case::new(Operation::ActivationGrad(activation), &[x, x]));
    }
    cases
}
