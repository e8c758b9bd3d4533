//! The run directory of Consilience. This crate alone writes and reads the files in it.
//!
//! ```text
//! run.toml           what was run and how it ended: status, settings as resolved, program, command line, seed, threads, data
//! metrics.jsonl      one JSON object per line, appended and flushed while the run goes on; no wall-clock times
//! timings.jsonl      the wall-clock times, kept apart so that the metrics of one seed are the same bytes every time
//! examples.parquet   one row per training example: its id, labels and scores, of runs that score examples
//! events.out.tfevents.N.consilience
//!                    the numbers of metrics.jsonl once more, for TensorBoard
//! final.safetensors  the weights and buffers at the end, names, shapes and layout as in PyTorch
//! checkpoints/       STEP.safetensors: the state before step STEP, from which the run can go on
//! .lock              the number of the process that writes the run, which holds an advisory lock on it
//! ```
//!
//! * The directory appears at once, complete with its `run.toml`: it is prepared under another name (`.NAME.partial-PID-N`)
//!   and renamed into place. From then on its metrics can be watched.
//! * `run.toml` says [`Status::Running`] until [`RunWriter::finish`], [`RunWriter::fail`] or [`RunWriter::interrupt`] has replaced it, atomically and
//!   after everything else is on disk. A killed run therefore stays `running` and never looks complete.
//! * A checkpoint holds the weights and buffers, named and laid out as in `final.safetensors`; beside them, under names with a `/`,
//!   what optimizer and aggregator remember (`optimizer/0.velocity/0.weight`, `F32`) and lists of numbers (`numbers/...`, `F64`:
//!   scores of examples, contributions). Its metadata hold under `consilience` a JSON object: the version of the format, the step,
//!   a checksum of the arrays, of the settings, and of the metrics up to there. Generators of random numbers are numbered by
//!   epoch, step and example, so the step is their state, and that of the data loader.
//! * [`Unfinished::resume`] cuts the metrics off where the checkpoint was written and goes on: the file ends up as the bytes that it
//!   would have had without the interruption. A checkpoint that is not whole, or of another run, is refused.
//! * One process at a time writes a run. The lock is an advisory one of the operating system: it disappears with its process,
//!   and readers need none; whether it is held tells a run that goes on from one that was killed. Workers that share runs out among
//!   themselves hold another beside the directory, a [`Claim`].
//! * A reader trusts no file, and opens only regular ones. A last line that was never finished, lines, keys and columns that it
//!   does not know or that are damaged are passed over and reported; the rest is read.
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
mod backwards;
mod checkpoint;
mod claim;
mod description;
mod directory;
mod error;
mod events;
mod examples;
mod find;
mod follow;
mod growing;
mod instant;
mod lock;
mod metrics;
mod reader;
mod regular;
mod selection;
mod unfinished;
mod weights;
mod writer;

pub use atomic::write as write_atomically;
pub use backwards::Backwards;
pub use checkpoint::Checkpoint;
pub use claim::Claim;
pub use description::{
    CHECKPOINT_SETTINGS, DataDescription, Program, Resumption, RunDescription, Status, result_settings,
};
pub use directory::{IfExists, check_target};
pub use error::RecordError;
pub use examples::{Cells, Column, Table};
pub use find::{FoundRuns, find_runs, latest_run};
pub use follow::{Follower, News};
pub use instant::UtcTime;
pub use metrics::{Metric, Metrics, Timing};
pub use reader::{DamagedLine, Lines, RunReader};
pub use selection::NamedSeries;
pub use unfinished::{Saved, Unfinished, last_checkpoint, remove_checkpoints};
pub use weights::{Weight, read as read_weights};
pub use writer::RunWriter;

/// The version of the format of run directories that this crate writes.
pub const FORMAT: u32 = 1;
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
/// Name of the directory of checkpoints.
pub const CHECKPOINTS_DIRECTORY: &str = "checkpoints";
/// Name of the file that the process that writes a run holds a lock on.
pub(crate) const LOCK_FILE: &str = ".lock";
