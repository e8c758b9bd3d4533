//! Readers of run directories.

use consilience_record::{Checkpoint, EXAMPLES_FILE, METRICS_FILE, RUN_FILE, RunReader, TIMINGS_FILE, WEIGHTS_FILE};
use std::fs;
use std::io;
use std::path::Path;

/// What the other files of a run are read beside.
const DESCRIPTION: &str = "status = \"finished\"\n";

/// A run with `bytes` as each of `files`.
fn run(folder: &Path, files: &[&str], bytes: &[u8]) -> io::Result<Option<RunReader>> {
    fs::write(folder.join(RUN_FILE), DESCRIPTION)?;
    for file in files {
        fs::write(folder.join(file), bytes)?;
    }
    Ok(RunReader::open(folder).ok())
}

pub(crate) fn run_description(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    run(folder, &[RUN_FILE], bytes)?;
    Ok(())
}

pub(crate) fn metrics(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(run) = run(folder, &[METRICS_FILE, TIMINGS_FILE], bytes)? {
        let _ = run.metrics();
        let _ = run.timings();
    }
    Ok(())
}

pub(crate) fn example_table(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(run) = run(folder, &[EXAMPLES_FILE], bytes)? {
        let _ = run.examples();
        let _ = run.table();
    }
    Ok(())
}

pub(crate) fn weights(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(run) = run(folder, &[WEIGHTS_FILE], bytes)? {
        let _ = run.weights();
    }
    let _ = Checkpoint::read(&folder.join(WEIGHTS_FILE));
    Ok(())
}
