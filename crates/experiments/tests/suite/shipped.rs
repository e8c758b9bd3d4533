//! The experiments that come with the program.

use consilience_experiments::{Grid, Scale, shipped};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_file_of_the_folder_is_shipped_and_makes_runs_at_every_scale() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let in_folder: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let listed: BTreeSet<String> = shipped::names().map(str::to_owned).collect();
    assert_eq!(in_folder, listed, "each file needs its line in shipped.rs");
    for name in shipped::names() {
        let experiment = shipped::experiment(name).unwrap().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(experiment.name, name);
        for scale in Scale::ALL {
            let grid = Grid::new(&experiment, scale).unwrap_or_else(|error| panic!("{name}, {scale}: {error}"));
            assert!(!grid.runs.is_empty(), "{name}, {scale}");
        }
        assert!(!experiment.needs_files(Scale::Smoke), "{name} needs data files at scale smoke");
        assert!(!experiment.notes.is_empty(), "{name}: notes");
        // searches for settings test nothing that a paper says
        assert!(!experiment.claims.is_empty() || name.ends_with("-tuning"), "{name}: claims");
    }
}
