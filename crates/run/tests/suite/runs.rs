//! Runs as commands carry them out: what their directories hold, and how they are stopped.

#![allow(clippy::unwrap_used, reason = "tests")]

use consilience_record::{Cells, IfExists, Program, RunReader, Status};
use consilience_run::{Begun, DataCache, Ending, Execution, Interrupt, Plan, Prepared, RunError, execute};
use consilience_train::{EvaluationRecord, Ignore, Observer, ObserverError, StepRecord};
use std::path::Path;

const CONFIG: &str = r#"
    data = { source = "two_circles", train = 40, test = 20, label_noise = { kind = "permute", fraction = 0.5 } }
    model = { name = "mlp", widths = [8] }
    train = { steps = 9, batch_size = 10 }
"#;

fn prepared(more: &str, cache: &mut DataCache) -> Prepared {
    let plan = Plan::parse("c", "c.toml", &format!("{more}\n{CONFIG}"), &[]).unwrap();
    Prepared::new(&plan.methods[0], cache).unwrap()
}

fn execution(directory: &Path, interrupt: Interrupt) -> Execution<'_> {
    Execution { directory, if_exists: IfExists::Refuse, program: Program::default(), interrupt }
}

/// Asks to stop once it has seen the step.
struct StopAfter(u64, Interrupt);

impl Observer for StopAfter {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        if record.step == self.0 {
            self.1.request();
        }
        Ok(())
    }

    fn evaluation(&mut self, _: &EvaluationRecord) -> Result<(), ObserverError> {
        Ok(())
    }
}

#[test]
fn an_interrupted_run_keeps_its_steps_and_the_weights_after_the_last() {
    let parent = tempfile::tempdir().unwrap();
    let mut cache = DataCache::new("data", 1);
    let interrupted = parent.path().join("interrupted");
    let interrupt = Interrupt::default();
    let execution_to_stop = execution(&interrupted, interrupt.clone());
    let executed =
        execute(&prepared("", &mut cache), &execution_to_stop, &mut StopAfter(2, interrupt.clone())).unwrap();
    assert!(matches!(executed.ending, Ending::Interrupted { steps: 3 }), "{executed:?}");
    let run = RunReader::open(&interrupted).unwrap();
    assert_eq!(run.description().status, Status::Interrupted);
    assert_eq!(run.description().error.as_deref(), Some("interrupted after 3 of 9 steps"));
    let steps: Vec<u64> = run.metrics().unwrap().records.iter().map(|line| line.step).collect();
    assert_eq!(steps, [0, 1, 2]);

    // A run of three steps ends with the same weights.
    let short = parent.path().join("short");
    let text = CONFIG.replace("steps = 9", "steps = 3");
    let plan = Plan::parse("c", "c.toml", &text, &[]).unwrap();
    let three = Prepared::new(&plan.methods[0], &mut cache).unwrap();
    execute(&three, &execution(&short, Interrupt::default()), &mut Ignore).unwrap();
    assert_eq!(run.weights().unwrap(), RunReader::open(&short).unwrap().weights().unwrap());
}

#[test]
fn what_cannot_be_trained_is_refused_beforehand() {
    let refused = |config: &str| {
        let plan = Plan::parse("c", "c.toml", config, &[]).unwrap();
        let prepared = Prepared::new(&plan.methods[0], &mut DataCache::new("data", 1)).unwrap();
        prepared.check().unwrap_err().to_string()
    };
    let winsorized =
        CONFIG.replace("batch_size = 10", "batch_size = 3, aggregator = { kind = 'winsorized', count = 1 }");
    let error = refused(&winsorized.replace("train = 40", "train = 41"));
    assert!(error.contains("aggregator.count") && error.contains("2 examples"), "{error}");
    let values = "data = { source = 'product', train = 40, test = 20 }\nmodel = { name = 'mlp', widths = [8] }\n\
                  train = { steps = 9, loss = 'mean_squared_error' }\nmonitor = { scores = ['aum'] }";
    let error = refused(values);
    assert!(error.contains("aum") && error.contains("scores"), "{error}");
}

#[test]
fn the_data_follow_from_the_data_seed_and_all_else_from_the_seed() {
    let mut cache = DataCache::new("data", 4);
    let of = |more: &str, cache: &mut DataCache| prepared(more, cache).data;
    let (plain, same) = (of("seed = 3", &mut cache), of("seed = 8\ndata_seed = 3", &mut cache));
    assert!(std::sync::Arc::ptr_eq(&plain, &same), "data of one seed are loaded once");
    assert_ne!(*plain, *of("seed = 3\ndata_seed = 8", &mut cache));

    let parent = tempfile::tempdir().unwrap();
    let mut outcome = |name: &str, more: &str| {
        let directory = parent.path().join(name);
        execute(&prepared(more, &mut cache), &execution(&directory, Interrupt::default()), &mut Ignore).unwrap();
        let run = RunReader::open(&directory).unwrap();
        let settings = run.description().settings.clone();
        let weights = run.weights().unwrap().unwrap();
        (settings.get("data_seed").and_then(toml::Value::as_integer), weights)
    };
    let (written, weights) = outcome("a", "seed = 3");
    assert_eq!(written, None);
    let (written, again) = outcome("b", "seed = 3\ndata_seed = 3");
    assert_eq!((written, &again), (Some(3), &weights), "the data seed is the seed unless it is given");
    let (_, other_data) = outcome("c", "seed = 3\ndata_seed = 8");
    let (_, other_seed) = outcome("d", "seed = 8\ndata_seed = 3");
    assert!(other_data != weights && other_seed != weights && other_data != other_seed);
}

#[test]
fn norms_of_another_run_are_read_from_its_directory() {
    let parent = tempfile::tempdir().unwrap();
    let mut cache = DataCache::new("data", 1);
    let small = parent.path().join("small");
    let more = "[monitor]\nquantities = ['mean_gradient_norm']\nevery = 4";
    let plan = Plan::parse("c", "c.toml", &format!("{CONFIG}\n{more}"), &[]).unwrap();
    let other = Prepared::new(&plan.methods[0], &mut cache).unwrap();
    execute(&other, &execution(&small, Interrupt::default()), &mut Ignore).unwrap();
    let recorded = RunReader::open(&small).unwrap().metrics().unwrap().records;
    let norm = recorded[0].number("mean_gradient_norm").unwrap();

    // A run that stays where it starts.
    let none = parent.path().join("none");
    let plan =
        Plan::parse("c", "c.toml", &CONFIG.replace("steps = 9", "steps = 1, learning_rate = 1e-300"), &[]).unwrap();
    execute(
        &Prepared::new(&plan.methods[0], &mut cache).unwrap(),
        &execution(&none, Interrupt::default()),
        &mut Ignore,
    )
    .unwrap();

    let mut grafted = |name: &str, run: &Path, quantity: &str| {
        let text = CONFIG.replace("steps = 9", "steps = 1, learning_rate = 0.5").replace(
            "batch_size = 10",
            &format!(
                "batch_size = 20, optimizer = [{{ kind = 'graft_recorded', run = '{}', {quantity} }}]",
                run.display()
            ),
        );
        let plan = Plan::parse("c", "c.toml", &text, &[]).unwrap();
        let prepared = Prepared::new(&plan.methods[0], &mut cache).unwrap();
        let directory = parent.path().join(name);
        let executed = execute(&prepared, &execution(&directory, Interrupt::default()), &mut Ignore);
        assert_eq!(executed.is_ok(), directory.exists(), "a refused run leaves nothing");
        executed.map(|_| directory).map_err(|error| match error {
            RunError::Settings(error) => [&[error.message][..], &error.hints].concat().join("\n"),
            other => panic!("{other}"),
        })
    };
    let directory = grafted("grafted", &small, "quantity = 'mean_gradient_norm'").unwrap();
    // Both begin with the same weights, and the step is 0.5 * norm long.
    let weights = |run: &Path| -> Vec<f32> {
        RunReader::open(run).unwrap().weights().unwrap().unwrap().iter().flat_map(|w| w.values.clone()).collect()
    };
    let moved =
        weights(&none).iter().zip(weights(&directory)).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
    assert!((moved / (0.5 * norm) - 1.0).abs() < 1e-4, "{moved} {norm}");
    // The settings in the directory name the run, not its numbers.
    let settings = RunReader::open(&directory).unwrap().description().settings.to_string();
    assert!(settings.contains("graft_recorded") && !settings.contains("recorded ="), "{settings}");

    let error = grafted("missing", &parent.path().join("nowhere"), "").unwrap_err();
    let nowhere = parent.path().join("nowhere").display().to_string();
    let expected = format!(
        "the norms of another run cannot be read: {nowhere} is not a run directory: it has no run.toml (c.toml, line 4)\n\
         make that run first; its directory is looked for from where the program runs"
    );
    assert_eq!(error, expected);
    let error = grafted("unrecorded", &small, "").unwrap_err();
    let expected = format!(
        "the run {} did not record `micro_batch_gradient_norm` (c.toml, line 4)\nits steps recorded loss, mean_gradient_norm\n\
         make it again with `monitor.quantities = [\"micro_batch_gradient_norm\"]`",
        small.display()
    );
    assert_eq!(error, expected);
}

#[test]
fn shares_and_scores_land_in_the_run_directory() {
    let parent = tempfile::tempdir().unwrap();
    let mut cache = DataCache::new("data", 1);
    let monitor = r#"
        [monitor]
        scores = ["aum", "learnt", "agreement"]
        shares = { null_worlds = 1, sample = "both" }
    "#;
    let plan = Plan::parse("c", "c.toml", &format!("{CONFIG}\n{monitor}"), &[]).unwrap();
    let measured = Prepared::new(&plan.methods[0], &mut cache).unwrap();
    let directory = parent.path().join("measured");
    let executed = execute(&measured, &execution(&directory, Interrupt::default()), &mut Ignore).unwrap();
    let run = RunReader::open(&directory).unwrap();

    let lines = run.metrics().unwrap().records;
    let of = |kind: &str| lines.iter().filter(|line| line.kind == kind).collect::<Vec<_>>();
    let shares = of("shares");
    assert_eq!(shares.iter().map(|line| line.step).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    for line in &shares {
        for name in ["", "sampled_"] {
            let share = |kind: &str| line.number(&format!("{name}{kind}_share/null_1")).unwrap();
            assert!((share("pristine") + share("corrupt") - 1.0).abs() < 1e-9, "{line:?}");
        }
    }
    assert_eq!(executed.measured.last("pristine_share"), shares[8].number("pristine_share"));
    let [scores] = of("scores")[..] else { panic!("one line of scores in {lines:?}") };
    assert!((0.0..=1.0).contains(&scores.number("aum/corrupt_area").unwrap()));
    assert_eq!(run.timings().unwrap().records.iter().filter(|line| line.kind == "measurement").count(), 10);

    let columns = run.examples().unwrap().unwrap();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let expected = ["id", "given_label", "true_label", "corrupt", "aum", "learnt_first", "learnt_last"];
    assert_eq!(names, [expected.as_slice(), &["agreement", "agreement_cosine"]].concat());
    let Cells::Flags(corrupt) = &columns[3].values else { panic!("{:?}", columns[3]) };
    let wrong = corrupt.iter().filter(|&&corrupt| corrupt).count();
    assert_eq!((corrupt.len(), wrong), (40, run.description().data.train_corrupt));

    // the resolved settings repeat the run, and the weights are those of a run that measures nothing
    let again = toml::to_string(&run.description().settings).unwrap();
    let again = Plan::parse("again", "run.toml", &again, &[]).unwrap();
    assert_eq!(again.methods[0].settings, measured.method.settings);
    let plain = parent.path().join("plain");
    execute(&prepared("", &mut cache), &execution(&plain, Interrupt::default()), &mut Ignore).unwrap();
    assert_eq!(run.weights().unwrap(), RunReader::open(&plain).unwrap().weights().unwrap());
}

#[test]
fn a_run_goes_on_from_the_newest_checkpoint_that_can_be_used() {
    let parent = tempfile::tempdir().unwrap();
    let mut cache = DataCache::new("data", 1);
    let more = "seed = 4\ncheckpoints = { every = 2 }";
    let prepared = prepared(more, &mut cache);
    let whole = parent.path().join("whole");
    execute(&prepared, &execution(&whole, Interrupt::default()), &mut Ignore).unwrap();
    let steps = |directory: &Path| {
        let mut steps: Vec<u64> = (0..10).collect();
        steps.retain(|step| directory.join(format!("checkpoints/{step}.safetensors")).exists());
        steps
    };
    assert_eq!(steps(&whole), [2, 4, 6, 8], "those that were asked for stay");

    for (name, damaged, from) in
        [("none", &[][..], 7), ("last", &[7], 6), ("two", &[7, 6], 4), ("all", &[7, 6, 4, 2], 0)]
    {
        let directory = parent.path().join(name);
        let interrupt = Interrupt::default();
        execute(&prepared, &execution(&directory, interrupt.clone()), &mut StopAfter(6, interrupt)).unwrap();
        assert_eq!(steps(&directory), [2, 4, 6, 7]);
        for step in damaged {
            std::fs::write(directory.join(format!("checkpoints/{step}.safetensors")), "half").unwrap();
        }
        let again = Execution { if_exists: IfExists::Resume, ..execution(&directory, Interrupt::default()) };
        let begun = Begun::new(&prepared, &again).unwrap();
        let resumed = begun.resumed().unwrap().clone();
        assert_eq!((resumed.step, resumed.notes.len()), (from, damaged.len()), "{resumed:?}");
        assert!(
            resumed.notes.iter().all(|note| note.contains("is not used: ") && note.contains("not a whole checkpoint"))
        );
        let measured = begun.carry_out(&mut Ignore).unwrap().measured;
        assert_eq!(measured, consilience_run::Measured::default(), "nothing was asked for");
        for file in ["metrics.jsonl", "final.safetensors"] {
            let bytes = |run: &Path| std::fs::read(run.join(file)).unwrap();
            assert!(bytes(&directory) == bytes(&whole), "{name}: {file}");
        }
        assert_eq!(steps(&directory), [2, 4, 6, 8], "that of the interruption is gone");
        let refused = Begun::new(&prepared, &again).unwrap_err().to_string();
        assert_eq!(refused, format!("{} holds a run that is finished already", directory.display()));
        let kept = consilience_run::finished(&prepared, &directory).unwrap().unwrap();
        assert!(matches!(kept.ending, Ending::Ended(outcome) if outcome.steps == 9));
    }
}

#[test]
fn what_was_measured_before_an_interruption_counts() {
    let parent = tempfile::tempdir().unwrap();
    let mut cache = DataCache::new("data", 1);
    let plan =
        Plan::parse("c", "c.toml", &format!("{CONFIG}\n[monitor]\nquantities = ['gsnr']\nevery = 2"), &[]).unwrap();
    let prepared = Prepared::new(&plan.methods[0], &mut cache).unwrap();
    let whole =
        execute(&prepared, &execution(&parent.path().join("whole"), Interrupt::default()), &mut Ignore).unwrap();
    let directory = parent.path().join("run");
    let interrupt = Interrupt::default();
    execute(&prepared, &execution(&directory, interrupt.clone()), &mut StopAfter(3, interrupt)).unwrap();
    let again = Execution { if_exists: IfExists::Resume, ..execution(&directory, Interrupt::default()) };
    assert_eq!(execute(&prepared, &again, &mut Ignore).unwrap().measured, whole.measured);
    let kept = consilience_run::finished(&prepared, &directory).unwrap().unwrap();
    assert_eq!(kept.measured, whole.measured);
    let (Ending::Ended(kept), Ending::Ended(whole)) = (kept.ending, whole.ending) else { panic!("ended") };
    assert_eq!((kept.evaluation.step, kept.evaluation.values), (whole.evaluation.step, whole.evaluation.values));
}

#[test]
fn a_run_with_other_settings_or_one_that_failed_is_not_gone_on_with() {
    let parent = tempfile::tempdir().unwrap();
    let mut cache = DataCache::new("data", 2);
    let directory = parent.path().join("run");
    let interrupt = Interrupt::default();
    execute(&prepared("", &mut cache), &execution(&directory, interrupt.clone()), &mut StopAfter(3, interrupt))
        .unwrap();
    let again = Execution { if_exists: IfExists::Resume, ..execution(&directory, Interrupt::default()) };
    let before = std::fs::read(directory.join("run.toml")).unwrap();
    let refused = Begun::new(&prepared("seed = 9", &mut cache), &again).unwrap_err().to_string();
    let expected = format!("{} holds a run with other settings: `seed` was 0 and now is 9", directory.display());
    assert_eq!(refused, expected);
    assert_eq!(std::fs::read(directory.join("run.toml")).unwrap(), before, "a refused run changes nothing");
    let sparser = prepared("checkpoints = { minutes = 60 }", &mut cache);
    let begun = Begun::new(&sparser, &again).unwrap();
    assert_eq!(begun.resumed().unwrap().step, 4, "when checkpoints are written is no difference");
    drop(begun);

    let failed = parent.path().join("failed");
    let plan =
        Plan::parse("c", "c.toml", &CONFIG.replace("steps = 9", "steps = 9, learning_rate = 1e30"), &[]).unwrap();
    let diverging = Prepared::new(&plan.methods[0], &mut cache).unwrap();
    execute(&diverging, &execution(&failed, Interrupt::default()), &mut Ignore).unwrap();
    let again = Execution { directory: &failed, ..again };
    let refused = Begun::new(&diverging, &again).unwrap_err().to_string();
    assert!(refused.contains("holds a run that failed and would do so again: "), "{refused}");
}
