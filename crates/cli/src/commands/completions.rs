//! `consilience completions SHELL`.

use crate::args::{CompletionsArgs, command_with_names};
use crate::failure::Stop;
use crate::printer::Printer;

/// Prints the script that makes a shell complete the command line.
pub fn completions(args: &CompletionsArgs) -> Result<(), Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command_with_names(), env!("CARGO_BIN_NAME"), &mut script);
    Ok(Printer::new().line(&String::from_utf8_lossy(&script))?)
}
