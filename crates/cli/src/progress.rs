//! How far a run is, on standard error: a bar on a terminal, a line per evaluation elsewhere.

use crate::printer::{Talk, percent};
use consilience_train::{EvaluationRecord, Observer, ObserverError, StepRecord};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};

/// The progress of one method.
#[derive(Debug)]
pub struct Progress {
    method: String,
    steps: u64,
    talk: Talk,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins to show the progress of `method` from step `from` over `steps` steps, unless `talk` is quiet.
    pub fn begin(method: &str, from: u64, steps: u64, talk: Talk) -> Self {
        let bar = (!talk.is_quiet() && stderr().is_terminal()).then(|| {
            // No colours anywhere, so NO_COLOR is honoured. The template is fixed; the fallback is never seen.
            let style = ProgressStyle::with_template("{prefix}  [{bar:32}] {pos}/{len} steps, {eta} left  {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ");
            let bar = ProgressBar::new(steps).with_style(style).with_prefix(method.to_owned()).with_position(from);
            bar.reset_eta();
            bar
        });
        if bar.is_none() {
            talk.say(&format!("{method}: {steps} steps"));
        }
        Self { method: method.to_owned(), steps, talk, bar }
    }

    /// Leaves the last state standing.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}

impl Observer for Progress {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        if let Some(bar) = &self.bar {
            bar.set_position(record.step + 1);
        }
        Ok(())
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        let accuracy =
            record.get("test_accuracy").map_or_else(String::new, |share| format!("test accuracy {}", percent(share)));
        match &self.bar {
            Some(bar) => bar.set_message(accuracy),
            None => self.talk.say(&format!(
                "{}: step {} of {}, epoch {}  {accuracy}",
                self.method, record.step, self.steps, record.epoch
            )),
        }
        Ok(())
    }
}
