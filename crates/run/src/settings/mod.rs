//! What a run is asked to do.

mod checkpoints;
mod configuration;
mod plan;
mod record;
#[cfg(test)]
mod tests;

pub use checkpoints::CheckpointSpec;
pub(crate) use configuration::apply;
pub use configuration::{Configuration, Draft, Override};
pub(crate) use plan::written;
pub use plan::{Method, Plan};
pub use record::RecordSpec;

use crate::SettingsError;
use crate::document::{Node, explain};
use consilience_data::{DataError, DataSpec};
use consilience_nn::Initialisation;
use consilience_nn::models::ModelSpec;
use consilience_record::CHECKPOINT_SETTINGS;
use consilience_train::{MonitorSpec, SpecError, TrainSpec};
use serde::{Deserialize, Serialize};

/// The settings of one run, every default filled in. As TOML, a configuration file that repeats the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// The seed from which everything random follows. Default 0.
    #[serde(default)]
    pub seed: u64,
    /// The seed from which everything random in the data follows: the sub-sample, the label noise, what built-in sources
    /// generate. Given apart where one initialisation is trained on several data sets. Default: `seed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_seed: Option<u64>,
    /// How parameters are drawn before training. Default `torch_default`.
    #[serde(default)]
    pub initialisation: Initialisation,
    /// The data.
    pub data: DataSpec,
    /// The network.
    pub model: ModelSpec,
    /// How it is trained.
    #[serde(default)]
    pub train: TrainSpec,
    /// What is measured of the gradients.
    #[serde(default)]
    pub monitor: MonitorSpec,
    /// When the state is saved from which the run can go on.
    #[serde(default)]
    pub checkpoints: CheckpointSpec,
    /// What is written down beside the metrics.
    #[serde(default, skip_serializing_if = "RecordSpec::is_default")]
    pub record: RecordSpec,
}

impl RunSettings {
    /// Settings as `document` holds them, checked as far as that needs no data.
    ///
    /// # Errors
    /// When `document` holds an unknown key (with the nearest valid one), a value of the wrong type or out of range.
    pub fn read(document: &Node) -> Result<Self, SettingsError> {
        let settings: Self = explain::read(document)?;
        check(&settings, document)?;
        Ok(settings)
    }

    /// The seed from which everything random in the data follows.
    pub fn data_seed(&self) -> u64 {
        self.data_seed.unwrap_or(self.seed)
    }
}

/// Checks what can be checked without data.
fn check(settings: &RunSettings, document: &Node) -> Result<(), SettingsError> {
    settings.data.check().map_err(|error| match error {
        DataError::InvalidSetting { key, expected, found } => {
            explain::refused(document, "data", key, &expected, &found)
        }
        other => SettingsError::new(format!("`data`: {other} ({})", explain::place(document, "data"))),
    })?;
    settings.train.validate().map_err(|error| spec_failure(error, "train", document))?;
    settings.monitor.validate().map_err(|error| spec_failure(error, "monitor", document))?;
    settings.checkpoints.validate().map_err(|error| spec_failure(error, CHECKPOINT_SETTINGS, document))
}

fn spec_failure(error: SpecError, section: &str, document: &Node) -> SettingsError {
    match error {
        SpecError::OutOfRange { key, expected, got } => explain::refused(document, section, key, &expected, &got),
        SpecError::Conflict { first, second } => {
            let place = |key: &str| explain::place(document, &format!("{section}.{key}"));
            SettingsError::new(format!("`{section}.{first}` and `{section}.{second}` cannot both be given"))
                .hint(format!("leave one of them out: `{first}` ({}), `{second}` ({})", place(first), place(second)))
        }
        SpecError::UnknownQuantity { name, nearest } => {
            let place = explain::place(document, &format!("{section}.quantities"));
            let failure =
                SettingsError::new(format!("unknown quantity \"{name}\" in `{section}.quantities` ({place})"));
            match nearest {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`consilience list quantities` lists them all"),
            }
        }
        SpecError::UnknownScore { name, nearest } => {
            let place = explain::place(document, &format!("{section}.scores"));
            let failure = SettingsError::new(format!("unknown score \"{name}\" in `{section}.scores` ({place})"));
            match nearest {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`consilience list scores` lists them all"),
            }
        }
        other => SettingsError::new(format!("`{section}`: {other} ({})", explain::place(document, section))),
    }
}

/// A name that file systems like: lower-case letters, digits and single hyphens.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_alphanumeric() {
            slug.extend(character.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let trimmed = slug.trim_end_matches('-');
    if trimmed.is_empty() { "run".to_owned() } else { trimmed.to_owned() }
}
