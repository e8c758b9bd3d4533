//! A file on its way: `NAME.part`.

use crate::checksum;
use crate::error::FetchError;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What has come of a file. No other process writes to it meanwhile.
pub(crate) struct Part {
    path: PathBuf,
    file: File,
    hasher: Sha256,
    len: u64,
    /// Whether it may consist of pieces of different files, since it did not come in one go.
    pieced: bool,
}

impl Part {
    /// Opens or begins the part of `target`.
    pub(crate) fn open(target: &Path) -> Result<Self, FetchError> {
        let mut name = target.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let io = |operation| FetchError::io(operation, &path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(FetchError::io("create", folder))?;
        }
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(io("write"))?;
        lock(&file, target)?;
        let mut hasher = Sha256::new();
        let len = checksum::read_into(&mut file, &mut hasher).map_err(io("read"))?;
        Ok(Self { path, file, hasher, len, pieced: len > 0 })
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn is_pieced(&self) -> bool {
        self.pieced
    }

    /// From now on it consists of pieces.
    pub(crate) fn continued(&mut self) {
        self.pieced |= self.len > 0;
    }

    pub(crate) fn sha256(&self) -> String {
        checksum::digits(self.hasher.clone())
    }

    /// Appends `bytes` to a file that will have `of` bytes.
    pub(crate) fn append(&mut self, bytes: &[u8], of: u64) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(|cause| FetchError::Io {
            operation: "write",
            path: self.path.clone(),
            cause,
            missing: Some(of.saturating_sub(self.len)),
        })?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Throws away what has come.
    pub(crate) fn clear(&mut self) -> Result<(), FetchError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(FetchError::io("truncate", &self.path))?;
        (self.hasher, self.len, self.pieced) = (Sha256::new(), 0, false);
        Ok(())
    }

    /// Gives the whole file its name, on disk first. The file returned keeps other processes from fetching it.
    pub(crate) fn finish(self, target: &Path) -> Result<File, FetchError> {
        self.file.sync_all().map_err(FetchError::io("write", &self.path))?;
        fs::rename(&self.path, target).map_err(FetchError::io("write", target))?;
        Ok(self.file)
    }

    /// Where what has come is kept; an empty part is removed instead.
    pub(crate) fn keep(self) -> Option<PathBuf> {
        if self.len > 0 {
            return Some(self.path);
        }
        // Nothing is lost when it stays.
        let _ = fs::remove_file(&self.path);
        None
    }
}

/// Keeps other processes from fetching `target`, whose content `file` is or becomes.
pub(crate) fn lock(file: &File, target: &Path) -> Result<(), FetchError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(FetchError::Busy { path: target.to_owned() }),
        // Some network file systems have no locks; two processes at once then end with a wrong checksum.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}
