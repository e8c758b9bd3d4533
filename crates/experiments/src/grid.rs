//! The runs of an experiment at a scale.

use crate::schema::{Axis, Experiment, OneOrMore, Scale, Selection, Vary};
use consilience_run::document::{Entry, Node, Value};
use consilience_run::{RunError, SettingsError};
use consilience_sweep::{PlannedRun, check_directories, product, too_many};
use std::collections::BTreeMap;

/// A run of an experiment.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The run. What it follows is an index into [`Grid::runs`].
    pub run: PlannedRun,
    /// Its cell, as an index into [`Grid::cells`].
    pub cell: usize,
    /// Its number among the replicates of its cell.
    pub replicate: usize,
}

/// A combination of one value of each axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell(
    /// For each axis, the index of its value.
    pub Vec<usize>,
);

/// All runs of an experiment at a scale.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The scale.
    pub scale: Scale,
    /// The axes, with their values at this scale.
    pub axes: Vec<Axis>,
    /// The combinations, the last axis running fastest.
    pub cells: Vec<Cell>,
    /// How often each is run.
    pub replicates: usize,
    /// The runs: replicate by replicate, so that a part of them already shows the whole picture.
    pub runs: Vec<Planned>,
    /// The parameters at this scale.
    pub parameters: BTreeMap<String, f64>,
}

impl Grid {
    /// `text` with the values of parameters in place of their names in braces.
    pub fn filled(&self, text: &str) -> String {
        let fill =
            |text: String, (name, value): (&String, &f64)| text.replace(&format!("{{{name}}}"), &value.to_string());
        self.parameters.iter().fold(text.to_owned(), fill)
    }

    /// The runs of `experiment` at `scale`.
    ///
    /// # Errors
    /// When the grid has no runs, too many, or two that would share a directory; when settings cannot be taken: an unknown key or choice, a value of the wrong type or out of
    /// range, each with its place in the experiment's file.
    pub fn new(experiment: &Experiment, scale: Scale) -> Result<Self, RunError> {
        let spec = experiment.scale(scale);
        let axes = experiment
            .axes
            .iter()
            .map(|axis| match spec.axes.iter().rfind(|(name, _)| *name == axis.name) {
                Some((_, node)) => axis.narrowed(node),
                None => Ok(axis.clone()),
            })
            .collect::<Result<Vec<Axis>, _>>()?;
        if let Some(axis) = axes.iter().find(|axis| axis.values.is_empty()) {
            return Err(no_runs(experiment, scale, &format!("axis `{}` has no values", axis.name)).into());
        }
        let replicates = spec.replicates.unwrap_or(experiment.replicates.count);
        if replicates == 0 {
            return Err(no_runs(experiment, scale, "it asks for 0 replicates").into());
        }
        let lengths: Vec<usize> = axes.iter().map(|axis| axis.values.len()).collect();
        if let Some(words) = too_many(lengths.iter().copied().chain([replicates])) {
            let name = &experiment.name;
            return Err(SettingsError::new(format!("at scale {scale}, experiment `{name}` has {words}"))
                .hint("list fewer values of its axes, or ask for fewer replicates")
                .into());
        }
        let mut base = experiment.base.clone();
        put_all(&mut base, &spec.set)?;
        let cells: Vec<Cell> = product(&lengths)
            .into_iter()
            .map(Cell)
            .filter(|cell| !experiment.except.iter().any(|selection| holds(&axes, cell, selection)))
            .collect();
        if cells.is_empty() {
            return Err(no_runs(experiment, scale, "`except` leaves out every combination").into());
        }
        let mut grid =
            Self { scale, axes, cells, replicates, runs: Vec::new(), parameters: experiment.parameters_at(scale) };
        for replicate in 0..replicates {
            for cell in 0..grid.cells.len() {
                let planned = grid.plan(experiment, &base, cell, replicate, true)?;
                grid.runs.push(planned);
            }
        }
        check_directories(grid.runs.iter().map(|planned| &planned.run))?;
        Ok(grid)
    }

    fn plan(
        &self,
        experiment: &Experiment,
        base: &Node,
        cell: usize,
        replicate: usize,
        may_follow: bool,
    ) -> Result<Planned, RunError> {
        let mut document = base.clone();
        for (axis, &value) in self.axes.iter().zip(&self.cells[cell].0) {
            put_all(&mut document, &axis.values[value].set)?;
        }
        let (key, word) = match experiment.replicates.vary {
            Vary::Seed => ("seed", "seed"),
            Vary::DataSeed => ("data_seed", "data seed"),
        };
        let seed = i64::try_from(experiment.replicates.first + replicate as u64).unwrap_or(i64::MAX);
        let origin = document.origin.clone();
        document.put(&[key], Node { origin, value: Value::Whole(seed) })?;
        let mut followed = None;
        if let Some((place, text)) = first_reference(&document) {
            if !may_follow {
                let message = format!("{text}: the run that it follows reads another run itself ({place})");
                return Err(SettingsError::new(message).into());
            }
            let other = self.referred(cell, &text, &place)?;
            let id = self.plan(experiment, base, other, replicate, false)?.run.id;
            for reference in document.texts_mut().into_iter().filter(|found| **found == text) {
                reference.clone_from(&id);
            }
            followed = Some((replicate * self.cells.len() + other, id));
        }
        let label = self.label(cell);
        let name = if label.is_empty() { format!("{word} {seed}") } else { format!("{label}, {word} {seed}") };
        let run = PlannedRun::new(name, document)?;
        let run = match followed {
            Some((index, id)) => run.following(index, id),
            None => run,
        };
        Ok(Planned { run, cell, replicate })
    }

    /// The cell that `@AXIS=VALUE` means, as seen from `cell`: the same, with that value of that axis.
    fn referred(&self, cell: usize, text: &str, place: &str) -> Result<usize, SettingsError> {
        let error = |why: &str| {
            SettingsError::new(format!("\"{text}\" names no run: {why} ({place})"))
                .hint("\"@AXIS=VALUE\" is the run with that value of that axis and the same of all others")
        };
        let (name, label) = text.trim_start_matches('@').split_once('=').ok_or_else(|| error("there is no `=`"))?;
        let axis = self.axis(name).ok_or_else(|| error(&format!("there is no axis `{name}`")))?;
        let value = (self.axes[axis].values.iter().position(|value| value.label == label))
            .ok_or_else(|| error(&format!("axis `{name}` has no value `{label}` at scale {}", self.scale)))?;
        let mut wanted = self.cells[cell].clone();
        wanted.0[axis] = value;
        self.cells.iter().position(|other| *other == wanted).ok_or_else(|| error("`except` leaves it out"))
    }

    /// A cell for people: the labels of its values.
    pub fn label(&self, cell: usize) -> String {
        let labels = self.axes.iter().zip(&self.cells[cell].0).map(|(axis, &value)| {
            let label = &axis.values[value].label;
            // a number alone does not say what it is of
            if axis.values[value].number.is_some() && axis.key.is_some() {
                format!("{} {label}", axis.label)
            } else {
                label.clone()
            }
        });
        labels.collect::<Vec<_>>().join(", ")
    }

    /// The place of the axis called `name`.
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis.name == name)
    }

    /// Whether `cell` is among those that `selection` means.
    pub fn is_selected(&self, cell: usize, selection: &Selection) -> bool {
        holds(&self.axes, &self.cells[cell], selection)
    }

    /// The cells that all of `selections` mean, in order.
    pub fn select(&self, selections: &[&Selection]) -> Vec<usize> {
        (0..self.cells.len())
            .filter(|&cell| selections.iter().all(|selection| self.is_selected(cell, selection)))
            .collect()
    }

    /// Whether two cells have the same values on all axes but those that differ.
    pub fn agree(&self, a: usize, b: usize, differs: impl Fn(&str) -> bool) -> bool {
        let values = self.cells[a].0.iter().zip(&self.cells[b].0);
        self.axes.iter().zip(values).all(|(axis, (a, b))| a == b || differs(&axis.name))
    }

    /// The first of the cells that `selection` means that has the values of `cell` on all other axes.
    pub fn elsewhere(&self, cell: usize, selection: &Selection) -> Option<usize> {
        let mut meant = self.select(&[selection]).into_iter();
        meant.find(|&other| self.agree(cell, other, |axis| selection.contains_key(axis)))
    }

    /// The number that the value of the axis `name` stands for in `cell`.
    pub fn number(&self, cell: usize, name: &str) -> Option<f64> {
        let axis = self.axis(name)?;
        self.axes[axis].values[self.cells[cell].0[axis]].number
    }
}

/// The first text in `document` that names another run, `@AXIS=VALUE`, and its place.
fn first_reference(document: &Node) -> Option<(String, String)> {
    match &document.value {
        Value::Text(text) if text.starts_with('@') => Some((document.origin.to_string(), text.clone())),
        Value::List(nodes) => nodes.iter().find_map(first_reference),
        Value::Table(entries) => entries.iter().find_map(|entry| first_reference(&entry.node)),
        _ => None,
    }
}

fn no_runs(experiment: &Experiment, scale: Scale, why: &str) -> SettingsError {
    SettingsError::new(format!("experiment `{}` has no runs at scale {scale}: {why}", experiment.name))
}

fn put_all(document: &mut Node, set: &[Entry]) -> Result<(), SettingsError> {
    for entry in set {
        let path: Vec<&str> = entry.key.split('.').collect();
        document.put(&path, entry.node.clone())?;
    }
    Ok(())
}

fn holds(axes: &[Axis], cell: &Cell, selection: &Selection) -> bool {
    selection.iter().all(|(name, OneOrMore(picks))| {
        axes.iter()
            .zip(&cell.0)
            .find(|(axis, _)| axis.name == *name)
            .is_some_and(|(axis, &value)| picks.iter().any(|pick| axis.values[value].is(pick)))
    })
}
