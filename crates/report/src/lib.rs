//! What a person sees of runs: everything here is read from run directories.
//!
//! * [`page`]: one self-contained HTML file about one or several runs.

pub mod page;
