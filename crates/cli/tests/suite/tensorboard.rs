//! What the real TensorBoard reads from a run directory. Skipped, and said so, where `python3` has no package `tensorboard`.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;
use std::process::{Command, Stdio};

fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn tensorboard_reads_every_number_of_the_metrics() {
    let there = python(&["-c", "import tensorboard"]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3 with the package tensorboard is not there");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_consilience"))
        .current_dir(directory.path())
        .args(["run", "--out", "runs", "--quiet", "--set", "data.source=two_circles", "--set", "data.train=60"])
        .args(["--set", "data.test=20", "--set", "data.validation.examples=20", "--set", "train.epochs=3"])
        .args(["--set", "model={name = 'mlp', widths = [8]}", "--set", "train.batch_size=20"])
        .args(["--set", "monitor={quantities = ['gsnr', 'm_coherence', 'kernel_spectrum'], every = 2, shares = {}}"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tensorboard/compare.py");
    let methods = std::fs::read_dir(directory.path().join("runs")).unwrap();
    for method in methods.map(|entry| entry.unwrap().path()) {
        let compared = python(&[]).arg(&script).arg(&method).output().unwrap();
        let said = String::from_utf8_lossy(&compared.stdout);
        assert!(compared.status.success(), "{said}{}", String::from_utf8_lossy(&compared.stderr));
        // 9 steps with a loss, 5 of them with dozens of quantities; 3 or 4 evaluations
        assert!(said.trim().parse::<usize>().unwrap() > 200, "{said}");
    }
}
