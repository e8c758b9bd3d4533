//! One process at a time writes a run directory.

use crate::error::RecordError;
use crate::{LOCK_FILE, regular};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// An advisory lock, held by the writer of a run directory or, beside one, by whoever carries out its run. The operating system
/// takes it from a process that dies; readers need none.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes the lock of `directory`, or says who has it.
    ///
    /// # Errors
    /// [`RecordError::Busy`], [`RecordError::Io`].
    pub fn acquire(directory: &Path) -> Result<Self, RecordError> {
        // A file system without locks (some network file systems) leaves it to the user to run one process at a time.
        Self::acquire_at(directory.join(LOCK_FILE), directory, &own_name(), true)
    }

    /// Takes the lock that the file `path` stands for, or says who has that on `directory`; `name` is what others are told.
    ///
    /// # Errors
    /// [`RecordError::Busy`], [`RecordError::Io`], also of a file system without locks unless `may_lack` them.
    pub fn acquire_at(path: PathBuf, directory: &Path, name: &str, may_lack: bool) -> Result<Self, RecordError> {
        loop {
            let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let mut file = open().map_err(RecordError::io("open", &path))?;
            attempt(&file, directory, &path, may_lack)?;
            let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{name}"));
            written.map_err(RecordError::io("write", &path))?;
            // Whoever had the lock before may have removed the file between our opening and locking it. Then it is not the one
            // that the next process will find.
            if is_at(&file, &path) {
                return Ok(Self { path, file });
            }
        }
    }

    /// Follows the directory to where it was renamed to.
    pub fn moved_to(&mut self, directory: &Path) {
        self.path = directory.join(LOCK_FILE);
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Without its file the directory shows that nobody writes it; should it stay, the lock is gone all the same.
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Checks that no process writes `directory`.
///
/// # Errors
/// [`RecordError::Busy`].
pub(crate) fn check_free(directory: &Path) -> Result<(), RecordError> {
    let path = directory.join(LOCK_FILE);
    match regular::open(&path) {
        // shared, as file systems that emulate locks grant no other on a file opened for reading
        Ok(file) if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) => {
            Err(RecordError::Busy { path: directory.to_owned(), process: holder(&path) })
        }
        // There is no lock, or none that this process could hold: whatever is wrong shows when something is written.
        _ => Ok(()),
    }
}

/// Whether a process holds the lock of `directory`; none where there is no telling.
pub(crate) fn is_held(directory: &Path) -> Option<bool> {
    match regular::open(&directory.join(LOCK_FILE)) {
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => Some(false),
            Err(TryLockError::WouldBlock) => Some(true),
            Err(TryLockError::Error(_)) => None,
        },
        Err(cause) => (cause.kind() == io::ErrorKind::NotFound).then_some(false),
    }
}

fn attempt(file: &File, directory: &Path, path: &Path, may_lack: bool) -> Result<(), RecordError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(RecordError::Busy { path: directory.to_owned(), process: holder(path) }),
        Err(TryLockError::Error(cause)) if may_lack && cause.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(cause)) => Err(RecordError::io("lock", path)(cause)),
    }
}

/// What the holder wrote into its file, such as `1234`.
pub(crate) fn holder(path: &Path) -> Option<String> {
    const ENOUGH: u64 = 200;
    let mut text = String::new();
    regular::open(path).ok()?.take(ENOUGH).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn own_name() -> String {
    std::process::id().to_string()
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().and_then(|own| Ok(identity(own) == identity(fs::metadata(path)?))).unwrap_or(false)
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    // An open file cannot be removed there.
    path.exists()
}
