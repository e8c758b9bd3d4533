//! `consilience sweep` as a person, a job array or several workers run it.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::{text, with_config};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = r#"
data = { source = "two_circles", train = 40, test = 20 }
model = { name = "mlp", widths = [4] }
[train]
steps = 30
batch_size = 10
[sweep]
"train.learning_rate" = [0.1, 0.01]
seed = [0, 1, 2]
"#;

fn program(directory: &Path, arguments: &[&str]) -> Command {
    crate::program::program(directory, &[&["sweep"], arguments].concat())
}

fn sweep(directory: &Path, arguments: &[&str]) -> Output {
    program(directory, arguments).output().unwrap()
}

/// What a sweep says on standard output; it must succeed.
fn succeeded(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The exit code and what is said; nothing may be on standard output.
fn refused(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    assert_eq!(text(&output.stdout), "");
    (output.status.code(), text(&output.stderr))
}

/// The column `name` of the results, line by line.
fn column(directory: &Path, name: &str) -> Vec<String> {
    let csv = fs::read_to_string(directory.join("sweeps/c/results.csv")).unwrap();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let place = lines[0].iter().position(|heading| *heading == name).unwrap();
    lines[1..].iter().map(|line| line[place].to_owned()).collect()
}

#[test]
fn a_sweep_is_carried_out_gathered_and_kept() {
    let directory = with_config(CONFIG);
    let output = sweep(directory.path(), &["c.toml", "--jobs", "2", "--by", "test_accuracy"]);
    let (page, talk) = (succeeded(&output), text(&output.stderr));
    assert!(
        talk.starts_with("c: 6 runs, in sweeps/c/runs\n") && talk.ends_with("written to sweeps/c/results.csv\n"),
        "{talk}"
    );
    assert_eq!(talk.matches(": finished; ").count(), 6, "{talk}");
    assert!(page.starts_with("c: 6 of 6 runs\n") && page.contains("\nHighest test_accuracy: 0."), "{page}");
    assert_eq!(column(directory.path(), "state"), ["finished"; 6]);
    assert_eq!(column(directory.path(), "seed"), ["0", "1", "2", "0", "1", "2"]);
    assert!(column(directory.path(), "test_accuracy").iter().all(|cell| cell.parse::<f64>().is_ok()));

    let again = sweep(directory.path(), &["c.toml"]);
    assert!(!text(&again.stderr).contains("finished"), "every run is kept: {}", text(&again.stderr));
    assert_eq!(
        succeeded(&again).lines().count(),
        page.lines().count() - 2,
        "the same table without the best and a line between"
    );

    // one value more: the others keep their directories
    let more = sweep(directory.path(), &["c.toml", "--set", "sweep.seed=[0, 1, 2, 3]"]);
    succeeded(&more);
    assert_eq!(text(&more.stderr).matches(": finished; ").count(), 2);
}

#[test]
fn a_plan_has_a_line_per_run_and_an_index_runs_it() {
    let directory = with_config(CONFIG);
    let plan = succeeded(&sweep(directory.path(), &["c.toml", "--plan"]));
    let lines: Vec<Vec<&str>> = plan.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!((lines[4][0], lines[4][2]), ("4", "learning_rate 0.01, seed 1"));
    assert_eq!(lines[4][3], "--set train.learning_rate=0.01 --set seed=1");
    assert!(!directory.path().join("sweeps").exists(), "a plan writes nothing");

    let run_of = |index: usize| directory.path().join(lines[index][1]).join("final.safetensors");
    let mut tasks = vec![program(directory.path(), &["c.toml", "--index", "4"])];
    for (variable, index) in [("SLURM_ARRAY_TASK_ID", "0"), ("JOB_COMPLETION_INDEX", "5")] {
        tasks.push(program(directory.path(), &["c.toml", "--index"]));
        tasks.last_mut().unwrap().env(variable, index);
    }
    for mut task in tasks {
        assert_eq!(succeeded(&task.output().unwrap()), "");
    }
    assert_eq!([0, 1, 2, 3, 4, 5].map(|index| run_of(index).exists()), [true, false, false, false, true, true]);
    let again = sweep(directory.path(), &["c.toml", "--index", "4"]);
    assert!(
        text(&again.stderr)
            .contains("learning_rate 0.01, seed 1: it had ended already, in sweeps/c/runs/learning-rate-")
    );

    let collected = sweep(directory.path(), &["c.toml", "--collect"]);
    assert!(succeeded(&collected).starts_with("c: 3 of 6 runs\n"));
    assert!(
        text(&collected.stderr).contains("3 of 6 runs have not ended:\n  1  learning_rate 0.1, seed 1: not begun\n")
    );
    assert_eq!(
        column(directory.path(), "state"),
        ["finished", "missing", "missing", "missing", "finished", "finished"]
    );
    // a planned line by hand leads to the same numbers
    let by_hand = Command::new(env!("CARGO_BIN_EXE_consilience"))
        .current_dir(directory.path())
        .args(["run", "c.toml", "--set", "train.learning_rate=0.01", "--set", "seed=1", "--out", "by-hand", "--quiet"])
        .output()
        .unwrap();
    succeeded(&by_hand);
    let bytes = |folder: &Path| fs::read(folder.join("metrics.jsonl")).unwrap();
    assert!(bytes(&directory.path().join("by-hand")) == bytes(run_of(4).parent().unwrap()));
}

fn begun(directory: &Path, arguments: &[&str]) -> Child {
    program(directory, arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn processes_that_share_a_sweep_carry_out_each_run_once() {
    let directory =
        with_config(&CONFIG.replace("steps = 30", "steps = 300").replace("[0, 1, 2]", "[0, 1, 2, 3, 4, 5]"));
    let workers: Vec<Child> =
        (0..4).map(|_| begun(directory.path(), &["c.toml", "--jobs", "2", "--threads", "2"])).collect();
    let mut finished = 0;
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        let talk = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{talk}");
        assert!(talk.ends_with("written to sweeps/c/results.csv\n"), "each has waited for all runs: {talk}");
        finished += talk.matches(": finished; ").count();
    }
    assert_eq!(finished, 12, "once each");
    assert_eq!(column(directory.path(), "state"), ["finished"; 12]);
    let left: Vec<_> = fs::read_dir(directory.path().join("sweeps/c/runs")).unwrap().collect();
    assert_eq!(left.len(), 12, "{left:?}");
}

#[cfg(unix)]
#[test]
fn the_run_of_a_killed_worker_is_taken_up_by_another() {
    let directory = with_config(&CONFIG.replace("steps = 30", "steps = 3000"));
    let runs = directory.path().join("sweeps/c/runs");
    let mut killed = begun(directory.path(), &["c.toml", "--threads", "1"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    // its first run is begun
    while !fs::read_dir(&runs)
        .is_ok_and(|mut found| found.any(|entry| entry.is_ok_and(|entry| entry.path().join("metrics.jsonl").exists())))
    {
        assert!(Instant::now() < deadline, "no run was begun");
        std::thread::sleep(Duration::from_millis(1));
    }
    let other = begun(directory.path(), &["c.toml", "--threads", "1"]);
    std::thread::sleep(Duration::from_millis(50));
    // SIGKILL, which nothing can catch
    killed.kill().unwrap();
    let before = text(&killed.wait_with_output().unwrap().stderr).matches(": finished; ").count();
    let output = other.wait_with_output().unwrap();
    let talk = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{talk}");
    assert!(before < 6, "the kill came too late to show anything");
    // A run may be whole on disk when the kill comes before a word of it.
    let after = talk.matches(": finished; ").count();
    assert!(after == 6 - before || after == 5 - before, "{before} before the kill: {talk}");
    assert_eq!(column(directory.path(), "state"), ["finished"; 6]);

    // the same numbers as without a kill
    succeeded(&sweep(directory.path(), &["c.toml", "--out", "whole", "--quiet"]));
    for entry in fs::read_dir(directory.path().join("whole/runs")).unwrap() {
        let entry = entry.unwrap();
        let metrics = |folder: &Path| fs::read(folder.join(entry.file_name()).join("metrics.jsonl")).unwrap();
        assert!(metrics(&runs) == metrics(&directory.path().join("whole/runs")), "{:?}", entry.file_name());
    }
}

#[test]
fn mistakes_are_one_clear_error_each() {
    let directory = with_config(CONFIG);
    for (arguments, expected) in [
        (
            &["none.toml"][..],
            "error: cannot read the configuration file none.toml: No such file or directory (os error 2)\n\
             hint: is it spelt right?\n",
        ),
        (
            &["c.toml", "--index", "6"],
            "error: there is no run 6: the sweep has 6 runs\nhint: runs are counted from 0 to 5\n",
        ),
        (
            &["c.toml", "--index"],
            "error: --index without a number takes it from SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, and neither is set\n\
             hint: it is set in the tasks of a Slurm array (sbatch --array) and in the pods of a Kubernetes indexed job\n\
             hint: elsewhere, give the number: --index 0\n",
        ),
        (
            &["c.toml", "--set", "sweep.seed=[]"],
            "error: the axis `seed` has no values (--set sweep.seed=[])\n\
             hint: without any, the sweep has no runs: list some, or leave the axis out\n",
        ),
        (
            &["c.toml", "--set", "train.learning_rate=1"],
            "error: `train.learning_rate` is swept (c.toml, line 8) and given by --set train.learning_rate=1\n\
             hint: leave one of them out, or change the values by --set 'sweep.train.learning_rate=[...]'\n",
        ),
        (
            &["c.toml", "--collect"],
            "error: there is nothing to collect: sweeps/c/runs is not there\n\
             hint: carry the sweep out first, or say where it is with --out\n",
        ),
        (&["c.toml", "--set", "sweep.model.name=[\"lenet5\"]"], "error: unknown key `widths` in [model]"),
        (
            &["c.toml", "--set", "data.source=mnist"],
            "error: missing data file data/mnist/train-images-idx3-ubyte\nhint: ",
        ),
    ] {
        let (code, talk) = refused(&mut program(directory.path(), &[arguments, &["--quiet"]].concat()));
        assert!(code == Some(1) && talk.starts_with(expected), "{arguments:?}: {talk}");
    }
    let (code, talk) = refused(program(directory.path(), &["c.toml", "--index"]).env("SLURM_ARRAY_TASK_ID", "four"));
    assert_eq!((code, talk.as_str()), (Some(1), "error: SLURM_ARRAY_TASK_ID is `four`, which is no index of a run\n"));
    assert!(!directory.path().join("sweeps").exists(), "a refused sweep leaves no directory");
    for arguments in [
        &[][..],
        &["c.toml", "--plan", "--collect"],
        &["c.toml", "--index", "-1"],
        &["c.toml", "--jobs", "0"],
        &["c.toml", "--tasks", "2"],
        &["c.toml", "--launcher", "pbs"],
        &["c.toml", "--collect", "--by", "a:b"],
    ] {
        assert_eq!(refused(&mut program(directory.path(), arguments)).0, Some(2), "{arguments:?}");
    }
    succeeded(&sweep(directory.path(), &["c.toml", "--quiet"]));
    let (code, talk) = refused(&mut program(directory.path(), &["c.toml", "--collect", "--by", "test_acuracy"]));
    let expected = "error: no run of the sweep came to a `test_acuracy`\nhint: did you mean `test_accuracy`?\n";
    assert_eq!((code, talk.as_str()), (Some(1), expected));
}

#[cfg(unix)]
#[test]
fn a_cluster_that_refuses_the_job_is_quoted() {
    use std::os::unix::fs::PermissionsExt;
    let directory = with_config(CONFIG);
    let empty = directory.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let launch = ["c.toml", "--launcher", "slurm", "--threads", "2", "--sbatch=--time=5", "--set", "train.steps=5"];
    let (code, talk) = refused(program(directory.path(), &launch).env("PATH", &empty));
    assert!(code == Some(1) && talk.starts_with("error: cannot start `sbatch`: No such file"), "{talk}");

    // stands in for the program of Slurm, which the test below asks for real
    let sbatch = empty.join("sbatch");
    fs::write(&sbatch, "#!/bin/sh\necho 'sbatch: error: invalid partition specified: gpu' >&2\nexit 1\n").unwrap();
    fs::set_permissions(&sbatch, fs::Permissions::from_mode(0o755)).unwrap();
    let (code, talk) = refused(program(directory.path(), &launch).env("PATH", &empty));
    assert!(
        code == Some(1)
            && talk.starts_with("error: `sbatch` refused the job: sbatch: error: invalid partition specified: gpu\n"),
        "{talk}"
    );
    assert!(talk.contains("hint: the batch script is ") && talk.contains("sweeps/c/slurm/job.sh"), "{talk}");

    let script = fs::read_to_string(directory.path().join("sweeps/c/slurm/job.sh")).unwrap();
    for part in [
        "#SBATCH --array=0-5\n",
        "#SBATCH --cpus-per-task=2\n",
        "#SBATCH --time=5\n",
        " --set train.steps=5 ",
        "--index \"$SLURM_ARRAY_TASK_ID\"\n",
    ] {
        assert!(script.contains(part), "{part}: {script}");
    }
    // The script is a program that carries out the run its environment names, whatever becomes of the file it was made from.
    fs::remove_file(directory.path().join("c.toml")).unwrap();
    let task =
        Command::new("sh").arg(directory.path().join("sweeps/c/slurm/job.sh")).env("SLURM_ARRAY_TASK_ID", "3").output();
    assert_eq!(succeeded(&task.unwrap()), "");
    let ended = fs::read_dir(directory.path().join("sweeps/c/runs")).unwrap().map(|entry| entry.unwrap().file_name());
    let ended: Vec<_> = ended.collect();
    assert!(ended.len() == 1 && ended[0].to_string_lossy().starts_with("learning-rate-0-01-seed-0-"), "{ended:?}");
}
