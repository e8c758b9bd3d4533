//! `consilience explain NAME`: the page of one thing.

use crate::args::ExplainArgs;
use crate::catalogue::{Item, all};
use crate::failure::{Failure, Stop};
use crate::printer::Printer;
use consilience_run::nearest::ranked;

/// Suggestions when a name is unknown.
const SUGGESTIONS: usize = 3;

/// Prints the page of everything called `NAME`.
pub fn explain(args: &ExplainArgs) -> Result<(), Stop> {
    let items = all();
    let found: Vec<&Item> = items.iter().filter(|item| item.name == args.name).collect();
    if found.is_empty() {
        return Err(unknown(&args.name, &items).into());
    }
    let mut printer = Printer::new();
    for (index, item) in found.into_iter().enumerate() {
        if index > 0 {
            printer.line("")?;
        }
        page(&mut printer, item)?;
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

fn unknown(name: &str, items: &[Item]) -> Failure {
    let mut near = ranked(name, items.iter().map(|item| item.name.as_str()));
    near.dedup();
    near.truncate(SUGGESTIONS);
    let failure = Failure::new(format!("nothing is called `{name}`"));
    match near.as_slice() {
        [] => failure.hint("`consilience list` lists all names"),
        near => failure.hint(format!("did you mean `{}`?", near.join("`, `"))),
    }
}
