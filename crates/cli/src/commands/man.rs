//! `consilience man [DIR]`: the manual pages.

use crate::args::{ManArgs, command};
use crate::failure::{Failure, Stop};
use crate::printer::Printer;
use clap::Command;
use clap_mangen::Man;
use consilience_record::write_atomically;
use roff::{Roff, roman};
use std::fs;
use std::io;
use std::path::Path;

/// Writes the page of the program and one for each subcommand, or prints the page of the program.
pub fn man(args: &ManArgs) -> Result<(), Stop> {
    let mut program = command();
    program.build();
    let Some(directory) = &args.directory else {
        return Ok(Printer::new().line(&page(&program)?)?);
    };
    fs::create_dir_all(directory)
        .map_err(|error| Failure::new(format!("cannot create {}: {error}", directory.display())))?;
    write_pages(&program, directory)
}

/// Writes the page of `command` and those of all commands below it.
fn write_pages(command: &Command, directory: &Path) -> Result<(), Stop> {
    let path = directory.join(format!("{}.1", name(command)));
    write_atomically(&path, page(command)?.as_bytes())?;
    command.get_subcommands().try_for_each(|below| write_pages(below, directory))
}

/// `consilience-run` for `consilience run`.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// The page of `command`, with its examples as they stand in the help.
fn page(command: &Command) -> io::Result<String> {
    // as short as in the help, instead of all options without their values
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let version = env!("CARGO_PKG_VERSION");
    let man = Man::new(command.clone().version(version).override_usage(usage)).source(format!("consilience {version}"));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut page)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(examples) = command.get_after_help() {
        let examples = examples.to_string();
        let examples = examples.strip_prefix("Examples:\n").unwrap_or(&examples);
        let section = Roff::new()
            .control("SH", ["EXAMPLES"])
            .control("nf", [])
            .text([roman(examples)])
            .control("fi", [])
            .render();
        page.extend_from_slice(section.as_bytes());
    }
    Ok(String::from_utf8_lossy(&page).into_owned())
}
