//! `consilience list`.

use crate::catalogue::Kind;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience list
  consilience list quantities";

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// List only this kind
    pub kind: Option<Kind>,
}
