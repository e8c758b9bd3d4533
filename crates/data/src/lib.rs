//! Data sets for Consilience: where examples come from, how they are corrupted, and in which order training sees them.
//!
//! * [`Dataset`]: inputs (channels last), targets, true labels, and the index of each example in its source.
//! * [`sources`]: MNIST and Fashion-MNIST (IDX), CIFAR-10 (binary version), each plain, `.gz` or `.zst`.
//! * [`synthetic`]: sources that need no file, `two_circles` and `strokes`.
//! * [`corruption`]: label noise that keeps every example's pristine or corrupt tag.
//! * [`loader`]: the seeded order of every epoch, cut into mini-batches.
//! * [`seeds`]: one random generator per purpose, so that no part of a run disturbs another.
//! * [`DataSpec`] and [`load`]: the `[data]` table of a configuration file, and what it yields.
//! * [`registry`]: what there is, for people.
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

pub mod corruption;
mod dataset;
mod error;
pub mod loader;
mod normalisation;
pub mod registry;
pub mod seeds;
pub mod sources;
mod spec;
mod subsample;
pub mod synthetic;

pub use corruption::label_noise::{LabelNoise, LabelNoiseKind};
pub use dataset::{Dataset, Example, ExampleShape, Target, Targets};
pub use error::DataError;
pub use loader::{Batches, LastBatch, Order};
pub use normalisation::Normalisation;
pub use spec::{DataSpec, NormalisationSpec, Source, Split, load};
pub use subsample::subsample;
