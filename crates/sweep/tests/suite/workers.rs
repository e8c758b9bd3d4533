//! Runs carried out by one worker and by several.

use crate::sweep;
use consilience_record::{Claim, Program, RunReader, Status};
use consilience_run::{DataCache, Interrupt};
use consilience_sweep::{Collected, Fate, Ignore, PlannedRun, Standing, Sweep, SweepError, Watch, Work, carry_out};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const GRID: &str = "[sweep]\nseed = [0, 1, 2]\n\"train.learning_rate\" = [0.1, 0.01]\n";

fn work(directory: &Path, jobs: usize) -> Work {
    Work {
        runs: directory.join("runs"),
        jobs,
        threads: jobs,
        wait: true,
        program: Program::default(),
        interrupt: Interrupt::default(),
    }
}

fn carried(sweep: &Sweep, work: &Work, watch: &dyn Watch) -> Result<Vec<Fate>, SweepError> {
    let runs: Vec<&PlannedRun> = sweep.runs.iter().map(|member| &member.run).collect();
    carry_out(&runs, work, DataCache::new("data", 1), watch)
}

fn count(fates: &[Fate], fate: &Fate) -> usize {
    fates.iter().filter(|known| *known == fate).count()
}

#[test]
fn workers_that_share_a_directory_carry_out_each_run_once() {
    let parent = tempfile::tempdir().unwrap();
    let sweep = sweep(GRID);
    let finished = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let fates = carried(&sweep, &work(parent.path(), 2), &Ignore).unwrap();
                assert_eq!(
                    count(&fates, &Fate::Finished) + count(&fates, &Fate::Kept),
                    6,
                    "nobody leaves early: {fates:?}"
                );
                finished.fetch_add(count(&fates, &Fate::Finished), Ordering::SeqCst);
            });
        }
    });
    assert_eq!(finished.into_inner(), 6);
    let left: Vec<String> = fs::read_dir(parent.path().join("runs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(left.len() == 6 && left.iter().all(|name| !name.starts_with('.')), "only run directories: {left:?}");
}

/// Counts what is told of runs in other hands.
#[derive(Default)]
struct Held(AtomicUsize);

impl Watch for Held {
    fn begin(&self, _: usize, _: &PlannedRun, _: u64) {}
    fn step(&self, _: usize, _: u64) {}
    fn held(&self, _: usize, _: &PlannedRun, process: Option<&str>) {
        assert!(process.is_some_and(|words| words.starts_with(&format!("{} on ", std::process::id()))), "{process:?}");
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn end(&self, _: usize, _: &PlannedRun, _: &Fate) {}
}

#[test]
fn a_claimed_run_is_left_alone_or_waited_for() {
    let parent = tempfile::tempdir().unwrap();
    let sweep = sweep(GRID);
    let directory = parent.path().join("runs").join(&sweep.runs[2].run.id);
    let claim = Claim::new(&directory).unwrap();
    let leaving = Work { wait: false, ..work(parent.path(), 2) };
    let held = Held::default();
    let fates = carried(&sweep, &leaving, &held).unwrap();
    assert_eq!((count(&fates, &Fate::Finished), &fates[2]), (5, &Fate::Elsewhere));
    assert_eq!(held.0.into_inner(), 1);
    let collected = Collected::read(&sweep, &leaving.runs);
    let missing: Vec<(usize, String)> = collected.missing().map(|(index, run)| (index, run.state())).collect();
    assert!(
        missing.len() == 1 && missing[0].0 == 2 && missing[0].1.starts_with("carried out by process "),
        "{missing:?}"
    );

    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| carried(&sweep, &work(parent.path(), 1), &Ignore).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!waiting.is_finished() && !directory.exists());
        drop(claim);
        let fates = waiting.join().unwrap();
        assert_eq!((count(&fates, &Fate::Kept), &fates[2]), (5, &Fate::Finished), "taken over once it is free");
    });
}

#[test]
fn waiting_can_be_interrupted() {
    let parent = tempfile::tempdir().unwrap();
    let sweep = sweep("[sweep]\nseed = [0]\n");
    let directory = parent.path().join("runs").join(&sweep.runs[0].run.id);
    let _claim = Claim::new(&directory).unwrap();
    let work = work(parent.path(), 1);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| carried(&sweep, &work, &Ignore).unwrap());
        work.interrupt.request();
        assert_eq!(waiting.join().unwrap(), [Fate::Interrupted]);
    });
}

#[test]
fn a_run_that_diverged_has_ended_and_one_that_was_cut_off_has_not() {
    let parent = tempfile::tempdir().unwrap();
    // a step of 1e300 overflows single precision at once
    let sweep = sweep("[sweep]\n\"train.learning_rate\" = [0.1, 1e300]\n");
    let work = work(parent.path(), 1);
    assert_eq!(carried(&sweep, &work, &Ignore).unwrap(), [Fate::Finished, Fate::Diverged]);
    assert_eq!(carried(&sweep, &work, &Ignore).unwrap(), vec![Fate::Kept; 2]);
    let collected = Collected::read(&sweep, &work.runs);
    assert_eq!(collected.missing().count(), 0);
    assert!(matches!(&collected.runs[1].standing, Standing::Ended { diverged: Some(_) }));

    // as a killed program leaves it
    let file = work.runs.join(&sweep.runs[0].run.id).join("run.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("status = \"finished\"", "status = \"running\"", 1)).unwrap();
    let missing: Vec<String> = Collected::read(&sweep, &work.runs).missing().map(|(_, run)| run.state()).collect();
    assert_eq!(missing, ["begun and not ended"]);
    assert_eq!(carried(&sweep, &work, &Ignore).unwrap(), [Fate::Finished, Fate::Kept]);
    assert_eq!(RunReader::open(file.parent().unwrap()).unwrap().description().status, Status::Finished);

    for damaged in [&b"status = ["[..], b"status = \"\xff\""] {
        fs::write(&file, damaged).unwrap();
        assert_eq!(carried(&sweep, &work, &Ignore).unwrap(), [Fate::Finished, Fate::Kept], "{damaged:?}");
    }
}

#[test]
fn a_run_that_fails_keeps_no_other_from_its_end() {
    let parent = tempfile::tempdir().unwrap();
    // Of 5 gradients, 3 on either side cannot be replaced, which training finds out.
    let sweep = sweep(
        "[sweep]\nseed = [0, 1]\n\"train.batch_size\" = [10, 5]\n\
         \"train.aggregator\" = [{ kind = \"winsorized\", count = 3 }]\n",
    );
    let fates = carried(&sweep, &work(parent.path(), 1), &Ignore).unwrap();
    for (index, fate) in fates.iter().enumerate() {
        match fate {
            Fate::Finished => assert_eq!(index % 2, 0),
            Fate::Failed(reason) => assert!(index % 2 == 1 && reason.contains("winsorized"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    let missing: Vec<String> =
        Collected::read(&sweep, &parent.path().join("runs")).missing().map(|(_, run)| run.state()).collect();
    assert!(missing.len() == 2 && missing[0].starts_with("failed: "), "{missing:?}");
    let again = carried(&sweep, &work(parent.path(), 1), &Ignore).unwrap();
    assert_eq!(count(&again, &Fate::Kept), 2, "tried again, and only they");
}

#[test]
fn what_is_no_run_is_not_replaced() {
    let parent = tempfile::tempdir().unwrap();
    let sweep = sweep(GRID);
    let directory = parent.path().join("runs").join(&sweep.runs[4].run.id);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("thesis.txt"), "years of work").unwrap();
    let error = carried(&sweep, &work(parent.path(), 1), &Ignore).unwrap_err().to_string();
    assert!(error.ends_with("exists and is not a run directory, so it is not replaced"), "{error}");
    assert_eq!(fs::read_dir(parent.path().join("runs")).unwrap().count(), 1, "nothing was begun");
}
