//! The run directory of Consilience. This crate alone writes and reads the files in it.
//!
//! ```text
//! run.toml           what was run and how it ended: status, settings as resolved, program, command line, seed, threads, data
//! metrics.jsonl      one JSON object per line, appended and flushed while the run goes on; no wall-clock times
//! timings.jsonl      the wall-clock times, kept apart so that the metrics of one seed are the same bytes every time
//! examples.parquet   one row per training example: its id, labels and scores, of runs that score examples
//! final.safetensors  the weights and buffers at the end, names, shapes and layout as in PyTorch
//! ```
//!
//! * The directory appears at once, complete with its `run.toml`: it is prepared under another name (`.NAME.partial-PID`)
//!   and renamed into place. From then on its metrics can be watched.
//! * `run.toml` says [`Status::Running`] until [`RunWriter::finish`], [`RunWriter::fail`] or [`RunWriter::interrupt`] has replaced it, atomically and
//!   after everything else is on disk. A killed run therefore stays `running` and never looks complete.
//! * A directory that exists is replaced only on request, and only when it is a run directory or empty.
//!
//! ```
//! use consilience_record::{IfExists, Metrics, RunDescription, RunReader, RunWriter, Status};
//!
//! let parent = tempfile::tempdir()?;
//! let directory = parent.path().join("run");
//! let mut writer = RunWriter::create(&directory, RunDescription::default(), IfExists::Refuse)?;
//! writer.write_metrics(&Metrics::new("step", 1, 0).with("train_loss", 2.25))?;
//! writer.finish(&[])?;
//!
//! let run = RunReader::open(&directory)?;
//! assert_eq!(run.description().status, Status::Finished);
//! assert_eq!(run.metrics()?.records[0].number("train_loss"), Some(2.25));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod atomic;
mod description;
mod directory;
mod error;
mod examples;
mod instant;
mod metrics;
mod reader;
mod weights;
mod writer;

pub use atomic::write as write_atomically;
pub use description::{DataDescription, Program, RunDescription, Status};
pub use directory::{IfExists, check_target};
pub use error::RecordError;
pub use examples::{Cells, Column};
pub use instant::UtcTime;
pub use metrics::{Metric, Metrics, Timing};
pub use reader::{Lines, RunReader};
pub use weights::Weight;
pub use writer::RunWriter;

/// Name of the file that describes the run and its status.
pub const RUN_FILE: &str = "run.toml";
/// Name of the file of metrics.
pub const METRICS_FILE: &str = "metrics.jsonl";
/// Name of the file of wall-clock times.
pub const TIMINGS_FILE: &str = "timings.jsonl";
/// Name of the table of training examples.
pub const EXAMPLES_FILE: &str = "examples.parquet";
/// Name of the file of final weights.
pub const WEIGHTS_FILE: &str = "final.safetensors";
