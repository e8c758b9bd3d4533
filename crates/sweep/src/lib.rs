//! Many runs: which they are, carried out once each by any number of workers, and gathered.
//!
//! * [`Sweep`]: the runs that the `[sweep]` of a configuration file makes, each a [`PlannedRun`] with a directory of its own
//!   whose name follows from its settings.
//! * [`carry_out`]: carries runs out, several at a time, keeping those that have ended. A run is carried out by whoever has its
//!   [`Claim`](consilience_record::Claim), so that any number of workers, here or on other machines, may share a directory.
//! * [`Collected`]: what there is of a sweep, as a table.
//! * [`slurm`]: an array job that carries a sweep.
//!
//! ```
//! use consilience_record::Program;
//! use consilience_run::{Configuration, DataCache, Interrupt};
//! use consilience_sweep::{Collected, Fate, Ignore, Sweep, Work, carry_out};
//!
//! let text = r#"
//!     data = { source = "two_circles", train = 20, test = 10 }
//!     model = { name = "mlp", widths = [4] }
//!     train = { steps = 2, batch_size = 10 }
//!     [sweep]
//!     "train.learning_rate" = [0.1, 0.01]
//!     seed = [0, 1, 2]
//! "#;
//! let sweep = Sweep::new(&Configuration::parse("circles", "circles.toml", text, &[])?)?;
//! assert_eq!(sweep.runs[3].run.method.name, "learning_rate 0.01, seed 0");
//!
//! let parent = tempfile::tempdir()?;
//! let work = Work {
//!     runs: parent.path().join("runs"),
//!     jobs: 2,
//!     threads: 2,
//!     wait: true,
//!     program: Program::default(),
//!     interrupt: Interrupt::default(),
//! };
//! let runs: Vec<_> = sweep.runs.iter().map(|member| &member.run).collect();
//! assert_eq!(carry_out(&runs, &work, DataCache::new("data", 1), &Ignore)?, vec![Fate::Finished; 6]);
//! assert_eq!(carry_out(&runs, &work, DataCache::new("data", 1), &Ignore)?, vec![Fate::Kept; 6]);
//! assert_eq!(Collected::read(&sweep, &work.runs).missing().count(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod axis;
mod carry_out;
mod collected;
mod distribution;
mod error;
mod last_values;
mod member;
mod planned_run;
mod shell;
pub mod slurm;
mod standing;
mod sweep;
mod written;

pub use carry_out::{Fate, Ignore, Watch, Work, carry_out};
pub use collected::{By, Collected, Gathered};
pub use error::SweepError;
pub use last_values::last_values;
pub use member::Member;
pub use planned_run::{PlannedRun, check_directories, product, too_many};
pub use shell::quoted;
pub use standing::Standing;
pub use sweep::Sweep;
