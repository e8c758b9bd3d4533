//! Two noisy concentric circles in the plane.

use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::seeds::{Purpose, numbered_generator};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Two concentric circles: class 0 on the circle of radius 1, class 1 on that of radius `inner_radius`, at uniform angles,
/// with independent Gaussian noise on both coordinates. Classes alternate, so their counts differ by at most one.
///
/// ```
/// use consilience_data::synthetic::two_circles::TwoCircles;
///
/// let data = TwoCircles { sigma: 0.0, ..TwoCircles::default() }.generate(4, 0, 0)?;
/// let radius = |i: usize| data.inputs()[2 * i].hypot(data.inputs()[2 * i + 1]);
/// assert!((radius(0) - 1.0).abs() < 1e-6 && (radius(1) - 0.5).abs() < 1e-6);
/// # Ok::<(), consilience_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwoCircles {
    /// Radius of the circle of class 1, from 0 to 1. Default 0.5.
    pub inner_radius: f64,
    /// Standard deviation of the noise, from 0 to 10. Default 0.1.
    pub sigma: f64,
}

impl Default for TwoCircles {
    fn default() -> Self {
        Self { inner_radius: 0.5, sigma: 0.1 }
    }
}

impl TwoCircles {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when one is out of its range.
    pub fn check(&self) -> Result<(), DataError> {
        super::check_range("two_circles.inner_radius", self.inner_radius, 0.0, 1.0)?;
        super::check_range("two_circles.sigma", self.sigma, 0.0, 10.0)
    }

    /// `examples` examples, of numbers `start` onwards, with inputs `[N, 2]` and 2 classes.
    ///
    /// # Errors
    /// As [`TwoCircles::check`]; [`DataError::NoExamples`] for none.
    pub fn generate(&self, examples: usize, start: u64, seed: u64) -> Result<Dataset, DataError> {
        self.check()?;
        let mut inputs = Vec::new();
        let mut labels = Vec::new();
        for number in start..start.saturating_add(examples as u64) {
            let mut rng = numbered_generator(seed, Purpose::Synthetic, number);
            let label = (number % 2) as u32;
            let radius = if label == 0 { 1.0 } else { self.inner_radius };
            let angle = rng.random::<f64>() * TAU;
            for coordinate in [radius * angle.cos(), radius * angle.sin()] {
                let noise: f64 = StandardNormal.sample(&mut rng);
                inputs.push((coordinate + self.sigma * noise) as f32);
            }
            labels.push(label);
        }
        Dataset::new("two_circles", ExampleShape::flat(2), inputs, Targets::Classes { labels, classes: 2 })
    }
}
