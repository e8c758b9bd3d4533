//! A run while it goes on, and after it has ended: in a terminal, or as lines of text.
//!
//! [`Watched`] follows the files of a run directory and holds what there is to show; it never writes to them. [`show`] draws it
//! into the terminal, [`follow`] writes it as text. Both escape what they show with [`visible`](crate::visible).

mod history;
mod lines;
mod pace;
mod terminal;
pub mod view;
mod watched;

pub use history::{History, Trend};
pub use lines::follow;
pub use terminal::show;
pub use watched::{Named, Watched};
