//! What there is of a sweep.

use crate::last_values::last_values;
use crate::standing::Standing;
use crate::sweep::Sweep;
use consilience_figure::{Cell, Table};
use consilience_record::{Claim, Metric, Metrics, RunReader};
use consilience_run::resolved;
use consilience_train::evaluation::MEASURES;
use std::path::Path;

/// What there is of each run of a sweep.
#[derive(Clone, Debug)]
pub struct Collected {
    /// In what the runs differ.
    pub axes: Vec<String>,
    /// One per run, in their order.
    pub runs: Vec<Gathered>,
}

/// What there is of a run of a sweep.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Its name.
    pub name: String,
    /// The name of its directory.
    pub id: String,
    /// Its place on each axis in few words.
    pub labels: Vec<String>,
    /// Its place on each axis exactly.
    pub values: Vec<String>,
    /// How far it is.
    pub standing: Standing,
    /// Which process carries it out at the moment: its number, machine and since when.
    pub holder: Option<String>,
    /// What it came to, when it has ended: see [`last_values`].
    pub result: Option<Metrics>,
}

/// The value by which runs are compared, and which end of it is the better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// The name of the value.
    pub name: String,
    /// Whether a high value is the better one.
    pub highest: bool,
}

impl By {
    /// Reads `NAME`, `NAME:highest` or `NAME:lowest`; without a word, losses (and `overfit`) are the better the lower they are,
    /// everything else the higher.
    ///
    /// # Errors
    /// When there is another word behind the colon.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, highest) = match text.rsplit_once(':') {
            None => (text, !(text.ends_with("loss") || text == "overfit")),
            Some((name, "highest")) => (name, true),
            Some((name, "lowest")) => (name, false),
            Some((_, word)) => return Err(format!("expected `highest` or `lowest` behind the colon, found `{word}`")),
        };
        Ok(Self { name: name.to_owned(), highest })
    }
}

impl Gathered {
    /// How far the run is, in words.
    pub fn state(&self) -> String {
        match (&self.standing, &self.holder) {
            (Standing::Ended { diverged: None }, _) => "finished".to_owned(),
            (Standing::Ended { diverged: Some(reason) }, _) => format!("diverged: {reason}"),
            (_, Some(holder)) => format!("carried out by process {holder}"),
            (Standing::Absent, None) => "not begun".to_owned(),
            (Standing::Unfinished(why), None) => why.clone(),
        }
    }

    /// The same in one word, for tables.
    fn word(&self) -> &'static str {
        match (&self.standing, &self.holder) {
            (Standing::Ended { diverged: None }, _) => "finished",
            (Standing::Ended { .. }, _) => "diverged",
            (_, Some(_)) => "running",
            (Standing::Absent, None) => "missing",
            (Standing::Unfinished(_), None) => "unfinished",
        }
    }
}

impl Collected {
    /// What there is of the runs of `sweep`, whose directories are below `runs`. Files that cannot be read make a run one that
    /// has not ended.
    pub fn read(sweep: &Sweep, runs: &Path) -> Self {
        let gather = |member: &crate::Member| {
            let directory = runs.join(&member.run.id);
            let standing = match resolved(&member.run.method.settings) {
                Ok(settings) => Standing::of(&directory, &settings),
                Err(error) => Standing::Unfinished(error.to_string()),
            };
            let result = standing.is_ended().then(|| RunReader::open(&directory).and_then(|run| last_values(&run)));
            let (standing, result) = match result {
                Some(Err(error)) => (Standing::Unfinished(error.to_string()), None),
                result => (standing, result.and_then(Result::ok)),
            };
            Gathered {
                name: member.run.method.name.clone(),
                id: member.run.id.clone(),
                labels: member.labels.clone(),
                values: member.values.clone(),
                holder: if standing.is_ended() { None } else { Claim::holder(&directory) },
                standing,
                result,
            }
        };
        Self { axes: sweep.axes.clone(), runs: sweep.runs.iter().map(gather).collect() }
    }

    /// The runs that have not ended, with their indices.
    pub fn missing(&self) -> impl Iterator<Item = (usize, &Gathered)> {
        self.runs.iter().enumerate().filter(|(_, run)| !run.standing.is_ended())
    }

    /// The run whose value `by` is the best, and that value; none when no run has it.
    pub fn best(&self, by: &By) -> Option<(usize, f64)> {
        let numbers = self.runs.iter().enumerate().filter_map(|(index, run)| Some((index, run.number(&by.name)?)));
        let better = |a: &f64, b: &f64| if by.highest { a.total_cmp(b) } else { b.total_cmp(a) };
        // of equals the first
        numbers.filter(|(_, value)| value.is_finite()).max_by(|(i, a), (j, b)| better(a, b).then(j.cmp(i)))
    }

    /// The names of everything that some run came to, in the order in which they appear.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.runs.iter().filter_map(|run| run.result.as_ref()).flat_map(|result| &result.values) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// A row per run for people: its index, its place on each axis in few words, how far it is, and losses and accuracies.
    pub fn summary(&self, caption: &str) -> Table {
        let names = self.names().into_iter().filter(|name| MEASURES.iter().any(|(measure, _)| measure == name));
        // A column without a number says nothing.
        let defined = |name: &&str| self.runs.iter().any(|run| run.number(name).is_some_and(f64::is_finite));
        let heading = |name: &&str| name.replace('_', " ");
        let names: Vec<&str> = names.filter(defined).collect();
        let axes = self.axes.iter().map(|axis| crate::axis::heading(axis).to_owned());
        let headings = names.iter().map(heading);
        let state = vec!["state".to_owned()];
        let row = |run: &Gathered| (run.labels.clone(), vec![run.word().to_owned()]);
        self.table(caption, &names, headings.collect(), (axes.collect(), state), row)
    }

    /// A row per run for programs: its index, its place on each axis exactly, how far it is, its directory, and every number
    /// that it came to, all under the names of settings and quantities.
    pub fn everything(&self) -> Table {
        let names = self.names();
        let headings = names.iter().map(|&name| name.to_owned()).collect();
        let ends = vec!["state".to_owned(), "directory".to_owned()];
        let row = |run: &Gathered| (run.values.clone(), vec![run.word().to_owned(), run.id.clone()]);
        self.table("", &names, headings, (self.axes.clone(), ends), row)
    }

    fn table(
        &self,
        caption: &str,
        names: &[&str],
        headings: Vec<String>,
        (axes, ends): (Vec<String>, Vec<String>),
        row: impl Fn(&Gathered) -> (Vec<String>, Vec<String>),
    ) -> Table {
        let labels = std::iter::once("index".to_owned()).chain(axes).chain(ends);
        let table = labels.fold(Table::new(caption), Table::label).columns(headings);
        self.runs.iter().enumerate().fold(table, |table, (index, run)| {
            let (place, end) = row(run);
            let labels = std::iter::once(index.to_string()).chain(place).chain(end);
            let cells = names.iter().map(|name| match run.value(name) {
                Some(Metric::Text(word)) => Cell::text(word),
                Some(value) => value
                    .number()
                    .filter(|value| value.is_finite())
                    .map_or_else(Cell::missing, |value| Cell::of([value])),
                None => Cell::missing(),
            });
            table.row(labels.collect::<Vec<_>>(), cells.collect::<Vec<_>>())
        })
    }
}

impl Gathered {
    fn value(&self, name: &str) -> Option<&Metric> {
        self.result.as_ref()?.get(name)
    }

    /// The number called `name` that the run came to.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.value(name)?.number()
    }
}
