//! `run.toml`: what was run, and how it ended.

use crate::FORMAT;
use crate::instant::UtcTime;
use serde::{Deserialize, Serialize};

/// How far a run came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Started and not ended: it is still going on, or it was killed. Its metrics are those written so far.
    #[default]
    Running,
    /// Ran to its end.
    Finished,
    /// Stopped early by an error, which [`RunDescription::error`] holds. What was recorded before is kept.
    Failed,
    /// Stopped after a step because somebody asked for it, or because nothing could be written any more. What was recorded before
    /// is kept, and so are the weights after the last step where they could be written; the run can be gone on with.
    Interrupted,
}

/// The program that ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The command line, argument by argument.
    pub command: Vec<String>,
    /// Threads it computed on.
    pub threads: usize,
}

/// That a run was gone on with after it had been killed or interrupted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resumption {
    /// When.
    pub at: UtcTime,
    /// Updates made before, which were not made again.
    pub step: u64,
    /// The program that went on.
    pub program: Program,
}

/// The data, counted after everything that the settings ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataDescription {
    /// Name of the source.
    pub source: String,
    /// Training examples.
    pub train: usize,
    /// Training examples whose given label differs from the true one.
    pub train_corrupt: usize,
    /// Test examples.
    pub test: usize,
    /// Validation examples, where some are set apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<usize>,
    /// Height, width and channels of an example.
    pub shape: Vec<usize>,
    /// Classes, or outputs when targets are values.
    pub outputs: usize,
    /// What a person should know, such as missing parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Everything in `run.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunDescription {
    /// The version of the format of the run directory; 0 for directories that do not say.
    #[serde(default)]
    pub format: u32,
    /// How far the run came.
    #[serde(default)]
    pub status: Status,
    /// What stopped it, when it failed or was interrupted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Name of the method, for people.
    #[serde(default)]
    pub method: String,
    /// When it started.
    #[serde(default)]
    pub started: UtcTime,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<UtcTime>,
    /// How long it took, without the time between a kill and going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The seed from which everything random follows.
    #[serde(default)]
    pub seed: u64,
    /// The program that ran.
    #[serde(default)]
    pub program: Program,
    /// The data.
    #[serde(default)]
    pub data: DataDescription,
    /// The settings as resolved, every default written out: a configuration file that repeats the run.
    #[serde(default)]
    pub settings: toml::Table,
    /// When it was gone on with, if it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Resumption>,
}

/// The table of the settings that says when checkpoints are written, which changes no result.
pub const CHECKPOINT_SETTINGS: &str = "checkpoints";

/// The table of the settings that says what is written beside the metrics, which changes no result.
const RECORD_SETTINGS: &str = "record";

/// The settings that results depend on: two runs of the same are the same run.
#[must_use]
pub fn result_settings(settings: &toml::Table) -> toml::Table {
    let mut settings = settings.clone();
    settings.retain(|key, _| key != CHECKPOINT_SETTINGS && key != RECORD_SETTINGS);
    settings
}

impl RunDescription {
    /// A checksum of the settings that results depend on.
    pub(crate) fn settings_checksum(&self) -> u32 {
        crc32fast::hash(result_settings(&self.settings).to_string().as_bytes())
    }
}

/// The description that `table` holds, as far as it can be read, and what could not be, a sentence each.
pub(crate) fn from_table(table: toml::Table) -> (RunDescription, Vec<String>) {
    let mut problems = Vec::new();
    match table.get("format").and_then(toml::Value::as_integer) {
        Some(version) if version > i64::from(FORMAT) => problems.push(format!(
            "the run has version {version} of the format and this program knows {FORMAT}: what it knows is read"
        )),
        _ => {}
    }
    if !table.contains_key("status") {
        problems.push("`status` is missing: the run is taken for one that was killed".to_owned());
    }
    let alone = |key: &str, value: &toml::Value| {
        toml::Table::from_iter([(key.to_owned(), value.clone())]).try_into::<RunDescription>()
    };
    let mut known = toml::Table::new();
    for (key, value) in table {
        match alone(&key, &value) {
            Ok(_) => {
                known.insert(key, value);
            }
            Err(error) => problems.push(format!("`{key}` is left out: {}", error.message())),
        }
    }
    // Every key was read alone, and none is required.
    let description = known.try_into().unwrap_or_default();
    (description, problems)
}
