//! Methods side by side: the last numbers of finished runs, as mean and standard deviation over seeds.
//!
//! Runs that differ in nothing but seeds are one [`Method`]. A [`Comparison`] has a row for each and a column for each
//! [`Measure`] that any of them has, and marks the best of a column where it is ahead of the runner-up by more than the noise
//! between seeds (Welch's t-test at 5 %, as everywhere in [`consilience_figure::Table`]).
//!
//! ```
//! use consilience_record::{IfExists, Metrics, RunDescription, RunWriter};
//! use consilience_report::compare::{Comparison, Measure, gather};
//!
//! let parent = tempfile::tempdir()?;
//! for (method, seed, accuracy) in [("plain", 1, 0.67), ("plain", 2, 0.68), ("winsorized", 1, 0.91), ("winsorized", 2, 0.92)] {
//!     let settings = toml::Table::from_iter([("method".to_owned(), method.into())]);
//!     let description = RunDescription { method: method.into(), seed, settings, ..RunDescription::default() };
//!     let directory = parent.path().join(format!("{method}-{seed}"));
//!     let mut run = RunWriter::create(&directory, description, IfExists::Refuse)?;
//!     run.write_metrics(&Metrics::new("evaluation", 100, 1).with("test_accuracy", accuracy))?;
//!     run.finish(&[])?;
//! }
//! let measures = [Measure::last("test_accuracy")];
//! let comparison = Comparison::of(gather(&[parent.path().to_owned()], &measures, |_| None), &measures);
//! assert!(comparison.text(80).contains("*91.5 ± 0.7"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod html;
mod load;
mod measure;
mod method;
mod settings;

pub use load::{ComparedRun, Gathered, gather};
pub use measure::{At, Measure, SECONDS, SECONDS_PER_STEP};
pub use method::Method;
pub(crate) use method::settings_apart;

use crate::visible;
use consilience_figure::{Cell, Column, Row, Table};
use consilience_record::Status;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Methods side by side.
#[derive(Debug)]
pub struct Comparison {
    runs: Vec<ComparedRun>,
    methods: Vec<Method>,
    /// What is compared, with its place in the values of a run.
    measures: Vec<(usize, Measure)>,
    absent: Vec<Measure>,
    notes: Vec<String>,
}

impl Comparison {
    /// Compares what was gathered of `measures`. Measures that no run has are left out.
    pub fn of(gathered: Gathered, measures: &[Measure]) -> Self {
        let Gathered { runs, .. } = gathered;
        let methods = method::methods(&runs);
        let counted = || methods.iter().flat_map(|method| &method.finished).map(|&run| &runs[run]);
        let has = |place: usize| counted().any(|run| run.values.get(place).copied().flatten().is_some());
        let (there, absent): (Vec<_>, Vec<_>) =
            measures.iter().cloned().enumerate().partition(|(place, _)| has(*place));
        let absent = absent.into_iter().map(|(_, measure)| measure).collect();
        let mut comparison = Self { methods, measures: there, absent, notes: Vec::new(), runs };
        comparison.notes = comparison.remarks();
        comparison
    }

    /// The methods, in the order of their first runs.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The runs that the places in [`Method`] mean.
    pub fn runs(&self) -> &[ComparedRun] {
        &self.runs
    }

    /// The measures that no run has.
    pub fn absent(&self) -> &[Measure] {
        &self.absent
    }

    /// Whether there is nothing to show: no finished run, or none of the measures.
    pub fn is_empty(&self) -> bool {
        self.measures.is_empty()
    }

    /// What a reader must know beside the numbers: what was left out, and what was not the same.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// For a terminal of `width` columns. The best are marked with a star.
    pub fn text(&self, width: usize) -> String {
        self.table().text(width)
    }

    /// For programs: a line per method and measure, numbers as they were recorded.
    pub fn csv(&self) -> String {
        let mut table = Table::new("").label("method").label("runs");
        table.columns = self.columns(ToString::to_string);
        table.rows = self.rows(|_| 1.0, str::to_owned);
        table.csv()
    }

    /// A `table` environment for LaTeX with the package `booktabs`.
    pub fn latex(&self) -> String {
        self.table().latex()
    }

    /// A table for GitHub.
    pub fn markdown(&self) -> String {
        self.table().markdown()
    }

    /// A page of its own, which opens from disk and asks the network for nothing.
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// The table for people.
    fn table(&self) -> Table {
        let mut table = Table::new(CAPTION).label("method").label("runs");
        table.columns = self.columns(|measure| visible(&measure.heading()).into_owned());
        table.rows = self.rows(Measure::factor, |text| visible(text).into_owned());
        self.notes.iter().fold(table, Table::note)
    }

    fn columns(&self, name: impl Fn(&Measure) -> String) -> Vec<Column> {
        let column = |(_, measure): &(usize, Measure)| Column {
            name: name(measure),
            group: String::new(),
            best: Some(measure.best()),
        };
        self.measures.iter().map(column).collect()
    }

    fn rows(&self, factor: impl Fn(&Measure) -> f64, label: impl Fn(&str) -> String) -> Vec<Row> {
        let row = |method: &Method| Row {
            labels: vec![label(&method.label), method.count()],
            cells: self
                .measures
                .iter()
                .map(|measure| Cell::of(self.values(method, measure, factor(&measure.1))))
                .collect(),
        };
        self.methods.iter().map(row).collect()
    }

    /// The values of the counted runs of `method` that are defined, times `factor`.
    fn values(&self, method: &Method, (place, _): &(usize, Measure), factor: f64) -> Vec<f64> {
        let value = |&run: &usize| self.runs[run].values.get(*place).copied().flatten();
        method.finished.iter().filter_map(value).map(|value| value * factor).collect()
    }

    fn remarks(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let averaged: Vec<String> = self
            .measures
            .iter()
            .filter(|(_, measure)| {
                measure.at == At::Mean && measure.heading() == Measure::last(&measure.name).heading()
            })
            .map(|(_, measure)| measure.heading())
            .collect();
        if !averaged.is_empty() {
            notes.push(format!("{}: mean over the steps at which it was measured.", averaged.join(", ")));
        }
        if self.methods.len() > 1 && self.methods.iter().any(|method| method.finished.len() == 1) {
            notes.push(
                "A method with a single run is never marked as best: how far its seeds scatter is unknown.".into(),
            );
        }
        for method in &self.methods {
            notes.extend(self.remark(method));
        }
        let repeated: usize = self.methods.iter().map(|method| method.repeated.len()).sum();
        if repeated > 0 {
            let runs = if repeated == 1 { "1 run has" } else { &format!("{repeated} runs have") };
            notes
                .push(format!("{runs} the settings and the seed of another: of each such group only the last counts."));
        }
        let differing = |what: &str, of: &dyn Fn(&ComparedRun) -> String| {
            let all: BTreeSet<String> =
                self.methods.iter().flat_map(|method| &method.finished).map(|&run| of(&self.runs[run])).collect();
            let listed: Vec<String> = all.iter().map(|one| visible(one).into_owned()).collect();
            (all.len() > 1).then(|| format!("The runs were made {what}: {}.", listed.join(", ")))
        };
        notes.extend(differing("by different versions of the program", &|run| run.description.program.version.clone()));
        if self.measures.iter().any(|(_, measure)| measure.is_time()) {
            let threads = |run: &ComparedRun| run.description.program.threads.to_string();
            notes.extend(differing("on different numbers of threads, which changes their times", &threads));
        }
        notes
    }

    /// What is missing of a method.
    fn remark(&self, method: &Method) -> Vec<String> {
        let mut notes = Vec::new();
        let count = |status: Status| {
            method.unfinished.iter().filter(|&&run| self.runs[run].description.status == status).count()
        };
        let mut left_out = String::new();
        for (status, word) in [
            (Status::Failed, "failed"),
            (Status::Interrupted, "interrupted"),
            (Status::Running, "not finished"),
            (Status::Finished, "not whole"),
        ] {
            let count = count(status);
            if count > 0 {
                let comma = if left_out.is_empty() { "" } else { ", " };
                // Writing into a `String` cannot fail.
                let _ = write!(left_out, "{comma}{count} {word}");
            }
        }
        let label = visible(&method.label);
        if !left_out.is_empty() {
            notes.push(format!("{label}: runs left out: {left_out}."));
        }
        for measure in &self.measures {
            let defined = self.values(method, measure, 1.0).len();
            if (1..method.finished.len()).contains(&defined) {
                let (heading, all) = (measure.1.heading(), method.finished.len());
                notes.push(format!(
                    "{label}: {} is of {defined} of {all} runs, undefined in the others.",
                    visible(&heading)
                ));
            }
        }
        notes
    }
}

/// What the table shows.
const CAPTION: &str = "Last evaluation of finished runs: mean ± standard deviation over seeds";

impl Method {
    /// How many runs count, and of how many where some do not.
    pub fn count(&self) -> String {
        let (finished, unfinished) = (self.finished.len(), self.unfinished.len());
        if unfinished == 0 { finished.to_string() } else { format!("{finished} of {}", finished + unfinished) }
    }
}
