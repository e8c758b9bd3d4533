//! Which training examples are probably mislabelled, and what label the others suggest, from the scores that a run has written
//! down.
//!
//! * [`Examples`] is the table of a run, whatever columns it has.
//! * [`Measure`] says of every column that is known here which end of it is suspicious; [`rank`] orders the examples by one.
//! * [`Suspects`] are the examples that are probably mislabelled, with the rule that says so.
//! * [`Evaluation`] compares both with the true labels, where they are known. Nothing else here reads them.
//! * [`to_csv`] writes all examples.
//!
//! ```
//! use consilience_audit::{Examples, Evaluation, Measure, Suspects, rank};
//! use consilience_record::{Cells, Column};
//!
//! let columns = vec![
//!     Column::new("id", Cells::Ids(vec![7, 8, 9])),
//!     Column::new("given_label", Cells::Classes(vec![0, 1, 1])),
//!     Column::new("true_label", Cells::Classes(vec![0, 1, 0])),
//!     Column::new("corrupt", Cells::Flags(vec![false, false, true])),
//!     Column::new("aum", Cells::Numbers(vec![Some(3.0), Some(0.5), Some(-2.0)])),
//! ];
//! let examples = Examples::from_columns(columns)?;
//! let ranking = rank(&examples, Measure::choose(&examples, None)?);
//! assert_eq!(ranking.order, [2, 1, 0]);
//! let suspects = Suspects::find(&examples).expect("a margin says which are suspected");
//! assert_eq!(suspects.flags, [false, false, true]);
//! let evaluation = Evaluation::of(&examples, &ranking, Some(&suspects), 2).expect("the table has true labels");
//! assert_eq!((evaluation.areas[0].1, evaluation.precision_at), (Some(1.0), vec![(1, Some(1.0)), (2, Some(0.5))]));
//! # Ok::<(), consilience_audit::AuditError>(())
//! ```

mod csv_file;
mod error;
mod evaluation;
mod examples;
mod measure;
mod ranking;
mod suspects;

pub use csv_file::to_csv;
pub use error::AuditError;
pub use evaluation::{Evaluation, Flagged};
pub use examples::{Examples, Tags};
pub use measure::{End, MEASURES, Measure};
pub use ranking::{Ranking, rank};
pub use suspects::{Rule, Suspects};
