//! The program `consilience`: trains networks on data whose labels may be wrong, measures how far the gradients of single
//! examples agree, and writes down what it saw.

mod args;
mod catalogue;
mod commands;
mod depicted;
mod failure;
mod interrupt;
mod meanings;
mod printer;
mod progress;
mod settings;
mod surroundings;
mod sweep_progress;

use std::process::ExitCode;

fn main() -> ExitCode {
    match args::parse() {
        Ok(args) => printer::conclude(commands::dispatch(&args)),
        // Help and version come this way, too; the parser knows what goes where and which exit code that is.
        Err(reply) => {
            let code = u8::try_from(reply.exit_code()).unwrap_or(2);
            // Nobody reading is no error.
            let _ = reply.print();
            ExitCode::from(code)
        }
    }
}
