//! `consilience audit`.

use super::DATA_DIR_HELP;
use super::run::parse_override;
use consilience_run::Override;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience audit examples/audit-strokes.toml
      data in, suspicious examples out: seconds, no data files
  consilience audit examples/audit-mnist.toml --data-dir ~/data --csv mnist.csv --pictures mnist-suspects --top 60
      the same of MNIST, with a table of all examples and a sheet of the 60 most suspicious
  consilience run --set 'monitor.scores=[\"aum\", \"prediction\", \"agreement\"]' --out runs/demo
  consilience audit runs/demo/plain-sgd
      of a run that has scored its training examples while it trained";

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// The directory of a run that has scored its training examples; or a configuration file (TOML), whose data are then scored
    /// first, by networks that have not trained on the example
    #[arg(value_name = "RUN|CONFIG.toml")]
    pub subject: PathBuf,
    /// How many of the most suspicious examples to show
    #[arg(long, value_name = "K", value_parser = super::at_least_1, default_value = "20", allow_negative_numbers = true)]
    pub top: NonZeroUsize,
    /// The score to rank by [default: the first of those that the run has in the order in which they found wrong labels best]
    #[arg(long, value_name = "SCORE")]
    pub by: Option<String>,
    /// Write all examples there as CSV, the most suspicious first, over what it held
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write the examples shown there as pictures: a sheet of all, and a file each
    #[arg(long, value_name = "DIR")]
    pub pictures: Option<PathBuf>,
    // The help text is given apart because in the terminal it needs no markup.
    #[arg(long, value_name = "DIR", help = DATA_DIR_HELP)]
    pub data_dir: Option<PathBuf>,
    /// Of a configuration file: override a setting, as in `run`. May be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_override)]
    pub set: Vec<Override>,
    /// Of a configuration file that lists several methods: the one to train with
    #[arg(long, value_name = "NAME")]
    pub method: Option<String>,
    /// Of a configuration file: the number of parts, each of which is scored by a network trained on the others
    #[arg(long, value_name = "N", default_value = "2", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(2..))]
    pub parts: u16,
    /// Of a configuration file: the run directory to write [default: runs/audit-NAME-TIME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace that directory if it exists already
    #[arg(long)]
    pub force: bool,
    /// Threads to compute on; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = super::at_least_1, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}
