//! The `[data]` table of a configuration file, and the data sets it describes.

use crate::corruption::label_noise::LabelNoise;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::normalisation::Normalisation;
use crate::registry;
use crate::seeds::{Purpose, numbered_generator};
use crate::sources::{cifar, idx};
use crate::subsample::subsample;
use crate::synthetic::{TEST_START, strokes::Strokes, two_circles::TwoCircles};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where examples come from. Names in configuration files are in snake case: `fashion_mnist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Built in: 28 x 28 grey digits drawn from pen strokes.
    Strokes,
    /// Built in: two noisy concentric circles.
    TwoCircles,
    /// MNIST, read from IDX files.
    Mnist,
    /// Fashion-MNIST, read from IDX files.
    FashionMnist,
    /// CIFAR-10, read from its binary version.
    Cifar10,
}

/// How inputs are normalised, after pixels have been scaled to 0..1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NormalisationSpec {
    /// Not at all.
    #[default]
    None,
    /// Per channel to mean 0 and standard deviation 1 of the training set; the test set by the same numbers.
    TrainingSet,
    /// Per channel by given numbers.
    Fixed {
        /// Means, in units of the inputs, one per channel.
        mean: Vec<f32>,
        /// Standard deviations, in units of the inputs, one per channel.
        standard_deviation: Vec<f32>,
    },
}

/// The `[data]` table of a configuration file.
///
/// ```
/// use consilience_data::{DataSpec, LabelNoiseKind, Source};
///
/// let spec: DataSpec = toml::from_str(
///     r#"
///     source = "mnist"
///     train = 3000
///     label_noise = { kind = "permute", fraction = 0.4 }
///     "#,
/// )?;
/// assert_eq!((spec.source, spec.train, spec.test), (Source::Mnist, Some(3000), None));
/// assert_eq!(spec.label_noise.map(|noise| noise.kind), Some(LabelNoiseKind::Permute));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// Where examples come from.
    pub source: Source,
    /// Number of training examples: a random part of the source's, or as many as are to be generated. Default: all of them;
    /// 10,000 for `strokes`; 100 for `two_circles`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<usize>,
    /// Number of test examples. Default: all of them; 2,000 for `strokes`; 1,000 for `two_circles`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<usize>,
    /// How inputs are normalised. Default: not at all.
    #[serde(default)]
    pub normalisation: NormalisationSpec,
    /// Corruption of the training labels; the test set is never corrupted. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_noise: Option<LabelNoise>,
    /// Settings of the source `strokes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strokes: Option<Strokes>,
    /// Settings of the source `two_circles`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub two_circles: Option<TwoCircles>,
}

impl DataSpec {
    /// All of `source`, uncorrupted, not normalised.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            train: None,
            test: None,
            normalisation: NormalisationSpec::None,
            label_noise: None,
            strokes: None,
            two_circles: None,
        }
    }

    /// Checks everything that can be checked without reading data; [`load`] begins with it.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`].
    pub fn check(&self) -> Result<(), DataError> {
        let most = if self.generated() { MOST_GENERATED } else { usize::MAX };
        for (key, size) in [("train", self.train), ("test", self.test)] {
            if let Some(size) = size.filter(|size| !(1..=most).contains(size)) {
                let upper = if size == 0 { String::new() } else { format!(" and at most {most} for built-in sources") };
                let expected = format!("at least 1{upper}");
                return Err(DataError::InvalidSetting { key, expected, found: size.to_string() });
            }
        }
        for (key, given, source) in [
            ("strokes", self.strokes.is_some(), Source::Strokes),
            ("two_circles", self.two_circles.is_some(), Source::TwoCircles),
        ] {
            if given && self.source != source {
                let expected = format!("left out unless `source` is \"{key}\"");
                let found = format!("settings beside source \"{}\"", registry::source(self.source).name);
                return Err(DataError::InvalidSetting { key, expected, found });
            }
        }
        self.strokes.unwrap_or_default().check()?;
        self.two_circles.unwrap_or_default().check()?;
        if let NormalisationSpec::Fixed { mean, standard_deviation } = &self.normalisation {
            Normalisation::new(mean.clone(), standard_deviation.clone())?;
        }
        self.label_noise.map_or(Ok(()), |noise| noise.check())
    }

    fn generated(&self) -> bool {
        matches!(self.source, Source::Strokes | Source::TwoCircles)
    }
}

/// The most examples a built-in source generates: beyond it, a slip in a configuration file would fill the memory.
const MOST_GENERATED: usize = 1_000_000;

/// A training set and its test set, of the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Training examples, corrupted and normalised as asked for.
    pub train: Dataset,
    /// Test examples, never corrupted, normalised as the training set is.
    pub test: Dataset,
    /// What a person should know about the data, such as missing parts.
    pub notes: Vec<String>,
}

/// Reads or generates the data of `spec`: sub-samples, then corrupts the training labels, then normalises. Everything random
/// follows from `seed`. Built-in sources need no `data_dir`.
///
/// # Errors
/// Every [`DataError`].
pub fn load(spec: &DataSpec, data_dir: Option<&Path>, seed: u64) -> Result<Split, DataError> {
    spec.check()?;
    let entry = registry::source(spec.source);
    let directory = || data_dir.ok_or(DataError::NoDataDirectory { origin: entry.name, obtain: entry.obtain });
    let mut notes = Vec::new();
    let (train, test) = match spec.source {
        Source::Strokes => {
            let strokes = spec.strokes.unwrap_or_default();
            (
                strokes.generate(spec.train.unwrap_or(10_000), 0, seed)?,
                strokes.generate(spec.test.unwrap_or(2_000), TEST_START, seed)?,
            )
        }
        Source::TwoCircles => {
            let circles = spec.two_circles.unwrap_or_default();
            (
                circles.generate(spec.train.unwrap_or(100), 0, seed)?,
                circles.generate(spec.test.unwrap_or(1_000), TEST_START, seed)?,
            )
        }
        Source::Mnist => idx::load(entry.name, directory()?, "mnist", entry.obtain)?,
        Source::FashionMnist => idx::load(entry.name, directory()?, "fashion-mnist", entry.obtain)?,
        Source::Cifar10 => {
            let found = cifar::load(directory()?, entry.obtain)?;
            if found.batches.len() < cifar::TRAINING_BATCHES {
                notes.push(format!(
                    "cifar10: {} of {} training batches are there ({:?}), {} examples",
                    found.batches.len(),
                    cifar::TRAINING_BATCHES,
                    found.batches,
                    found.train.len()
                ));
            }
            (found.train, found.test)
        }
    };
    let part = |data: Dataset, size: Option<usize>, part, number| {
        let size = size.unwrap_or(data.len());
        subsample(data, size, part, &mut numbered_generator(seed, Purpose::Subsample, number))
    };
    let mut train = part(train, spec.train, "training", 0)?;
    let mut test = part(test, spec.test, "test", 1)?;
    if let Some(noise) = &spec.label_noise {
        train = noise.apply(train, seed)?;
    }
    let normalisation = match &spec.normalisation {
        NormalisationSpec::None => None,
        NormalisationSpec::TrainingSet => Some(Normalisation::of(&train)?),
        NormalisationSpec::Fixed { mean, standard_deviation } => {
            Some(Normalisation::new(mean.clone(), standard_deviation.clone())?)
        }
    };
    if let Some(normalisation) = normalisation {
        normalisation.apply(&mut train)?;
        normalisation.apply(&mut test)?;
    }
    Ok(Split { train, test, notes })
}
