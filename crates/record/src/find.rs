//! Where the runs are below a directory.

use crate::error::RecordError;
use crate::{RUN_FILE, RunReader};
use std::io;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The run directories that were found, and what could not be searched.
#[derive(Debug, Default)]
pub struct FoundRuns {
    /// Directories with a `run.toml`, in the order of their names. Whether it can be read shows when they are opened.
    pub runs: Vec<PathBuf>,
    /// What could not be searched, such as a directory that may not be read.
    pub problems: Vec<RecordError>,
}

/// The run directories at and below `path`: `path` alone when it is one, otherwise those in it, however deep.
///
/// What lies in a run directory is not searched, nor is what has a name that begins with a dot, as a run directory that is
/// being made. Symbolic links below `path` are not followed, so the search ends and finds every run once; `path` may be one.
///
/// ```
/// use consilience_record::{IfExists, RunDescription, RunWriter, find_runs};
///
/// let parent = tempfile::tempdir()?;
/// for name in ["b/seed-2", "a"] {
///     RunWriter::create(&parent.path().join(name), RunDescription::default(), IfExists::Refuse)?;
/// }
/// let runs = find_runs(parent.path()).runs;
/// assert_eq!(runs, [parent.path().join("a"), parent.path().join("b/seed-2")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_runs(path: &Path) -> FoundRuns {
    let mut found = FoundRuns::default();
    if path.is_file() {
        found.problems.push(RecordError::NotARun { path: path.to_owned() });
        return found;
    }
    let mut entries = WalkDir::new(path).follow_links(false).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let at = error.path().unwrap_or(path).to_owned();
                let text = error.to_string();
                let cause = error.into_io_error().unwrap_or_else(|| io::Error::other(text));
                found.problems.push(RecordError::io("read", &at)(cause));
                continue;
            }
        };
        let is_directory = entry.file_type().is_dir() || entry.depth() == 0;
        if !is_directory {
            continue;
        }
        if entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.skip_current_dir();
        } else if entry.path().join(RUN_FILE).is_file() {
            found.runs.push(entry.into_path());
            entries.skip_current_dir();
        }
    }
    found
}

/// Of the runs at and below `path` the one to look at first: the one that started last among those still going on, or else
/// among all. The directory itself, when it is a run.
///
/// # Errors
/// [`RecordError::NotARun`] when there is none that can be read; [`RecordError::Io`] when `path` cannot be searched.
pub fn latest_run(path: &Path) -> Result<RunReader, RecordError> {
    let found = find_runs(path);
    let opened = found.runs.iter().filter_map(|run| RunReader::open(run).ok());
    let key = |run: &RunReader| {
        let description = run.description();
        let goes_on = description.status == crate::Status::Running && run.is_being_written() != Some(false);
        (goes_on, description.started.to_string())
    };
    let latest = opened.max_by_key(key);
    match (latest, found.runs.as_slice()) {
        (Some(run), _) => Ok(run),
        // The one that there is says itself what is wrong with it.
        (None, [only]) => RunReader::open(only),
        (None, _) => {
            Err(found.problems.into_iter().next().unwrap_or_else(|| RecordError::NotARun { path: path.to_owned() }))
        }
    }
}
