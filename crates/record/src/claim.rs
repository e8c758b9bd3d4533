//! One worker at a time carries out a run.

use crate::atomic::parent;
use crate::error::RecordError;
use crate::instant::UtcTime;
use crate::lock::{Lock, holder};
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// The right to carry out a run, held until it is dropped or its process ends, however it ends.
///
/// It is a lock like the one within a run directory, on the file `.NAME.claim` beside it, because there need not be a directory
/// yet, and one that is there may be replaced or found to have ended. Every worker that shares the folder sees it: threads, processes,
/// and machines where the file system has locks, as NFS from version 4 on does. A lock is free the moment its process is dead,
/// so no clock has to tell a dead worker from a slow one.
#[derive(Debug)]
pub struct Claim {
    _lock: Lock,
}

impl Claim {
    /// Claims the run of `directory`, which need not be there yet.
    ///
    /// # Errors
    /// [`RecordError::Busy`] when another worker has it; [`RecordError::Io`] when the file cannot be made, or the file system has
    /// no locks.
    pub fn new(directory: &Path) -> Result<Self, RecordError> {
        let folder = parent(directory);
        fs::create_dir_all(&folder).map_err(RecordError::io("create", &folder))?;
        let name = format!("{} on {} since {}", std::process::id(), machine(), UtcTime::now());
        Ok(Self { _lock: Lock::acquire_at(path_of(directory), directory, &name, false)? })
    }

    /// Which process carries out the run of `directory` at the moment: its number, machine and since when. `None` when none does.
    pub fn holder(directory: &Path) -> Option<String> {
        let path = path_of(directory);
        let is_held = matches!(File::open(&path).ok()?.try_lock_shared(), Err(TryLockError::WouldBlock));
        is_held.then(|| holder(&path).unwrap_or_default())
    }
}

fn path_of(directory: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(directory.file_name().unwrap_or_default());
    name.push(".claim");
    parent(directory).join(name)
}

/// The name of this machine, as far as it tells.
fn machine() -> String {
    let told = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "some machine".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn taken(directory: &Path) -> Option<Claim> {
        match Claim::new(directory) {
            Ok(claim) => Some(claim),
            Err(RecordError::Busy { .. }) => None,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_run_has_one_claim_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("runs/a");
        assert_eq!(Claim::holder(&directory), None);
        let claim = taken(&directory).unwrap();
        let Err(RecordError::Busy { process: Some(words), .. }) = Claim::new(&directory) else { panic!("two claims") };
        assert!(words.starts_with(&format!("{} on ", std::process::id())), "{words}");
        assert_eq!(Claim::holder(&directory), Some(words));
        assert!(taken(&parent.path().join("runs/b")).is_some(), "another run is free");
        drop(claim);
        assert_eq!(Claim::holder(&directory), None);
        let left = fs::read_dir(parent.path().join("runs")).unwrap().count();
        assert_eq!(left, 0, "nothing is left behind");
        // as a killed process leaves it
        fs::write(path_of(&directory), "1 on somewhere since long ago").unwrap();
        assert!(taken(&directory).is_some());
    }

    #[test]
    fn threads_that_take_and_give_back_are_never_two() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("a");
        let (inside, taken_in_all) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut own = 0;
                    while own < 100 {
                        if let Some(claim) = taken(&directory) {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            own += 1;
                            taken_in_all.fetch_add(1, Ordering::SeqCst);
                            inside.fetch_sub(1, Ordering::SeqCst);
                            drop(claim);
                        }
                    }
                });
            }
        });
        assert_eq!(taken_in_all.into_inner(), 400);
    }
}
