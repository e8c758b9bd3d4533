//! The command line.

use crate::catalogue::Kind;
use clap::{Parser, Subcommand};
use consilience_experiments::Scale;
use consilience_run::Override;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Train networks and see how far the gradients of single examples agree.
///
/// When the gradients of the training examples agree, the step they take together generalises; when they do not, the network
/// is memorising. `consilience run` without anything else shows this in under a minute, without any data files.
#[derive(Debug, Parser)]
#[command(name = "consilience", version, propagate_version = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train the methods of a configuration file side by side and compare them
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Repeat the experiments of a paper: their runs, tables, figures and claims
    #[command(after_help = REPRODUCE_EXAMPLES)]
    Reproduce(ReproduceArgs),
    /// List models, layers, losses, data, aggregators, quantities and the rest
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Explain one of the things that `list` lists
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
}

const RUN_EXAMPLES: &str = "\
Examples:
  consilience run
      the built-in demonstration: plain against winsorized gradient descent, 40 % wrong labels
  consilience run examples/coherent-gradients-mnist.toml --data-dir ~/data --set train.epochs=2
      a configuration file, shortened
  consilience run --set data.source=mnist --set train.learning_rate=0.05 --seed 3 --out runs/mnist
      the demonstration on other data";

const REPRODUCE_EXAMPLES: &str = "\
Examples:
  consilience reproduce --list
  consilience reproduce coherent-fig4 --scale smoke
      a few seconds, without data files
  consilience reproduce coherent-fig4 --data-dir ~/data --jobs 2 --resume
      the scale at which the effect is visible; continued where it was stopped
  consilience reproduce my-experiment.toml --out results";

const LIST_EXAMPLES: &str = "\
Examples:
  consilience list
  consilience list quantities";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  consilience explain gsnr
  consilience explain winsorized";

const DATA_DIR_HELP: &str =
    "Where data files are [default: the environment variable CONSILIENCE_DATA_DIR, or else ./data]";

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The configuration file (TOML); the built-in demonstration when left out
    pub config: Option<PathBuf>,
    /// Override a setting; VALUE is TOML, or text if it does not read as TOML. May be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_override)]
    pub set: Vec<Override>,
    /// The run directory to write, one directory per method below it if there are several [default: runs/NAME-TIME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    // The help text is given apart because in the terminal it needs no markup.
    #[arg(long, value_name = "DIR", help = DATA_DIR_HELP)]
    pub data_dir: Option<PathBuf>,
    /// The seed from which everything random follows; the same as --set seed=N
    // TOML, in which the seed is recorded, has no larger whole numbers.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,
    /// Threads to compute on; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Replace run directories that exist already
    #[arg(long)]
    pub force: bool,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}

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
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true)]
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
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
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

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// List only this kind
    pub kind: Option<Kind>,
}

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A name, as in `list`
    pub name: String,
}

/// Parses the command line.
pub fn parse() -> Result<Args, clap::Error> {
    Args::try_parse()
}

fn parse_override(argument: &str) -> Result<Override, String> {
    let (path, value) = argument.split_once('=').ok_or("expected KEY=VALUE, for example train.epochs=2")?;
    let path: Vec<String> = path.split('.').map(|key| key.trim().to_owned()).collect();
    if path.iter().any(String::is_empty) {
        return Err("expected keys joined by single dots before `=`, for example train.epochs=2".to_owned());
    }
    Ok(Override { path, value: value.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_every_command_has_an_example() {
        let mut command = Args::command();
        command.clone().debug_assert();
        for subcommand in command.get_subcommands_mut() {
            let help = subcommand.render_long_help().to_string();
            assert!(help.contains("Examples:\n  consilience"), "{help}");
        }
    }
}
