//! `consilience compare`.

use consilience_report::compare::Measure;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience compare runs/demo
      every method below a directory, mean and standard deviation over its seeds
  consilience compare runs/a runs/b --measures test_accuracy,test_accuracy:max,gsnr_mean:mean
      the last and the highest test accuracy, and the mean GSNR
  consilience compare results -o comparison.html
      a page; .csv, .tex, .md and .txt are for programs, papers and notes";

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// Run directories, or directories that hold some, however deep
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Recorded values to compare, in this order: NAME is the last one, NAME:mean, NAME:min and NAME:max are over the run;
    /// `seconds_per_step` and `seconds` are times [default: losses, accuracies, GSNR, m-coherence and the time of a step]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub measures: Vec<Measure>,
    /// How the table is written [default: as the name of FILE ends, or text]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write into FILE instead of printing, over what it held; `-` prints
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For the terminal
    Text,
    /// For programs: a line per method and measure, values as they were recorded
    Csv,
    /// For papers: a `table` environment with the package booktabs
    Latex,
    /// A page of its own, light and dark
    Html,
    /// For notes
    Markdown,
}

impl Format {
    /// The format of files whose names end like that of `path`.
    pub fn of_file(path: &std::path::Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "txt" => Self::Text,
            "csv" => Self::Csv,
            "tex" => Self::Latex,
            "html" | "htm" => Self::Html,
            "md" => Self::Markdown,
            _ => return None,
        })
    }
}
