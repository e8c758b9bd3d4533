//! `consilience data`: the data sets there are, how to get them, and what is in files.

mod fetch;
mod info;
mod list;

use crate::args::{DataAction, DataArgs};
use crate::failure::Stop;
use consilience_data::origin::Origin;
use consilience_data::registry::{LABELS, SOURCES};

/// Does what `args` ask.
pub fn data(args: &DataArgs) -> Result<(), Stop> {
    match &args.action {
        DataAction::List(args) => list::list(args),
        DataAction::Fetch(args) => fetch::fetch(args),
        DataAction::Info(args) => info::info(args),
    }
}

/// What `data list` and `data fetch` know a data set by.
struct Listed {
    name: &'static str,
    summary: &'static str,
    origin: &'static Origin,
    licence: &'static str,
}

fn listed() -> impl Iterator<Item = Listed> {
    let sources = SOURCES.iter().map(|source| Listed {
        name: source.name,
        summary: source.summary,
        origin: &source.origin,
        licence: source.licence,
    });
    sources.chain(LABELS.iter().map(|labels| Listed {
        name: labels.name,
        summary: labels.summary,
        origin: &labels.origin,
        licence: labels.licence,
    }))
}

/// Bytes as people read them: `9.9 MB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // what rounds to 1000 belongs to the next unit
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(value < 99.95);
    format!("{value:.decimals$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_short() {
        for (bytes, expected) in
            [(0, "0 bytes"), (999, "999 bytes"), (4542, "4.5 kB"), (170_052_171, "170 MB"), (999_600, "1.0 MB")]
        {
            assert_eq!(super::size(bytes), expected);
        }
    }
}
