//! Carries out the runs of a grid, several at a time, keeping those that are finished.

use crate::error::ExperimentError;
use crate::grid::{Grid, Planned};
use crate::schema::Experiment;
use consilience_record::{IfExists, Program, RunReader, Status, check_target};
use consilience_run::{
    DataCache, Ending, Execution, Interrupt, Prepared, RunError, check_directory, execute, first_difference, resolved,
};
use consilience_train::{EvaluationRecord, Observer, ObserverError, StepRecord, TrainError};
use rayon::ThreadPoolBuilder;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How the runs of an experiment are carried out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where everything is written: runs below `runs/`, results beside it.
    pub directory: PathBuf,
    /// Runs at a time.
    pub jobs: usize,
    /// Threads of all runs together.
    pub threads: usize,
    /// Whether finished runs are kept; without, they must not be there.
    pub resume: bool,
    /// The request to stop that every run heeds after each step.
    pub interrupt: Interrupt,
    /// The program, for the record.
    pub program: Program,
    /// The machine in words, for the page of results.
    pub machine: String,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was there already, finished, with the same settings.
    Kept,
    /// It was carried out.
    Finished,
    /// It was carried out and stopped early because its numbers were no longer finite; what it recorded stands.
    Diverged,
    /// It could not be carried out, or stopped with an error, which this is. The others go on; its numbers do not count.
    Failed(String),
    /// It was interrupted.
    Interrupted,
}

/// Watches the runs of an experiment. Calls come from several threads.
pub trait Watch: Sync {
    /// A run begins, of `steps` steps.
    fn begin(&self, index: usize, planned: &Planned, steps: u64);
    /// A run has made `steps` steps.
    fn step(&self, index: usize, steps: u64);
    /// A run has ended.
    fn end(&self, index: usize, planned: &Planned, fate: &Fate);
}

impl Plan {
    /// The directory of a run.
    pub fn run_directory(&self, planned: &Planned) -> PathBuf {
        self.runs().join(&planned.id)
    }

    /// The directory of all runs.
    fn runs(&self) -> PathBuf {
        self.directory.join("runs")
    }
}

/// Carries out all runs of `grid`, `plan.jobs` at a time; tells `watch`. Which are finished is known from their directories, so
/// that whatever was finished before a kill is kept. A run that fails is noted as [`Fate::Failed`], as are those that follow it,
/// and the others go on. Ends early, without error, when interrupted.
///
/// # Errors
/// Before the first run: missing data, a network that does not fit the data, a method that is undefined on the network, a
/// directory that is there already or is no run directory. Later what concerns all runs, such as a full disk; runs in hand are
/// finished, no further ones start.
pub fn carry_out(
    experiment: &Experiment,
    grid: &Grid,
    plan: &Plan,
    cache: DataCache,
    watch: &dyn Watch,
) -> Result<Vec<Fate>, ExperimentError> {
    if !plan.resume && plan.directory.exists() {
        return Err(ExperimentError::Exists { path: plan.directory.clone() });
    }
    let finished = (grid.runs.iter()).map(|planned| is_finished(plan, planned)).collect::<Result<Vec<bool>, _>>()?;
    // What follows a run that is done again is done again, too.
    let is_kept = |index: usize| finished[index] && grid.runs[index].follows.is_none_or(|other| finished[other]);
    let mut fates: Vec<Option<Fate>> = (0..finished.len()).map(|index| is_kept(index).then_some(Fate::Kept)).collect();
    let mut cache = cache;
    check_sources(experiment, grid, &fates, &mut cache)?;
    for (index, (planned, fate)) in grid.runs.iter().zip(&fates).enumerate() {
        if let Some(fate) = fate {
            watch.end(index, planned, fate);
        }
    }
    let cache = Mutex::new(cache);
    // Runs that read the records of others come after all others.
    for follow in [false, true] {
        let waiting = |index: &usize| fates[*index].is_none() && grid.runs[*index].follows.is_some() == follow;
        let (waiting, lost): (Vec<usize>, Vec<usize>) = (0..fates.len()).filter(waiting).partition(|&index| {
            let followed = grid.runs[index].follows.and_then(|other| fates[other].as_ref());
            !matches!(followed, Some(Fate::Failed(_)))
        });
        for index in lost {
            let fate = Fate::Failed("the run that it follows failed".to_owned());
            watch.end(index, &grid.runs[index], &fate);
            fates[index] = Some(fate);
        }
        for (index, fate) in all_of(waiting, grid, plan, &cache, watch)? {
            fates[index] = Some(fate);
        }
    }
    // A run that was never started because of an interruption is as good as interrupted.
    Ok(fates.into_iter().map(|fate| fate.unwrap_or(Fate::Interrupted)).collect())
}

/// Carries out the runs that wait, `plan.jobs` at a time.
fn all_of(
    waiting: Vec<usize>,
    grid: &Grid,
    plan: &Plan,
    cache: &Mutex<DataCache>,
    watch: &dyn Watch,
) -> Result<Vec<(usize, Fate)>, ExperimentError> {
    let jobs = plan.jobs.clamp(1, waiting.len().max(1));
    let threads = (plan.threads / jobs).max(1);
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let queue = Queue { plan, threads, grid, waiting, next, failed, cache, watch };
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
    plan: &'a Plan,
    threads: usize,
    grid: &'a Grid,
    waiting: Vec<usize>,
    next: AtomicUsize,
    failed: AtomicBool,
    cache: &'a Mutex<DataCache>,
    watch: &'a dyn Watch,
}

impl Queue<'_> {
    /// Carries out runs until none waits, one fails, or somebody asks to stop.
    fn work(&self) -> (Vec<(usize, Fate)>, Option<ExperimentError>) {
        let mut done = Vec::new();
        let pool = match ThreadPoolBuilder::new().num_threads(self.threads).build() {
            Ok(pool) => pool,
            Err(error) => return (done, Some(ExperimentError::Threads { threads: self.threads, error })),
        };
        while !self.failed.load(Ordering::Relaxed) && !self.plan.interrupt.is_requested() {
            let Some(&index) = self.waiting.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            let ended = pool.install(|| self.one(index)).or_else(|error| self.failed(index, error));
            match ended {
                Ok(fate) => done.push((index, fate)),
                Err(error) => {
                    self.failed.store(true, Ordering::Relaxed);
                    return (done, Some(error));
                }
            }
        }
        (done, None)
    }

    fn one(&self, index: usize) -> Result<Fate, ExperimentError> {
        let planned = &self.grid.runs[index];
        let method = planned.in_directory(&self.plan.runs())?;
        let prepared = {
            // A cache is whole at every moment, so one that a panicking thread left behind can be used.
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            Prepared::new(&method, &mut cache)?
        };
        self.watch.begin(index, planned, prepared.steps());
        let directory = self.plan.run_directory(planned);
        // What cannot be gone on with, because it was begun with other settings or failed, is made again.
        let if_exists = match check_directory(&prepared, &directory, IfExists::Resume) {
            Err(RunError::Settings(_)) => IfExists::Replace,
            checked => checked.map(|()| IfExists::Resume)?,
        };
        let program = Program { threads: self.threads, ..self.plan.program.clone() };
        let execution = Execution { directory: &directory, if_exists, program, interrupt: self.plan.interrupt.clone() };
        let mut steps = Steps { index, watch: self.watch };
        let fate = match execute(&prepared, &execution, &mut steps)?.ending {
            Ending::Interrupted { .. } => Fate::Interrupted,
            Ending::Ended(outcome) if outcome.stopped_early.is_some() => Fate::Diverged,
            Ending::Ended(_) => Fate::Finished,
        };
        self.watch.end(index, planned, &fate);
        Ok(fate)
    }

    /// The end of a run by an error, unless the error concerns more than the run.
    fn failed(&self, index: usize, error: ExperimentError) -> Result<Fate, ExperimentError> {
        let of_run = match &error {
            ExperimentError::Run(RunError::Training { error, unrecorded, .. }) => {
                unrecorded.is_none() && !matches!(**error, TrainError::Observer(_))
            }
            ExperimentError::Run(
                RunError::Settings(_) | RunError::Data { .. } | RunError::Model { .. } | RunError::Memory { .. },
            ) => true,
            _ => false,
        };
        if !of_run {
            return Err(error);
        }
        let fate = Fate::Failed(error.to_string());
        self.watch.end(index, &self.grid.runs[index], &fate);
        Ok(fate)
    }
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

/// Whether the directory of `planned` holds it, finished and whole. What was begun and not finished, or is of other settings, is not
/// trusted and will be replaced.
///
/// # Errors
/// When something else is there, which is not to be replaced.
fn is_finished(plan: &Plan, planned: &Planned) -> Result<bool, ExperimentError> {
    let directory = plan.run_directory(planned);
    check_target(&directory, IfExists::Replace)?;
    let Ok(run) = RunReader::open(&directory) else { return Ok(false) };
    let settings = resolved(&planned.in_directory(&plan.runs())?.settings)?;
    let description = run.description();
    let whole = |run: &RunReader| {
        let metrics = run.metrics().is_ok_and(|lines| lines.is_whole() && !lines.records.is_empty());
        metrics && run.weights().is_ok_and(|weights| weights.is_some())
    };
    let same = first_difference(&description.settings, &settings).is_none();
    Ok(description.status == Status::Finished && same && whole(&run))
}

/// Loads the data of one run of each source and builds its networks, and asks for every run whether its methods are defined
/// there, so that what cannot run is refused before anything has been computed.
fn check_sources(
    experiment: &Experiment,
    grid: &Grid,
    fates: &[Option<Fate>],
    cache: &mut DataCache,
) -> Result<(), ExperimentError> {
    let mut seen: Vec<(_, Prepared)> = Vec::new();
    for (planned, _) in grid.runs.iter().zip(fates).filter(|(_, fate)| fate.is_none()) {
        let settings = &planned.method.settings;
        let kind = (settings.data.source, settings.model.clone());
        let known = seen.iter().position(|(known, _)| *known == kind);
        let known = if let Some(known) = known {
            known
        } else {
            let prepared = Prepared::new(&planned.method, cache);
            let prepared = prepared.map_err(|error| ExperimentError::from_run(error, experiment, grid.scale))?;
            seen.push((kind, prepared));
            seen.len() - 1
        };
        Prepared { method: planned.method.clone(), ..seen[known].1.clone() }.check()?;
    }
    Ok(())
}
