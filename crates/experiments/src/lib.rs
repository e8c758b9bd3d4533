//! Experiments: the runs, tables, figures and claims of a part of a paper, described in one file.
//!
//! * [`schema`]: what a file says ([`Experiment`]), at three scales ([`Scale`]). `experiments/README.md` shows how to write one.
//! * [`Grid`]: the runs it makes.
//! * [`carry_out`]: carries them out, several at a time, keeping those that are finished.
//! * [`Results`]: numbers read from their records; [`judge`] holds the paper's claims against them.
//! * [`report`]: tables, figures and claims as files.
//! * [`shipped`]: the experiments that come with the program.

mod error;
mod execution;
mod grid;
pub mod report;
pub mod results;
pub mod schema;
pub mod shipped;

pub use error::ExperimentError;
pub use execution::{Plan, carry_out};
pub use grid::{Cell, Grid, Planned};
pub use results::{Results, judge};
pub use schema::{Experiment, Scale};
