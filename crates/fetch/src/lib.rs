//! Downloads data sets into the folders where the readers of `consilience-data` look for them.
//!
//! * A file arrives as `NAME.part` and gets its name when its SHA-256 is the published one, so a file with its name is whole.
//! * What an interrupted or failed download has left is kept, and the next one goes on from there.
//! * A connection that is cut or stalls is tried again, then the next mirror; a file that is not the published one is thrown
//!   away.
//! * An archive is unpacked beside its place and moved there: only plain files and folders, none outside its folder, no more
//!   than it is known to hold.
//!
//! The addresses and checksums are those of [`consilience_data::registry`]; this crate is apart so that whoever reads data
//! need not compile a network stack.
//!
//! ```no_run
//! use consilience_data::{Source, origin::Origin, registry};
//! use consilience_fetch::{Settings, fetch};
//! use std::path::Path;
//!
//! if let Origin::Download(mnist) = &registry::source(Source::Mnist).origin {
//!     let fetched = fetch(mnist, Path::new("data"), &Settings::default(), &|| false, &mut |event| println!("{event:?}"))?;
//!     assert_eq!(fetched.downloaded + fetched.kept, 4);
//! }
//! # Ok::<(), consilience_fetch::FetchError>(())
//! ```

mod checksum;
mod data_set;
mod download;
mod error;
mod event;
mod part;
mod settings;
mod transfer;
mod unpack;

pub use checksum::sha256_of_file;
pub use data_set::{Fetched, fetch};
pub use error::{FetchError, MirrorFailure, Refusal};
pub use event::Event;
pub use settings::Settings;
pub use unpack::unpack;
