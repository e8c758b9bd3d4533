//! `consilience list`: everything that configuration files can name.

use crate::args::ListArgs;
use crate::catalogue::{Kind, items};
use crate::failure::Stop;
use crate::printer::{Printer, table};

/// Prints a table per kind.
pub fn list(args: &ListArgs) -> Result<(), Stop> {
    let mut printer = Printer::new();
    let kinds = args.kind.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind]);
    for kind in kinds {
        let rows: Vec<Vec<String>> = items(kind).into_iter().map(|item| vec![item.name, item.summary]).collect();
        let heading = kind.titles().0;
        printer.line(&table(&[heading, ""], &rows, printer.width(), 2))?;
        printer.line("")?;
    }
    printer.line("`consilience explain NAME` says more about each.")?;
    Ok(())
}
