use crate::Real;

/// An elementwise non-linearity `y = f(x)`.
///
/// The backward pass needs one array `s` from the forward pass: the output `y` where the slope can be read off it (`ReLU`,
/// tanh, sigmoid), else the input `x`. Three scalar functions then give every pass on every kind of number: `f`, the slope
/// `h(s) = f'(x)`, and `h'(s)`, which dual numbers need.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Activation {
    /// `max(0, x)`, with slope 0 at 0.
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `x Phi(x)` with the normal distribution function `Phi` (the exact form, not the tanh approximation).
    Gelu,
    /// `x sigmoid(x)`, also called swish.
    Silu,
    /// `log(1 + exp(x))`.
    Softplus,
}

impl Activation {
    /// Whether `s` is the output; else it is the input.
    pub const fn saves_output(self) -> bool {
        matches!(self, Self::Relu | Self::Tanh | Self::Sigmoid)
    }

    /// `f(x)`.
    #[inline(always)]
    pub fn value<R: Real>(self, x: R) -> R {
        match self {
            Self::Relu => relu(x),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => sigmoid(x),
            Self::Gelu => x * normal_cdf(x),
            Self::Silu => x * sigmoid(x),
            // exp cannot overflow: its argument is never positive
            Self::Softplus => x.max(R::zero()) + (-x.abs()).exp().ln_1p(),
        }
    }

    /// The slope `h(s)`.
    #[inline(always)]
    pub fn slope<R: Real>(self, s: R) -> R {
        let one = R::one();
        match self {
            Self::Relu => {
                if s > R::zero() {
                    one
                } else {
                    R::zero()
                }
            }
            Self::Tanh => one - s * s,
            Self::Sigmoid => s * (one - s),
            Self::Gelu => normal_cdf(s) + s * normal_density(s),
            Self::Silu => {
                let p = sigmoid(s);
                p * (one + s * (one - p))
            }
            Self::Softplus => sigmoid(s),
        }
    }

    /// `h'(s)`, the derivative of the slope with respect to what was saved.
    #[inline(always)]
    pub fn slope_derivative<R: Real>(self, s: R) -> R {
        let (one, two) = (R::one(), R::of(2.0));
        match self {
            Self::Relu => R::zero(),
            Self::Tanh => -two * s,
            Self::Sigmoid => one - two * s,
            Self::Gelu => (two - s * s) * normal_density(s),
            Self::Silu => {
                let p = sigmoid(s);
                p * (one - p) * (two + s * (one - two * p))
            }
            Self::Softplus => {
                let p = sigmoid(s);
                p * (one - p)
            }
        }
    }
}

#[inline(always)]
fn relu<R: Real>(x: R) -> R {
    // not `max`: a NaN must stay visible
    if x < R::zero() { R::zero() } else { x }
}

#[inline(always)]
fn sigmoid<R: Real>(x: R) -> R {
    // the exponential's argument is never positive, so nothing overflows
    let e = (-x.abs()).exp();
    let p = R::one() / (R::one() + e);
    if x < R::zero() { e * p } else { p }
}

fn normal_cdf<R: Real>(x: R) -> R {
    R::of(0.5) * (R::one() + (x * R::of(std::f64::consts::FRAC_1_SQRT_2)).erf())
}

fn normal_density<R: Real>(x: R) -> R {
    (R::of(-0.5) * x * x).exp() * R::of(0.398_942_280_401_432_7)
}
