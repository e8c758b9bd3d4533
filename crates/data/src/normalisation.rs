//! Per-channel standardisation of inputs.

use crate::dataset::Dataset;
use crate::error::DataError;

/// Per channel: subtract `mean`, then divide by `standard_deviation`. Both are in the units of the inputs (0 to 1 for pixels).
///
/// ```
/// use consilience_data::{Dataset, ExampleShape, Normalisation, Targets};
///
/// let targets = Targets::Classes { labels: vec![0, 1], classes: 2 };
/// let mut data = Dataset::new("tiny", ExampleShape::flat(1), vec![1.0, 3.0], targets)?;
/// let normalisation = Normalisation::of(&data)?;
/// assert_eq!((normalisation.mean()[0], normalisation.standard_deviation()[0]), (2.0, 1.0));
/// normalisation.apply(&mut data)?;
/// assert_eq!(data.inputs(), [-1.0, 1.0]);
/// # Ok::<(), consilience_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Normalisation {
    mean: Vec<f32>,
    standard_deviation: Vec<f32>,
}

impl Normalisation {
    /// A normalisation by given numbers, one of each per channel.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when the counts disagree, a number is not finite or a deviation is not positive.
    pub fn new(mean: Vec<f32>, standard_deviation: Vec<f32>) -> Result<Self, DataError> {
        let invalid = |expected: &str, found: String| {
            Err(DataError::InvalidSetting { key: "normalisation", expected: expected.to_owned(), found })
        };
        if mean.len() != standard_deviation.len() {
            let found = format!("{} and {}", mean.len(), standard_deviation.len());
            return invalid("as many means as standard deviations", found);
        }
        if let Some(bad) = mean.iter().find(|value| !value.is_finite()) {
            return invalid("finite means", bad.to_string());
        }
        if let Some(bad) = standard_deviation.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
            return invalid("finite, positive standard deviations", bad.to_string());
        }
        Ok(Self { mean, standard_deviation })
    }

    /// The mean and the (population, divided by count) standard deviation of every channel over all pixels of all examples,
    /// accumulated in double precision in two passes.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when a channel is constant, which cannot be scaled to unit deviation, or not finite.
    pub fn of(data: &Dataset) -> Result<Self, DataError> {
        let channels = data.shape().channels;
        let pixels = (data.inputs().len() / channels) as f64;
        let mut mean = vec![0.0_f64; channels];
        for pixel in data.inputs().chunks_exact(channels) {
            for (sum, &value) in mean.iter_mut().zip(pixel) {
                *sum += f64::from(value);
            }
        }
        for sum in &mut mean {
            *sum /= pixels;
        }
        let mut variance = vec![0.0_f64; channels];
        for pixel in data.inputs().chunks_exact(channels) {
            for ((sum, &value), &centre) in variance.iter_mut().zip(pixel).zip(&mean) {
                *sum += (f64::from(value) - centre).powi(2);
            }
        }
        let mean = mean.into_iter().map(|value| value as f32).collect();
        Self::new(mean, variance.into_iter().map(|sum| (sum / pixels).sqrt() as f32).collect())
    }

    /// Mean per channel.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Standard deviation per channel.
    pub fn standard_deviation(&self) -> &[f32] {
        &self.standard_deviation
    }

    /// What becomes of 0, a black pixel; one value per channel.
    pub(crate) fn black(&self) -> Vec<f32> {
        self.mean.iter().zip(&self.standard_deviation).map(|(&mean, &deviation)| (0.0 - mean) / deviation).collect()
    }

    /// Normalises the inputs of `data` in place.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when `data` has another number of channels.
    pub fn apply(&self, data: &mut Dataset) -> Result<(), DataError> {
        let channels = data.shape().channels;
        if self.mean.len() != channels {
            return Err(DataError::InvalidSetting {
                key: "normalisation",
                expected: format!("{channels} means, one per channel of {}", data.shape()),
                found: self.mean.len().to_string(),
            });
        }
        for pixel in data.inputs_mut().chunks_exact_mut(channels) {
            for ((value, &mean), &deviation) in pixel.iter_mut().zip(&self.mean).zip(&self.standard_deviation) {
                *value = (*value - mean) / deviation;
            }
        }
        Ok(())
    }
}
