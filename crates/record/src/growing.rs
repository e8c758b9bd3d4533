//! Files of JSON lines that grow while a run goes on.

use crate::error::RecordError;
use crate::regular;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How far a file had got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extent {
    /// Its length.
    pub bytes: u64,
    /// The CRC-32 of those bytes.
    pub checksum: u32,
}

/// A file of JSON lines that is appended to.
#[derive(Debug)]
pub(crate) struct Growing {
    path: PathBuf,
    file: File,
    bytes: u64,
    hasher: crc32fast::Hasher,
}

impl Growing {
    /// The empty file at `path`, which is there already.
    pub fn open(path: PathBuf) -> Result<Self, RecordError> {
        let file = OpenOptions::new().append(true).open(&path).map_err(RecordError::io("open", &path))?;
        Ok(Self { path, file, bytes: 0, hasher: crc32fast::Hasher::new() })
    }

    /// The file at `path` cut off at `extent`, made when it is missing.
    pub fn cut(path: PathBuf, extent: Extent) -> Result<Self, RecordError> {
        let file = OpenOptions::new().append(true).create(true).open(&path).map_err(RecordError::io("open", &path))?;
        file.set_len(extent.bytes).map_err(RecordError::io("shorten", &path))?;
        let hasher = crc32fast::Hasher::new_with_initial_len(extent.checksum, extent.bytes);
        Ok(Self { path, file, bytes: extent.bytes, hasher })
    }

    /// Appends a line and flushes it.
    pub fn append(&mut self, line: &impl Serialize) -> Result<(), RecordError> {
        let mut text = serde_json::to_vec(line).map_err(|error| RecordError::Unwritable {
            what: self.path.display().to_string(),
            message: error.to_string(),
        })?;
        text.push(b'\n');
        // One write per line, unbuffered: whoever watches the file sees whole lines, and a killed run loses none.
        if let Err(cause) = self.file.write_all(&text) {
            // A full disk may have taken a part of the line. Should it stay, readers report it and pass over it.
            let _ = self.file.set_len(self.bytes);
            return Err(RecordError::io("write", &self.path)(cause));
        }
        self.bytes += text.len() as u64;
        self.hasher.update(&text);
        Ok(())
    }

    pub fn synchronise(&self) -> Result<(), RecordError> {
        self.file.sync_all().map_err(RecordError::io("synchronise", &self.path))
    }

    pub fn extent(&self) -> Extent {
        Extent { bytes: self.bytes, checksum: self.hasher.clone().finalize() }
    }
}

/// Checks that the file at `path` begins with what `extent` says.
pub(crate) fn check_extent(path: &Path, extent: Extent) -> Result<(), RecordError> {
    let bytes = regular::read(path).map_err(RecordError::io("read", path))?;
    let begins = usize::try_from(extent.bytes).ok().and_then(|length| bytes.get(..length));
    match begins {
        Some(begins) if crc32fast::hash(begins) == extent.checksum => Ok(()),
        Some(_) => Err(RecordError::malformed(path, None, "it was changed since the checkpoint was written")),
        None => Err(RecordError::malformed(
            path,
            None,
            format!("it has {} bytes, and had {} when the checkpoint was written", bytes.len(), extent.bytes),
        )),
    }
}

/// The whole lines of the file at `path`, as far as `extent` goes; nothing where there is no file.
pub(crate) fn whole_lines(path: &Path, extent: Extent) -> Extent {
    let bytes = regular::read(path).unwrap_or_default();
    let within = &bytes[..bytes.len().min(usize::try_from(extent.bytes).unwrap_or(usize::MAX))];
    let end = within.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    Extent { bytes: end as u64, checksum: crc32fast::hash(&within[..end]) }
}
