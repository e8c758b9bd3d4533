//! Gaussian noise on targets that are values.

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::seeds::{Purpose, numbered_generator};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// The scale beyond which a setting is taken for a slip.
const LARGEST: f64 = 1e6;

/// Independent noise from N(0, scale^2) on every target of the training set (section 5.2 of Szolnoky et al. 2022, MGS, with
/// scales 0 to 30 on pixel coordinates). A target that is missing stays missing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetNoise {
    /// Standard deviation, in the units of the targets; from 0 to 1e6.
    pub scale: f64,
}

impl TargetNoise {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when the scale is out of its range.
    pub fn check(&self) -> Result<(), DataError> {
        crate::synthetic::check_range("target_noise.scale", self.scale, 0.0, LARGEST)
    }

    /// Adds the noise to the targets of `data`. That of an example follows from the seed and its id alone.
    ///
    /// # Errors
    /// As [`TargetNoise::check`]; [`DataError::WrongTargets`] when the targets are classes.
    pub fn apply(&self, data: &mut Dataset, seed: u64) -> Result<(), DataError> {
        self.check()?;
        let Some((values, outputs, ids)) = data.values_and_ids() else {
            return Err(data.wrong_targets("target noise", "values"));
        };
        for (row, &id) in values.chunks_exact_mut(outputs).zip(ids) {
            let mut generator = numbered_generator(seed, Purpose::TargetNoise, id as u64);
            for value in row {
                let noise: f64 = StandardNormal.sample(&mut generator);
                *value = (f64::from(*value) + self.scale * noise) as f32;
            }
        }
        Ok(())
    }
}
