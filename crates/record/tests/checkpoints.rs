//! Checkpoints, going on with a run, and the lock that its writer holds.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use consilience_record::{
    Checkpoint, IfExists, METRICS_FILE, Metrics, Program, RUN_FILE, RecordError, RunDescription, RunReader, RunWriter,
    Status, TIMINGS_FILE, Timing, Unfinished, WEIGHTS_FILE, Weight, check_target, remove_checkpoints,
};
use std::fs;
use std::path::{Path, PathBuf};

fn description(learning_rate: f64) -> RunDescription {
    let settings = format!("seed = 7\n[train]\nlearning_rate = {learning_rate:?}\n[checkpoints]\nminutes = 5.0");
    RunDescription { settings: toml::from_str(&settings).unwrap(), ..RunDescription::default() }
}

fn checkpoint(step: u64) -> Checkpoint {
    let weight = |name: &str, first: f32| Weight {
        name: name.into(),
        shape: vec![2, 3],
        values: (0..6_u8).map(|i| first + f32::from(i)).collect(),
    };
    Checkpoint {
        step,
        weights: vec![weight("2.weight", 0.5), weight("0.weight", f32::MIN_POSITIVE)],
        arrays: vec![weight("optimizer/1.velocity/0.weight", -1.0), weight("optimizer/0.average/0.weight", -2.0)],
        numbers: vec![
            ("scores/aum/sums".into(), vec![0.1, f64::INFINITY, -1.0]),
            ("optimizer/calls".into(), vec![9.0]),
            ("none".into(), Vec::new()),
        ],
        last_loss: Some(0.1 + 0.2),
        last_evaluation: Some(Metrics::new("evaluation", step, 1).with("train_loss", 1.0 / 3.0)),
    }
}

fn line(step: u64) -> Metrics {
    Metrics::new("step", step, 0).with("loss", 1.0 / (step as f64 + 1.0))
}

/// A run of seven steps, killed after them, with checkpoints before steps 2, 4 and 6.
fn killed(parent: &Path) -> PathBuf {
    let directory = parent.join("run");
    let mut writer = RunWriter::create(&directory, description(0.1), IfExists::Refuse).unwrap();
    for step in 0..7 {
        if step % 2 == 0 && step > 0 {
            writer.write_checkpoint(&checkpoint(step)).unwrap();
        }
        writer.write_metrics(&line(step)).unwrap();
        writer.write_timing(&Timing { kind: "step".into(), step, seconds: 0.5 }).unwrap();
    }
    directory
}

fn file(directory: &Path, step: u64) -> PathBuf {
    directory.join(format!("checkpoints/{step}.safetensors"))
}

fn resume(directory: &Path, step: Option<u64>) -> RunWriter {
    let unfinished = Unfinished::open(directory).unwrap();
    let saved = step.map(|step| unfinished.checkpoint(step).unwrap());
    let settings = unfinished.description().settings.clone();
    unfinished.resume(saved.as_ref(), settings, Program::default()).unwrap()
}

#[test]
fn a_checkpoint_is_read_back_to_the_bit_and_its_weights_are_those_of_pytorch() {
    let parent = tempfile::tempdir().unwrap();
    let directory = killed(parent.path());
    let unfinished = Unfinished::open(&directory).unwrap();
    assert_eq!(unfinished.checkpoints().unwrap(), [6, 4, 2]);
    assert_eq!(unfinished.checkpoint(4).unwrap().checkpoint, checkpoint(4));
    assert_eq!(Checkpoint::read(&file(&directory, 6)).unwrap(), checkpoint(6));
    let names: Vec<String> = fs::read_dir(directory.join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 3, "nothing temporary is left behind: {names:?}");
    remove_checkpoints(&directory, |step| step != 4).unwrap();
    assert_eq!(unfinished.checkpoints().unwrap(), [4]);
    remove_checkpoints(&directory, |_| true).unwrap();
    assert!(!directory.join("checkpoints").exists(), "an empty directory is not left behind");
}

#[test]
fn a_run_gone_on_with_has_the_bytes_of_one_that_was_never_stopped() {
    let parent = tempfile::tempdir().unwrap();
    let directory = killed(parent.path());
    let whole = fs::read(directory.join(METRICS_FILE)).unwrap();
    let started = RunReader::open(&directory).unwrap().description().started.clone();
    for from in [Some(4), Some(2), None] {
        // What a killed writer may leave: half a line, half a checkpoint, the weights of an interruption.
        let mut bytes = fs::read(directory.join(METRICS_FILE)).unwrap();
        bytes.extend(b"{\"kind\":\"st");
        fs::write(directory.join(METRICS_FILE), bytes).unwrap();
        fs::create_dir_all(directory.join("checkpoints")).unwrap();
        let leftover = directory.join("checkpoints/.8.safetensors.tmp-12345");
        fs::write(&leftover, "half").unwrap();
        fs::write(directory.join(WEIGHTS_FILE), "old").unwrap();
        let mut writer = resume(&directory, from);
        assert!(!leftover.exists() && !directory.join(WEIGHTS_FILE).exists());
        let run = RunReader::open(&directory).unwrap();
        assert_eq!(run.description().status, Status::Running);
        let begins = from.unwrap_or(0);
        assert_eq!(run.metrics().unwrap().records.len() as u64, begins);
        assert_eq!(run.timings().unwrap().records.len() as u64, begins);
        for step in begins..7 {
            if step == 6 {
                writer.write_checkpoint(&checkpoint(step)).unwrap();
            }
            writer.write_metrics(&line(step)).unwrap();
            writer.write_timing(&Timing { kind: "step".into(), step, seconds: 0.5 }).unwrap();
        }
        assert_eq!(fs::read(directory.join(METRICS_FILE)).unwrap(), whole, "{from:?}");
        // The checksum of what was appended continues that of what was kept.
        drop(writer);
        assert!(Unfinished::open(&directory).unwrap().checkpoint(6).is_ok());
    }
    let writer = resume(&directory, Some(6));
    writer.finish(&[]).unwrap();
    let run = RunReader::open(&directory).unwrap();
    let description = run.description();
    assert_eq!((description.status, &description.started), (Status::Finished, &started));
    let steps: Vec<u64> = description.resumed.iter().map(|resumption| resumption.step).collect();
    assert_eq!(steps, [4, 2, 0, 6]);
}

#[test]
fn a_checkpoint_that_is_not_whole_or_not_of_this_run_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let directory = killed(parent.path());
    let whole = fs::read(file(&directory, 6)).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(file(&directory, 6), bytes).unwrap();
        let error = Unfinished::open(&directory).unwrap().checkpoint(6).unwrap_err();
        assert!(matches!(error, RecordError::Malformed { .. }), "{error}");
        error.to_string()
    };
    for length in [0, 1, 7, 8, 9, 100, whole.len() / 2, whole.len() - 1] {
        assert!(refused(&whole[..length]).contains("not a whole checkpoint"), "{length}");
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert!(refused(&flipped).contains("checksum"));
    let header = |from: &str, to: &str| {
        let at = whole.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    assert!(
        refused(&header(r#"\"format\":1"#, r#"\"format\":9"#)).contains("expected version 1 of the format, found 9")
    );
    assert!(refused(&header("\"consilience\"", "\"cnsilience_\"")).contains("not a checkpoint"));
    fs::copy(file(&directory, 4), file(&directory, 6)).unwrap();
    let error = Unfinished::open(&directory).unwrap().checkpoint(6).unwrap_err().to_string();
    assert!(error.contains("it is the checkpoint of step 4"), "{error}");
    assert!(Unfinished::open(&directory).unwrap().checkpoint(4).is_ok(), "the one before can be used");

    // Of another run with the same network.
    let other = parent.path().join("other");
    let mut writer = RunWriter::create(&other, description(0.2), IfExists::Refuse).unwrap();
    for step in 0..6 {
        writer.write_metrics(&line(step)).unwrap();
    }
    writer.write_checkpoint(&checkpoint(6)).unwrap();
    fs::copy(file(&other, 6), file(&directory, 6)).unwrap();
    let error = Unfinished::open(&directory).unwrap().checkpoint(6).unwrap_err().to_string();
    assert!(error.contains("other settings"), "{error}");

    // Metrics that were lost or changed since.
    let metrics = fs::read(directory.join(METRICS_FILE)).unwrap();
    let mut changed = metrics.clone();
    changed[3] ^= 1;
    for (bytes, expected) in [(changed.as_slice(), "it was changed"), (&metrics[..40], "it has 40 bytes, and had")] {
        fs::write(directory.join(METRICS_FILE), bytes).unwrap();
        let error = Unfinished::open(&directory).unwrap().checkpoint(4).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    // Times are not results: those that are left are kept.
    fs::write(directory.join(METRICS_FILE), &metrics).unwrap();
    let timings = fs::read_to_string(directory.join(TIMINGS_FILE)).unwrap();
    let two: String = timings.split_inclusive('\n').take(2).collect();
    fs::write(directory.join(TIMINGS_FILE), two.clone() + "{\"ki").unwrap();
    drop(resume(&directory, Some(4)));
    assert_eq!(fs::read_to_string(directory.join(TIMINGS_FILE)).unwrap(), two);
}

#[test]
fn one_writer_at_a_time() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut writer = RunWriter::create(&directory, description(0.1), IfExists::Refuse).unwrap();
    writer.write_metrics(&line(0)).unwrap();
    let expected = format!("{} is being written by process {}", directory.display(), std::process::id());
    let busy = |error: RecordError| {
        assert!(matches!(error, RecordError::Busy { .. }));
        assert_eq!(error.to_string(), expected);
    };
    busy(Unfinished::open(&directory).unwrap_err());
    for if_exists in [IfExists::Replace, IfExists::Resume] {
        busy(check_target(&directory, if_exists).unwrap_err());
        busy(RunWriter::create(&directory, description(0.1), if_exists).unwrap_err());
    }
    assert_eq!(RunReader::open(&directory).unwrap().metrics().unwrap().records.len(), 1, "readers need no lock");
    writer.write_metrics(&line(1)).unwrap();
    writer.finish(&[]).unwrap();
    assert!(!directory.join(".lock").exists(), "a finished run is not locked");
    assert!(check_target(&directory, IfExists::Replace).is_ok());

    // What a dead process leaves is no lock.
    fs::write(directory.join(".lock"), "1\n").unwrap();
    assert!(check_target(&directory, IfExists::Replace).is_ok());
    let writer = RunWriter::create(&directory, description(0.1), IfExists::Replace).unwrap();
    assert!(directory.join(".lock").exists());
    drop(writer);
    assert!(!directory.join(".lock").exists());
    assert_eq!(RunReader::open(&directory).unwrap().description().status, Status::Running);
    assert!(Unfinished::open(&directory).is_ok());
    assert!(fs::read_to_string(directory.join(RUN_FILE)).unwrap().starts_with("format = 1\n"));
}

#[test]
fn a_clock_that_went_back_makes_no_time_negative() {
    let parent = tempfile::tempdir().unwrap();
    let directory = killed(parent.path());
    // As if the clock had been in the next millennium when the run began and its checkpoints were written.
    let path = directory.join(RUN_FILE);
    let started = RunReader::open(&directory).unwrap().description().started.to_string();
    fs::write(&path, fs::read_to_string(&path).unwrap().replace(&started, "3025-01-01T00:00:00Z")).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(1 << 34);
    fs::File::options().append(true).open(file(&directory, 6)).unwrap().set_modified(later).unwrap();
    resume(&directory, Some(6)).finish(&[]).unwrap();
    let run = RunReader::open(&directory).unwrap();
    let description = run.description();
    assert!(description.seconds.is_some_and(|seconds| seconds >= 0.0), "{description:?}");
    assert_eq!(description.started.to_string(), "3025-01-01T00:00:00Z");
    assert!(description.ended.as_ref().is_some_and(|ended| ended.to_string() < description.started.to_string()));
}
