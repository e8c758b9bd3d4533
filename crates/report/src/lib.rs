//! What a person sees of runs: everything here is read from run directories.
//!
//! * [`page`]: one self-contained HTML file about one or several runs.
//! * [`compare`]: methods side by side, as a table in several formats.
//! * [`live`]: a run that goes on, in the terminal.

pub mod compare;
pub mod live;
mod numbers;
pub mod page;
mod visible;

pub use numbers::{count, counted, duration, number, percent};
pub use visible::visible;

/// How many steps a run will take, as far as its settings tell.
pub type StepsInTotal = fn(&consilience_record::RunDescription) -> Option<u64>;
