//! Files that are there whole or not at all.

use crate::error::RecordError;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Replaces `path` by `contents`: a reader sees the old file or the new one, also after a crash at any moment.
///
/// # Errors
/// [`RecordError::Io`].
pub fn write(path: &Path, contents: &[u8]) -> Result<(), RecordError> {
    let temporary = sibling(path, "tmp");
    let written = File::create(&temporary)
        .and_then(|mut file| {
            file.write_all(contents)?;
            file.sync_all()
        })
        .map_err(RecordError::io("write", path))
        .and_then(|()| rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to report; what is left behind has a name that says what it is.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Removes what killed writers left in `directory` of files that they were about to put in place.
pub(crate) fn remove_leftovers(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with('.') && name.contains(".tmp-")) {
            // What cannot be removed does no harm: its name says what it is.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Renames `from` to `to` and makes the renaming durable.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), RecordError> {
    fs::rename(from, to).map_err(RecordError::io("create", to))?;
    sync_directory(&parent(to))
}

/// The directory that holds `path`.
pub(crate) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A hidden name beside `path` that says what it is for and whose it is: `.NAME.PURPOSE-PID-N`, with a number that no other call
/// gets. Processes of different containers may have one PID, so that the time is in the number, too.
pub(crate) fn sibling(path: &Path, purpose: &str) -> PathBuf {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{purpose}-{}-{:x}{call:x}", std::process::id(), since.as_nanos()));
    parent(path).join(name)
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> Result<(), RecordError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(RecordError::io("synchronise", path))
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> Result<(), RecordError> {
    Ok(())
}
