//! The command line: one file per subcommand.

mod audit;
mod compare;
mod completions;
mod data;
mod explain;
mod list;
mod measure;
mod report;
mod reproduce;
mod run;
mod sweep;
mod watch;

pub use audit::AuditArgs;
pub use compare::{CompareArgs, Format};
pub use completions::{CompletionsArgs, ManArgs};
pub use data::{DataAction, DataArgs, DataFetchArgs, DataInfoArgs, DataListArgs};
pub use explain::{ExplainArgs, PageFormat};
pub use list::ListArgs;
pub use measure::{MeasureArgs, Part};
pub use report::ReportArgs;
pub use reproduce::ReproduceArgs;
pub use run::RunArgs;
pub use sweep::{Launcher, SweepArgs};
pub use watch::WatchArgs;

use crate::catalogue;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{CommandFactory, Parser, Subcommand};
use consilience_data::registry::{LABELS, SOURCES};
use consilience_experiments::shipped;
use std::num::NonZeroUsize;

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
    #[command(after_help = run::EXAMPLES)]
    Run(RunArgs),
    /// Find the training examples that are probably mislabelled
    #[command(after_help = audit::EXAMPLES)]
    Audit(AuditArgs),
    /// Repeat the experiments of a paper: their runs, tables, figures and claims
    #[command(after_help = reproduce::EXAMPLES)]
    Reproduce(ReproduceArgs),
    /// Measure quantities of a saved model on any data
    #[command(after_help = measure::EXAMPLES)]
    Measure(MeasureArgs),
    /// Write one HTML file about runs, which needs no network: curves, layers, spectra, suspicious examples, settings
    #[command(after_help = report::EXAMPLES)]
    Report(ReportArgs),
    /// Watch a run in the terminal while it goes on, or after it has ended
    #[command(after_help = watch::EXAMPLES)]
    Watch(WatchArgs),
    /// Compare methods: mean and standard deviation over seeds, the best marked where it is more than noise
    #[command(after_help = compare::EXAMPLES)]
    Compare(CompareArgs),
    /// Carry out the runs that the [sweep] of a configuration file makes, here or as an array of jobs
    #[command(after_help = sweep::EXAMPLES)]
    Sweep(SweepArgs),
    /// List models, layers, losses, data, aggregators, quantities and the rest
    #[command(after_help = list::EXAMPLES)]
    List(ListArgs),
    /// List data sets, fetch them, look into them
    #[command(after_help = data::EXAMPLES)]
    Data(DataArgs),
    /// Explain one of the things that `list` lists
    #[command(after_help = explain::EXAMPLES)]
    Explain(ExplainArgs),
    /// Print what a shell needs to complete the command line
    #[command(after_help = completions::COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Write the manual pages
    #[command(after_help = completions::MAN_EXAMPLES)]
    Man(ManArgs),
}

const DATA_DIR_HELP: &str =
    "Where data files are [default: the environment variable CONSILIENCE_DATA_DIR, or else ./data]";

/// A count that cannot be 0.
fn at_least_1(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number of at least 1".to_owned())
}

/// The command line, from which manual pages are made, and with it the help.
pub fn command() -> clap::Command {
    // `help` is what `--help` is; it needs no page and no place among the completions.
    Args::command().disable_help_subcommand(true)
}

/// The command line with all names that can be completed: those of experiments, of data sets and of what can be explained.
pub fn command_with_names() -> clap::Command {
    let mut explained: Vec<PossibleValue> = Vec::new();
    for item in catalogue::all() {
        if explained.iter().all(|known| known.get_name() != item.name) {
            explained.push(PossibleValue::new(item.name).help(item.summary));
        }
    }
    let experiments: Vec<PossibleValue> = shipped::names().map(PossibleValue::new).collect();
    let sources = SOURCES.iter().map(|source| (source.name, source.summary, source.origin));
    let labels = LABELS.iter().map(|labels| (labels.name, labels.summary, labels.origin));
    let data_sets: Vec<PossibleValue> = (sources.chain(labels))
        .filter(|(.., origin)| origin.needs_files())
        .map(|(name, summary, _)| PossibleValue::new(name).help(summary))
        .collect();
    let with = |names: Vec<PossibleValue>| move |arg: clap::Arg| arg.value_parser(PossibleValuesParser::new(names));
    command()
        .mut_subcommand("explain", |command| command.mut_arg("name", with(explained)))
        .mut_subcommand("data", |command| {
            command.mut_subcommand("fetch", |command| command.mut_arg("names", with(data_sets)))
        })
        .mut_subcommand("reproduce", |command| command.mut_arg("experiments", with(experiments)))
}

/// Parses the command line.
pub fn parse() -> Result<Args, clap::Error> {
    Args::try_parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_fits_the_terminal() {
        fn check(command: &clap::Command, width: usize) {
            let mut fitted = command.clone().term_width(width);
            let help = fitted.render_long_help().to_string();
            for line in help.lines() {
                let is_word = line.split_whitespace().count() == 1;
                assert!(is_word || line.chars().count() <= width, "{width}: {line}");
            }
            command.get_subcommands().for_each(|subcommand| check(subcommand, width));
        }
        let mut command = Args::command();
        command.build();
        [60, 80, 120].into_iter().for_each(|width| check(&command, width));
    }

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
