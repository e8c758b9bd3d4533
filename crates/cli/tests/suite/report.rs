//! `consilience report`: the file it writes, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::{consilience, text};
use std::fs;

/// Two methods in the plane, a few steps each, with scores of the examples.
const CONFIG: &str = r#"
[data]
source = "two_circles"
train = 60
test = 20
label_noise = { kind = "uniform_other", fraction = 0.2 }
[model]
name = "mlp"
widths = [8]
[train]
batch_size = 20
epochs = 4
[[train.penalty]]
kind = "gradient_norm"
weight = 0.01
[monitor]
quantities = ["gsnr", "kernel_spectrum"]
every = 3
scores = ["agreement", "aum"]
[[method]]
name = "plain"
[[method]]
name = "<winsorized>"
set = { "train.aggregator" = { kind = "winsorized", count = 2 } }
"#;

#[test]
fn a_report_holds_its_runs_and_replaces_only_reports() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    fs::write(at.join("c.toml"), CONFIG).unwrap();
    let run = consilience(at, &["run", "c.toml", "--out", "runs", "--quiet"]);
    assert!(run.status.success(), "{}", text(&run.stderr));

    // every run below the directory, in a file of the name by default
    let output = consilience(at, &["report", "runs"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""), "{}", text(&output.stderr));
    assert!(text(&output.stderr).starts_with("written to report.html: 2 runs, "), "{}", text(&output.stderr));
    let page = fs::read_to_string(at.join("report.html")).unwrap();
    assert!(page.contains("<h1>2 runs</h1>") && page.contains("&lt;winsorized&gt;") && !page.contains("<winsorized>"));
    // the quantities with what they are, and what the network says on the plane
    assert!(page.contains("mean GSNR") && page.contains("squared mean over variance of each parameter's gradient"));
    assert!(page.contains("id=\"plane-0\"") && page.contains("id=\"plane-1\""));

    assert!(page.contains("<h2>Penalties</h2>") && page.contains("their weights included"));

    // one of them, to standard output: the same page as into a file
    let output = consilience(at, &["report", "runs/plain", "-o", "-", "--title", "A \"title\""]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    assert!(text(&output.stdout).contains("<h1>A &quot;title&quot;</h1>"));
    let quiet = consilience(at, &["report", "runs/plain", "--title", "A \"title\"", "--quiet"]);
    assert_eq!((quiet.status.code(), text(&quiet.stderr).as_str()), (Some(0), ""));
    assert_eq!(fs::read(at.join("report.html")).unwrap(), output.stdout);

    // a file that is not a report stays
    fs::write(at.join("mine.html"), "<!doctype html><p>mine").unwrap();
    let refused = consilience(at, &["report", "runs", "-o", "mine.html"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        text(&refused.stderr),
        "error: mine.html exists and is not a report, so it is not replaced\n\
         hint: name another file with -o, or replace it with --force\n"
    );
    assert_eq!(fs::read_to_string(at.join("mine.html")).unwrap(), "<!doctype html><p>mine");
    assert_eq!(consilience(at, &["report", "runs", "-o", "mine.html", "--force"]).status.code(), Some(0));
}

#[test]
fn what_is_no_run_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    fs::create_dir(at.join("empty")).unwrap();
    fs::write(at.join("c.toml"), CONFIG).unwrap();
    for (arguments, code, message) in [
        (&["report"][..], 2, "error: the following required arguments were not provided:\n  <RUN>..."),
        (&["report", "absent"][..], 1, "error: there is no absent\nhint: is it spelt right?\n"),
        (&["report", "empty"][..], 1, "error: there is no run directory at or below empty\n"),
        (&["report", "c.toml"][..], 1, "error: c.toml is not a run directory: it has no run.toml"),
    ] {
        let output = consilience(at, arguments);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(code), ""), "{arguments:?}");
        assert!(text(&output.stderr).starts_with(message), "{arguments:?}: {}", text(&output.stderr));
        assert!(!at.join("report.html").exists());
    }
}
