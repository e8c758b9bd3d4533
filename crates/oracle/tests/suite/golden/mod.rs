//! The golden numbers: every tensor of every file in the directory `CONSILIENCE_ORACLES` (default `testdata/oracles`),
//! computed by the fast path and compared, in double and in single precision.
//!
//! A file that holds a tensor which is not compared, or lacks one that the index lists, is a failure.

#![allow(clippy::unwrap_used)]

mod compute;
mod file;
mod index;
mod network;
mod quantities;
mod tolerance;

use std::path::PathBuf;

use consilience_nn::Precision;

use file::Golden;
use index::{Entry, Index};
use tolerance::Tolerance;

fn directory() -> PathBuf {
    match std::env::var_os("CONSILIENCE_ORACLES") {
        Some(directory) => directory.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/oracles"),
    }
}

#[test]
fn every_tensor_in_double_precision() {
    every_tensor::<f64>();
}

#[test]
fn every_tensor_in_single_precision() {
    every_tensor::<f32>();
}

fn every_tensor<R: Precision>() {
    let directory = directory();
    let index = Index::read(&directory);
    assert!(!index.files.is_empty(), "{}: the index lists no files", directory.display());
    let mut failures = Vec::new();
    for (name, entry) in &index.files {
        let golden = Golden::read(&directory.join(name));
        failures.extend(check::<R>(name, entry, &golden));
    }
    assert!(failures.is_empty(), "{} failures in {}:\n{}", failures.len(), R::NAME, failures.join("\n"));
}

/// Everything that is wrong with one file.
fn check<R: Precision>(file: &str, entry: &Entry, golden: &Golden) -> Vec<String> {
    let mut failures = entry.differences_of_lists(golden);
    let case = network::case::<R>(entry, golden, &mut failures);
    let computed = compute::everything(&case, entry, golden);
    let tolerance = Tolerance::new(&case, golden, &computed);
    for name in golden.names() {
        if name.starts_with("in/") {
            if !case.inputs_read.contains(name) {
                failures.push(format!("{name} is an input that nothing reads"));
            }
            continue;
        }
        let mut results = computed.iter().filter(|(computed, ..)| computed == name).peekable();
        if results.peek().is_none() {
            failures.push(format!("{name} was not checked"));
        }
        let expected = golden.values(name);
        for (_, route, got) in results {
            if let Err(why) = tolerance.compare(name, got, expected) {
                failures.push(format!("{name} by {route}: {why}"));
            }
        }
    }
    // what was computed but is not in the file is no failure: other files hold fewer tensors
    failures.into_iter().map(|failure| format!("{file}: {failure}")).collect()
}
