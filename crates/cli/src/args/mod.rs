//! The command line: one file per subcommand.

mod audit;
mod data;
mod explain;
mod list;
mod measure;
mod report;
mod reproduce;
mod run;

pub use audit::AuditArgs;
pub use data::{DataAction, DataArgs, DataFetchArgs, DataInfoArgs, DataListArgs};
pub use explain::{ExplainArgs, PageFormat};
pub use list::ListArgs;
pub use measure::{MeasureArgs, Part};
pub use report::ReportArgs;
pub use reproduce::ReproduceArgs;
pub use run::RunArgs;

use clap::{Parser, Subcommand};

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
    /// List models, layers, losses, data, aggregators, quantities and the rest
    #[command(after_help = list::EXAMPLES)]
    List(ListArgs),
    /// List data sets, fetch them, look into them
    #[command(after_help = data::EXAMPLES)]
    Data(DataArgs),
    /// Explain one of the things that `list` lists
    #[command(after_help = explain::EXAMPLES)]
    Explain(ExplainArgs),
}

const DATA_DIR_HELP: &str =
    "Where data files are [default: the environment variable CONSILIENCE_DATA_DIR, or else ./data]";

/// Parses the command line.
pub fn parse() -> Result<Args, clap::Error> {
    Args::try_parse()
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
