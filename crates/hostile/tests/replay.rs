//! What the fuzzers kept and what hands wrote, given to the readers again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_hostile::{READERS, reader};
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_kept_input_is_taken_or_refused() {
    let mut failed = Vec::new();
    for reader in &READERS {
        let folders = [root().join("fuzz/corpus").join(reader.name), root().join("testdata/hostile").join(reader.name)];
        let inputs: Vec<PathBuf> = folders.iter().flat_map(|folder| entries(folder)).collect();
        assert!(!inputs.is_empty(), "reader `{}` has no inputs", reader.name);
        for path in inputs {
            let bytes = fs::read(&path).unwrap();
            let started = Instant::now();
            let read = catch_unwind(AssertUnwindSafe(|| reader.read(&bytes).unwrap()));
            if read.is_err() {
                failed.push(format!("{} panics", path.display()));
            } else if started.elapsed() > Duration::from_secs(10) {
                failed.push(format!("{} takes {:?}", path.display(), started.elapsed()));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// A folder or fuzzer without a reader would never be replayed.
#[test]
fn every_input_and_every_fuzzer_has_a_reader() {
    for folder in ["fuzz/corpus", "testdata/hostile"] {
        for path in entries(&root().join(folder)).into_iter().filter(|path| path.is_dir()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(reader(name).is_some(), "{}", path.display());
        }
    }
    let fuzzers: BTreeSet<String> = entries(&root().join("fuzz/fuzz_targets"))
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let readers: BTreeSet<String> = READERS.iter().map(|reader| reader.name.to_owned()).collect();
    assert_eq!(fuzzers, readers);
}
