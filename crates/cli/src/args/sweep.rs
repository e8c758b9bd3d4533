//! `consilience sweep`.

use super::DATA_DIR_HELP;
use super::run::parse_override;
use consilience_run::Override;
use consilience_sweep::By;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience sweep examples/sweep.toml --jobs 2
      every run of the sweep, two at a time; again, it keeps the runs that have ended
  consilience sweep examples/sweep.toml --set 'sweep.seed=[0, 1, 2]' --plan
      what would be run, with other seeds: index, directory, name and settings of each run
  consilience sweep examples/sweep.toml --plan | cut -f 1 | parallel consilience sweep examples/sweep.toml --index {}
      the same runs by GNU parallel
  consilience sweep examples/sweep.toml --index
      one run, as a task of a Slurm array or a pod of a Kubernetes indexed job
  consilience sweep examples/sweep.toml --launcher slurm --threads 4 --sbatch=--time=2:00:00
      all runs that have not ended, as a Slurm array
  consilience sweep examples/sweep.toml --collect --by test_accuracy
      what there is so far, as a table and as CSV";

const INDEX_HELP: &str = "Carry out one run; without I, the one that SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX names";

/// Arguments of `sweep`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are independent of each other")]
pub struct SweepArgs {
    /// The configuration file (TOML), with a [sweep]
    pub config: PathBuf,
    /// Override a setting of all runs, or of the sweep, as --set 'sweep.seed=[0, 1]'. May be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_override)]
    pub set: Vec<Override>,
    /// The directory of the sweep: run directories below runs/, results beside it [default: sweeps/NAME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one line per run and do nothing else: index, directory, name, settings
    #[arg(long, group = "mode")]
    pub plan: bool,
    // Given apart because in the terminal it needs no markup. Given without a value it is `Some(None)`.
    #[arg(long, value_name = "I", num_args = 0..=1, allow_negative_numbers = true, group = "mode", help = INDEX_HELP)]
    #[expect(clippy::option_option, reason = "the three are: not given, given without a value, given with one")]
    pub index: Option<Option<usize>>,
    /// Carry out nothing, and write what there is as results.txt and results.csv
    #[arg(long, group = "mode")]
    pub collect: bool,
    /// Submit an array of jobs whose tasks carry out the runs that have not ended
    #[arg(long, value_enum, group = "mode")]
    pub launcher: Option<Launcher>,
    /// With --launcher: so many tasks, which share the runs [default: a task per run]
    #[arg(long, value_name = "N", value_parser = super::at_least_1, requires = "launcher", allow_negative_numbers = true)]
    pub tasks: Option<NonZeroUsize>,
    /// With --launcher: an option for sbatch, such as --sbatch=--partition=gpu. May be repeated
    #[arg(long, value_name = "OPTION", requires = "launcher", allow_hyphen_values = true)]
    pub sbatch: Vec<String>,
    /// Name the run with the best value of this, for information: NAME, NAME:highest or NAME:lowest
    #[arg(long, value_name = "NAME", value_parser = By::parse, conflicts_with_all = ["plan", "index", "launcher"])]
    pub by: Option<By>,
    /// Runs at a time, which share the threads
    #[arg(long, value_name = "N", value_parser = super::at_least_1, default_value = "1", allow_negative_numbers = true)]
    pub jobs: NonZeroUsize,
    /// Leave runs that other workers carry out to them; without, they are waited for, and taken over when those die
    #[arg(long)]
    pub no_wait: bool,
    #[arg(long, value_name = "DIR", help = DATA_DIR_HELP)]
    pub data_dir: Option<PathBuf>,
    /// Threads of all runs together (of each task with --launcher); results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = super::at_least_1, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// What carries a sweep elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Launcher {
    /// Slurm: an array job, submitted by sbatch
    Slurm,
}
