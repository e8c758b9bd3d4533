//! Numbers read from the finished runs of an experiment.

mod claims;
mod series;
mod statistic;

pub use claims::{Evidence, Judged, Verdict, judge};
pub use series::{Point, RunRecord};
pub use statistic::Statistic;

use crate::error::ExperimentError;
use crate::execution::Plan;
use crate::grid::Grid;
use crate::schema::{At, Experiment, FigureKind, Formula, Measure, Over, StepName};
use consilience_sweep::Fate;
use std::collections::{BTreeMap, HashMap, HashSet};

/// All numbers of an experiment at a scale.
#[derive(Clone, Debug)]
pub struct Results {
    /// What each run recorded: cell by cell, replicate by replicate.
    pub runs: Vec<Vec<RunRecord>>,
    measured: HashMap<String, Vec<Option<Statistic>>>,
}

impl Results {
    /// Reads the runs of `grid`, which came to `fates`; those that failed have no numbers.
    ///
    /// # Errors
    /// [`ExperimentError::Unreadable`] when another run is not there or not whole.
    pub fn read(experiment: &Experiment, grid: &Grid, plan: &Plan, fates: &[Fate]) -> Result<Self, ExperimentError> {
        let names = names(experiment);
        let mut runs = vec![Vec::new(); grid.cells.len()];
        // Runs are in the order of replicates, so that each cell's come in their order.
        for (planned, fate) in grid.runs.iter().zip(fates) {
            let directory = plan.run_directory(planned);
            if let Fate::Failed(reason) = fate {
                runs[planned.cell].push(RunRecord::failed(directory, reason.clone()));
                continue;
            }
            let record = RunRecord::read(&directory, &names)
                .map_err(|reason| ExperimentError::Unreadable { path: directory, reason })?;
            runs[planned.cell].push(record);
        }
        Ok(Self::of(experiment, grid, runs))
    }

    /// The numbers of `runs`: cell by cell, replicate by replicate.
    pub fn of(experiment: &Experiment, grid: &Grid, runs: Vec<Vec<RunRecord>>) -> Self {
        let mut measured = HashMap::new();
        // By measure, cell and replicate, for the expressions below.
        let mut single: HashMap<&str, Vec<Vec<Option<f64>>>> = HashMap::new();
        for measure in &experiment.measures {
            let formula = measure.expression.as_deref().and_then(|text| Formula::parse(text).ok());
            let mut statistics = Vec::new();
            let mut numbers = Vec::new();
            for (cell, replicates) in runs.iter().enumerate() {
                let constant = |name: &str| grid.number(cell, name).or_else(|| grid.parameters.get(name).copied());
                if measure.over == Over::Replicates {
                    statistics.push(formula.as_ref().and_then(|formula| {
                        Statistic::jackknife(replicates.len(), |without| {
                            formula.value(|name| match single.get(name) {
                                Some(numbers) => mean_without(&numbers[cell], without),
                                None => constant(name),
                            })
                        })
                    }));
                    continue;
                }
                let there = measure.measure.as_deref().and_then(|other| {
                    let cell = grid.elsewhere(cell, &measure.elsewhere)?;
                    single.get(other)?.get(cell)
                });
                let of_cell: Vec<Option<f64>> = replicates
                    .iter()
                    .enumerate()
                    .map(|(replicate, run)| match (&formula, &measure.series) {
                        (Some(formula), _) => formula.value(|name| match single.get(name) {
                            Some(numbers) => numbers[cell][replicate],
                            None => constant(name),
                        }),
                        (None, Some(series)) => read(run, series, measure, &grid.parameters),
                        (None, None) => there.and_then(|numbers| *numbers.get(replicate)?),
                    })
                    .collect();
                statistics.push(Statistic::of(&of_cell.iter().copied().flatten().collect::<Vec<_>>()));
                numbers.push(of_cell);
            }
            measured.insert(measure.name.clone(), statistics);
            if measure.over == Over::Run {
                single.insert(&measure.name, numbers);
            }
        }
        Self { runs, measured }
    }

    /// How many runs of a cell failed, of how many, and why the first did; none when none did.
    pub fn failures(&self, cell: usize) -> Option<String> {
        let runs = self.runs.get(cell)?;
        let reason = runs.iter().find_map(|run| run.failed.as_deref())?;
        let failed = runs.iter().filter(|run| run.failed.is_some()).count();
        Some(format!("{failed} of {} runs failed: {reason}", runs.len()))
    }

    /// The measure called `name` in a cell; none where it is undefined in every replicate.
    pub fn get(&self, name: &str, cell: usize) -> Option<&Statistic> {
        self.measured.get(name)?.get(cell)?.as_ref()
    }
}

fn read(run: &RunRecord, series: &str, measure: &Measure, parameters: &BTreeMap<String, f64>) -> Option<f64> {
    run.number(series, &measure.at, |step| match step {
        StepName::Number(step) => Some(*step),
        StepName::Parameter(name) => parameters.get(name).map(|value| *value as u64),
    })
}

/// The mean over the replicates but one; none when it is undefined in any, since then sums are of different runs.
fn mean_without(numbers: &[Option<f64>], without: Option<usize>) -> Option<f64> {
    let kept: Option<Vec<f64>> =
        numbers.iter().enumerate().filter(|(index, _)| Some(*index) != without).map(|(_, number)| *number).collect();
    let kept = kept.filter(|kept| !kept.is_empty())?;
    Some(kept.iter().sum::<f64>() / kept.len() as f64)
}

/// The series that measures and curves are made of.
fn names(experiment: &Experiment) -> HashSet<String> {
    let measured = experiment.measures.iter().flat_map(|measure| {
        let other = if let At::WhereMax(other) = &measure.at { Some(other) } else { None };
        measure.series.iter().chain(other).cloned()
    });
    let drawn = experiment
        .figures
        .iter()
        .filter(|figure| figure.kind == FigureKind::Curves)
        .flat_map(|figure| figure.y.0.iter().chain(figure.panels.iter().flat_map(|panel| &panel.y.0)).cloned());
    measured.chain(drawn).collect()
}
