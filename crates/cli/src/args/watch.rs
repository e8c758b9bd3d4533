//! `consilience watch`.

use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience watch runs/demo/plain-sgd
      a run, going on or ended, in the terminal: curves, quantities, layers, the time left
  consilience watch runs
      the run below a directory that was started last
  consilience watch runs/demo --plain | tee demo.log
      lines of text, one for each evaluation, until the run ends

Keys: q, Esc or Ctrl-C quits; tab shows the layers of the next quantity; the arrows scroll; l changes the scale of the curves.";

/// Arguments of `watch`.
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    /// A run directory; of a directory that holds several the run that goes on, or else the last
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Lines of text instead of a view, as wherever standard output is no terminal
    #[arg(long)]
    pub plain: bool,
}
