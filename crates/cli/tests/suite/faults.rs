//! Disks that are full or cannot be written: nothing that was finished is lost, and the message says what to do.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::{consilience, text, with_config};
use consilience_record::{METRICS_FILE, RunReader, Status, WEIGHTS_FILE};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A run whose records outgrow a small disk, with a checkpoint every now and then.
const CONFIG: &str = r#"
data = { source = "two_circles", train = 60, test = 20 }
model = { name = "mlp", widths = [8] }
train = { batch_size = 10, steps = 4000, momentum = 0.9, evaluate_every = 500 }
checkpoints = { minutes = 1e-9 }
"#;

/// A file system of its own, in memory.
struct Disk(PathBuf);

impl Disk {
    /// Of so many KiB; none where this process may not mount one.
    fn new(path: &Path, kib: u32) -> Option<Self> {
        fs::create_dir(path).unwrap();
        let options = format!("size={kib}k,mode=777");
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(path.to_owned()))
    }

    fn change(&self, options: &str) {
        let changed = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).status().unwrap();
        assert!(changed.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_stops_the_run_and_costs_nothing() {
    let directory = with_config(CONFIG);
    let Some(disk) = Disk::new(&directory.path().join("disk"), 256) else {
        return eprintln!("skipped: this user may not mount a small file system");
    };
    let arguments = ["run", "c.toml", "--out", "disk/run", "--quiet", "--threads", "1"];
    let stopped = consilience(directory.path(), &arguments);
    let said = text(&stopped.stderr);
    assert_eq!((stopped.status.code(), stopped.stdout.as_slice()), (Some(1), b"".as_slice()), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.contains("\nhint: free some space where disk/run/"), "{said}");
    assert!(
        said.contains("\nhint: what was recorded is kept: go on from there by the same command with --resume"),
        "{said}"
    );

    let run = RunReader::open(&directory.path().join("disk/run")).unwrap();
    assert!(matches!(run.description().status, Status::Running | Status::Interrupted));
    let recorded = run.metrics().unwrap();
    assert!(recorded.is_whole() && recorded.records.len() > 100, "{:?}", recorded.truncated);

    // A second attempt on the full disk loses nothing either.
    let arguments = [arguments.as_slice(), &["--resume"]].concat();
    let again = consilience(directory.path(), &arguments);
    assert_eq!(again.status.code(), Some(1), "{}", text(&again.stderr));
    let kept = RunReader::open(&directory.path().join("disk/run")).unwrap().metrics().unwrap().records.len();
    assert!(kept > 100, "{kept}");

    disk.change("size=16m");
    let finished = consilience(directory.path(), &arguments);
    assert!(finished.status.success(), "{}", text(&finished.stderr));
    let whole = consilience(directory.path(), &["run", "c.toml", "--out", "whole", "--quiet"]);
    assert!(whole.status.success(), "{}", text(&whole.stderr));
    for name in [METRICS_FILE, WEIGHTS_FILE] {
        let bytes = |run: &str| fs::read(directory.path().join(run).join(name)).unwrap();
        assert!(bytes("disk/run") == bytes("whole"), "{name}");
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_refused_before_training() {
    let directory = with_config(CONFIG);
    fs::write(directory.path().join("file"), "in the way").unwrap();
    let refused = |out: &str| {
        let output = consilience(directory.path(), &["run", "c.toml", "--out", out, "--quiet"]);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()));
        text(&output.stderr)
    };
    let said = refused("file/run");
    assert!(said.starts_with("error: cannot create file: File exists") || said.contains("Not a directory"), "{said}");
    assert!(said.contains("\nhint: "), "{said}");

    let Some(disk) = Disk::new(&directory.path().join("disk"), 1024) else {
        return eprintln!("skipped: this user may not mount a small file system");
    };
    let first =
        consilience(directory.path(), &["run", "c.toml", "--out", "disk/old", "--quiet", "--set", "train.steps=2"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    disk.change("ro");
    let said = refused("disk/run");
    assert!(said.starts_with("error: cannot create disk/run: Read-only file system"), "{said}");
    assert!(said.contains("\nhint: let this user write disk/run\n"), "{said}");
    assert!(
        RunReader::open(&directory.path().join("disk/old")).unwrap().metrics().unwrap().is_whole(),
        "it can be read"
    );
    let said = consilience(directory.path(), &["run", "c.toml", "--out", "disk/old", "--quiet", "--force"]);
    assert_eq!(said.status.code(), Some(1));
    disk.change("rw");
    assert!(
        RunReader::open(&directory.path().join("disk/old")).unwrap().metrics().unwrap().is_whole(),
        "nothing is lost"
    );
}
