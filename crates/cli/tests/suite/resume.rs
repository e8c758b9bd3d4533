//! A run that was killed goes on to the bytes of one that was not.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::{text, with_config};
use consilience_record::{EXAMPLES_FILE, METRICS_FILE, RunReader, Status, WEIGHTS_FILE};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What remembers something, and what is drawn at random, in three methods.
const CONFIG: &str = r#"
[data]
source = "strokes"
train = 160
test = 40
label_noise = { kind = "uniform_other", fraction = 0.2 }
augmentation = { crop_padding = 2, horizontal_flip = true }
[model]
name = "custom"
layers = [
    { kind = "conv2d", channels = 3, kernel = 5, stride = 3 },
    { kind = "batch_norm2d" },
    { kind = "relu" },
    { kind = "flatten" },
    { kind = "dropout", p = 0.3 },
    { kind = "linear", features = 10 },
]
[train]
batch_size = 16
epochs = 4
micro_batch = 8
evaluate_every = 7
[monitor]
quantities = ["gradient_disparity"]
every = 5
scores = ["learnt", "forgetting", "aum", "el2n", "grand", "self_influence", "agreement"]
shares = { every = 3, null_worlds = 2, sample = "both" }
[checkpoints]
every = 6
minutes = 1e-9
[[method]]
name = "momentum"
set = { "train.momentum" = 0.9, "train.penalty" = [
    { kind = "unit_jacobian", weight = 0.01 },
    { kind = "fisher_trace", weight = 0.01, over = "one" },
] }
[[method]]
name = "adam"
set = { "train.optimizer" = [{ kind = "adam" }], "train.learning_rate" = 0.01 }
[[method]]
name = "rolling median"
set = { "train.aggregator" = { kind = "rolling_median" }, "train.weight_decay" = 0.01 }
"#;

const METHODS: [&str; 3] = ["momentum", "adam", "rolling-median"];

/// What it says is kept, also where it is only started.
fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = crate::program::program(directory, arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The files that follow from the settings alone, of all methods.
fn results(out: &Path) -> Vec<(String, Vec<u8>)> {
    let files =
        METHODS.iter().flat_map(|method| [METRICS_FILE, EXAMPLES_FILE, WEIGHTS_FILE].map(|name| (method, name)));
    files.map(|(method, name)| (format!("{method}/{name}"), fs::read(out.join(method).join(name)).unwrap())).collect()
}

fn out_file(directory: &tempfile::TempDir, out: &str, method: &str, step: u64) -> PathBuf {
    directory.path().join(out).join(method).join(format!("checkpoints/{step}.safetensors"))
}

/// A number below `end`, different every time.
fn random(end: u64) -> u64 {
    RandomState::new().hash_one(0) % end.max(1)
}

/// Ends the process without asking it, which is SIGKILL on Unix.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Kills the program so often at random moments; how many of them hit it before it had finished, and whether what it leaves in
/// the end is, to the byte, what an undisturbed one leaves.
fn kill_at_random_moments(times: usize) {
    let directory = with_config(CONFIG);
    let begun = Instant::now();
    let whole = program(directory.path(), &["run", "c.toml", "--out", "whole", "--threads", "2"]).output().unwrap();
    let took = begun.elapsed();
    assert!(whole.status.success(), "{}", text(&whole.stderr));
    let expected = results(&directory.path().join("whole"));

    let (mut killed, mut attempt) = (0, 0);
    while killed < times {
        let out = format!("killed-{attempt}");
        attempt += 1;
        let arguments = ["run", "c.toml", "--out", &out, "--resume", "--threads", "2"];
        // A run is killed a few times at most, so that this ends also where starting takes as long as the whole run.
        for _ in 0..=random(4) {
            let mut child = program(directory.path(), &arguments).spawn().unwrap();
            sleep(Duration::from_nanos(random(took.as_nanos() as u64)));
            if child.try_wait().unwrap().is_none() {
                killed += 1;
            }
            kill(child);
        }
        let last = program(directory.path(), &arguments).output().unwrap();
        assert!(last.status.success(), "{}", text(&last.stderr));
        for ((name, expected), (_, got)) in expected.iter().zip(results(&directory.path().join(&out))) {
            assert!(*expected == got, "{out}/{name} differs; the last attempt said:\n{}", text(&last.stderr));
        }
        for method in METHODS {
            let run = RunReader::open(&directory.path().join(&out).join(method)).unwrap();
            assert_eq!(run.description().status, Status::Finished);
            let kept = |step: &u64| out_file(&directory, &out, method, *step).exists();
            assert!([6, 12, 18, 24, 30, 36].iter().all(kept), "those that were asked for stay");
        }
        fs::remove_dir_all(directory.path().join(&out)).unwrap();
    }
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    kill_at_random_moments(4);
}

#[test]
#[ignore = "takes minutes: cargo test -p consilience-cli --test suite -- --ignored a_hundred"]
fn a_hundred_kills_change_no_byte() {
    kill_at_random_moments(100);
}

/// The options of a run of one method that takes long.
const LONG: &str = r#"
data = { source = "two_circles", train = 60, test = 20 }
model = { name = "mlp", widths = [8] }
train = { batch_size = 10, steps = 100000000, evaluate_every = 1000 }
"#;

/// Starts a run and waits until it has recorded something.
fn started(directory: &Path, arguments: &[&str]) -> Child {
    let child = program(directory, arguments).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while fs::metadata(directory.join("out").join(METRICS_FILE)).map_or(0, |file| file.len()) < 500 {
        assert!(Instant::now() < deadline, "the run did not start");
        sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn an_interrupted_run_goes_on_from_its_last_step_without_its_configuration_file() {
    let directory = with_config(LONG);
    let interrupt = |signal: &str, child: Child| {
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let steps = || {
        let run = RunReader::open(&directory.path().join("out")).unwrap();
        let steps: Vec<u64> =
            run.metrics().unwrap().records.iter().filter(|line| line.kind == "step").map(|line| line.step).collect();
        assert_eq!(steps, (0..steps.len() as u64).collect::<Vec<_>>());
        steps.len()
    };
    let said = interrupt("-INT", started(directory.path(), &["run", "c.toml", "--out", "out"]));
    assert!(said.ends_with("hint: the same command with --resume goes on from there\n"), "{said}");
    let before = steps();
    let child = program(directory.path(), &["run", "--resume", "--out", "out"]).spawn().unwrap();
    let run = directory.path().join("out").join(METRICS_FILE);
    let length = fs::metadata(&run).unwrap().len();
    let deadline = Instant::now() + Duration::from_secs(60);
    while fs::metadata(&run).unwrap().len() <= length + 500 {
        assert!(Instant::now() < deadline, "the run did not go on");
        sleep(Duration::from_millis(5));
    }
    let said = interrupt("-TERM", child);
    assert!(said.contains(&format!("c: going on after {before} steps\n")), "{said}");
    assert!(steps() > before);
}

#[test]
fn methods_are_gone_on_with_without_their_configuration_file() {
    let methods =
        "\n[[method]]\nname = \"slow\"\nset = { \"train.learning_rate\" = 0.01 }\n\n[[method]]\nname = \"fast\"\n";
    let directory = with_config(&(LONG.replace("100000000", "4") + methods));
    let first = program(directory.path(), &["run", "c.toml", "--out", "out"]).output().unwrap();
    assert!(first.status.success(), "{}", text(&first.stderr));
    // as if it had been killed before its end
    let run_file = directory.path().join("out/slow/run.toml");
    let run = fs::read_to_string(&run_file).unwrap();
    assert!(run.contains("status = \"finished\""), "{run}");
    fs::write(&run_file, run.replace("status = \"finished\"", "status = \"running\"")).unwrap();
    let again = program(directory.path(), &["run", "--resume", "--out", "out"]).output().unwrap();
    let said = text(&again.stderr);
    assert!(again.status.success(), "{said}");
    assert!(said.contains("fast: finished before\n") && !said.contains("slow: finished before"), "{said}");
    assert!(fs::read_to_string(&run_file).unwrap().contains("status = \"finished\""));
}

#[test]
fn what_cannot_be_gone_on_with_is_refused_with_the_reason() {
    let directory = with_config(&LONG.replace("100000000", "4"));
    let refused = |arguments: &[&str]| {
        let output = program(directory.path(), arguments).output().unwrap();
        assert_eq!(output.stdout, b"", "{arguments:?}");
        (output.status.code(), text(&output.stderr))
    };
    let (code, said) = refused(&["run", "--resume", "--out", "nowhere"]);
    let hint = "hint: name the configuration file of the run\n";
    assert_eq!((code, said), (Some(1), format!("error: there is no run to go on with in nowhere\n{hint}")));
    fs::create_dir(directory.path().join("empty")).unwrap();
    let (code, said) = refused(&["run", "--resume", "--out", "empty"]);
    assert_eq!((code, said), (Some(1), format!("error: there is no run to go on with in empty\n{hint}")));
    let (code, said) = refused(&["run", "c.toml", "--resume"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--out <DIR>"), "{said}");

    // Without a directory the run begins; what is finished is kept.
    let run = ["run", "c.toml", "--out", "out", "--resume"];
    let first = program(directory.path(), &run).output().unwrap();
    assert!(first.status.success(), "{}", text(&first.stderr));
    let bytes = fs::read(directory.path().join("out/run.toml")).unwrap();
    let again = program(directory.path(), &run).output().unwrap();
    assert!(again.status.success() && text(&again.stderr).contains("c: finished before\n"), "{}", text(&again.stderr));
    let accuracy = |output: &Output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines()
            .find(|line| line.trim_start().starts_with("c "))
            .unwrap()
            .split_whitespace()
            .take(3)
            .collect::<String>()
    };
    assert_eq!(accuracy(&again), accuracy(&first), "the table shows it all the same");
    assert_eq!(fs::read(directory.path().join("out/run.toml")).unwrap(), bytes);

    let (code, said) = refused(&["run", "c.toml", "--out", "out", "--resume", "--set", "train.learning_rate=0.5"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("error: out holds a run with other settings: `train.learning_rate` was 0.1 and now is 0.5\n"),
        "{said}"
    );
}

#[test]
fn two_processes_do_not_write_one_directory() {
    let directory = with_config(LONG);
    let child = started(directory.path(), &["run", "c.toml", "--out", "out"]);
    for more in ["--resume", "--force"] {
        let second = program(directory.path(), &["run", "c.toml", "--out", "out", more]).output().unwrap();
        let expected = format!(
            "error: out is being written by process {pid}\n\
             hint: wait until it has finished, or end it (kill {pid}); what is recorded can be read meanwhile\n",
            pid = child.id()
        );
        assert_eq!((second.status.code(), text(&second.stderr)), (Some(1), expected));
    }
    kill(child);
    // The lock of a dead process is none.
    let third = ["run", "c.toml", "--out", "out", "--force", "--set", "train.steps=2"];
    assert!(program(directory.path(), &third).output().unwrap().status.success());
}
