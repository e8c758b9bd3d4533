//! `consilience report`.

use super::DATA_DIR_HELP;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience report runs/demo-20250101T120000Z
      every run below that directory, side by side, in report.html
  consilience report runs/mnist -o mnist.html --data-dir ~/data
      one run, with pictures of its most suspicious training examples
  consilience report runs/a runs/b runs/c --title \"Three learning rates\" -o - | gzip > rates.html.gz";

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Run directories, or directories that hold some
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// The file to write; an older report there is replaced. `-` for standard output
    #[arg(long, short, value_name = "FILE", default_value = "report.html")]
    pub out: PathBuf,
    /// The heading [default: the name of the run]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    // The help text is given apart because in the terminal it needs no markup.
    #[arg(long, value_name = "DIR", help = DATA_DIR_HELP)]
    pub data_dir: Option<PathBuf>,
    /// Replace the file even if it is no report
    #[arg(long)]
    pub force: bool,
    /// Say nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}
