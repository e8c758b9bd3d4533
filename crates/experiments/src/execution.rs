//! Carries out the runs of a grid.

use crate::error::ExperimentError;
use crate::grid::{Grid, Planned};
use crate::schema::Experiment;
use consilience_record::Program;
use consilience_run::{DataCache, Interrupt};
use consilience_sweep::{Fate, PlannedRun, SweepError, Watch, Work};
use std::path::PathBuf;

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

impl Plan {
    /// The directory of a run.
    pub fn run_directory(&self, planned: &Planned) -> PathBuf {
        self.runs().join(&planned.run.id)
    }

    /// The directory of all runs.
    fn runs(&self) -> PathBuf {
        self.directory.join("runs")
    }
}

/// Carries out all runs of `grid`, `plan.jobs` at a time; tells `watch`: see [`consilience_sweep::carry_out`]. A run that fails is
/// noted as [`Fate::Failed`], as are those that follow it, and the others go on. Ends early, without error, when interrupted.
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
    let runs: Vec<&PlannedRun> = grid.runs.iter().map(|planned| &planned.run).collect();
    let work = Work {
        runs: plan.runs(),
        jobs: plan.jobs,
        threads: plan.threads,
        wait: true,
        program: plan.program.clone(),
        interrupt: plan.interrupt.clone(),
    };
    consilience_sweep::carry_out(&runs, &work, cache, watch).map_err(|error| match error {
        SweepError::Run(error) => ExperimentError::from_run(error, experiment, grid.scale),
        other => ExperimentError::CarryOut(Box::new(other)),
    })
}
