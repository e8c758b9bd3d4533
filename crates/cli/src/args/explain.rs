//! `consilience explain`.

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience explain gsnr
  consilience explain winsorized";

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A name, as in `list`
    pub name: String,
}
