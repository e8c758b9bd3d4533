//! What there is to say while data are fetched.

use std::path::Path;
use std::time::Duration;

/// Something that happened, for whoever shows progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A file is there already and is kept.
    Kept {
        /// The file or folder.
        path: &'a Path,
        /// Whether its checksum is the published one; what has been unpacked has none.
        verified: bool,
    },
    /// A file is asked for.
    Asked {
        /// Its name.
        file: &'a str,
        /// Its address.
        address: &'a str,
        /// Its size in bytes.
        bytes: u64,
        /// How much of it is there from before.
        have: u64,
    },
    /// Bytes have come.
    Received {
        /// How much of the file is there now.
        have: u64,
    },
    /// What was there is of no use, and the file is fetched from its beginning.
    StartedOver {
        /// Why.
        reason: &'a str,
    },
    /// A connection failed and is tried again.
    Retrying {
        /// Why.
        reason: &'a str,
        /// After which wait.
        wait: Duration,
    },
    /// An address is given up, and the next one is asked.
    NextMirror {
        /// The address.
        address: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A file has come whole.
    Verified {
        /// The file.
        path: &'a Path,
    },
    /// An archive is being unpacked.
    Unpacking {
        /// The archive.
        archive: &'a Path,
    },
    /// An archive has been unpacked.
    Unpacked {
        /// The folder that it made.
        folder: &'a Path,
        /// Files in it.
        files: usize,
    },
}
