//! Label noise of the three kinds the papers use.

use crate::dataset::{Dataset, Targets};
use crate::error::DataError;
use crate::seeds::{Purpose, numbered_generator};
use rand::seq::{SliceRandom, index};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// How labels are corrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LabelNoiseKind {
    /// Every example is selected with probability `fraction`, on its own; the labels of the selected ones are permuted among
    /// them. The number of examples of each class stays what it was, and some selected examples receive their own label
    /// again (one in C, for C balanced classes). Coherent Gradients (Chatterjee 2020), official code.
    Permute,
    /// Exactly round(fraction * N) examples, chosen at random, receive a label drawn uniformly from the *other* C - 1
    /// classes: `fraction` of the labels are wrong.
    UniformOther,
    /// Exactly round(fraction * N) examples, chosen at random, receive a label drawn uniformly from *all* C classes: about
    /// `fraction` * (C - 1) / C of the labels are wrong.
    UniformAny,
}

/// Label noise: its kind and how much of it.
///
/// ```
/// use consilience_data::{LabelNoise, LabelNoiseKind};
/// use consilience_data::seeds::{Purpose, generator};
///
/// let noise = LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.5 };
/// let given = noise.corrupt(&[3; 10], 4, &mut generator(0, Purpose::LabelNoise))?;
/// assert_eq!(given.iter().filter(|&&label| label != 3).count(), 5);
/// # Ok::<(), consilience_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelNoise {
    /// How labels are corrupted.
    pub kind: LabelNoiseKind,
    /// The share of examples concerned, from 0 to 1.
    pub fraction: f64,
}

impl LabelNoise {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when `fraction` is not from 0 to 1.
    pub fn check(&self) -> Result<(), DataError> {
        if (0.0..=1.0).contains(&self.fraction) {
            return Ok(());
        }
        Err(DataError::InvalidSetting {
            key: "label_noise.fraction",
            expected: "a number from 0 to 1".to_owned(),
            found: self.fraction.to_string(),
        })
    }

    /// The given labels `[N]` that corruption makes of `labels` `[N]`.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when `fraction` is not from 0 to 1, or fewer than two classes leave no other label.
    pub fn corrupt<R: Rng>(&self, labels: &[u32], classes: usize, rng: &mut R) -> Result<Vec<u32>, DataError> {
        self.check()?;
        let classes = u32::try_from(classes).ok().filter(|&classes| classes >= 2).ok_or_else(|| {
            let expected = "used with data of at least 2 classes".to_owned();
            DataError::InvalidSetting { key: "label_noise", expected, found: format!("{classes} classes") }
        })?;
        let mut given = labels.to_vec();
        match self.kind {
            LabelNoiseKind::Permute => {
                let chosen: Vec<usize> = (0..labels.len()).filter(|_| rng.random_bool(self.fraction)).collect();
                let mut shuffled: Vec<u32> = chosen.iter().map(|&index| labels[index]).collect();
                shuffled.shuffle(rng);
                for (index, label) in chosen.into_iter().zip(shuffled) {
                    given[index] = label;
                }
            }
            LabelNoiseKind::UniformOther => {
                for index in self.exact_share(labels.len(), rng) {
                    let step = rng.random_range(1..classes);
                    given[index] = ((u64::from(given[index]) + u64::from(step)) % u64::from(classes)) as u32;
                }
            }
            LabelNoiseKind::UniformAny => {
                for index in self.exact_share(labels.len(), rng) {
                    given[index] = rng.random_range(0..classes);
                }
            }
        }
        Ok(given)
    }

    /// Corrupts the given labels of `data`, whose true labels are kept. Deterministic per seed.
    ///
    /// # Errors
    /// As [`LabelNoise::corrupt`]; [`DataError::WrongTargets`] when the targets are values.
    pub fn apply(&self, data: Dataset, seed: u64) -> Result<Dataset, DataError> {
        self.apply_to(data, seed, 0)
    }

    /// As [`LabelNoise::apply`], drawn independently for each `number`: 0 is the training set, 1 the test set.
    pub(crate) fn apply_to(&self, data: Dataset, seed: u64, number: u64) -> Result<Dataset, DataError> {
        let given = match data.targets() {
            Targets::Classes { labels, classes } => {
                self.corrupt(labels, *classes, &mut numbered_generator(seed, Purpose::LabelNoise, number))?
            }
            Targets::Values { .. } => return Err(data.wrong_targets("label noise", "classes")),
        };
        data.with_given_labels(given)
    }

    fn exact_share<R: Rng>(&self, examples: usize, rng: &mut R) -> Vec<usize> {
        let amount = (self.fraction * examples as f64).round() as usize;
        index::sample(rng, examples, amount.min(examples)).into_vec()
    }
}
