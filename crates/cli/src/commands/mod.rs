//! What the program can be asked to do: one file per subcommand.

mod audit;
mod compare;
mod completions;
mod data;
mod explain;
mod list;
mod man;
mod measure;
mod report;
mod reproduce;
mod run;
mod sweep;
mod watch;

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
        Command::Compare(args) => compare::compare(args),
        Command::Watch(args) => watch::watch(args),
        Command::Sweep(args) => sweep::sweep(args),
        Command::List(args) => list::list(args),
        Command::Data(args) => data::data(args),
        Command::Explain(args) => explain::explain(args),
        Command::Completions(args) => completions::completions(args),
        Command::Man(args) => man::man(args),
    }
}
