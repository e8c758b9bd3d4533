//! `consilience run`.

use super::DATA_DIR_HELP;
use consilience_run::Override;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience run
      the built-in demonstration: plain against winsorized gradient descent, 40 % wrong labels
  consilience run examples/coherent-gradients-mnist.toml --data-dir ~/data --set train.epochs=2
      a configuration file, shortened
  consilience run --resume --out runs/mnist
      goes on with a run that was killed or interrupted, to the same bytes as without
  consilience run --set data.source=mnist --set train.learning_rate=0.05 --seed 3 --out runs/mnist
      the demonstration on other data
  consilience run --set data.label_noise= --set train.epochs= --set train.steps=500
      the demonstration without wrong labels, for 500 steps
  consilience run my.toml --set train.penalty.0.weight=0.01 --json --quiet
      one line of JSON with the final metrics, for Optuna, W&B sweeps, Hydra or a script";

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are independent of each other")]
pub struct RunArgs {
    /// The configuration file (TOML); the built-in demonstration when left out
    pub config: Option<PathBuf>,
    /// Override a setting; VALUE is TOML, or text if it does not read as TOML; elements of lists are counted from 0; without
    /// VALUE the setting is taken out. May be repeated
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
    #[arg(long, value_name = "N", value_parser = super::at_least_1, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Replace run directories that exist already
    #[arg(long)]
    pub force: bool,
    /// Go on with the runs in --out that were killed or interrupted, keep those that are finished, and begin those that are not
    /// there. The settings must be those that they were begun with; without CONFIG they are taken from the runs
    #[arg(long, requires = "out", conflicts_with = "force")]
    pub resume: bool,
    /// Print the final metrics of each method as a line of JSON instead of a table
    #[arg(long)]
    pub json: bool,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}

pub(super) fn parse_override(argument: &str) -> Result<Override, String> {
    let (path, value) = argument.split_once('=').ok_or("expected KEY=VALUE, for example train.epochs=2")?;
    let path: Vec<String> = path.split('.').map(|key| key.trim().to_owned()).collect();
    if path.iter().any(String::is_empty) {
        return Err("expected keys joined by single dots before `=`, for example train.epochs=2".to_owned());
    }
    Ok(Override { path, value: value.trim().to_owned() })
}
