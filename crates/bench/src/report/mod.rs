//! From result files to a page of Markdown and to a list of where the targets stand. Every number in them is computed here.

mod page;
mod stand;

use std::fs;
use std::io::Write;

use anyhow::{Context, Result, bail};

use crate::arguments::{ReportArguments, StandArguments};
use crate::line::{self, OURS};

/// Writes the page.
///
/// # Errors
/// When results cannot be read, there are none of ours, or the page cannot be written.
pub fn write(arguments: &ReportArguments, out: &mut dyn Write) -> Result<()> {
    let mut lines = line::read(&arguments.ours)?;
    lines.retain(|line| line.peer == OURS);
    if lines.is_empty() {
        bail!("no results of {OURS} in the files of --ours");
    }
    let mut peers = line::read(&arguments.peers)?;
    peers.retain(|line| line.peer != OURS);
    lines.extend(peers);
    let page = page::page(&lines)?;
    match &arguments.out {
        Some(file) => fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))?,
        None => out.write_all(page.as_bytes())?,
    }
    Ok(())
}

/// Prints where each target stands.
///
/// # Errors
/// When results cannot be read, or nothing takes the output.
pub fn stand(arguments: &StandArguments, out: &mut dyn Write) -> Result<()> {
    let lines = line::read(&arguments.results)?;
    stand::print(&lines, out)
}
