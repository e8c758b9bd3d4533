use std::fmt::{Debug, Display};
use std::iter::Sum;

use num_traits::{Float, NumAssign};

use crate::{Lanes, Shelved};

/// A floating-point number that arrays hold: `f32` or `f64`.
pub trait Real: Lanes + Shelved + Float + NumAssign + Sum + Default + Debug + Display + Send + Sync + 'static {
    /// The name in messages and files: `f32` or `f64`.
    const NAME: &'static str;

    /// The nearest number to `value`.
    fn of(value: f64) -> Self;

    /// The value in double precision.
    fn f64(self) -> f64;

    /// The error function, for the exact GELU.
    #[must_use]
    fn erf(self) -> Self;
}

impl Real for f32 {
    const NAME: &'static str = "f32";

    #[inline(always)]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn f64(self) -> f64 {
        f64::from(self)
    }

    fn erf(self) -> Self {
        libm::erff(self)
    }
}

impl Real for f64 {
    const NAME: &'static str = "f64";

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn f64(self) -> f64 {
        self
    }

    fn erf(self) -> Self {
        libm::erf(self)
    }
}
