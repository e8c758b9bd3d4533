//! The data sets that a `[data]` table describes.

use crate::augmentation::Augmentation;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::normalisation::Normalisation;
use crate::registry;
use crate::seeds::{Purpose, numbered_generator};
use crate::sources::tiny_imagenet::{self, Listing};
use crate::sources::{cifar, idx, svhn};
use crate::spec::{DataSpec, NormalisationSpec, Source};
use crate::subsample::choose;
use crate::synthetic::TEST_START;
use std::path::Path;

/// A training set and its test set, of the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Training examples, corrupted and normalised as asked for, with their augmentation.
    pub train: Dataset,
    /// Test examples: their targets are never corrupted, their inputs only where motion blur is asked for on them;
    /// normalised as the training set is.
    pub test: Dataset,
    /// Examples set apart by [`DataSpec::validation`], treated as test examples are.
    pub validation: Option<Dataset>,
    /// What a person should know about the data, such as missing parts.
    pub notes: Vec<String>,
}

/// Reads or generates the data of `spec`: sets validation examples apart, sub-samples, corrupts the training targets, blurs,
/// then normalises. Everything random follows from `seed`. Built-in sources need no `data_dir`.
///
/// # Errors
/// Every [`DataError`].
pub fn load(spec: &DataSpec, data_dir: Option<&Path>, seed: u64) -> Result<Split, DataError> {
    spec.check()?;
    let Found { train, test, full, notes } = find(spec, data_dir, seed)?;
    let incomplete = train.len() < full && !notes.is_empty();
    let (mut train, mut validation) = divide(spec, train, seed).map_err(|error| match error {
        error if incomplete => DataError::Incomplete { error: Box::new(error), missing: notes.join("; ") },
        error => error,
    })?;
    let mut test = test.part(0, spec.test, "test", seed, 1)?;
    if let (Some(validation), Some(true)) =
        (&mut validation, spec.validation.map(|validation| validation.swap_with_test))
    {
        std::mem::swap(validation, &mut test);
    }
    if let Some(noise) = &spec.label_noise {
        train = noise.apply(train, seed)?;
        if spec.label_noise_on_test {
            test = noise.apply_to(test, seed, 1)?;
        }
    }
    if let Some(labels) = &spec.human_labels {
        train = labels.apply(train, data_dir, full)?;
    }
    if let Some(noise) = &spec.target_noise {
        noise.apply(&mut train, seed)?;
    }
    if let Some(blur) = &spec.motion_blur {
        blur.apply(&mut train, seed, 0)?;
        if blur.test {
            blur.apply(&mut test, seed, 1)?;
            validation.as_mut().map_or(Ok(()), |validation| blur.apply(validation, seed, 2))?;
        }
    }
    let normalisation = match &spec.normalisation {
        NormalisationSpec::None => None,
        NormalisationSpec::TrainingSet => Some(Normalisation::of(&train)?),
        NormalisationSpec::Fixed { mean, standard_deviation } => {
            Some(Normalisation::new(mean.clone(), standard_deviation.clone())?)
        }
    };
    if let Some(normalisation) = &normalisation {
        normalisation.apply(&mut train)?;
        normalisation.apply(&mut test)?;
        validation.as_mut().map_or(Ok(()), |validation| normalisation.apply(validation))?;
    }
    if let Some(augmentation) = spec.augmentation {
        let black =
            normalisation.map_or_else(|| vec![0.0; train.shape().channels], |normalisation| normalisation.black());
        train = train.with_augmentation(Augmentation::new(augmentation, seed, black)?)?;
    }
    Ok(Split { train, test, validation, notes })
}

/// What a source has.
struct Found {
    train: Pool,
    test: Pool,
    /// Examples of the full training set, also when parts of it are missing.
    full: usize,
    notes: Vec<String>,
}

/// Examples to choose from.
enum Pool {
    Loaded(Dataset),
    Listed(Listing),
}

impl Pool {
    fn len(&self) -> usize {
        match self {
            Self::Loaded(data) => data.len(),
            Self::Listed(listing) => listing.len(),
        }
    }

    fn take(&self, indices: &[usize]) -> Result<Dataset, DataError> {
        match self {
            Self::Loaded(data) => data.subset(indices),
            Self::Listed(listing) => listing.read(indices),
        }
    }

    /// `size` random examples (default: all), leaving out the last `apart`.
    fn part(
        self,
        apart: usize,
        size: Option<usize>,
        part: &'static str,
        seed: u64,
        number: u64,
    ) -> Result<Dataset, DataError> {
        let available = self.len() - apart;
        let name = match &self {
            Self::Loaded(data) => data.name(),
            Self::Listed(_) => tiny_imagenet::NAME,
        };
        let mut generator = numbered_generator(seed, Purpose::Subsample, number);
        let chosen = choose(name, available, size.unwrap_or(available), part, &mut generator)?;
        match (self, chosen) {
            (Self::Loaded(data), None) if apart == 0 => Ok(data),
            (pool, None) => pool.take(&(0..available).collect::<Vec<_>>()),
            (pool, Some(chosen)) => pool.take(&chosen),
        }
    }
}

/// The training and the validation set.
fn divide(spec: &DataSpec, pool: Pool, seed: u64) -> Result<(Dataset, Option<Dataset>), DataError> {
    let Some(validation) = spec.validation else {
        return Ok((pool.part(0, spec.train, "training", seed, 0)?, None));
    };
    let (apart, all) = (validation.examples, pool.len());
    if apart >= all {
        return Err(DataError::InvalidSetting {
            key: "validation.examples",
            expected: format!("below {all}, the number of examples to choose from"),
            found: apart.to_string(),
        });
    }
    let validation = pool.take(&(all - apart..all).collect::<Vec<_>>())?;
    Ok((pool.part(apart, spec.train, "training", seed, 0)?, Some(validation)))
}

fn find(spec: &DataSpec, data_dir: Option<&Path>, seed: u64) -> Result<Found, DataError> {
    let entry = registry::source(spec.source);
    let directory = || data_dir.ok_or(DataError::NoDataDirectory { origin: entry.name, files: &entry.origin });
    let generated = |train: usize, test: usize| {
        let train = spec.train.unwrap_or(train) + spec.validation.map_or(0, |validation| validation.examples);
        (train, spec.test.unwrap_or(test))
    };
    let mut notes = Vec::new();
    let mut full = None;
    let (train, test) = match spec.source {
        Source::Strokes => {
            let (train, test) = generated(10_000, 2_000);
            let strokes = spec.strokes.unwrap_or_default();
            (strokes.generate(train, 0, seed)?, strokes.generate(test, TEST_START, seed)?)
        }
        Source::TwoCircles => {
            let (train, test) = generated(100, 1_000);
            let circles = spec.two_circles.unwrap_or_default();
            (circles.generate(train, 0, seed)?, circles.generate(test, TEST_START, seed)?)
        }
        Source::Product => {
            let (train, test) = generated(200, 10_000);
            let product = spec.product.unwrap_or_default();
            (product.generate(train, 0, seed)?, product.generate(test, TEST_START, seed)?)
        }
        Source::Mnist => idx::load(entry.name, directory()?, "mnist", &entry.origin)?,
        Source::FashionMnist => idx::load(entry.name, directory()?, "fashion-mnist", &entry.origin)?,
        Source::Cifar10 => {
            let found = cifar::load(directory()?, &entry.origin)?;
            if found.batches.len() < cifar::TRAINING_BATCHES {
                notes.push(format!(
                    "cifar10: {} of {} training batches are there ({:?}), {} examples",
                    found.batches.len(),
                    cifar::TRAINING_BATCHES,
                    found.batches,
                    found.train.len()
                ));
            }
            full = Some(cifar::TRAINING_EXAMPLES);
            (found.train, found.test)
        }
        Source::Cifar100 => {
            full = Some(cifar::TRAINING_EXAMPLES);
            spec.cifar100.unwrap_or_default().load(directory()?, &entry.origin)?
        }
        Source::Svhn => svhn::load(directory()?, &entry.origin)?,
        Source::TinyImagenet => {
            let found = tiny_imagenet::list(directory()?, &entry.origin)?;
            let all = tiny_imagenet::CLASSES * tiny_imagenet::PER_CLASS;
            if found.train.len() < all {
                notes.push(format!("tiny_imagenet: {} of {all} training images are there", found.train.len()));
            }
            let (train, test) = (Pool::Listed(found.train), Pool::Listed(found.validation));
            return Ok(Found { train, test, full: all, notes });
        }
        Source::FacialKeypoints => {
            let keypoints = spec.facial_keypoints.unwrap_or_default();
            keypoints.load(directory()?, spec.test, seed, &entry.origin)?
        }
    };
    let full = full.unwrap_or(train.len());
    Ok(Found { train: Pool::Loaded(train), test: Pool::Loaded(test), full, notes })
}
