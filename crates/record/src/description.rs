//! `run.toml`: what was run, and how it ended.

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
    /// Stopped after a step because somebody asked for it. What was recorded before is kept, and so are the weights.
    Interrupted,
}

/// The program that ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// The data, counted after everything that the settings ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataDescription {
    /// Name of the source.
    pub source: String,
    /// Training examples.
    pub train: usize,
    /// Training examples whose given label differs from the true one.
    pub train_corrupt: usize,
    /// Test examples.
    pub test: usize,
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
    /// How far the run came.
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
    /// How long it took.
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
}
