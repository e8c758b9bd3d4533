//! What can go wrong while data are fetched, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No address had the file.
    #[error("cannot fetch {file}: {}", listed(failures))]
    NoMirror {
        /// Name of the file.
        file: &'static str,
        /// What each address came to, in the order in which they were asked; at least one.
        failures: Vec<MirrorFailure>,
        /// What has come of it, when that is worth keeping.
        kept: Option<PathBuf>,
    },
    /// A file that is there already is not the published one.
    #[error("{} is not the published file: its SHA-256 is {found}, expected {expected}", path.display())]
    OtherFile {
        /// The file.
        path: PathBuf,
        /// The published checksum.
        expected: &'static str,
        /// Its checksum.
        found: String,
    },
    /// The operating system refused to read or write something here.
    #[error("cannot {operation} {}: {cause}", path.display())]
    Io {
        /// What was attempted, as a verb.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason the operating system gave.
        #[source]
        cause: io::Error,
        /// How many more bytes the file needs, while it is being written.
        missing: Option<u64>,
    },
    /// Another process is fetching the same file.
    #[error("another process is fetching {}", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// An archive does not read as one.
    #[error("cannot unpack {}: {message}", path.display())]
    BrokenArchive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// An archive holds something that it must not.
    #[error("{} is not unpacked: {entry} {reason}", path.display())]
    UnsafeArchive {
        /// The archive.
        path: PathBuf,
        /// Its entry.
        entry: String,
        /// What is wrong with it: `leads out of the folder`.
        reason: String,
    },
    /// It was asked to stop.
    #[error("stopped")]
    Interrupted {
        /// What has come so far, from which the next attempt goes on.
        kept: Option<PathBuf>,
    },
}

/// An address that did not give the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorFailure {
    /// The address of the file.
    pub address: String,
    /// Why.
    pub refusal: Refusal,
}

/// Why an address did not give a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no way to it: no network, no such host, nobody answering.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// The server answered with an error.
    #[error("the server answered {0}")]
    Status(String),
    /// The server has another file, or a page to log in.
    #[error("the server offers {found} bytes where the file has {expected}")]
    OtherSize {
        /// The size of the file.
        expected: u64,
        /// The size that was offered.
        found: u64,
    },
    /// The server did not stop when the file should have ended.
    #[error("the server sends more than the {expected} bytes of the file")]
    TooMuch {
        /// The size of the file.
        expected: u64,
    },
    /// What came is not the file.
    #[error("what came is not the published file: its SHA-256 is {found}, expected {expected}")]
    OtherContent {
        /// The published checksum.
        expected: &'static str,
        /// The checksum of what came.
        found: String,
    },
    /// The connection failed again and again.
    #[error("{0}")]
    Broken(String),
}

impl fmt::Display for MirrorFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.refusal)
    }
}

fn listed(failures: &[MirrorFailure]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl FetchError {
    pub(crate) fn io(operation: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { operation, path, cause, missing: None }
    }

    /// Whether no address could be reached at all, as without a network.
    pub fn is_without_network(&self) -> bool {
        let Self::NoMirror { failures, .. } = self else { return false };
        failures.iter().all(|failure| matches!(failure.refusal, Refusal::Unreachable(_)))
    }
}
