//! `consilience-bench`: times workloads, each case in a process of its own, and sets the results beside those of other packages.

mod arguments;
mod cases;
mod glob;
mod line;
mod machine;
mod measure;
mod problem;
mod report;
mod run;
mod targets;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(&arguments, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // nobody reading is no failure
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // nothing is left to do when even this cannot be written
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &Arguments, out: &mut dyn Write) -> Result<()> {
    match &arguments.command {
        Some(Command::Report(arguments)) => report::write(arguments, out),
        Some(Command::Stand(arguments)) => report::stand(arguments, out),
        None if arguments.run.list => run::list(&arguments.run, out),
        None if arguments.run.child => run::child(&arguments.run, out),
        None => run::parent(&arguments.run, out),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
