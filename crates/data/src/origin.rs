//! Where the files of a data set come from: addresses, sizes, checksums, and the folder in which the readers look for them.
//!
//! What a person is told about getting a data set (`data list`, `explain`, the error of a missing file) and what `data fetch`
//! does are made from one value, the [`Origin`] in the [`registry`](crate::registry).

use crate::sources::compressed;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a data set comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// It is generated: there are no files.
    BuiltIn,
    /// Anybody can download it.
    Download(Download),
    /// A person has to get it.
    ByHand(ByHand),
}

/// Files that anybody can download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Download {
    /// The name by which `consilience data fetch` knows it.
    pub name: &'static str,
    /// The folder below the data directory in which the readers look.
    pub folder: &'static str,
    /// What the readers look for there; files may carry `.gz` or `.zst` besides.
    pub wanted: &'static [&'static str],
    /// Addresses of folders that hold the files, each ending with `/`: the publisher's first, then mirrors.
    pub addresses: &'static [&'static str],
    /// The files.
    pub files: &'static [RemoteFile],
}

/// A file as it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its name, which an address is followed by.
    pub name: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
    /// How it is unpacked; none when the readers read it as it is.
    pub archive: Option<Archive>,
}

/// An archive that holds one folder, the [`folder`](Download::folder) of its data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Its format.
    pub format: ArchiveFormat,
    /// The most bytes that its files may take together.
    pub most_bytes: u64,
    /// The most files and folders that it may hold.
    pub most_entries: usize,
}

/// A format of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchiveFormat {
    /// A tape archive, compressed by gzip.
    TarGz,
    /// A zip archive.
    Zip,
}

/// Files that a person has to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// The folder below the data directory in which the readers look.
    pub folder: &'static str,
    /// What the readers look for there; files may carry `.gz` or `.zst` besides.
    pub wanted: &'static [&'static str],
    /// Why no program can fetch it: `an account is needed`.
    pub reason: &'static str,
    /// What to do. `DATA_DIR` stands for the data directory.
    pub steps: &'static str,
}

/// How much of a data set a data directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// No file is needed.
    BuiltIn,
    /// Everything that is looked for is there.
    Here,
    /// Some of it is there.
    Partly {
        /// How much of what is looked for is there.
        found: usize,
        /// How much is looked for.
        wanted: usize,
    },
    /// Nothing of it is there.
    Missing,
}

impl Origin {
    /// Whether files are needed.
    pub const fn needs_files(&self) -> bool {
        !matches!(self, Self::BuiltIn)
    }

    /// The folder below the data directory in which the readers look; none when no file is needed.
    pub const fn folder(&self) -> Option<&'static str> {
        match self {
            Self::BuiltIn => None,
            Self::Download(download) => Some(download.folder),
            Self::ByHand(by_hand) => Some(by_hand.folder),
        }
    }

    /// Bytes to be downloaded; none where no program can fetch them.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::Download(download) => Some(download.files.iter().map(|file| file.bytes).sum()),
            Self::BuiltIn | Self::ByHand(_) => None,
        }
    }

    /// How much of it `data_dir` holds, judged by names alone.
    pub fn presence(&self, data_dir: &Path) -> Presence {
        let (folder, wanted) = match self {
            Self::BuiltIn => return Presence::BuiltIn,
            Self::Download(Download { folder, wanted, .. }) | Self::ByHand(ByHand { folder, wanted, .. }) => {
                (folder, wanted)
            }
        };
        let directories: [PathBuf; 2] = [data_dir.join(folder), data_dir.to_owned()];
        match wanted.iter().filter(|name| compressed::find(&directories, name).is_some()).count() {
            0 => Presence::Missing,
            found if found == wanted.len() => Presence::Here,
            found => Presence::Partly { found, wanted: wanted.len() },
        }
    }
}

/// What to do to get it. `DATA_DIR` stands for the data directory.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in: no file is needed"),
            Self::ByHand(by_hand) => f.write_str(by_hand.steps),
            Self::Download(Download { name, folder, addresses, files, .. }) => {
                write!(f, "get it by `consilience data fetch {name} --data-dir DATA_DIR`, or download ")?;
                for (index, file) in files.iter().enumerate() {
                    match index {
                        0 => {}
                        _ if index + 1 == files.len() => f.write_str(" and ")?,
                        _ => f.write_str(", ")?,
                    }
                    f.write_str(file.name)?;
                }
                write!(f, " from {} ", addresses.first().copied().unwrap_or_default())?;
                if files.iter().any(|file| file.archive.is_some()) {
                    write!(f, "and unpack it in DATA_DIR, which makes DATA_DIR/{folder}")
                } else {
                    write!(f, "into DATA_DIR/{folder}")
                }
            }
        }
    }
}
