//! How a run directory comes to its place.

use crate::RUN_FILE;
use crate::atomic::{parent, rename, sibling};
use crate::error::RecordError;
use crate::lock::{self, Lock};
use std::fs;
use std::path::Path;

/// What to do when the directory to be made is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfExists {
    /// Refuse.
    #[default]
    Refuse,
    /// Replace it, when it is a run directory or empty; refuse otherwise.
    Replace,
    /// Go on with it, when it is a run directory; begin, when it is empty; refuse otherwise. Nothing replaces a run.
    Resume,
}

/// Checks that a run directory may be made at `path`, so that a program can refuse before it has computed anything.
///
/// # Errors
/// [`RecordError::Exists`], [`RecordError::NotReplaceable`]; [`RecordError::Busy`] while a process writes it.
pub fn check_target(path: &Path, if_exists: IfExists) -> Result<(), RecordError> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    match if_exists {
        IfExists::Refuse => Err(RecordError::Exists { path: path.to_owned() }),
        IfExists::Replace | IfExists::Resume if is_replaceable(path) => lock::check_free(path),
        IfExists::Replace | IfExists::Resume => Err(RecordError::NotReplaceable { path: path.to_owned() }),
    }
}

/// Makes the directory `path` appear at once, with what `fill` writes into it, locked.
pub(crate) fn create(
    path: &Path,
    if_exists: IfExists,
    fill: impl FnOnce(&Path) -> Result<(), RecordError>,
) -> Result<Lock, RecordError> {
    check_target(path, if_exists)?;
    let parent = parent(path);
    fs::create_dir_all(&parent).map_err(RecordError::io("create", &parent))?;
    let partial = sibling(path, "partial");
    fs::create_dir(&partial).map_err(RecordError::io("create", path))?;
    let filled = fill(&partial).and_then(|()| Lock::acquire(&partial));
    let placed = filled.and_then(|mut lock| {
        place(&partial, path, if_exists)?;
        lock.moved_to(path);
        Ok(lock)
    });
    if placed.is_err() {
        // The first error is the one to report; what is left behind has a name that says what it is.
        let _ = fs::remove_dir_all(&partial);
    }
    placed
}

fn place(partial: &Path, path: &Path, if_exists: IfExists) -> Result<(), RecordError> {
    // Again, as late as possible: another run may have taken the name since. Should it do so even later, renaming onto a
    // directory that is not empty fails.
    check_target(path, if_exists)?;
    if fs::symlink_metadata(path).is_err() {
        return rename(partial, path);
    }
    if if_exists == IfExists::Resume && path.join(RUN_FILE).is_file() {
        return Err(RecordError::Exists { path: path.to_owned() });
    }
    let _old = Lock::acquire(path)?;
    // The old directory steps aside before it is deleted: were we killed here, it would still be there whole.
    let replaced = sibling(path, "replaced");
    rename(path, &replaced)?;
    if let Err(error) = rename(partial, path) {
        rename(&replaced, path)?;
        return Err(error);
    }
    fs::remove_dir_all(&replaced).map_err(RecordError::io("delete", &replaced))
}

/// Whether nothing is lost but a run when the directory is replaced. Links are not followed.
fn is_replaceable(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
        && (path.join(RUN_FILE).is_file() || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()))
}
