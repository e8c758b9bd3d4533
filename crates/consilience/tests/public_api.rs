//! The public API, kept as text so that every change of it shows in review, and free of types of crates that are not ours.
//!
//! Reads rustdoc's JSON from the directory `CONSILIENCE_RUSTDOC_JSON`, which `.ci/run api` has written before.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The crates that the library re-exports.
const CRATES: [&str; 5] = ["tensor", "nn", "gradients", "data", "train"];

/// What signatures may name beside our crates: the standard library, and where a trait of another crate is implemented or asked
/// for on purpose.
const FOREIGN: [&str; 15] = [
    "core",
    "alloc",
    "std",
    // paths of primitive types
    "f32",
    "f64",
    "u32",
    // settings are read and written
    "serde",
    "serde_core",
    // `Real` is a number, `Needs` a set of flags, `Buffer` is filled from plain bytes, generators are seeded
    "num_traits",
    "bitflags",
    "bytemuck",
    "rand_core",
    "rand_chacha",
    "chacha20",
    // `Lanes` is written over the registers of `pulp`
    "pulp",
];

#[test]
fn the_public_api_is_the_one_that_was_reviewed() {
    let Some(json) = std::env::var_os("CONSILIENCE_RUSTDOC_JSON") else {
        eprintln!("skipped: CONSILIENCE_RUSTDOC_JSON names no directory (`.ci/run api` does)");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut changed = Vec::new();
    for name in CRATES {
        let path = root.join(&json).join(format!("consilience_{name}.json"));
        let api = public_api::Builder::from_rustdoc_json(&path)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let found = api.to_string();
        let foreign: BTreeSet<&str> = found.lines().flat_map(crates_named).filter(|name| !is_ours(name)).collect();
        let unexpected: Vec<_> = foreign.into_iter().filter(|name| !FOREIGN.contains(name)).collect();
        assert!(unexpected.is_empty(), "consilience-{name} shows types of {unexpected:?}");
        let kept = root.join(format!("testdata/public-api/{name}.txt"));
        if fs::read_to_string(&kept).unwrap_or_default() != found {
            let written = root.join(&json).join(format!("public-api-{name}.txt"));
            fs::write(&written, found).unwrap();
            changed.push(format!("diff {} {}", kept.display(), written.display()));
        }
    }
    assert!(
        changed.is_empty(),
        "the public API has changed; where that is meant, keep the new one:\n{}",
        changed.join("\n")
    );
}

fn is_ours(name: &str) -> bool {
    name.starts_with("consilience")
}

/// The first names of the paths in a line: `a` of `a::b`, and none of `T::Elem` or `::b`.
fn crates_named(line: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let starts = line.match_indices("::").map(|(end, _)| {
        let start = line[..end].rfind(|c| !is_part(c)).map_or(0, |before| before + 1);
        (start, &line[start..end])
    });
    let first = |start: usize| !line[..start].ends_with("::");
    starts.filter(|&(start, name)| first(start) && name.starts_with(char::is_lowercase)).map(|(_, name)| name).collect()
}

#[test]
fn crates_are_found_in_signatures() {
    let line = "pub fn consilience_nn::Model<R>::f(&self, x: faer::Mat<T::Elem>) -> core::result::Result<(), E>";
    assert_eq!(crates_named(line), ["consilience_nn", "faer", "core"]);
}
