//! How far the run of a directory is.

use consilience_record::{RunReader, Status};
use consilience_run::first_difference;
use std::path::Path;

/// How far the run of a directory is, judged by what is on disk alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is there, or something that is no run.
    Absent,
    /// Begun and not ended, ended by an error, of other settings or not whole: why, in words. To be carried out again.
    Unfinished(String),
    /// Ended, with the settings asked for, and whole.
    Ended {
        /// What made it stop early, if its numbers were no longer finite; what it recorded before stands.
        diverged: Option<String>,
    },
}

impl Standing {
    /// How far the run in `directory` is when it should have the settings `settings`, every default written out.
    pub fn of(directory: &Path, settings: &toml::Table) -> Self {
        let Ok(run) = RunReader::open(directory) else { return Self::Absent };
        let description = run.description();
        let unfinished = |why: &str| Self::Unfinished(why.to_owned());
        if let Some(difference) = first_difference(&description.settings, settings) {
            return Self::Unfinished(format!("it has other settings: {difference}"));
        }
        let error = || description.error.clone().unwrap_or_default();
        let has_weights = run.weights().is_ok_and(|weights| weights.is_some());
        let diverged = match description.status {
            Status::Finished => None,
            // An error leaves no weights; numbers that are no longer finite do, because that is how the run ends.
            Status::Failed if has_weights => Some(error()),
            Status::Failed => return Self::Unfinished(format!("failed: {}", error())),
            Status::Interrupted => return Self::Unfinished(error()),
            Status::Running => return unfinished("begun and not ended"),
        };
        let whole = run.metrics().is_ok_and(|lines| lines.is_whole() && !lines.records.is_empty());
        if whole && has_weights { Self::Ended { diverged } } else { unfinished("its files are not whole") }
    }

    /// Whether the run has ended.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }
}
