//! Carries out runs, several at a time, each by one worker.

use crate::error::SweepError;
use crate::planned_run::PlannedRun;
use crate::standing::Standing;
use consilience_record::{Claim, IfExists, Program, RUN_FILE, RecordError, check_target};
use consilience_run::{
    DataCache, Ending, Execution, Interrupt, Prepared, RunError, check_directory, execute, resolved,
};
use consilience_train::{EvaluationRecord, Observer, ObserverError, StepRecord, TrainError};
use rayon::ThreadPoolBuilder;
use std::collections::{HashSet, VecDeque};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a worker that has nothing else to do looks whether others are done. A look costs an attempted lock per run.
const LOOK: Duration = Duration::from_millis(200);

/// How runs are carried out.
#[derive(Clone, Debug)]
pub struct Work {
    /// The directory of all run directories.
    pub runs: PathBuf,
    /// Runs at a time.
    pub jobs: usize,
    /// Threads of all runs together.
    pub threads: usize,
    /// Whether runs that others carry out are waited for, and taken over when those die.
    pub wait: bool,
    /// The program, for the record.
    pub program: Program,
    /// The request to stop that every run heeds after each step.
    pub interrupt: Interrupt,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It had ended already, with the same settings, or another worker has carried it out meanwhile.
    Kept,
    /// It was carried out.
    Finished,
    /// It was carried out and stopped early because its numbers were no longer finite; what it recorded stands.
    Diverged,
    /// It could not be carried out, or stopped with an error, which this is. The others go on; its numbers do not count.
    Failed(String),
    /// Another worker carries it out, and it was not waited for.
    Elsewhere,
    /// It was interrupted, or not begun because of an interruption.
    Interrupted,
}

/// Watches runs. Calls come from several threads; runs are told by their index.
pub trait Watch: Sync {
    /// A run begins, of `steps` steps.
    fn begin(&self, index: usize, run: &PlannedRun, steps: u64);
    /// A run has made `steps` steps.
    fn step(&self, index: usize, steps: u64);
    /// A run is in the hands of another worker: the number of its process, its machine and since when, where they could be read.
    fn held(&self, index: usize, run: &PlannedRun, process: Option<&str>);
    /// A run has ended.
    fn end(&self, index: usize, run: &PlannedRun, fate: &Fate);
}

/// Does not watch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ignore;

impl Watch for Ignore {
    fn begin(&self, _: usize, _: &PlannedRun, _: u64) {}
    fn step(&self, _: usize, _: u64) {}
    fn held(&self, _: usize, _: &PlannedRun, _: Option<&str>) {}
    fn end(&self, _: usize, _: &PlannedRun, _: &Fate) {}
}

/// Carries out `runs`, `work.jobs` at a time; tells `watch`. Which have ended is known from their directories, so whatever had
/// ended before a kill is kept; what was begun with the same settings is gone on with.
///
/// Any number of callers may share a directory, in one process, in several, and on several machines: a run is carried out by
/// whoever claims it. With `work.wait`, what others have claimed is waited for, and taken over when they die: when this then
/// returns without an error and without an interruption, every run has ended or failed. A run that fails is noted as
/// [`Fate::Failed`], as are those that follow it, and the others go on; whoever comes next tries it again.
///
/// # Errors
/// Before the first run: missing data, a network that does not fit the data, a method that is not defined on it, a directory that is
/// no run directory. Later the first error that concerns more than a run, such as a full disk; runs in hand are finished, no
/// further ones start.
pub fn carry_out(
    runs: &[&PlannedRun],
    work: &Work,
    cache: DataCache,
    watch: &dyn Watch,
) -> Result<Vec<Fate>, SweepError> {
    let ended = runs.iter().map(|run| has_ended(run, work)).collect::<Result<Vec<bool>, _>>()?;
    // What follows a run that is done again is done again, too.
    let is_kept = |index: usize| ended[index] && runs[index].follows.is_none_or(|other| ended[other]);
    let mut fates: Vec<Option<Fate>> = (0..ended.len()).map(|index| is_kept(index).then_some(Fate::Kept)).collect();
    let mut cache = cache;
    check_sources(runs, &fates, &mut cache)?;
    for (index, (run, fate)) in runs.iter().zip(&fates).enumerate() {
        if let Some(fate) = fate {
            watch.end(index, run, fate);
        }
    }
    let cache = Mutex::new(cache);
    // Runs that read the records of others come after all others.
    for follow in [false, true] {
        let waiting = |index: &usize| fates[*index].is_none() && runs[*index].follows.is_some() == follow;
        let (waiting, lost): (Vec<usize>, Vec<usize>) = (0..fates.len()).filter(waiting).partition(|&index| {
            let followed = runs[index].follows.and_then(|other| fates[other].as_ref());
            !matches!(followed, Some(Fate::Failed(_)))
        });
        for index in lost {
            let fate = Fate::Failed("the run that it follows failed".to_owned());
            watch.end(index, runs[index], &fate);
            fates[index] = Some(fate);
        }
        let redone = waiting.iter().copied().filter(|&index| ended[index]).collect();
        for (index, fate) in all_of(waiting.into(), &redone, runs, work, &cache, watch)? {
            fates[index] = Some(fate);
        }
    }
    Ok(fates.into_iter().map(|fate| fate.unwrap_or(Fate::Interrupted)).collect())
}

/// Carries out the runs that wait, `work.jobs` at a time; those `redone` even though they have ended.
fn all_of(
    waiting: VecDeque<usize>,
    redone: &HashSet<usize>,
    runs: &[&PlannedRun],
    work: &Work,
    cache: &Mutex<DataCache>,
    watch: &dyn Watch,
) -> Result<Vec<(usize, Fate)>, SweepError> {
    let jobs = work.jobs.clamp(1, waiting.len().max(1));
    let threads = (work.threads / jobs).max(1);
    let (waiting, told, failed) = (Mutex::new(waiting), Mutex::new(HashSet::new()), AtomicBool::new(false));
    let queue = Queue { work, threads, runs, redone, waiting, told, failed, cache, watch };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(|| queue.work())).collect();
        let mut done = Vec::new();
        let mut first_error = None;
        for worker in workers {
            let (fates, error) = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            done.extend(fates);
            first_error = first_error.or(error);
        }
        first_error.map_or(Ok(done), Err)
    })
}

/// The runs that wait, and what the threads that carry them out share.
struct Queue<'a> {
    work: &'a Work,
    threads: usize,
    runs: &'a [&'a PlannedRun],
    redone: &'a HashSet<usize>,
    waiting: Mutex<VecDeque<usize>>,
    /// Runs that others carry out and of which that was told.
    told: Mutex<HashSet<usize>>,
    failed: AtomicBool,
    cache: &'a Mutex<DataCache>,
    watch: &'a dyn Watch,
}

impl Queue<'_> {
    /// Carries out runs until none waits, one fails, or somebody asks to stop.
    fn work(&self) -> (Vec<(usize, Fate)>, Option<SweepError>) {
        let mut done = Vec::new();
        let pool = match ThreadPoolBuilder::new().num_threads(self.threads).build() {
            Ok(pool) => pool,
            Err(error) => return (done, Some(SweepError::Threads { threads: self.threads, error })),
        };
        // How many runs in a row were in the hands of others.
        let mut held = 0;
        while !self.failed.load(Ordering::Relaxed) && !self.work.interrupt.is_requested() {
            if held > 0 && held >= lock(&self.waiting).len() {
                thread::sleep(LOOK);
                held = 0;
            }
            let Some(index) = lock(&self.waiting).pop_front() else { break };
            let run = self.runs[index];
            let fate = match Claim::new(&self.work.runs.join(&run.id)) {
                Err(RecordError::Busy { process, .. }) => {
                    if lock(&self.told).insert(index) {
                        self.watch.held(index, run, process.as_deref());
                    }
                    if !self.work.wait {
                        self.watch.end(index, run, &Fate::Elsewhere);
                        done.push((index, Fate::Elsewhere));
                        continue;
                    }
                    lock(&self.waiting).push_back(index);
                    held += 1;
                    continue;
                }
                Ok(claim) => {
                    held = 0;
                    pool.install(|| self.one(index, claim))
                }
                Err(error) => Err(SweepError::Claim(error)),
            };
            let fate = match fate {
                Ok(fate) => fate,
                Err(error) if is_of_run(&error) => Fate::Failed(error.to_string()),
                Err(error) => {
                    self.failed.store(true, Ordering::Relaxed);
                    return (done, Some(error));
                }
            };
            self.watch.end(index, run, &fate);
            done.push((index, fate));
        }
        (done, None)
    }

    /// Carries out a run that is ours as long as `_claim` lives.
    fn one(&self, index: usize, _claim: Claim) -> Result<Fate, SweepError> {
        let run = self.runs[index];
        // Another worker may have ended it since it was looked at.
        if !self.redone.contains(&index) && has_ended(run, self.work)? {
            return Ok(Fate::Kept);
        }
        let method = run.in_directory(&self.work.runs)?;
        let prepared = Prepared::new(&method, &mut lock(self.cache))?;
        self.watch.begin(index, run, prepared.steps());
        let directory = self.work.runs.join(&run.id);
        // What cannot be gone on with, because it was begun with other settings, failed or is damaged, is made again.
        let if_exists = match check_directory(&prepared, &directory, IfExists::Resume) {
            Err(RunError::Settings(_) | RunError::Record(RecordError::Malformed { .. })) => IfExists::Replace,
            // not text
            Err(RunError::Record(RecordError::Io { cause, .. })) if cause.kind() == ErrorKind::InvalidData => {
                IfExists::Replace
            }
            checked => checked.map(|()| IfExists::Resume)?,
        };
        let program = Program { threads: self.threads, ..self.work.program.clone() };
        let execution = Execution { directory: &directory, if_exists, program, interrupt: self.work.interrupt.clone() };
        let mut steps = Steps { index, watch: self.watch };
        Ok(match execute(&prepared, &execution, &mut steps)?.ending {
            Ending::Interrupted { .. } => Fate::Interrupted,
            Ending::Ended(outcome) if outcome.stopped_early.is_some() => Fate::Diverged,
            Ending::Ended(_) => Fate::Finished,
        })
    }
}

/// Whether an error concerns nothing but the run that it ended.
fn is_of_run(error: &SweepError) -> bool {
    match error {
        SweepError::Run(RunError::Training { error, unrecorded, .. }) => {
            unrecorded.is_none() && !matches!(**error, TrainError::Observer(_))
        }
        SweepError::Run(
            RunError::Settings(_) | RunError::Data { .. } | RunError::Model { .. } | RunError::Memory { .. },
        ) => true,
        _ => false,
    }
}

/// What is locked here is whole at every moment, so what a panicking thread left behind can be used.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes steps on.
struct Steps<'a> {
    index: usize,
    watch: &'a dyn Watch,
}

impl Observer for Steps<'_> {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        self.watch.step(self.index, record.step + 1);
        Ok(())
    }

    fn evaluation(&mut self, _: &EvaluationRecord) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// Whether the directory of `run` holds it, ended and whole.
///
/// # Errors
/// When something else is there, which is not to be replaced.
fn has_ended(run: &PlannedRun, work: &Work) -> Result<bool, SweepError> {
    let directory = work.runs.join(&run.id);
    // Of a run directory it is known that it may be replaced, and a look at its lock could get in the way of another worker.
    if !directory.join(RUN_FILE).is_file() {
        check_target(&directory, IfExists::Replace)?;
    }
    let settings = resolved(&run.in_directory(&work.runs)?.settings)?;
    Ok(Standing::of(&directory, &settings).is_ended())
}

/// Loads the data of one run of each source and builds its networks, and asks for every run whether its methods are defined
/// there, so that what cannot run is refused before anything has been computed.
fn check_sources(runs: &[&PlannedRun], fates: &[Option<Fate>], cache: &mut DataCache) -> Result<(), RunError> {
    let mut seen: Vec<(_, Prepared)> = Vec::new();
    for (run, _) in runs.iter().zip(fates).filter(|(_, fate)| fate.is_none()) {
        let settings = &run.method.settings;
        let kind = (settings.data.source, settings.model.clone());
        let known = seen.iter().position(|(known, _)| *known == kind);
        let known = if let Some(known) = known {
            known
        } else {
            seen.push((kind, Prepared::new(&run.method, cache)?));
            seen.len() - 1
        };
        Prepared { method: run.method.clone(), ..seen[known].1.clone() }.check_network()?;
    }
    Ok(())
}
