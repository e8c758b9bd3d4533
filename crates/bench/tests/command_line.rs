//! The program as it is called: a case in a process of its own, resuming, the page and the list of targets.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_consilience-bench")).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn run(out: &Path, arguments: &[&str]) -> String {
    let common =
        ["--size", "small", "--threads", "1", "--repeats", "3", "--attempts", "1", "--out", out.to_str().unwrap()];
    stdout(&bench(&[&common, arguments].concat()))
}

#[test]
fn results_are_appended_resumed_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (results, page) = (folder.path().join("results.jsonl"), folder.path().join("performance.md"));
    let printed = run(&results, &["--workload", "W2", "--variant", "winsor_c*"]);
    assert_eq!(printed.lines().count(), 4);
    assert_eq!(fs::read_to_string(&results).unwrap(), printed);
    for (line, count) in printed.lines().zip([1, 2, 4, 8]) {
        let start =
            format!("{{\"workload\":\"W2\",\"peer\":\"consilience\",\"variant\":\"winsor_c{count}\",\"ms_median\":");
        assert!(line.starts_with(&start), "{line}");
        assert!(line.contains("\"repeats\":3,") && line.contains("\"threads\":1,"), "{line}");
    }

    let resumed = run(&results, &["--workload", "W2", "--resume"]);
    assert_eq!(resumed.lines().count(), 1);
    assert!(resumed.contains("\"variant\":\"plain_step\""));

    let peer = "{\"workload\": \"W2\", \"peer\": \"jax\", \"variant\": \"winsor_c1/stream\", \"ms_median\": 1e9}\n";
    fs::write(&results, fs::read_to_string(&results).unwrap() + peer).unwrap();
    let results = results.to_str().unwrap();
    let stand = stdout(&bench(&["stand", results]));
    assert!(stand.contains("jax `winsor_c1/stream` 1000000000 ms"), "{stand}");

    stdout(&bench(&["report", "--ours", results, "--peers", results, "--out", page.to_str().unwrap()]));
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("## W2") && !page.contains("## W3"), "{page}");
    assert!(page.contains("| winsor_c1 |") && page.contains("jax `winsor_c1/stream`"), "{page}");
}

#[test]
fn what_does_not_exist_is_said() {
    let output = bench(&["--variant", "winsor_c3"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: no case * winsor_c3; --list prints them all\n");
    assert_eq!(bench(&["--threads", "0"]).status.code(), Some(2));
    assert_eq!(bench(&["stand", "/nowhere.jsonl"]).status.code(), Some(1));
}

#[test]
fn every_case_is_listed() {
    let list = stdout(&bench(&["--list"]));
    for name in
        ["W1 plain_step", "W2 winsor_c8", "W3 dataset_pass", "W4 kfull_logdet", "W5 estimate", "W6 resnet_bn/exact"]
    {
        assert!(list.lines().any(|line| line == name), "{name} is not in\n{list}");
    }
}
