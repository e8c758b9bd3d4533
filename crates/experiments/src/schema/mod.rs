//! Experiment files.

mod axis;
mod check;
mod claim;
mod expression;
mod figure;
mod measure;
mod selection;
mod table;

pub use axis::{Axis, AxisValue};
pub use claim::{Check, Claim, Side};
pub use expression::Formula;
pub use figure::{AxisScale, FigureKind, FigureSpec, PanelSpec, ReferenceSpec, SpokeSpec};
pub use measure::{At, Measure, Over, StepName, Unit};
pub use selection::{OneOrMore, Pick, Selection};
pub use table::{BestSpec, Printed, TableSpec};

use consilience_run::SettingsError;
use consilience_run::document::{Entry, Node, Value, explain};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::fmt;

/// How much of the paper's experiment is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// A few seconds on data that need no file: it shows that everything works.
    Smoke,
    /// Up to ten minutes on two cores: the effect is visible.
    Small,
    /// The paper's own settings.
    Paper,
}

impl Scale {
    /// All scales, the smallest first.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Small, Self::Paper];

    /// Its name, as on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Small => "small",
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which seed tells one replicate from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vary {
    /// `seed`: initialisation, order and data.
    #[default]
    Seed,
    /// `data_seed`: the data; initialisation and order stay.
    DataSeed,
}

/// `[replicates]`: how often each cell is run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replicates {
    /// How often.
    pub count: usize,
    /// What tells them apart.
    #[serde(default)]
    pub vary: Vary,
    /// The seed of the first; the others follow.
    #[serde(default)]
    pub first: u64,
}

impl Default for Replicates {
    fn default() -> Self {
        Self { count: 1, vary: Vary::Seed, first: 0 }
    }
}

/// `[scale.NAME]`: what a scale changes.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleSpec {
    /// What is narrowed relative to the paper, and what that means for reading the results.
    pub note: String,
    /// How long it takes, for people.
    pub expected: String,
    /// Settings, by dotted path, that replace those of `[base]`.
    pub set: Vec<Entry>,
    /// Values that replace those of an axis (or choose among its named ones).
    pub axes: Vec<(String, Node)>,
    /// How often each cell is run, if not as often as `[replicates]` says.
    pub replicates: Option<usize>,
    /// Parameters that replace those of the experiment.
    pub parameters: BTreeMap<String, f64>,
}

/// An experiment: the runs, tables, figures and claims of a part of a paper.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its name, by which it is called.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The paper, with its identifier.
    pub paper: String,
    /// The figure, table or section.
    pub place: String,
    /// Choices that the paper leaves open, with the reason.
    pub notes: Vec<String>,
    /// The settings that all runs share.
    pub base: Node,
    /// What differs; axes multiply.
    pub axes: Vec<Axis>,
    /// Combinations that are left out.
    pub except: Vec<Selection>,
    /// Combinations without which the experiment stands: that a run of theirs fails is a result like others.
    pub may_fail: Vec<Selection>,
    /// How often each cell is run.
    pub replicates: Replicates,
    /// Named numbers.
    pub parameters: BTreeMap<String, f64>,
    /// The scales, in the order of [`Scale::ALL`].
    scales: [ScaleSpec; 3],
    /// Numbers read from runs.
    pub measures: Vec<Measure>,
    /// Tables.
    pub tables: Vec<TableSpec>,
    /// Figures.
    pub figures: Vec<FigureSpec>,
    /// Claims.
    pub claims: Vec<Claim>,
}

/// The file as it is written. Settings are read apart, because they keep their places and may have dotted keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    paper: String,
    place: String,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(rename = "base")]
    _base: IgnoredAny,
    #[serde(default, rename = "axis")]
    axes: Vec<axis::AxisEntry>,
    #[serde(default)]
    except: Vec<Selection>,
    #[serde(default)]
    may_fail: Vec<Selection>,
    #[serde(default)]
    replicates: Replicates,
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
    scale: Scales,
    #[serde(default, rename = "measure")]
    measures: Vec<Measure>,
    #[serde(default, rename = "table")]
    tables: Vec<TableSpec>,
    #[serde(default, rename = "figure")]
    figures: Vec<FigureSpec>,
    #[serde(default, rename = "claim")]
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scales {
    smoke: ScaleEntry,
    small: ScaleEntry,
    paper: ScaleEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScaleEntry {
    note: String,
    expected: String,
    #[serde(default, rename = "set")]
    _set: Option<IgnoredAny>,
    #[serde(default, rename = "axes")]
    _axes: Option<IgnoredAny>,
    replicates: Option<usize>,
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
}

impl Experiment {
    /// The experiment that `text` describes; `name` is what errors call the file.
    ///
    /// # Errors
    /// When `text` is not TOML, holds an unknown key (with the nearest valid one) or a value of the wrong type, or names an
    /// axis, value, measure, series or parameter that does not exist. Settings of runs are checked when a grid is made.
    pub fn parse(name: &str, text: &str) -> Result<Self, SettingsError> {
        let document = Node::parse(name, text)?;
        let file: File = explain::read(&document)?;
        let base = table(&document, &["base"])?.clone();
        let axes = file
            .axes
            .into_iter()
            .enumerate()
            .map(|(index, entry)| Axis::new(entry, document.follow(["axis", &index.to_string()])))
            .collect::<Result<Vec<_>, _>>()?;
        let scale = |scale: Scale, entry: ScaleEntry| {
            let at = document.follow(["scale", scale.name()]);
            Ok::<_, SettingsError>(ScaleSpec {
                note: entry.note,
                expected: entry.expected,
                set: optional_table(at, "set")?.to_vec(),
                axes: optional_table(at, "axes")?.iter().map(|entry| (entry.key.clone(), entry.node.clone())).collect(),
                replicates: entry.replicates,
                parameters: entry.parameters,
            })
        };
        let experiment = Self {
            name: file.name,
            title: file.title,
            paper: file.paper,
            place: file.place,
            notes: file.notes,
            base,
            axes,
            except: file.except,
            may_fail: file.may_fail,
            replicates: file.replicates,
            parameters: file.parameters,
            scales: [
                scale(Scale::Smoke, file.scale.smoke)?,
                scale(Scale::Small, file.scale.small)?,
                scale(Scale::Paper, file.scale.paper)?,
            ],
            measures: file.measures,
            tables: file.tables,
            figures: file.figures,
            claims: file.claims,
        };
        check::check(&experiment, &document)?;
        Ok(experiment)
    }

    /// What a scale changes.
    pub fn scale(&self, scale: Scale) -> &ScaleSpec {
        &self.scales[scale as usize]
    }

    /// The parameters at a scale.
    pub fn parameters_at(&self, scale: Scale) -> BTreeMap<String, f64> {
        let mut parameters = self.parameters.clone();
        parameters.extend(self.scale(scale).parameters.clone());
        parameters
    }

    /// The measure called `name`.
    pub fn measure(&self, name: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.name == name)
    }

    /// The place of the axis called `name`.
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis.name == name)
    }
}

/// The table at a path of keys that is there, by the reading of the file before.
fn table<'a>(document: &'a Node, path: &[&str]) -> Result<&'a Node, SettingsError> {
    let node = document.follow(path.iter().copied());
    match node.value {
        Value::Table(_) => Ok(node),
        _ => Err(not_a_table(&path.join("."), node)),
    }
}

/// The entries of the table `key`; none when it is left out.
fn optional_table<'a>(document: &'a Node, key: &str) -> Result<&'a [Entry], SettingsError> {
    match document.get(key) {
        None => Ok(&[]),
        Some(Node { value: Value::Table(entries), .. }) => Ok(entries),
        Some(other) => Err(not_a_table(key, other)),
    }
}

fn not_a_table(name: &str, found: &Node) -> SettingsError {
    SettingsError::new(format!("`{name}`: expected a table, found {} ({})", found.value.describe(), found.origin))
}
