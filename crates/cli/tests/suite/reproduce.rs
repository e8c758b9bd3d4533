//! `consilience reproduce` as a person runs it.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::text;
use consilience_record::{RunReader, Status};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn program(directory: &Path, arguments: &[&str]) -> Command {
    crate::program::program(directory, &[&["reproduce"], arguments].concat())
}

fn reproduce(directory: &Path, arguments: &[&str]) -> Output {
    program(directory, arguments).output().unwrap()
}

fn refused(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    crate::program::refused(directory, &[&["reproduce"], arguments].concat())
}

#[test]
fn an_experiment_writes_its_table_figure_claims_and_page() {
    let directory = tempfile::tempdir().unwrap();
    let output = reproduce(directory.path(), &["coherent-fig4", "--scale", "smoke", "--jobs", "2"]);
    let (page, talk) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{talk}");
    assert!(talk.starts_with("coherent-fig4 at scale smoke: 8 runs, about "), "{talk}");
    assert!(talk.contains("label noise 50 %, c = 8, seed 1: finished; "), "{talk}");
    for part in [
        "Accuracies and overfit at the end of training",
        "For c > 1, training accuracies do not exceed",
        "not testable at this scale",
        "8 runs; results, figures and all evidence: results/coherent-fig4/smoke/index.md",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 170), "{page}");
    let results = directory.path().join("results/coherent-fig4/smoke");
    assert_eq!(&fs::read(results.join("curves.png")).unwrap()[1..4], b"PNG");
    let index = fs::read_to_string(results.join("index.md")).unwrap();
    for part in ["![Winsorized SGD under label noise](curves.svg)", "## Claims", "8 runs: 4 combinations", "--jobs 2"] {
        assert!(index.contains(part), "{part}: {index}");
    }
    // label noise, winsorization, group, column, n, mean, ...
    let csv = fs::read_to_string(results.join("final.csv")).unwrap();
    let line = csv.lines().find(|line| line.starts_with("50 %,c = 8,,test accuracy (%),2,")).unwrap();
    let mean: f64 = line.split(',').nth(5).unwrap().parse().unwrap();
    let runs = fs::read_dir(results.join("runs")).unwrap().map(|entry| entry.unwrap().path());
    let finals: Vec<f64> = runs
        .filter(|run| run.to_string_lossy().contains("label-noise-50-c-8-seed"))
        .map(|run| {
            let records = RunReader::open(&run).unwrap().metrics().unwrap().records;
            records.iter().rev().find_map(|line| line.number("test_accuracy")).unwrap()
        })
        .collect();
    assert_eq!(finals.len(), 2);
    assert!((mean - 50.0 * (finals[0] + finals[1])).abs() < 1e-9, "{mean} {finals:?}");

    let (code, talk) = refused(directory.path(), &["coherent-fig4", "--scale", "smoke"]);
    let expected = "error: results/coherent-fig4/smoke exists already\n\
                    hint: go on with it by --resume, which keeps finished runs, or name another directory with --out\n";
    assert_eq!((code, talk.as_str()), (Some(1), expected));
    let again = reproduce(directory.path(), &["coherent-fig4", "--scale", "smoke", "--resume", "--quiet"]);
    assert!(text(&again.stdout).contains("8 runs, 8 of them from before; "), "{}", text(&again.stdout));
    assert_eq!(fs::read_to_string(results.join("final.csv")).unwrap(), csv);
}

/// Run directories below `directory`, with their status.
fn statuses(directory: &Path) -> Vec<(PathBuf, Status)> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter_map(|path| Some((path.clone(), RunReader::open(&path).ok()?.description().status))).collect()
}

#[cfg(unix)]
#[test]
fn a_kill_loses_only_the_runs_in_hand() {
    let directory = tempfile::tempdir().unwrap();
    let file = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/coherent-fig4.toml"));
    // Longer runs, so that the kill comes in the middle of some.
    let longer = file.unwrap().replace("\"train.epochs\" = 6", "\"train.epochs\" = 60");
    fs::write(directory.path().join("longer.toml"), longer).unwrap();
    let arguments = ["longer.toml", "--scale", "smoke", "--jobs", "2", "--threads", "2"];
    let whole = reproduce(directory.path(), &[&arguments[..], &["--out", "whole"]].concat());
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole.stderr));

    let mut child = program(directory.path(), &[&arguments[..], &["--out", "killed"]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let results = directory.path().join("killed/coherent-fig4/smoke");
    let deadline = Instant::now() + Duration::from_secs(60);
    let finished = |found: &[(PathBuf, Status)]| found.iter().filter(|(_, status)| *status == Status::Finished).count();
    while finished(&statuses(&results.join("runs"))) < 3 {
        assert!(Instant::now() < deadline, "no run was finished");
        std::thread::sleep(Duration::from_millis(2));
    }
    // SIGKILL, which nothing can catch
    child.kill().unwrap();
    child.wait().unwrap();
    let left = statuses(&results.join("runs"));
    let kept = finished(&left);
    assert!((3..8).contains(&kept), "{left:?}");
    assert!(left.len() <= kept + 2, "at most the two runs in hand are unfinished: {left:?}");
    assert!(!results.join("index.md").exists());

    let resumed = reproduce(directory.path(), &[&arguments[..], &["--out", "killed", "--resume"]].concat());
    assert_eq!(resumed.status.code(), Some(0), "{}", text(&resumed.stderr));
    let expected = format!("8 runs, {kept} of them from before; ");
    assert!(text(&resumed.stdout).contains(&expected), "{expected}: {}", text(&resumed.stdout));
    for name in ["final.csv", "final.txt", "curves.svg", "curves.png", "claims.csv"] {
        let bytes = |out: &str| fs::read(directory.path().join(out).join("coherent-fig4/smoke").join(name)).unwrap();
        assert!(bytes("killed") == bytes("whole"), "{name}");
    }
}

#[test]
fn mistakes_are_one_clear_error_each() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("broken.toml"), "name = ").unwrap();
    for (arguments, expected) in [
        (
            &["coherent-fig5"][..],
            "error: no experiment is called `coherent-fig5`\nhint: did you mean `coherent-fig1`?\n\
             hint: `consilience reproduce --list` lists them all; a file of your own ends in .toml\n",
        ),
        (&["none.toml"], "error: cannot read the experiment file none.toml: No such file or directory (os error 2)\n"),
        (
            &["broken.toml"],
            "error: not valid TOML: string values must be quoted, expected literal string (broken.toml, line 1)\n",
        ),
    ] {
        assert_eq!(refused(directory.path(), arguments), (Some(1), expected.to_owned()), "{arguments:?}");
    }
    let (code, talk) = refused(directory.path(), &["coherent-fig4", "--quiet", "--data-dir", "nowhere"]);
    assert_eq!(code, Some(1));
    assert!(
        talk.starts_with(
            "error: missing data file nowhere/mnist/train-images-idx3-ubyte, which experiment `coherent-fig4` needs at scale \
             small\nhint: get it by `consilience data fetch "
        ),
        "{talk}"
    );
    assert!(talk.contains("\nhint: this experiment needs no files at --scale smoke\nhint: "), "{talk}");
    assert!(talk.contains(" can run at scale small") || talk.contains("no experiment can do without files"), "{talk}");
    assert!(!directory.path().join("results").exists(), "a refused experiment leaves no directory");
    for arguments in
        [&[][..], &["--all", "coherent-fig4"], &["coherent-fig4", "--scale", "tiny"], &["x", "--jobs", "0"]]
    {
        assert_eq!(refused(directory.path(), arguments).0, Some(2), "{arguments:?}");
    }
}

#[test]
fn the_list_has_every_experiment() {
    let directory = tempfile::tempdir().unwrap();
    let list = text(&reproduce(directory.path(), &["--list"]).stdout);
    for name in consilience_experiments::shipped::names() {
        assert!(list.lines().any(|line| line.trim_start().starts_with(name)), "{name}: {list}");
    }
}

#[test]
fn one_experiment_that_fails_does_not_keep_the_others_from_running() {
    let directory = tempfile::tempdir().unwrap();
    let file = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/coherent-fig1.toml"));
    let file = file.unwrap().replace("\"data.source\" = \"strokes\"", "\"data.source\" = \"mnist\"");
    fs::write(directory.path().join("mnist.toml"), file).unwrap();
    let output = reproduce(directory.path(), &["mnist.toml", "coherent-fig4", "--scale", "smoke", "--quiet"]);
    let talk = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(talk.starts_with("error: missing data file data/mnist/train-images-idx3-ubyte, "), "{talk}");
    assert!(talk.ends_with("error: 1 of 2 experiments failed: coherent-fig1\n"), "{talk}");
    assert!(directory.path().join("results/coherent-fig4/smoke/index.md").exists());
    assert!(!directory.path().join("results/coherent-fig1").exists());
}
