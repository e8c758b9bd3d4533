//! A run directory written, killed, replaced and read back.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use consilience_record::{
    DataDescription, FORMAT, IfExists, METRICS_FILE, Metrics, Program, RUN_FILE, RecordError, RunDescription,
    RunReader, RunWriter, Status, Timing, WEIGHTS_FILE, Weight, check_target,
};
use std::fs;
use std::path::Path;

fn description() -> RunDescription {
    RunDescription {
        method: "plain".into(),
        seed: 7,
        program: Program {
            name: "consilience".into(),
            version: "0.1.0".into(),
            command: vec!["consilience".into(), "run".into(), "a \"quoted\" path".into()],
            threads: 2,
        },
        data: DataDescription {
            source: "strokes".into(),
            train: 100,
            train_corrupt: 40,
            test: 50,
            validation: Some(30),
            shape: vec![28, 28, 1],
            outputs: 10,
            notes: vec!["a note".into()],
        },
        settings: toml::toml! {
            seed = 7
            [model]
            name = "mlp"
            widths = [256, 256]
        },
        ..RunDescription::default()
    }
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_written_is_read_back() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("deeper").join("run");
    let weights = vec![
        Weight { name: "1.bias".into(), shape: vec![2], values: vec![0.5, f32::MIN_POSITIVE] },
        Weight { name: "1.weight".into(), shape: vec![2, 3], values: vec![1.0, -2.0, 3.0, 4.0, 5.0, 6.5] },
    ];
    let lines = [
        Metrics::new("step", 1, 0).with("train_loss", 2.187_654_321_098_7),
        Metrics::new("evaluation", 2, 1).with("test_accuracy", 0.1),
    ];
    let mut writer = RunWriter::create(&directory, description(), IfExists::Refuse).unwrap();
    for line in &lines {
        writer.write_metrics(line).unwrap();
    }
    writer.write_timing(&Timing { kind: "step".into(), step: 1, seconds: 0.25 }).unwrap();
    writer.finish(&weights).unwrap();

    let run = RunReader::open(&directory).unwrap();
    let read = run.description();
    assert_eq!(read.status, Status::Finished);
    assert!(read.ended.is_some() && read.seconds.is_some_and(|seconds| seconds >= 0.0));
    let expected = RunDescription {
        format: FORMAT,
        status: Status::Finished,
        started: read.started.clone(),
        ended: read.ended.clone(),
        seconds: read.seconds,
        ..description()
    };
    assert_eq!(read, &expected);
    assert_eq!(run.metrics().unwrap().records, lines);
    assert_eq!(run.metrics().unwrap().truncated, None);
    assert_eq!(run.timings().unwrap().records[0].seconds, 0.25);
    assert_eq!(run.weights().unwrap().unwrap(), weights);
    assert_eq!(names(&directory), [WEIGHTS_FILE, METRICS_FILE, RUN_FILE, "timings.jsonl"]);
    assert_eq!(names(directory.parent().unwrap()), ["run"], "nothing temporary is left behind");
}

#[test]
fn a_killed_run_can_be_watched_and_never_looks_complete() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut writer = RunWriter::create(&directory, description(), IfExists::Refuse).unwrap();
    writer.write_metrics(&Metrics::new("step", 1, 0).with("train_loss", 2.0)).unwrap();
    let watched = RunReader::open(&directory).unwrap();
    assert_eq!(watched.metrics().unwrap().records.len(), 1, "metrics are visible while the run goes on");
    drop(writer);

    let mut bytes = fs::read(directory.join(METRICS_FILE)).unwrap();
    bytes.extend(b"{\"kind\":\"step\",\"st");
    fs::write(directory.join(METRICS_FILE), bytes).unwrap();
    let run = RunReader::open(&directory).unwrap();
    assert_eq!((run.description().status, run.description().ended.clone()), (Status::Running, None));
    assert_eq!(run.weights().unwrap(), None);
    let metrics = run.metrics().unwrap();
    assert_eq!(metrics.records.len(), 1);
    assert_eq!(metrics.truncated.as_deref(), Some("{\"kind\":\"step\",\"st"));
}

#[test]
fn a_failed_run_keeps_what_it_had() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut writer = RunWriter::create(&directory, description(), IfExists::Refuse).unwrap();
    writer.write_metrics(&Metrics::new("step", 1, 0).with("train_loss", f64::NAN)).unwrap();
    writer.fail("the loss is not finite", &[]).unwrap();
    let run = RunReader::open(&directory).unwrap();
    assert_eq!(run.description().status, Status::Failed);
    assert_eq!(run.description().error.as_deref(), Some("the loss is not finite"));
    assert!(run.metrics().unwrap().records[0].number("train_loss").unwrap().is_nan());
    assert_eq!(run.weights().unwrap(), None);
}

#[test]
fn an_existing_directory_is_replaced_only_on_request_and_only_when_it_is_a_run() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    RunWriter::create(&directory, description(), IfExists::Refuse).unwrap().finish(&[]).unwrap();
    let before = fs::read(directory.join(RUN_FILE)).unwrap();

    let refused = RunWriter::create(&directory, description(), IfExists::Refuse).unwrap_err();
    assert!(matches!(refused, RecordError::Exists { .. }), "{refused}");
    assert_eq!(refused.to_string(), format!("{} exists already", directory.display()));
    assert_eq!(fs::read(directory.join(RUN_FILE)).unwrap(), before);

    drop(RunWriter::create(&directory, description(), IfExists::Replace).unwrap());
    assert_eq!(RunReader::open(&directory).unwrap().description().status, Status::Running);
    assert_eq!(names(&directory), [METRICS_FILE, RUN_FILE, "timings.jsonl"], "the old weights are gone");

    let precious = parent.path().join("precious");
    fs::create_dir(&precious).unwrap();
    assert!(check_target(&precious, IfExists::Replace).is_ok(), "an empty directory may be replaced");
    fs::write(precious.join("thesis.txt"), "years of work").unwrap();
    let refused = RunWriter::create(&precious, description(), IfExists::Replace).unwrap_err();
    assert!(matches!(refused, RecordError::NotReplaceable { .. }), "{refused}");
    assert_eq!(names(&precious), ["thesis.txt"]);
    let file = parent.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    assert!(matches!(check_target(&file, IfExists::Replace), Err(RecordError::NotReplaceable { .. })));
    assert_eq!(names(parent.path()), ["file", "precious", "run"], "nothing temporary is left behind");
}

#[test]
fn files_that_are_damaged_are_refused_with_their_place() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    assert!(matches!(RunReader::open(&directory), Err(RecordError::NotARun { .. })));
    RunWriter::create(&directory, description(), IfExists::Refuse).unwrap().finish(&[]).unwrap();
    let run = RunReader::open(&directory).unwrap();

    let metrics = directory.join(METRICS_FILE);
    let line = "{\"kind\":\"step\",\"step\":1,\"epoch\":0}\n";
    fs::write(&metrics, format!("{line}nonsense\n{line}[1]\n{line}{{\"ki")).unwrap();
    let read = run.metrics().unwrap();
    assert_eq!((read.records.len(), read.is_whole()), (3, false), "the rest is read");
    assert_eq!(read.damaged.iter().map(|damaged| damaged.line).collect::<Vec<_>>(), [2, 4]);
    let problems: Vec<String> = read.problems().collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("2 lines are not records and are left out, the first of them line 2: expected"));
    assert_eq!(problems[1], "the last line was never finished and is left out");
    fs::write(&metrics, line).unwrap();
    let read = run.metrics().unwrap();
    assert_eq!((read.is_whole(), read.problems().count()), (true, 0));

    fs::write(directory.join(WEIGHTS_FILE), [0xff; 16]).unwrap();
    assert!(matches!(run.weights(), Err(RecordError::Malformed { .. })));

    fs::write(directory.join(RUN_FILE), "seed = 1\nstatus = = \"done\"\n").unwrap();
    let error = RunReader::open(&directory).unwrap_err().to_string();
    assert!(error.contains("run.toml, line 2: "), "{error}");
}

#[test]
fn a_description_of_another_version_is_read_as_far_as_it_is_known() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    RunWriter::create(&directory, description(), IfExists::Refuse).unwrap().finish(&[]).unwrap();
    let run = RunReader::open(&directory).unwrap();
    assert_eq!((run.description().format, run.problems().len()), (FORMAT, 0));
    let text = fs::read_to_string(directory.join(RUN_FILE)).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        fs::write(directory.join(RUN_FILE), text.replace(from, to)).unwrap();
        RunReader::open(&directory).unwrap()
    };
    let newer = with("format = 1", "format = 9\ncolour = \"green\"");
    assert_eq!(
        newer.problems(),
        ["the run has version 9 of the format and this program knows 1: what it knows is read"]
    );
    assert_eq!((newer.description().seed, newer.description().status), (7, Status::Finished));

    let unknown = with("status = \"finished\"", "status = \"paused\"");
    assert!(unknown.problems()[0].starts_with("`status` is left out: unknown variant `paused`"), "{unknown:?}");
    assert_eq!((unknown.description().seed, unknown.description().status), (7, Status::Running));

    let missing = with("status = \"finished\"\n", "");
    assert_eq!(missing.problems(), ["`status` is missing: the run is taken for one that was killed"]);
    let wrong = with("train = 100", "train = \"many\"");
    assert!(wrong.problems()[0].starts_with("`data` is left out: invalid type"), "{wrong:?}");
    assert_eq!((wrong.description().data.train, wrong.description().program.threads), (0, 2), "the rest is read");
    assert_eq!(wrong.description().settings, description().settings);

    let old = with("format = 1\n", "");
    assert_eq!((old.description().format, old.problems().len()), (0, 0));
}

#[test]
fn a_weight_of_the_wrong_size_leaves_the_run_incomplete() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    let writer = RunWriter::create(&directory, description(), IfExists::Refuse).unwrap();
    let weight = Weight { name: "0.weight".into(), shape: vec![2, 2], values: vec![1.0; 3] };
    assert!(matches!(writer.finish(&[weight]), Err(RecordError::Unwritable { .. })));
    let run = RunReader::open(&directory).unwrap();
    assert_eq!((run.description().status, run.weights().unwrap()), (Status::Running, None));
}
