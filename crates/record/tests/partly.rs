//! Reading parts of a run, and a run that goes on.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use consilience_record::{
    EXAMPLES_FILE, IfExists, METRICS_FILE, Metrics, RecordError, RunDescription, RunReader, RunWriter, Status,
    TIMINGS_FILE, UtcTime, find_runs, latest_run,
};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

fn run_with(directory: &Path, metrics: &str) -> RunReader {
    RunWriter::create(directory, RunDescription::default(), IfExists::Replace).unwrap();
    fs::write(directory.join(METRICS_FILE), metrics).unwrap();
    RunReader::open(directory).unwrap()
}

fn append(run: &RunReader, text: &str) {
    let mut file = OpenOptions::new().append(true).open(run.directory().join(METRICS_FILE)).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn line(step: u64, padding: usize) -> String {
    let text = "x".repeat(padding);
    serde_json::to_string(&Metrics::new("step", step, 0).with("text", text.as_str())).unwrap() + "\n"
}

#[test]
fn backwards_gives_every_line_whatever_its_length() {
    let parent = tempfile::tempdir().unwrap();
    // Lines shorter and longer than a block, and of about its length.
    for paddings in [vec![], vec![0], vec![0; 1000], vec![40_000, 3, 100_000, 0], (16_300..16_400).collect()] {
        let text: String = paddings.iter().zip(0..).map(|(&padding, step)| line(step, padding)).collect();
        for tail in ["", "{\"kind\":\"st", &"y".repeat(50_000)] {
            let run = run_with(&parent.path().join("run"), &(text.clone() + tail));
            let steps: Vec<u64> = run.metrics_backwards().unwrap().map(|line| line.unwrap().step).collect();
            let expected: Vec<u64> = (0..paddings.len() as u64).rev().collect();
            assert_eq!(steps, expected, "{} lines, {} more", paddings.len(), tail.len());
        }
    }
}

#[test]
fn backwards_passes_over_a_line_that_is_no_record() {
    let parent = tempfile::tempdir().unwrap();
    let run = run_with(&parent.path().join("run"), &(line(0, 0) + "nonsense\n" + &line(1, 0)));
    let mut lines = run.metrics_backwards().unwrap();
    assert_eq!(lines.next().unwrap().unwrap().step, 1);
    let error = lines.next().unwrap().unwrap_err().to_string();
    assert!(error.contains(&format!("the line from byte {} on", line(0, 0).len())), "{error}");
    assert_eq!(lines.next().unwrap().unwrap().step, 0);
    assert!(lines.next().is_none());
}

#[test]
fn series_are_those_of_the_whole_file() {
    let parent = tempfile::tempdir().unwrap();
    let odd = "a \"quoted\"/näme";
    let text: String = (0..50)
        .map(|step| {
            let mut metrics = Metrics::new("step", step, 0).with("loss", 1.0 / (1 + step) as f64);
            if step % 10 == 0 {
                metrics = metrics.with(odd, if step == 20 { f64::NAN } else { step as f64 }).with("gsnr_mean/0", 7.0);
            }
            serde_json::to_string(&metrics).unwrap() + "\n"
        })
        .collect();
    // A broken line that none of the names is in goes unseen, and so does an unfinished one.
    let run = run_with(&parent.path().join("run"), &(text + "{broken}\n{\"kind\":\"step\",\"step\":99,\"loss\":3"));
    let (series, damaged) = run.series(&[odd, "gsnr_mean", "loss"]).unwrap();
    let [found, absent, loss] = series.try_into().unwrap();
    assert_eq!(damaged, []);
    assert_eq!(found.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [0, 10, 20, 30, 40]);
    assert!(found[2].1.is_nan() && found[3].1 == 30.0);
    assert!(absent.is_empty(), "a name is not a part of another");
    assert_eq!((loss.len(), loss[49]), (50, (49, 0.02)));

    let text = "{\"loss\": }\n{\"kind\":\"step\",\"loss\":1}\n{\"step\":7,\"loss\":1}\n";
    let (series, damaged) = run_with(&parent.path().join("run"), text).series(&["loss"]).unwrap();
    assert_eq!(series, [[(7, 1.0)]]);
    assert_eq!(damaged.iter().map(|line| line.line).collect::<Vec<_>>(), [1, 2]);
    assert!(damaged[1].message.contains("expected `step`"), "{damaged:?}");
}

#[test]
fn a_growing_file_is_followed() {
    let parent = tempfile::tempdir().unwrap();
    let run = run_with(&parent.path().join("run"), "");
    let mut metrics = run.follow_metrics();
    let mut steps = |limit: usize| {
        let news = metrics.poll(limit).unwrap();
        (news.records.iter().map(|line| line.step).collect::<Vec<_>>(), news.restarted, news.malformed.len(), news.more)
    };
    assert_eq!(steps(1000), (vec![], false, 0, false));
    append(&run, &(line(0, 0) + &line(1, 5)));
    assert_eq!(steps(1000), (vec![0, 1], false, 0, false));
    // A line that is being written is waited for, a bad one passed over.
    let (begun, rest) = (&line(2, 0)[..20], &line(2, 0)[20..]);
    append(&run, begun);
    assert_eq!(steps(1000), (vec![], false, 0, false));
    append(&run, rest);
    append(&run, "bad\n");
    assert_eq!(steps(1000), (vec![2], false, 1, false));
    // A limit cuts between lines, but takes in one line at least.
    append(&run, &(line(3, 500) + &line(4, 500)));
    assert_eq!(steps(10), (vec![3], false, 0, true));
    assert_eq!(steps(1000), (vec![4], false, 0, false));
    // The file is cut, and written anew beyond its old length between two looks.
    fs::write(run.directory().join(METRICS_FILE), line(7, 0)).unwrap();
    assert_eq!(steps(1000), (vec![7], true, 0, false));
    fs::write(run.directory().join(METRICS_FILE), line(8, 0) + &line(9, 0)).unwrap();
    assert_eq!(steps(1000), (vec![8, 9], true, 0, false));
    // Not there for a moment, as while it is replaced.
    fs::remove_file(run.directory().join(METRICS_FILE)).unwrap();
    assert_eq!(steps(1000), (vec![], false, 0, false));
}

#[test]
fn runs_are_found_once_and_the_search_ends() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("runs");
    for name in ["b/2", "b/10", "a", "a/inside", ".hidden/c", "d"] {
        run_with(&root.join(name), "");
    }
    fs::create_dir_all(root.join("empty/er")).unwrap();
    fs::write(root.join("d/run.toml"), "not toml").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&root, root.join("empty/loop")).unwrap();
        std::os::unix::fs::symlink(root.join("a"), root.join("twin")).unwrap();
        std::os::unix::fs::symlink(&root, parent.path().join("link")).unwrap();
        let linked = find_runs(&parent.path().join("link"));
        assert_eq!((linked.runs.len(), linked.problems.len()), (4, 0), "the argument itself may be a link");
    }
    let found = find_runs(&root);
    assert_eq!(found.runs, ["a", "b/10", "b/2", "d"].map(|name| root.join(name)));
    assert!(found.problems.is_empty());
    assert_eq!(find_runs(&root.join("b/2")).runs, [root.join("b/2")]);
    assert!(find_runs(&root.join("empty")).runs.is_empty());
    assert!(matches!(find_runs(&root.join("absent")).problems.as_slice(), [RecordError::Io { .. }]));
    assert!(matches!(find_runs(&root.join("a/run.toml")).problems.as_slice(), [RecordError::NotARun { .. }]));
}

#[test]
fn the_latest_run_is_the_one_going_on() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path();
    let make = |name: &str, second: u64, status: Status| {
        let started = UtcTime::of(UNIX_EPOCH + Duration::from_secs(second));
        let description = RunDescription { status, started, method: name.into(), ..RunDescription::default() };
        fs::create_dir(path.join(name)).unwrap();
        fs::write(path.join(name).join("run.toml"), toml::to_string(&description).unwrap()).unwrap();
    };
    assert!(matches!(latest_run(path), Err(RecordError::NotARun { .. })));
    make("old", 1, Status::Finished);
    make("new", 1_000_000_000, Status::Finished);
    assert_eq!(latest_run(path).unwrap().description().method, "new");
    make("killed", 3, Status::Running);
    assert_eq!(latest_run(path).unwrap().description().method, "new", "one that was killed does not go on");
    make("going-on", 2, Status::Running);
    let lock = File::create(path.join("going-on/.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(latest_run(path).unwrap().description().method, "going-on");
    assert_eq!(latest_run(&path.join("old")).unwrap().description().method, "old");
    assert!(matches!(latest_run(&path.join("absent")), Err(RecordError::Io { .. })));
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_holds_nobody_up() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    RunWriter::create(&directory, RunDescription::default(), IfExists::Refuse).unwrap();
    let run = RunReader::open(&directory).unwrap();
    for name in [METRICS_FILE, TIMINGS_FILE, EXAMPLES_FILE] {
        let path = directory.join(name);
        let _ = fs::remove_file(&path);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    }
    let messages = [
        run.metrics().unwrap_err(),
        run.metrics_backwards().unwrap_err(),
        run.series(&["loss"]).unwrap_err(),
        run.follow_metrics().poll(1).unwrap_err(),
        run.timings().unwrap_err(),
        run.table().unwrap_err(),
    ];
    for message in messages.map(|error| error.to_string()) {
        assert!(message.ends_with("it is not a regular file"), "{message}");
    }
}
