//! One self-contained page about one or several runs: it needs no network, no other file and no server.
//!
//! ```text
//! run directories ──► Run::read ──► Page::render ──► one HTML file
//!                        ▲              ▲
//!            pictures, the plane    meanings of the names
//! ```
//!
//! * A [`Run`] is what its directory says. What needs the data or the network (pictures of examples, the decision boundary) is worked
//!   out elsewhere and added as plain arrays: [`Extra`].
//! * Each panel is one file under `panels/`, which gives a section of the page or nothing, and leaves what the script draws in the
//!   page's data block.
//! * Everything that comes from a run is data: markup escapes it, the script shows it as text only, and the page's content policy
//!   lets nothing run but the script that is compiled into this crate.
//!
//! ```
//! use consilience_record::{IfExists, Metrics, RunDescription, RunWriter};
//! use consilience_report::page::{Meanings, Page, Run};
//!
//! let parent = tempfile::tempdir()?;
//! let directory = parent.path().join("run");
//! let description = RunDescription { method: "<b>plain".to_owned(), ..RunDescription::default() };
//! let mut writer = RunWriter::create(&directory, description, IfExists::Refuse)?;
//! writer.write_metrics(&Metrics::new("step", 0, 0).with("loss", 2.5))?;
//! writer.finish(&[])?;
//!
//! let runs = [Run::read(&directory)?];
//! let html = Page::new(&runs, &Meanings::new()).render();
//! assert!(html.contains("&lt;b&gt;plain") && !html.contains("<b>plain"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod boundary;
mod data;
mod document;
mod examples;
mod meaning;
mod number;
mod panels;
mod pictures;
mod run;
mod series;
mod thin;

pub use boundary::{Boundary, Point, Surface};
pub use document::{Page, is_page};
pub use examples::{Examples, Ranking};
pub use meaning::{Meaning, Meanings, Unit};
pub use number::bytes;
pub use panels::has_group;
pub use pictures::{Picture, Pictures};
pub use run::{Extra, Run, name_apart};
pub use series::Series;
