//! `consilience explain`: the pages of what configuration files can name.

use crate::args::{ExplainArgs, PageFormat};
use crate::catalogue::{Item, Kind, all, items};
use crate::failure::{Failure, Stop};
use crate::printer::{Printer, pages, section};
use consilience_train::nearest::ranked;

/// Suggestions when a name is unknown.
const SUGGESTIONS: usize = 3;

/// Prints the page of everything called `NAME`, or that records what is called so; of everything of one kind; or both.
pub fn explain(args: &ExplainArgs) -> Result<(), Stop> {
    let items = args.kind.map_or_else(all, items);
    let called = |item: &&Item| args.name.as_ref().is_none_or(|name| item.name == *name);
    let mut found: Vec<&Item> = items.iter().filter(called).collect();
    if let (Some(name), true) = (&args.name, found.is_empty()) {
        // `gsnr_mean/0.weight` is the value of a parameter
        let value = name.split('/').next().unwrap_or_default();
        found = items.iter().filter(|item| item.records.contains(&value)).collect();
    }
    if let (Some(name), true) = (&args.name, found.is_empty()) {
        return Err(unknown(name, args.kind, &items).into());
    }
    let mut printer = Printer::new();
    if let (Some(kind), None, PageFormat::Markdown) = (args.kind, &args.name, args.format) {
        printer.line(&pages(kind, &items))?;
        return Ok(());
    }
    for (index, item) in found.into_iter().enumerate() {
        if index > 0 {
            printer.line("")?;
        }
        match args.format {
            PageFormat::Text => page(&mut printer, item)?,
            PageFormat::Markdown => printer.line(&section(item))?,
        }
    }
    Ok(())
}

fn page(printer: &mut Printer, item: &Item) -> Result<(), Stop> {
    printer.line(&format!("{} ({})", item.name, item.kind.titles().1))?;
    printer.line("")?;
    printer.paragraph(&item.summary, 2)?;
    for (heading, text) in &item.details {
        printer.line("")?;
        if heading.is_empty() {
            printer.paragraph(text, 2)?;
        } else {
            printer.line(&format!("  {heading}:"))?;
            printer.paragraph(text, 4)?;
        }
    }
    if let Some(usage) = item.kind.usage(&item.name) {
        printer.line("")?;
        printer.line("  In a configuration file:")?;
        for line in usage.lines() {
            printer.line(&format!("    {line}"))?;
        }
    }
    Ok(())
}

fn unknown(name: &str, kind: Option<Kind>, items: &[Item]) -> Failure {
    let mut near = ranked(name, items.iter().map(|item| item.name.as_str()));
    near.dedup();
    near.truncate(SUGGESTIONS);
    let nothing = kind.map_or_else(|| "nothing".to_owned(), |kind| format!("no {}", kind.titles().1));
    let failure = Failure::new(format!("{nothing} is called `{name}`"));
    match near.as_slice() {
        [] => failure.hint(format!(
            "`consilience list{}` lists all names",
            kind.map_or_else(String::new, |kind| format!(" {}", kind.name()))
        )),
        near => failure.hint(format!("did you mean `{}`?", near.join("`, `"))),
    }
}
