//! The `[data]` table of a configuration file.

use crate::augmentation::{Augmentation, AugmentationSpec};
use crate::corruption::human_labels::HumanLabels;
use crate::corruption::label_noise::LabelNoise;
use crate::corruption::motion_blur::MotionBlur;
use crate::corruption::target_noise::TargetNoise;
use crate::error::DataError;
use crate::normalisation::Normalisation;
use crate::registry;
use crate::sources::{cifar::Cifar100, facial_keypoints::FacialKeypoints};
use crate::synthetic::{product::Product, strokes::Strokes, two_circles::TwoCircles};
use serde::{Deserialize, Serialize};

/// Where examples come from. Names in configuration files are in snake case: `fashion_mnist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Built in: 28 x 28 grey digits drawn from pen strokes.
    Strokes,
    /// Built in: two noisy concentric circles.
    TwoCircles,
    /// Built in: the product of two numbers, a regression.
    Product,
    /// MNIST, read from IDX files.
    Mnist,
    /// Fashion-MNIST, read from IDX files.
    FashionMnist,
    /// CIFAR-10, read from its binary version.
    Cifar10,
    /// CIFAR-100, read from its binary version.
    Cifar100,
    /// Cropped digits of Street View House Numbers, read from MATLAB files.
    Svhn,
    /// Tiny-ImageNet-200, read from its folders of JPEG images.
    TinyImagenet,
    /// Kaggle's facial keypoints, read from its CSV file: a regression.
    FacialKeypoints,
}

/// How inputs are normalised, after pixels have been scaled to 0..1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
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

/// A part of the source's training set that is set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// How many examples: the last ones of the source's training set, in its own order. Training examples are drawn from the
    /// others. With 10,000 of CIFAR's 50,000 this is the split of the official code of Novack et al. 2022 (Disentangling).
    pub examples: usize,
    /// Whether these examples take the place of the test set, and the test set theirs, as that code does for CIFAR-10 when it
    /// reports final accuracies. Default: not.
    #[serde(default)]
    pub swap_with_test: bool,
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
    /// 10,000 for `strokes`; 100 for `two_circles`; 200 for `product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<usize>,
    /// Number of test examples. Default: all of them; 2,000 for `strokes`; 1,000 for `two_circles`; 10,000 for `product`; a fifth
    /// of the faces for `facial_keypoints`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<usize>,
    /// The last examples of the source's training set, set apart. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// How inputs are normalised, after any blur. Default: not at all.
    #[serde(default)]
    pub normalisation: NormalisationSpec,
    /// Corruption of the training labels. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_noise: Option<LabelNoise>,
    /// Whether the test labels are corrupted in the same way, independently: training and test set then come from one
    /// distribution. Default: not, the test labels stay true.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub label_noise_on_test: bool,
    /// Training labels that people gave, from a file. Default: none. Not together with `label_noise`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_labels: Option<HumanLabels>,
    /// Noise on training targets that are values. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_noise: Option<TargetNoise>,
    /// Motion blur of training images. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motion_blur: Option<MotionBlur>,
    /// Random transformations of training images, drawn anew in every epoch. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augmentation: Option<AugmentationSpec>,
    /// Settings of the source `strokes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strokes: Option<Strokes>,
    /// Settings of the source `two_circles`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub two_circles: Option<TwoCircles>,
    /// Settings of the source `product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
    /// Settings of the source `cifar100`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cifar100: Option<Cifar100>,
    /// Settings of the source `facial_keypoints`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facial_keypoints: Option<FacialKeypoints>,
}

impl DataSpec {
    /// All of `source`, uncorrupted, not normalised.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            train: None,
            test: None,
            validation: None,
            normalisation: NormalisationSpec::None,
            label_noise: None,
            label_noise_on_test: false,
            human_labels: None,
            target_noise: None,
            motion_blur: None,
            augmentation: None,
            strokes: None,
            two_circles: None,
            product: None,
            cifar100: None,
            facial_keypoints: None,
        }
    }

    /// Checks everything that can be checked without reading data; [`load`](crate::load) begins with it.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`].
    pub fn check(&self) -> Result<(), DataError> {
        let most = if registry::source(self.source).origin.needs_files() { usize::MAX } else { MOST_GENERATED };
        let validation = self.validation.map(|validation| validation.examples);
        for (key, size) in [("train", self.train), ("test", self.test), ("validation.examples", validation)] {
            if let Some(size) = size.filter(|size| !(1..=most).contains(size)) {
                let upper = if size == 0 { String::new() } else { format!(" and at most {most} for built-in sources") };
                let expected = format!("at least 1{upper}");
                return Err(DataError::InvalidSetting { key, expected, found: size.to_string() });
            }
        }
        for (key, given, source) in [
            ("strokes", self.strokes.is_some(), Source::Strokes),
            ("two_circles", self.two_circles.is_some(), Source::TwoCircles),
            ("product", self.product.is_some(), Source::Product),
            ("cifar100", self.cifar100.is_some(), Source::Cifar100),
            ("facial_keypoints", self.facial_keypoints.is_some(), Source::FacialKeypoints),
        ] {
            if given && self.source != source {
                let expected = format!("left out unless `source` is \"{key}\"");
                let found = format!("settings beside source \"{}\"", registry::source(self.source).name);
                return Err(DataError::InvalidSetting { key, expected, found });
            }
        }
        self.strokes.unwrap_or_default().check()?;
        self.two_circles.unwrap_or_default().check()?;
        self.product.unwrap_or_default().check()?;
        if let NormalisationSpec::Fixed { mean, standard_deviation } = &self.normalisation {
            Normalisation::new(mean.clone(), standard_deviation.clone())?;
        }
        if let Some(augmentation) = self.augmentation {
            Augmentation::new(augmentation, 0, Vec::new())?;
        }
        self.motion_blur.map_or(Ok(()), |blur| blur.strength().map(|_| ()))?;
        self.target_noise.map_or(Ok(()), |noise| noise.check())?;
        if self.label_noise.is_some() && self.human_labels.is_some() {
            let expected = "left out beside `label_noise`, of which only one can say what the labels are".to_owned();
            return Err(DataError::InvalidSetting { key: "human_labels", expected, found: "both".to_owned() });
        }
        self.label_noise.map_or(Ok(()), |noise| noise.check())
    }
}

/// The most examples a built-in source generates: beyond it, a slip in a configuration file would fill the memory.
const MOST_GENERATED: usize = 1_000_000;
