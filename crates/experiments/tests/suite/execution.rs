//! Runs carried out, kept and done again.

use super::{SMALL, parse};
use consilience_experiments::{ExperimentError, Grid, Plan, Results, Scale, carry_out, judge, report};
use consilience_record::Program;
use consilience_run::{DataCache, Interrupt};
use consilience_sweep::{Fate, Ignore, PlannedRun, Watch};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Asks to stop in the second run.
struct StopInSecond(Interrupt);

impl Watch for StopInSecond {
    fn begin(&self, _: usize, _: &PlannedRun, _: u64) {}
    fn step(&self, index: usize, _: u64) {
        if index == 1 {
            self.0.request();
        }
    }
    fn held(&self, _: usize, _: &PlannedRun, _: Option<&str>) {}
    fn end(&self, _: usize, _: &PlannedRun, _: &Fate) {}
}

fn plan(directory: &Path, jobs: usize, resume: bool) -> Plan {
    let interrupt = Interrupt::default();
    Plan {
        directory: directory.to_owned(),
        jobs,
        threads: 2,
        resume,
        interrupt,
        program: Program::default(),
        machine: String::new(),
    }
}

fn run(plan: &Plan, watch: &dyn Watch) -> Result<Vec<Fate>, ExperimentError> {
    let experiment = parse(SMALL);
    let grid = Grid::new(&experiment, Scale::Smoke).unwrap();
    let fates = carry_out(&experiment, &grid, plan, DataCache::new("data", 1), watch)?;
    if !fates.contains(&Fate::Interrupted) {
        let results = Results::read(&experiment, &grid, plan, &fates)?;
        report::write(&experiment, &grid, plan, &results, &judge(&experiment, &grid, &results))?;
    }
    Ok(fates)
}

/// All files below `directory` but those that say when and how long.
fn files(directory: &Path, prefix: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), into);
        } else if !["index.md", "run.toml", "timings.jsonl"].iter().any(|own| name.ends_with(own))
            && !name.contains("tfevents")
        {
            into.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

fn all_files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    files(directory, "", &mut found);
    found
}

#[test]
fn one_job_and_two_write_the_same_bytes() {
    let parent = tempfile::tempdir().unwrap();
    let (one, two) = (parent.path().join("one"), parent.path().join("two"));
    assert_eq!(run(&plan(&one, 1, false), &Ignore).unwrap(), vec![Fate::Finished; 8]);
    assert_eq!(run(&plan(&two, 2, false), &Ignore).unwrap(), vec![Fate::Finished; 8]);
    let (one, two) = (all_files(&one), all_files(&two));
    let names: Vec<&str> = one.keys().map(String::as_str).filter(|name| !name.contains('/')).collect();
    assert_eq!(
        names,
        [
            "claims.csv",
            "claims.md",
            "claims.txt",
            "curves.png",
            "curves.svg",
            "final.csv",
            "final.md",
            "final.tex",
            "final.txt"
        ]
    );
    assert_eq!(one.len(), 9 + 8 * 2);
    for (name, bytes) in &one {
        assert!(two.get(name) == Some(bytes), "{name} depends on the number of jobs");
    }
}

#[test]
fn the_page_has_a_command_that_a_shell_repeats() {
    let parent = tempfile::tempdir().unwrap();
    let command = ["consilience", "reproduce", "my circles.toml"].map(str::to_owned).to_vec();
    let program = Program { command, ..Program::default() };
    let plan = Plan { program, ..plan(&parent.path().join("out"), 1, false) };
    run(&plan, &Ignore).unwrap();
    let page = fs::read_to_string(plan.directory.join("index.md")).unwrap();
    assert!(page.contains("\n    consilience reproduce 'my circles.toml'"), "{page}");
}

#[test]
fn an_interrupted_experiment_goes_on_and_trusts_nothing_unfinished() {
    let parent = tempfile::tempdir().unwrap();
    let (whole, part) = (parent.path().join("whole"), parent.path().join("part"));
    run(&plan(&whole, 1, false), &Ignore).unwrap();

    let stopping = plan(&part, 1, false);
    let fates = run(&stopping, &StopInSecond(stopping.interrupt.clone())).unwrap();
    assert_eq!(fates[..3], [Fate::Finished, Fate::Interrupted, Fate::Interrupted]);
    assert!(!part.join("final.txt").exists(), "no results of a part");
    assert!(matches!(run(&plan(&part, 1, false), &Ignore), Err(ExperimentError::Exists { .. })));

    let fates = run(&plan(&part, 1, true), &Ignore).unwrap();
    assert_eq!(fates[..2], [Fate::Kept, Fate::Finished]);
    assert!(all_files(&whole) == all_files(&part));

    // A directory of other settings, one without its weights, one that says it is still running, one cut short.
    let grid = Grid::new(&parse(SMALL), Scale::Smoke).unwrap();
    let directory = |index: usize| part.join("runs").join(&grid.runs[index].run.id);
    let edit = |index: usize, from: &str, to: &str| {
        let file = directory(index).join("run.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
    };
    edit(0, "batch_size = 5", "batch_size = 6");
    fs::remove_file(directory(1).join("final.safetensors")).unwrap();
    edit(2, "status = \"finished\"", "status = \"running\"");
    let metrics = fs::read(directory(3).join("metrics.jsonl")).unwrap();
    fs::write(directory(3).join("metrics.jsonl"), &metrics[..metrics.len() - 5]).unwrap();
    fs::write(directory(4).join("run.toml"), "half wri").unwrap();
    let fates = run(&plan(&part, 2, true), &Ignore).unwrap();
    assert_eq!(fates[..5], vec![Fate::Finished; 5]);
    assert_eq!(fates[5..], vec![Fate::Kept; 3]);
    assert!(all_files(&whole) == all_files(&part));

    // Something that is no run directory is left alone.
    fs::remove_dir_all(directory(6)).unwrap();
    fs::create_dir(directory(6)).unwrap();
    fs::write(directory(6).join("thesis.txt"), "years of work").unwrap();
    let error = run(&plan(&part, 1, true), &Ignore).unwrap_err().to_string();
    assert!(error.ends_with("exists and is not a run directory, so it is not replaced"), "{error}");
    assert!(directory(6).join("thesis.txt").exists());
}

#[test]
fn a_network_that_does_not_fit_is_refused_before_anything_is_computed() {
    let parent = tempfile::tempdir().unwrap();
    let text = SMALL.replace("{ name = \"mlp\", widths = [4] }", "{ name = \"lenet5\" }");
    let experiment = parse(&text);
    let grid = Grid::new(&experiment, Scale::Smoke).unwrap();
    let plan = plan(&parent.path().join("out"), 1, false);
    let error = carry_out(&experiment, &grid, &plan, DataCache::new("data", 1), &Ignore).unwrap_err().to_string();
    assert!(error.starts_with("the model does not fit the data: layer 2 (max_pool2d)"), "{error}");
    assert!(!parent.path().join("out").exists());
}

/// The small experiment in which winsorizing cannot be done: 3 of 5 gradients cannot be replaced on either side.
fn with_failing_runs() -> String {
    let figure = "[[figure]]\nname = \"radar\"\ntitle = \"Radar\"\nkind = \"radar\"\nvalue = \"test\"\ncolour = \"method\"\n\
                  spoke = [{ label = \"slow\", where = { rate = 0.1 } }, { label = \"fast\", where = { rate = 0.5 } }, { label = \"all\" }]\n";
    format!("{SMALL}{figure}").replace("kind = \"winsorized\", count = 1", "kind = \"winsorized\", count = 3")
}

#[test]
fn a_run_that_fails_is_noted_and_the_others_go_on() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("out");
    let experiment = parse(&with_failing_runs());
    let grid = Grid::new(&experiment, Scale::Smoke).unwrap();
    let plan = plan(&directory, 2, false);
    let fates = carry_out(&experiment, &grid, &plan, DataCache::new("data", 1), &Ignore).unwrap();
    for (index, fate) in fates.iter().enumerate() {
        match fate {
            Fate::Finished => assert_eq!(index % 2, 0, "plain"),
            Fate::Failed(reason) => {
                assert_eq!(index % 2, 1, "winsorized");
                assert!(reason.contains("winsorized") && reason.contains('5'), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    let failed = consilience_record::RunReader::open(&plan.run_directory(&grid.runs[1])).unwrap();
    assert_eq!(failed.description().status, consilience_record::Status::Failed);
    assert!(failed.description().error.is_some());

    let results = Results::read(&experiment, &grid, &plan, &fates).unwrap();
    let judged = judge(&experiment, &grid, &results);
    assert_eq!(judged[0].verdict.to_string(), "not testable: a run failed");
    assert_eq!(judged[0].evidence.iter().filter(|evidence| evidence.run_failed).count(), 2, "{judged:?}");
    assert!(results.get("test", 0).is_some() && results.get("test", 1).is_none());
    let tables = report::write(&experiment, &grid, &plan, &results, &judged).unwrap();
    let table = tables[0].text(110);
    assert!(table.contains("2 of 2 runs failed: "), "{table}");
    let page = fs::read_to_string(directory.join("index.md")).unwrap();
    for part in [
        "winsorized is not drawn: it has no number on any spoke.",
        "not testable: a run failed",
        "Runs that failed have no numbers.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }

    // tried again, and only they
    let again = Plan { resume: true, ..plan };
    let fates = carry_out(&experiment, &grid, &again, DataCache::new("data", 1), &Ignore).unwrap();
    assert_eq!(fates.iter().filter(|fate| **fate == Fate::Kept).count(), 4);
    assert_eq!(fates.iter().filter(|fate| matches!(fate, Fate::Failed(_))).count(), 4);
}

#[test]
fn what_follows_a_run_that_fails_fails_with_it() {
    let parent = tempfile::tempdir().unwrap();
    let text = SMALL
        .replace("{ label = \"plain\" }", "{ label = \"plain\", set = { \"train.optimizer\" = [{ kind = \"graft_recorded\", run = \"@method=winsorized\", quantity = \"mean_gradient_norm\" }] } }")
        .replace("kind = \"winsorized\", count = 1", "kind = \"winsorized\", count = 3");
    let experiment = parse(&text);
    let grid = Grid::new(&experiment, Scale::Smoke).unwrap();
    let plan = plan(&parent.path().join("out"), 1, false);
    let fates = carry_out(&experiment, &grid, &plan, DataCache::new("data", 1), &Ignore).unwrap();
    assert_eq!(fates[0], Fate::Failed("the run that it follows failed".to_owned()));
    assert!(fates.iter().all(|fate| matches!(fate, Fate::Failed(_))), "{fates:?}");
}

#[test]
fn a_method_that_is_undefined_on_the_network_is_refused_before_anything_is_computed() {
    let parent = tempfile::tempdir().unwrap();
    let normalised = "{ name = \"custom\", layers = [{ kind = \"linear\", features = 4 }, { kind = \"batch_norm2d\" }, \
                      { kind = \"relu\" }, { kind = \"linear\", features = 2 }] }";
    let text = SMALL.replace("{ name = \"mlp\", widths = [4] }", normalised);
    let experiment = parse(&text);
    let grid = Grid::new(&experiment, Scale::Smoke).unwrap();
    let plan = plan(&parent.path().join("out"), 1, false);
    let error = carry_out(&experiment, &grid, &plan, DataCache::new("data", 1), &Ignore).unwrap_err().to_string();
    assert!(error.contains("aggregator `winsorized`: ") && error.contains("1 (batch_norm2d)"), "{error}");
    assert!(!parent.path().join("out").exists());
}
