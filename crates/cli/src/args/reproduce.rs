//! `consilience reproduce`.

use super::DATA_DIR_HELP;
use consilience_experiments::Scale;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience reproduce --list
  consilience reproduce coherent-fig4 --scale smoke
      a few seconds, without data files
  consilience reproduce coherent-fig4 --data-dir ~/data --jobs 2 --resume
      the scale at which the effect is visible; continued where it was stopped
  consilience reproduce my-experiment.toml --out results";

/// Arguments of `reproduce`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are independent of each other")]
pub struct ReproduceArgs {
    /// The names of experiments, or experiment files (TOML)
    #[arg(value_name = "NAME|FILE.toml", required_unless_present_any = ["all", "list"])]
    pub experiments: Vec<String>,
    /// Every experiment that comes with the program
    #[arg(long, conflicts_with_all = ["experiments", "list"])]
    pub all: bool,
    /// List the experiments that come with the program, and do nothing else
    #[arg(long)]
    pub list: bool,
    /// How much of the paper's experiment to carry out
    #[arg(long, value_enum, default_value = "small")]
    pub scale: ScaleName,
    /// Runs at a time, which share the threads
    #[arg(long, value_name = "N", value_parser = super::at_least_1, default_value = "1", allow_negative_numbers = true)]
    pub jobs: NonZeroUsize,
    /// Keep the runs that are finished already and carry out the rest
    #[arg(long)]
    pub resume: bool,
    /// Where results are written: below it NAME/SCALE
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub out: PathBuf,
    #[arg(long, value_name = "DIR", help = DATA_DIR_HELP)]
    pub data_dir: Option<PathBuf>,
    /// Threads of all runs together; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = super::at_least_1, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// A scale, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ScaleName {
    /// A few seconds on built-in data: shows that everything works
    Smoke,
    /// Up to ten minutes on two cores: the effect is visible
    Small,
    /// The paper's own settings
    Paper,
}

impl From<ScaleName> for Scale {
    fn from(name: ScaleName) -> Self {
        match name {
            ScaleName::Smoke => Self::Smoke,
            ScaleName::Small => Self::Small,
            ScaleName::Paper => Self::Paper,
        }
    }
}
