//! `consilience completions` and `consilience man`.

use clap_complete::Shell;
use std::path::PathBuf;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  consilience completions bash > ~/.local/share/bash-completion/completions/consilience
  consilience completions zsh > ~/.zfunc/_consilience
  consilience completions fish > ~/.config/fish/completions/consilience.fish";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  consilience man ~/.local/share/man/man1
      a page for the program and one for each subcommand: `man consilience-run`
  consilience man | man -l -
      the page of the program, read at once";

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// The directory to write all pages into; the page of the program is printed when left out
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}
