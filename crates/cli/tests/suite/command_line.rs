//! The program as a person runs it: exit codes, what goes where, and the run directories it leaves.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::{consilience, program, refused, text, with_config};
use consilience_record::{METRICS_FILE, RunReader, Status, WEIGHTS_FILE};
use std::fs;
use std::process::{Command, Stdio};

/// Two methods, a few steps each.
const CONFIG: &str = r#"
initialisation = "glorot_normal"
[data]
source = "two_circles"
train = 100
test = 50
label_noise = { kind = "uniform_other", fraction = 0.2 }
[model]
name = "mlp"
widths = [16]
[train]
batch_size = 20
epochs = 3
[monitor]
quantities = ["gsnr", "m_coherence", "trace_kernel"]
every = 4
[[method]]
name = "Plain SGD"
[[method]]
name = "winsorized"
set = { "train.aggregator" = { kind = "winsorized", count = 2 } }
"#;

#[test]
fn a_run_leaves_complete_directories_and_a_table() {
    let directory = with_config(CONFIG);
    let output = consilience(directory.path(), &["run", "c.toml", "--out", "out", "--seed", "5", "--threads", "2"]);
    let (table, talk) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{talk}");
    let header = table.lines().take(2).collect::<String>();
    for heading in ["method", "test", "wrong labels", "memorised", "GSNR", "m-coherence", "tr K / n", "time per"] {
        assert!(header.contains(heading), "{heading}: {table}");
    }
    assert!(table.contains("Plain SGD") && table.contains("winsorized") && table.contains("How to read it"), "{table}");
    assert!(
        talk.starts_with("two_circles: 100 training examples, 20 of them with a wrong label; 50 test examples\n"),
        "{talk}"
    );
    assert!(talk.contains("Plain SGD: 15 steps") && talk.ends_with("written to out\n"), "{talk}");

    let run = RunReader::open(&directory.path().join("out/plain-sgd")).unwrap();
    let description = run.description();
    assert_eq!((description.status, description.seed, description.method.as_str()), (Status::Finished, 5, "Plain SGD"));
    assert_eq!((description.program.threads, description.program.version.as_str()), (2, env!("CARGO_PKG_VERSION")));
    assert_eq!(description.program.command[1..4], ["run", "c.toml", "--out"]);
    let data = &description.data;
    assert_eq!((data.train, data.train_corrupt, data.test, data.outputs), (100, 20, 50, 2));
    assert_eq!(description.settings["train"]["epochs"].as_integer(), Some(3));
    assert_eq!(description.settings["train"]["momentum"].as_float(), Some(0.0), "defaults are written out");

    let metrics = run.metrics().unwrap();
    assert_eq!(metrics.truncated, None);
    let steps: Vec<u64> = metrics.records.iter().filter(|line| line.kind == "step").map(|line| line.step).collect();
    assert_eq!(steps, (0..15).collect::<Vec<u64>>());
    let measured: Vec<u64> =
        metrics.records.iter().filter(|line| line.number("m_coherence").is_some()).map(|line| line.step).collect();
    assert_eq!(measured, [0, 4, 8, 12, 14], "every fourth step and the last");
    let last = metrics.records.iter().rfind(|line| line.kind == "evaluation").unwrap();
    assert_eq!(last.step, 15);
    assert!((0.0..=1.0).contains(&last.number("test_accuracy").unwrap()));
    let timed: Vec<(String, u64)> =
        run.timings().unwrap().records.into_iter().map(|timing| (timing.kind, timing.step)).collect();
    let lines: Vec<(String, u64)> = metrics.records.into_iter().map(|line| (line.kind, line.step)).collect();
    assert_eq!(timed, lines, "every line was timed");

    let weights = run.weights().unwrap().unwrap();
    let shapes: Vec<(&str, &[usize])> =
        weights.iter().map(|weight| (weight.name.as_str(), weight.shape.as_slice())).collect();
    assert_eq!(shapes, [("0.bias", &[16][..]), ("0.weight", &[16, 2]), ("2.bias", &[2]), ("2.weight", &[2, 16])]);

    let settings = toml::to_string(&description.settings).unwrap();
    fs::write(directory.path().join("again.toml"), settings).unwrap();
    let again = consilience(directory.path(), &["run", "again.toml", "--out", "again", "--quiet"]);
    assert_eq!((again.status.code(), text(&again.stderr)), (Some(0), String::new()), "quiet says nothing");
    let bytes = |path: &str| fs::read(directory.path().join(path)).unwrap();
    assert_eq!(
        bytes("again/metrics.jsonl"),
        bytes("out/plain-sgd/metrics.jsonl"),
        "settings as resolved repeat the run"
    );
}

#[test]
fn one_seed_gives_the_same_bytes_on_one_thread_and_on_two() {
    let directory = with_config(CONFIG);
    let settings =
        ["run", "c.toml", "--set", "model.widths=[64, 64]", "--set", "data={source=\"strokes\",train=300,test=100}"];
    for (out, threads, seed) in [("one", "1", "3"), ("two", "2", "3"), ("other", "2", "4")] {
        let arguments = [&settings[..], &["--out", out, "--threads", threads, "--seed", seed]].concat();
        let output = consilience(directory.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    for method in ["plain-sgd", "winsorized"] {
        for file in [METRICS_FILE, WEIGHTS_FILE] {
            let bytes = |run: &str| fs::read(directory.path().join(run).join(method).join(file)).unwrap();
            assert!(bytes("one") == bytes("two"), "{method}/{file} depends on the number of threads");
            assert!(bytes("one") != bytes("other"), "{method}/{file} does not depend on the seed");
        }
    }
}

#[test]
fn existing_directories_are_left_alone_without_force() {
    let directory = with_config(CONFIG);
    let run =
        |more: &[&str]| consilience(directory.path(), &[&["run", "c.toml", "--quiet", "--out", "out"], more].concat());
    assert_eq!(run(&[]).status.code(), Some(0));
    let before = fs::read(directory.path().join("out/winsorized/run.toml")).unwrap();
    let (code, talk) = refused(directory.path(), &["run", "c.toml", "--out", "out"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        talk,
        "error: out exists already\nhint: name another directory with --out, or replace it with --force\n"
    );
    assert_eq!(fs::read(directory.path().join("out/winsorized/run.toml")).unwrap(), before);
    assert_eq!(run(&["--force", "--seed", "8"]).status.code(), Some(0));
    assert_eq!(RunReader::open(&directory.path().join("out/winsorized")).unwrap().description().seed, 8);
    // a method that the file no longer has
    fs::rename(directory.path().join("out/winsorized"), directory.path().join("out/older")).unwrap();
    let output = consilience(directory.path(), &["run", "c.toml", "--force", "--out", "out"]);
    let talk = text(&output.stderr);
    assert!(talk.starts_with("note: runs of other methods stay there: `out/older`\n"), "{talk}");
    fs::remove_dir_all(directory.path().join("out/older")).unwrap();
    // another experiment, which has none of the methods that are there
    let another = "data = { source = 'two_circles', train = 20, test = 10 }\nmodel = { name = 'mlp', widths = [2] }\n\
                   train = { epochs = 1 }\n[[method]]\nname = 'another'\n";
    fs::write(directory.path().join("another.toml"), another).unwrap();
    let (code, talk) = refused(directory.path(), &["run", "another.toml", "--resume", "--out", "out"]);
    assert_eq!(code, Some(1));
    assert!(talk.starts_with("error: the runs in out are of other methods: `out/"), "{talk}");
    assert!(!directory.path().join("out/another").exists());

    fs::create_dir_all(directory.path().join("precious/winsorized")).unwrap();
    fs::write(directory.path().join("precious/winsorized/thesis.txt"), "years of work").unwrap();
    let (code, talk) = refused(directory.path(), &["run", "c.toml", "--force", "--out", "precious"]);
    assert_eq!(code, Some(1), "{talk}");
    assert!(
        talk.starts_with("error: precious/winsorized exists and is not a run directory, so it is not replaced\n"),
        "{talk}"
    );
    assert!(!directory.path().join("precious/plain-sgd").exists(), "nothing was started");
}

#[test]
fn failures_exit_with_1_and_leave_nothing() {
    let directory = with_config(CONFIG);
    let cases: &[(&[&str], &str)] = &[
        (
            &["run", "none.toml"],
            "error: cannot read the configuration file none.toml: No such file or directory (os error 2)\n\
             hint: is it spelt right?\nhint: without a file, `consilience run` runs the built-in demonstration\n",
        ),
        (
            &["run", "c.toml", "--set", "train.epoch=3"],
            "error: unknown key `epoch` in [train] (--set train.epoch=3)\nhint: did you mean `epochs`?\n",
        ),
        (
            &["run", "c.toml", "--set", "model={name=\"lenet5\"}"],
            "error: the model does not fit the data: layer 2 (max_pool2d): expected at least 2x2 pixels for the \
             kernel of 2x2, got an input of 1x1x6 (height x width x channels) (--set model={name=\"lenet5\"})\n\
             hint: the data `two_circles` have examples of 1x1x2 (height x width x channels) and 2 classes or outputs\n",
        ),
        (
            &["explain", "gsnrr"],
            "error: nothing is called `gsnrr`\nhint: did you mean `gsnr`, `gsnr_cnn`, `gsnr_scaled`?\n",
        ),
        (&["explain", "zzz"], "error: nothing is called `zzz`\nhint: `consilience list` lists all names\n"),
        (
            &["explain", "zzz", "--kind", "penalties"],
            "error: no penalty is called `zzz`\nhint: `consilience list penalties` lists all names\n",
        ),
    ];
    for (arguments, expected) in cases {
        let (code, talk) = refused(directory.path(), arguments);
        assert_eq!((code, talk.as_str()), (Some(1), *expected), "{arguments:?}");
    }
    let (code, talk) =
        refused(directory.path(), &["run", "c.toml", "--set", "data.source=mnist", "--set", "data.train=10"]);
    assert_eq!(code, Some(1));
    assert!(talk.starts_with("error: missing data file data/mnist/train-images-idx3-ubyte"), "{talk}");
    for hint in [
        "hint: get it by `consilience data fetch mnist --data-dir data`, or download train-images-idx3-ubyte.gz",
        "into data/mnist\n",
        "hint: no file is needed with --set data.source=strokes\n",
    ] {
        assert!(talk.contains(hint), "{hint}: {talk}");
    }
    assert!(!directory.path().join("runs").exists(), "a refused run leaves no directory");
}

#[test]
fn a_run_that_diverges_keeps_what_it_had_and_fails() {
    let directory = with_config(CONFIG);
    let output = consilience(
        directory.path(),
        &["run", "c.toml", "--quiet", "--out", "out", "--set", "train.learning_rate=1e30"],
    );
    assert_eq!(output.status.code(), Some(1));
    let talk = text(&output.stderr);
    assert!(talk.starts_with("error: method `Plain SGD`: the ") && talk.contains("lower the learning rate"), "{talk}");
    assert!(talk.ends_with("hint: what was recorded is in out\n"), "{talk}");
    for method in ["plain-sgd", "winsorized"] {
        let run = RunReader::open(&directory.path().join("out").join(method)).unwrap();
        assert_eq!(run.description().status, Status::Failed);
        assert!(run.description().error.as_ref().is_some_and(|error| error.contains("lower the learning rate")));
        assert!(!run.metrics().unwrap().records.is_empty());
        let weights = run.weights().unwrap().unwrap();
        assert!(weights.iter().all(|weight| weight.values.iter().all(|value| value.is_finite())));
    }
}

#[test]
fn misuse_exits_with_2() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, part) in [
        (&["run", "--frobnicate"][..], "unexpected argument '--frobnicate'"),
        (&["run", "--set", "epochs"], "expected KEY=VALUE, for example train.epochs=2"),
        (&["run", "--set", "train..epochs=3"], "expected keys joined by single dots"),
        (&["run", "--threads", "0"], "--threads"),
        (&["run", "--seed", "-1"], "invalid value '-1' for '--seed <N>'"),
        (&["run", "--seed", "9223372036854775808"], "not in 0..=9223372036854775807"),
        (&["list", "modles"], "invalid value 'modles'"),
        (&["explain"], "required arguments"),
        (&[], "Usage: consilience <COMMAND>"),
    ] {
        let (code, talk) = refused(directory.path(), arguments);
        assert!(code == Some(2) && talk.contains(part), "{arguments:?}: {code:?} {talk}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn list_and_explain_print_the_registries() {
    let directory = tempfile::tempdir().unwrap();
    let list = text(&consilience(directory.path(), &["list"]).stdout);
    for name in
        ["mlp", "conv2d", "hinge", "coherent_gradients", "strokes", "permute", "winsorized", "gsnr", "test_accuracy"]
    {
        assert!(list.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{name}: {list}");
        let page = text(&consilience(directory.path(), &["explain", name]).stdout);
        assert!(page.starts_with(&format!("{name} (")), "{page}");
        assert!(page.lines().all(|line| line.chars().count() <= 110), "{page}");
    }
    let quantities = text(&consilience(directory.path(), &["list", "quantities"]).stdout);
    assert!(quantities.contains("m_coherence") && !quantities.contains("conv2d"), "{quantities}");
    let page = text(&consilience(directory.path(), &["explain", "m_coherence"]).stdout);
    assert!(page.contains("  In a configuration file:\n    [monitor]\n    quantities = [\"m_coherence\"]\n"), "{page}");
    let both = text(&consilience(directory.path(), &["explain", "sharpness"]).stdout);
    assert!(both.contains("sharpness (penalty)") && both.contains("sharpness (quantity)"), "{both}");
    let one = text(&consilience(directory.path(), &["explain", "sharpness", "--kind", "penalties"]).stdout);
    assert!(one.starts_with("sharpness (penalty)") && !one.contains("sharpness (quantity)"), "{one}");
    for (recorded, page) in [("gsnr_mean/0.weight", "gsnr (q"), ("held_out_margin", "held_out (score")] {
        let said = text(&consilience(directory.path(), &["explain", recorded]).stdout);
        assert!(said.starts_with(page), "{recorded}: {said}");
    }
    let section = ["explain", "gsnr", "--format", "markdown"];
    let section = text(&consilience(directory.path(), &section).stdout);
    assert!(section.starts_with("## gsnr\n\nGradient signal-to-noise ratio:"), "{section}");
    assert!(
        section.contains("\n**Range.** 0 or more.") && section.contains("r\\_q = k\\_q^2 / rho\\_q^2"),
        "{section}"
    );
    for command in [&["--help"][..], &["run", "--help"], &["--version"]] {
        assert_eq!(consilience(directory.path(), command).status.code(), Some(0), "{command:?}");
    }
}

#[test]
fn a_broken_pipe_is_success() {
    let directory = with_config(CONFIG);
    for arguments in [&["list"][..], &["explain", "gsnr"], &["--help"], &["run", "c.toml", "--quiet", "--out", "out"]] {
        let mut child =
            program(directory.path(), arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{arguments:?}");
    }
    assert_eq!(
        RunReader::open(&directory.path().join("out/winsorized")).unwrap().description().status,
        Status::Finished
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_after_the_step_in_hand_and_loses_nothing() {
    let directory = with_config(CONFIG);
    let arguments = ["run", "c.toml", "--out", "out", "--set", "train.epochs=1000000"];
    let child = program(directory.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let metrics = directory.path().join("out/plain-sgd").join(METRICS_FILE);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while fs::metadata(&metrics).map_or(0, |file| file.len()) < 500 {
        assert!(std::time::Instant::now() < deadline, "the run did not start");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let talk = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{talk}");

    let run = RunReader::open(&directory.path().join("out/plain-sgd")).unwrap();
    assert_eq!(run.description().status, Status::Interrupted);
    let metrics = run.metrics().unwrap();
    assert_eq!(metrics.truncated, None);
    let steps = metrics.records.iter().filter(|line| line.kind == "step").count();
    let expected = format!(
        "interrupted: method `Plain SGD` stopped after {steps} of 5000000 steps; 1 method was not started\n\
         hint: what was recorded is in out\nhint: the same command with --resume goes on from there\n"
    );
    assert!(talk.ends_with(&expected), "{talk}");
    assert_eq!(run.weights().unwrap().unwrap().len(), 4);
    assert!(!directory.path().join("out/winsorized").exists());
}
