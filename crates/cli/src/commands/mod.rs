//! What the program can be asked to do: one file per subcommand.

mod audit;
mod data;
mod explain;
mod list;
mod measure;
mod report;
mod reproduce;
mod run;

use crate::args::{Args, Command};
use crate::failure::Stop;

/// Does what the command line asks.
pub fn dispatch(args: &Args) -> Result<(), Stop> {
    match &args.command {
        Command::Run(args) => run::run(args),
        Command::Audit(args) => audit::audit(args),
        Command::Reproduce(args) => reproduce::reproduce(args),
        Command::Measure(args) => measure::measure(args),
        Command::Report(args) => report::report(args),
        Command::List(args) => list::list(args),
        Command::Data(args) => data::data(args),
        Command::Explain(args) => explain::explain(args),
    }
}
