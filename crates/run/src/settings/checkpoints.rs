use consilience_train::{Schedule, SpecError};
use serde::{Deserialize, Serialize};

/// The `[checkpoints]` table of a configuration file: when the state of a run is saved, so that `run --resume` goes on from there.
/// It changes no result.
///
/// ```
/// use consilience_run::CheckpointSpec;
///
/// let spec: CheckpointSpec = toml::from_str("minutes = 30\nevery = 1000")?;
/// assert_eq!((spec.minutes, spec.keep), (30.0, 2));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckpointSpec {
    /// Minutes between two checkpoints; longer where writing one takes so long that it would cost more than a hundredth of the
    /// time. 0: none but those of `every` and of an interruption. Default 5.
    pub minutes: f64,
    /// How many of the last of these are kept while the run goes on; none once it is finished. Default 2.
    pub keep: usize,
    /// Steps before which a checkpoint is written that is kept for good: a number between two, `"log"`, or a list. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Schedule>,
}

impl Default for CheckpointSpec {
    fn default() -> Self {
        Self { minutes: 5.0, keep: 2, every: None }
    }
}

impl CheckpointSpec {
    /// Checks the settings.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(&self) -> Result<(), SpecError> {
        let refuse =
            |key, expected: &str, got: String| Err(SpecError::OutOfRange { key, expected: expected.into(), got });
        if !(self.minutes.is_finite() && self.minutes >= 0.0) {
            return refuse("minutes", "a finite number of at least 0", self.minutes.to_string());
        }
        if self.keep == 0 {
            return refuse("keep", "at least 1", "0".to_owned());
        }
        if self.every == Some(Schedule::Every(0)) {
            return refuse("every", "a number of steps of at least 1, \"log\" or a list", "0".to_owned());
        }
        Ok(())
    }

    /// Whether the checkpoint before `step` is kept for good.
    pub fn is_kept(&self, step: u64) -> bool {
        self.every.as_ref().is_some_and(|every| every.is_due(step))
    }
}
