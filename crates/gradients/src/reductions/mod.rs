//! The reductions. See README.md in this folder.

pub(crate) mod dots;
pub(crate) mod gram;
pub(crate) mod groups;
pub(crate) mod median;
pub(crate) mod moments;
pub(crate) mod signs;
pub(crate) mod sq_norms;
mod tails;
pub(crate) mod winsorized;
