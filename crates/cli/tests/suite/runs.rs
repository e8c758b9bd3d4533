//! Looking at runs: `compare` and `watch`.

use crate::program::{consilience, text};
use std::fs;

/// Two methods of two steps.
const CONFIG: &str = r#"
[data]
source = "two_circles"
train = 40
test = 20
label_noise = { kind = "uniform_other", fraction = 0.2 }
[model]
name = "mlp"
widths = [4]
[train]
batch_size = 20
epochs = 2
evaluate_every = 1
[monitor]
quantities = ["gsnr"]
every = 1
[[method]]
name = "plain"
[[method]]
name = "winsorized"
set = { "train.aggregator" = { kind = "winsorized", count = 2 } }
"#;

/// A directory with two methods of two seeds.
fn runs() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("c.toml"), CONFIG).unwrap();
    for seed in ["1", "2"] {
        let out = format!("runs/{seed}");
        let output = consilience(directory.path(), &["run", "c.toml", "--seed", seed, "--out", &out, "--quiet"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    directory
}

#[test]
fn compare_prints_and_writes() {
    let directory = runs();
    let path = directory.path();
    let output = consilience(path, &["compare", "runs"]);
    let (table, talk) = (text(&output.stdout), text(&output.stderr));
    assert_eq!((output.status.code(), talk.as_str()), (Some(0), ""));
    for part in
        ["plain        2", "winsorized   2", "test accuracy (%)", "wrong labels memorised (%)", "GSNR", "time per step"]
    {
        assert!(table.contains(part), "{part}: {table}");
    }
    for (file, begins) in [
        ("t.csv", "method,runs,"),
        ("t.tex", "\\begin{table}"),
        ("t.html", "<!DOCTYPE html>"),
        ("t.md", "**Last evaluation"),
        ("t.txt", "Last evaluation"),
    ] {
        let output = consilience(path, &["compare", "runs/1", "runs/2", "-o", file]);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""), "{file}");
        assert!(fs::read_to_string(path.join(file)).unwrap().starts_with(begins), "{file}");
    }
    fs::remove_file(path.join("runs/1/plain/timings.jsonl")).unwrap();
    let arguments = ["compare", "runs", "--format", "csv", "-o", "-", "--measures", "test_loss:min,seconds"];
    let output = consilience(path, &arguments);
    let csv = text(&output.stdout);
    assert!(!path.join("-").exists());
    assert!(csv.contains("plain,2,,test_loss:min,2,") && csv.contains("winsorized,2,,seconds,2,"), "{csv}");
    assert_eq!(csv.lines().count(), 5, "{csv}");
}

#[test]
fn compare_says_what_is_wrong() {
    let directory = runs();
    let path = directory.path();
    fs::create_dir(path.join("empty")).unwrap();
    let refused = |arguments: &[&str]| {
        let output = consilience(path, arguments);
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        (output.status.code(), text(&output.stderr))
    };
    let nothing =
        "error: no run to compare\nhint: `consilience run --out DIR` makes a run; only finished ones are compared\n";
    assert_eq!(
        refused(&["compare", "empty"]),
        (Some(1), format!("note: passed over: empty: no run directory in it\n{nothing}"))
    );
    for arguments in [&["compare", "absent"][..], &["compare", "runs", "absent"]] {
        let expected = (Some(1), "error: there is no absent\nhint: is it spelt right?\n".to_owned());
        assert_eq!(refused(arguments), expected, "{arguments:?}");
    }
    assert_eq!(
        refused(&["compare", "runs", "--measures", "test_acuracy"]),
        (
            Some(1),
            "error: no run has a value called `test_acuracy`\n\
             hint: did you mean `test_accuracy`?\n"
                .to_owned()
        )
    );
    assert_eq!(
        refused(&["compare", "runs", "-o", "t.xls"]),
        (
            Some(1),
            "error: the name of t.xls does not say in which format to write\n\
             hint: let it end in .txt, .csv, .tex, .html or .md, or say so with --format\n"
                .to_owned()
        )
    );
    assert_eq!(refused(&["compare"]).0, Some(2));
    assert_eq!(refused(&["compare", "runs", "--measures", "test_loss:median"]).0, Some(2));
    // One that is not finished and one that is foreign do not keep the others from being shown.
    let run_file = path.join("runs/1/plain/run.toml");
    let running = fs::read_to_string(&run_file).unwrap().replace("\"finished\"", "\"running\"");
    fs::write(&run_file, running).unwrap();
    fs::write(path.join("runs/2/winsorized/run.toml"), "status = 3").unwrap();
    let output = consilience(path, &["compare", "runs"]);
    let (table, talk) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && talk.lines().count() == 1 && talk.contains("runs/2/winsorized"), "{talk}");
    assert!(table.contains("1 of 2") && table.contains("plain: runs left out: 1 not finished."), "{table}");
}

#[test]
fn watch_writes_lines_where_there_is_no_terminal() {
    let directory = runs();
    let output = consilience(directory.path(), &["watch", "runs/1/plain"]);
    let (lines, talk) = (text(&output.stdout), text(&output.stderr));
    assert_eq!((output.status.code(), talk.as_str()), (Some(0), ""));
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[0], "plain in runs/1/plain: finished, 4 steps");
    assert!(lines[1].starts_with("step 1 of 4, 25.0 %, epoch 0  train_loss "), "{lines:?}");
    assert!(lines.last().unwrap().starts_with("finished after 4 steps, "), "{lines:?}");
    // Of several, the last one.
    let output = consilience(directory.path(), &["watch", "runs", "--plain"]);
    assert!(text(&output.stderr).starts_with("watching runs/2/"), "{}", text(&output.stderr));
    let output = consilience(directory.path(), &["watch", "."]);
    assert_eq!(output.status.code(), Some(0));
    let output = consilience(directory.path(), &["watch", "c.toml"]);
    assert_eq!(
        (output.status.code(), text(&output.stderr).as_str()),
        (Some(1), "error: c.toml is not a run directory: it has no run.toml\n")
    );
}
