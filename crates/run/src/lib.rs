//! One run: its settings, and how they are carried out and written down. Every command that trains goes through here.
//!
//! * [`Plan`] reads a configuration file (or the built-in demonstration) with overrides; each [`Method`] of it is one run.
//!   [`Configuration`] is the file before its settings are read, with its sweep.
//! * [`Prepared`] has loaded its data, from a [`DataCache`] that runs share, and built its network.
//! * [`execute`] trains it, writes its run directory with checkpoints, and stops after the step in hand when an [`Interrupt`] is
//!   requested; with [`IfExists::Resume`](consilience_record::IfExists::Resume) it goes on with a run that was killed or
//!   interrupted, and ends with the same bytes.
//! * [`cross_fit`] scores its training examples by networks that have not trained on them, as a run of its own.
//! * [`document`] holds settings as written; every error about them names the file and line, and the nearest valid name.
//!
//! ```
//! use consilience_record::{IfExists, Program, RunReader, Status};
//! use consilience_run::{DataCache, Ending, Execution, Interrupt, Plan, Prepared, execute};
//! use consilience_train::Ignore;
//!
//! let text = r#"
//!     data = { source = "two_circles" }
//!     model = { name = "mlp", widths = [8] }
//!     train = { steps = 3, batch_size = 10 }
//! "#;
//! let plan = Plan::parse("circles", "circles.toml", text, &[])?;
//! let prepared = Prepared::new(&plan.methods[0], &mut DataCache::new("data", 1))?;
//! let parent = tempfile::tempdir()?;
//! let directory = parent.path().join("run");
//! let execution = Execution {
//!     directory: &directory,
//!     if_exists: IfExists::Refuse,
//!     program: Program::default(),
//!     interrupt: Interrupt::default(),
//! };
//! let Ending::Ended(outcome) = execute(&prepared, &execution, &mut Ignore)?.ending else { panic!("interrupted") };
//! assert_eq!(outcome.steps, 3);
//! assert_eq!(RunReader::open(&directory)?.description().status, Status::Finished);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod begun;
mod cross_fit;
mod difference;
pub mod document;
mod error;
mod execute;
mod interrupt;
mod kept;
mod measured;
mod memory;
mod plane;
mod prepared;
mod recorded;
mod recorder;
mod saved;
mod settings;
mod state;
mod weights;

pub use begun::{Begun, Resumed, check_directory};
pub use cross_fit::{CrossFitEnding, cross_fit, cross_fit_steps};
pub use difference::first_difference;
pub use error::{RunError, SettingsError};
pub use execute::{Ending, Executed, Execution, execute, resolved};
pub use interrupt::Interrupt;
pub use kept::{failed, finished};
pub use measured::Measured;
pub use memory::{Bytes, MemoryNeed, check_memory, check_memory_of_measure, machine_memory};
pub use plane::{Plane, Says, is_plane, plane};
pub use prepared::{DataCache, Prepared};
pub use saved::{Saved, SavedSettings};
pub use settings::{CheckpointSpec, Configuration, Draft, Method, Override, Plan, RecordSpec, RunSettings, slug};
pub use weights::{WeightsError, place as place_weights, shortened};
