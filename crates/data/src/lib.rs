//! Data sets for Consilience: where examples come from, how they are corrupted, and in which order training sees them.
//!
//! * [`Dataset`]: inputs (channels last), targets, true labels, and the index of each example in its source.
//! * [`sources`]: MNIST and Fashion-MNIST (IDX), CIFAR-10 and CIFAR-100 (binary versions), SVHN (MATLAB files), Kaggle's facial
//!   keypoints (CSV), each plain, `.gz` or `.zst`; Tiny-ImageNet (folders of JPEG images).
//! * [`synthetic`]: sources that need no file, `two_circles`, `strokes` and `product`.
//! * [`corruption`]: label noise and human labels that keep every example's pristine or corrupt tag, noise on target values,
//!   motion blur.
//! * [`Augmentation`]: random crops and flips of training images, drawn anew in every epoch.
//! * [`loader`]: the seeded order of every epoch, cut into mini-batches.
//! * [`seeds`]: one random generator per purpose, so that no part of a run disturbs another.
//! * [`DataSpec`] and [`load`]: the `[data]` table of a configuration file, and what it yields.
//! * [`inspection`]: what a file or folder holds, and what is wrong with it.
//! * [`registry`]: what there is, for people, with the [`origin`] of every file.
//!
//! ```
//! use consilience_data::{DataSpec, Source, load};
//!
//! let spec = DataSpec { train: Some(200), test: Some(50), ..DataSpec::new(Source::Strokes) };
//! let split = load(&spec, None, 0)?;
//! assert_eq!((split.train.len(), split.test.len()), (200, 50));
//! assert_eq!(split.train.shape().features(), 784);
//! # Ok::<(), consilience_data::DataError>(())
//! ```

#![deny(unnameable_types)]

mod augmentation;
pub mod corruption;
mod dataset;
mod error;
pub mod inspection;
mod load;
pub mod loader;
mod normalisation;
pub mod origin;
pub mod registry;
pub mod seeds;
pub mod sources;
mod spec;
mod subsample;
pub mod synthetic;

pub use augmentation::{Augmentation, AugmentationSpec};
pub use corruption::human_labels::HumanLabels;
pub use corruption::label_noise::{LabelNoise, LabelNoiseKind};
pub use corruption::motion_blur::MotionBlur;
pub use corruption::target_noise::TargetNoise;
pub use dataset::{Dataset, Example, ExampleShape, Target, Targets};
pub use error::DataError;
pub use load::{Split, load};
pub use loader::{Batches, LastBatch, Order};
pub use normalisation::Normalisation;
pub use spec::{DataSpec, NormalisationSpec, Source, Validation};
pub use subsample::subsample;
