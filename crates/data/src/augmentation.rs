//! Random transformations of training images, drawn anew in every epoch.

use crate::dataset::{Dataset, ExampleShape};
use crate::error::DataError;
use crate::seeds::{ChaCha8Rng, Purpose, numbered_generator};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// What is done at random to every training image whenever it is trained on: first the crop, then the flip. Test images,
/// probes and evaluations of the training set see the images as they are.
///
/// Crop 4 with flip is what the official code of Novack et al. 2022 (Disentangling) does to 32 x 32 images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AugmentationSpec {
    /// Black pixels added on all four sides, before a window of the image's own size is cut out at a uniformly random place:
    /// a shift by up to that many pixels either way. Default 0: no crop.
    pub crop_padding: usize,
    /// Whether images are mirrored left to right with probability 1/2. Default: not.
    pub horizontal_flip: bool,
}

/// A random crop with padding, a random horizontal flip, or both: [`AugmentationSpec`] with its seed and the value of black.
///
/// ```
/// use consilience_data::{Augmentation, AugmentationSpec, ExampleShape};
///
/// let shape = ExampleShape::image(1, 3, 1);
/// let spec = AugmentationSpec { crop_padding: 0, horizontal_flip: true };
/// let augmentation = Augmentation::new(spec, 7, vec![0.0])?;
/// let flipped = (0..1000).filter(|&epoch| {
///     let mut image = [1.0, 2.0, 3.0];
///     augmentation.apply(&mut image, shape, &mut augmentation.generator(epoch, 0));
///     assert!(image == [1.0, 2.0, 3.0] || image == [3.0, 2.0, 1.0]);
///     image[0] == 3.0
/// });
/// assert!((420..580).contains(&flipped.count())); // 500, within five standard deviations
/// # Ok::<(), consilience_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Augmentation {
    spec: AugmentationSpec,
    seed: u64,
    padding: Vec<f32>,
}

impl Augmentation {
    /// `padding` is what a black pixel is, one value per channel: 0 for inputs that are not normalised, and what 0 becomes
    /// for those that are.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when `spec` asks for nothing.
    pub fn new(spec: AugmentationSpec, seed: u64, padding: Vec<f32>) -> Result<Self, DataError> {
        if spec == AugmentationSpec::default() {
            return Err(DataError::InvalidSetting {
                key: "augmentation",
                expected: "left out, or given a crop_padding of at least 1 or horizontal_flip = true".to_owned(),
                found: "neither".to_owned(),
            });
        }
        Ok(Self { spec, seed, padding })
    }

    /// What is done.
    pub fn spec(&self) -> AugmentationSpec {
        self.spec
    }

    /// The generator of what happens to the example `id` in `epoch`. It depends on nothing else, so the order of examples,
    /// batches and threads changes nothing, and any epoch can be repeated.
    pub fn generator(&self, epoch: u64, id: usize) -> ChaCha8Rng {
        let mut generator = numbered_generator(self.seed, Purpose::Augmentation, id as u64);
        generator.set_stream(epoch);
        generator
    }

    /// Transforms one image `[height, width, channels]` in place. `shape` is that of `input`, with one channel for each value
    /// of the padding.
    pub fn apply<R: Rng>(&self, input: &mut [f32], shape: ExampleShape, rng: &mut R) {
        if self.spec.crop_padding > 0 {
            let most = 2 * self.spec.crop_padding;
            let mut shift = || rng.random_range(0..=most).cast_signed() - self.spec.crop_padding.cast_signed();
            let (down, across) = (shift(), shift());
            self.shift(input, shape, down, across);
        }
        if self.spec.horizontal_flip && rng.random() {
            flip(input, shape);
        }
    }

    /// The window that begins `down` rows below and `across` columns right of the corner of the image.
    fn shift(&self, input: &mut [f32], shape: ExampleShape, down: isize, across: isize) {
        let before = input.to_vec();
        let ExampleShape { height, width, channels } = shape;
        let source = |index: usize, step: isize, size: usize| index.checked_add_signed(step).filter(|&at| at < size);
        for (row, into) in input.chunks_exact_mut(width * channels).enumerate() {
            let row = source(row, down, height);
            for (column, into) in into.chunks_exact_mut(channels).enumerate() {
                match row.zip(source(column, across, width)) {
                    Some((row, column)) => {
                        into.copy_from_slice(&before[(row * width + column) * channels..][..channels]);
                    }
                    None => into.copy_from_slice(&self.padding),
                }
            }
        }
    }

    /// Checks that the examples of `data` can be transformed.
    pub(crate) fn check(&self, data: &Dataset) -> Result<(), DataError> {
        let shape = data.shape();
        shape.require_image("augmentation", data.name())?;
        if data.labels().is_none() {
            // a shifted or mirrored image has shifted or mirrored coordinates
            return Err(data.wrong_targets("augmentation", "classes"));
        }
        let invalid = |key, expected, found| Err(DataError::InvalidSetting { key, expected, found });
        if self.padding.len() != shape.channels {
            let expected = format!("given {} values of a black pixel, one per channel", shape.channels);
            return invalid("augmentation", expected, self.padding.len().to_string());
        }
        let most = shape.height.min(shape.width) - 1;
        if self.spec.crop_padding > most {
            let expected = format!("at most {most} for images of {shape}");
            return invalid("augmentation.crop_padding", expected, self.spec.crop_padding.to_string());
        }
        Ok(())
    }
}

fn flip(input: &mut [f32], shape: ExampleShape) {
    let ExampleShape { width, channels, .. } = shape;
    for row in input.chunks_exact_mut(width * channels) {
        for column in 0..width / 2 {
            let (left, right) = row.split_at_mut((width - 1 - column) * channels);
            left[column * channels..][..channels].swap_with_slice(&mut right[..channels]);
        }
    }
}
