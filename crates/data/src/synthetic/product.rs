//! The product of two numbers: a regression.

use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::seeds::{Purpose, numbered_generator};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// `y = x0 x1 + eps` with `x0`, `x1` uniform in -1 to 1 and `eps` uniform in `-noise` to `noise`, all independent (figure 3
/// of Liu et al. 2020, GSNR).
///
/// ```
/// use consilience_data::{Target, synthetic::product::Product};
///
/// let data = Product { noise: 0.0 }.generate(3, 0, 0)?;
/// let (x, y) = (data.inputs(), data.example(1).map(|example| example.target));
/// assert_eq!(y, Some(Target::Values(&[x[2] * x[3]])));
/// # Ok::<(), consilience_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Product {
    /// The largest noise either way, from 0 to 10. Default 0.01.
    pub noise: f64,
}

impl Default for Product {
    fn default() -> Self {
        Self { noise: 0.01 }
    }
}

impl Product {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when one is out of its range.
    pub fn check(&self) -> Result<(), DataError> {
        super::check_range("product.noise", self.noise, 0.0, 10.0)
    }

    /// `examples` examples, of numbers `start` onwards: inputs `[N, 2]`, targets `[N, 1]`.
    ///
    /// # Errors
    /// As [`Product::check`]; [`DataError::NoExamples`] for none.
    pub fn generate(&self, examples: usize, start: u64, seed: u64) -> Result<Dataset, DataError> {
        self.check()?;
        let mut inputs = Vec::new();
        let mut values = Vec::new();
        for number in start..start.saturating_add(examples as u64) {
            let mut generator = numbered_generator(seed, Purpose::Synthetic, number);
            let x: [f32; 2] = [generator.random_range(-1.0..=1.0), generator.random_range(-1.0..=1.0)];
            let noise = self.noise * generator.random_range(-1.0..=1.0);
            inputs.extend(x);
            values.push((f64::from(x[0]) * f64::from(x[1]) + noise) as f32);
        }
        Dataset::new("product", ExampleShape::flat(2), inputs, Targets::Values { values, outputs: 1 })
    }
}
