use serde::{Deserialize, Serialize};

/// The `[record]` table of a configuration file: what a run writes down beside its metrics.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordSpec {
    /// Whether the numbers of the metrics are written to a TensorBoard event file in the run directory, too. Default: yes.
    pub tensorboard: bool,
}

impl Default for RecordSpec {
    fn default() -> Self {
        Self { tensorboard: true }
    }
}

impl RecordSpec {
    /// Whether all settings are the default ones. Settings written down then leave the table out: what is recorded does not
    /// make a run another one.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
