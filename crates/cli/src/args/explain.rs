//! `consilience explain`.

use clap::ValueEnum;

use crate::catalogue::Kind;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience explain gsnr
  consilience explain winsorized
  consilience explain held_out_agreement
  consilience explain sharpness --kind penalties
  consilience explain --kind quantities --format markdown";

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A name, as in `list`, in the metrics of a run or in its table of examples
    #[arg(required_unless_present = "kind")]
    pub name: Option<String>,
    /// Only what is of this kind; without a name, all of it
    #[arg(long)]
    pub kind: Option<Kind>,
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    pub format: PageFormat,
}

/// How pages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// Lines for a terminal
    #[default]
    Text,
    /// Markdown, as the pages of the book
    Markdown,
}
