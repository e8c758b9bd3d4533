//! Motion blur of images, as `ImageMagick` makes it and MNIST-C uses it.

use crate::dataset::{Dataset, ExampleShape};
use crate::error::DataError;
use crate::seeds::{Purpose, numbered_generator};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Radius and sigma of the severities 1 to 5 of MNIST-C.
const SEVERITIES: [(f64, f64); 5] = [(10.0, 3.0), (15.0, 5.0), (15.0, 8.0), (15.0, 12.0), (20.0, 15.0)];

/// The largest angle either way, in degrees.
const LARGEST_ANGLE: f64 = 45.0;

/// Radius and sigma beyond which a setting is taken for a slip.
const LARGEST: f64 = 1000.0;

/// Motion blur of every image at an angle of its own, uniform in -45 to 45 degrees (Mu and Gilmer 2019, MNIST-C). How strong
/// it is says a severity, or a radius and a sigma; without either it is severity 1.
///
/// | severity | 1 | 2 | 3 | 4 | 5 |
/// |---|---|---|---|---|---|
/// | radius | 10 | 15 | 15 | 15 | 20 |
/// | sigma | 3 | 5 | 8 | 12 | 15 |
///
/// ```
/// use consilience_data::MotionBlur;
///
/// let blur: MotionBlur = toml::from_str("severity = 2")?;
/// assert_eq!(blur.strength()?, (15.0, 5.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MotionBlur {
    /// From 1 to 5. Left out where radius and sigma are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<u32>,
    /// Length of the trail: 2 ceil(radius) pixels beside the pixel itself. Above 0, at most 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<f64>,
    /// Standard deviation of the Gaussian that fades the trail, in pixels. Above 0, at most 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
    /// Whether test images are blurred as well. Default: not, so that the test set stays clean (section 5.1 of MGS).
    pub test: bool,
}

impl MotionBlur {
    /// Radius and sigma, in pixels.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when one is out of its range or alone, or when they stand beside a severity.
    pub fn strength(&self) -> Result<(f64, f64), DataError> {
        let invalid = |key, expected: &str, found: String| {
            Err(DataError::InvalidSetting { key, expected: expected.to_owned(), found })
        };
        match (self.severity, self.radius, self.sigma) {
            (severity, None, None) => {
                let severity = severity.unwrap_or(1);
                match SEVERITIES.get((severity as usize).wrapping_sub(1)) {
                    Some(&strength) => Ok(strength),
                    None => invalid("motion_blur.severity", "from 1 to 5", severity.to_string()),
                }
            }
            (None, Some(radius), Some(sigma)) => {
                for (key, value) in [("motion_blur.radius", radius), ("motion_blur.sigma", sigma)] {
                    if !(value > 0.0 && value <= LARGEST) {
                        return invalid(key, "a number above 0 and at most 1000", value.to_string());
                    }
                }
                Ok((radius, sigma))
            }
            (None, ..) => {
                invalid("motion_blur", "given both a radius and a sigma, or neither", "one of them".to_owned())
            }
            (Some(_), ..) => invalid(
                "motion_blur",
                "given either a severity or a radius and a sigma",
                "a severity and a radius or a sigma".to_owned(),
            ),
        }
    }

    /// Blurs every image of `data`, whose pixels are from 0 to 1. The angle of an example follows from the seed, its id and
    /// `part` (0 for training, 1 for test examples) alone.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] for settings out of range and for data that are not images.
    pub fn apply(&self, data: &mut Dataset, seed: u64, part: u64) -> Result<(), DataError> {
        let (radius, sigma) = self.strength()?;
        let shape = data.shape();
        shape.require_image("motion_blur", data.name())?;
        let weights = weights(radius, sigma);
        let (inputs, ids) = data.inputs_and_ids();
        inputs.par_chunks_exact_mut(shape.features()).zip(ids).for_each(|(image, &id)| {
            let mut generator = numbered_generator(seed, Purpose::InputNoise, id as u64);
            generator.set_stream(part);
            let angle = generator.random_range(-LARGEST_ANGLE..=LARGEST_ANGLE);
            let blurred = along(image, shape, &weights, angle);
            image.copy_from_slice(&blurred);
        });
        Ok(())
    }
}

/// The image `[height, width, channels]` blurred as `MotionBlurImage` of `ImageMagick` does it: a convolution with one half of
/// a Gaussian, along one line, to one side. For tap `i` from 0 to `2 ceil(radius)`
///
/// ```text
/// w_i = exp(-i^2 / (2 sigma^2)) / sum_j exp(-j^2 / (2 sigma^2))
/// y[row, column] = sum_i w_i x[row + ceil(i sin(angle) - 1/2), column + ceil(i cos(angle) - 1/2)]
/// ```
///
/// with pixels beyond the border as those at the border, and the result cut to 0..1. `angle` is in degrees, from the
/// direction of the columns towards that of the rows. Sums are taken in double precision.
///
/// ```
/// use consilience_data::{ExampleShape, corruption::motion_blur::motion_blur};
///
/// // Taps 0, 1 and 2 have weights in the ratio 1 : e^-2 : e^-8.
/// let blurred = motion_blur(&[0.0, 0.0, 1.0, 0.0], ExampleShape::image(1, 4, 1), 1.0, 0.5, 0.0);
/// let total = 1.0 + (-2.0_f32).exp() + (-8.0_f32).exp();
/// let expected = [(-8.0_f32).exp() / total, (-2.0_f32).exp() / total, 1.0 / total, 0.0];
/// assert!(blurred.iter().zip(expected).all(|(y, e)| (y - e).abs() < 1e-7));
/// ```
pub fn motion_blur(image: &[f32], shape: ExampleShape, radius: f64, sigma: f64, angle: f64) -> Vec<f32> {
    along(image, shape, &weights(radius, sigma), angle)
}

fn weights(radius: f64, sigma: f64) -> Vec<f64> {
    let taps = 2 * radius.ceil() as usize + 1;
    let mut weights: Vec<f64> = (0..taps).map(|tap| (-((tap * tap) as f64) / (2.0 * sigma * sigma)).exp()).collect();
    let total: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= total;
    }
    weights
}

fn along(image: &[f32], shape: ExampleShape, weights: &[f64], angle: f64) -> Vec<f32> {
    let ExampleShape { height, width, channels } = shape;
    // the same operations in the same order as ImageMagick, so that ties are rounded alike
    let length = weights.len() as f64;
    let (down, across) = (length * angle.to_radians().sin(), length * angle.to_radians().cos());
    let step = |tap: usize, side: f64| (tap as f64 * side / down.hypot(across) - 0.5).ceil() as isize;
    let mut sums = vec![0.0_f64; image.len()];
    for (tap, &weight) in weights.iter().enumerate() {
        let (rows, columns) = (step(tap, down), step(tap, across));
        for (row, sums) in sums.chunks_exact_mut(width * channels).enumerate() {
            let from = inside(row, rows, height) * width;
            for (column, sums) in sums.chunks_exact_mut(channels).enumerate() {
                let pixel = (from + inside(column, columns, width)) * channels;
                for (sum, &value) in sums.iter_mut().zip(&image[pixel..]) {
                    *sum += weight * f64::from(value);
                }
            }
        }
    }
    sums.into_iter().map(|sum| sum.clamp(0.0, 1.0) as f32).collect()
}

/// `index + step`, at most as far as the border.
fn inside(index: usize, step: isize, size: usize) -> usize {
    index.saturating_add_signed(step).min(size - 1)
}
