//! Readers of settings. They take text; how files become text is read elsewhere.

use consilience_experiments::{Experiment, Grid, Scale};
use consilience_run::{Override, Plan};
use std::io;
use std::path::Path;

/// A configuration file, and a value on the command line.
#[expect(clippy::unnecessary_wraps, reason = "one type for all readers")]
pub(crate) fn settings(_: &Path, bytes: &[u8]) -> io::Result<()> {
    let text = String::from_utf8_lossy(bytes);
    let _ = Plan::parse("any", "any.toml", &text, &[]);
    let path = vec!["train".to_owned(), "learning_rate".to_owned()];
    let _ = Plan::parse("any", "any.toml", "", &[Override { path, value: text.into_owned() }]);
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "one type for all readers")]
pub(crate) fn experiment(_: &Path, bytes: &[u8]) -> io::Result<()> {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(experiment) = Experiment::parse("any.toml", &text) {
        let _ = Grid::new(&experiment, Scale::Smoke);
    }
    Ok(())
}
