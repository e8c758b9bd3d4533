//! `consilience data list`.

use super::{Listed, listed, size};
use crate::args::DataListArgs;
use crate::failure::Stop;
use crate::printer::{Printer, table};
use crate::surroundings::data_directory;
use consilience_data::origin::{Origin, Presence};

/// Prints a table of the data sets, and below it where their files come from.
pub fn list(args: &DataListArgs) -> Result<(), Stop> {
    let data_dir = data_directory(args.data_dir.as_deref());
    let mut printer = Printer::new();
    let rows: Vec<Vec<String>> = listed()
        .map(|set| {
            let (download, licence) = match set.origin {
                Origin::BuiltIn => ("-".to_owned(), "-".to_owned()),
                origin => (origin.bytes().map_or_else(|| "by hand".to_owned(), size), set.licence.to_owned()),
            };
            vec![
                set.name.to_owned(),
                set.summary.to_owned(),
                download,
                licence,
                presence(set.origin.presence(&data_dir)),
            ]
        })
        .collect();
    let here = format!("in {}", data_dir.display());
    let width = printer.width();
    printer.line(&table(&["data set", "", "download", "licence", &here], &rows, width, 5))?;
    for Listed { name, origin, .. } in listed() {
        match origin {
            Origin::Download(download) => {
                printer.line("")?;
                printer.line(&format!("{name}, from {}", download.addresses.join(" or ")))?;
                for file in download.files {
                    printer.line(&format!("  {:<27}{:>8}  SHA-256 {}", file.name, size(file.bytes), file.sha256))?;
                }
            }
            Origin::ByHand(by_hand) => {
                printer.line("")?;
                printer.line(&format!("{name}, by hand: {}", by_hand.reason))?;
            }
            _ => {}
        }
    }
    printer.line("")?;
    printer.line("`consilience data fetch NAME` gets one, `consilience explain NAME` says more about it.")?;
    Ok(())
}

/// How much is there, in words.
pub(super) fn presence(presence: Presence) -> String {
    match presence {
        Presence::BuiltIn => "built in".to_owned(),
        Presence::Here => "yes".to_owned(),
        Presence::Partly { found, wanted } => format!("{found} of {wanted} files"),
        Presence::Missing => "no".to_owned(),
    }
}
