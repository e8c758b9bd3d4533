//! What was read of a run, and what was worked out about it elsewhere.

use super::boundary::Boundary;
use super::examples::{Examples, Ranking};
use super::pictures::Pictures;
use super::series::{Series, collect};
use crate::compare::settings_apart;
use crate::visible;
use consilience_record::{RecordError, RunDescription, RunReader, Timing};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// What the pictures of one run may take, uncompressed, and how many of each ranking are shown at least and at most.
const PICTURE_BYTES: usize = 800_000;
const FEWEST_SUSPECTS: usize = 12;
const MOST_SUSPECTS: usize = 36;

/// A run as a page shows it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it is called on the page; [`name_apart`] makes the names of several runs differ.
    pub name: String,
    /// Its directory.
    pub directory: PathBuf,
    /// What `run.toml` says.
    pub description: RunDescription,
    /// Its numbers over training.
    pub series: Vec<Series>,
    /// The first step of each epoch, as recorded: pairs of a step and its epoch.
    pub epochs: Vec<(u64, u64)>,
    /// The wall-clock times, as recorded.
    pub timings: Vec<Timing>,
    /// The table of training examples; none when the run scored none.
    pub examples: Option<Examples>,
    /// Its training examples in the order of suspicion, by one measure or another; the first is shown first. [`Run::read`] gives those
    /// of [`Examples::rankings`].
    pub rankings: Vec<Ranking>,
    /// What the network says on the plane. [`Run::read`] leaves it [`Extra::None`].
    pub boundary: Extra<Boundary>,
    /// Pictures of training examples. [`Run::read`] leaves them [`Extra::None`].
    pub pictures: Extra<Pictures>,
    /// What could not be read, for people.
    pub problems: Vec<String>,
}

/// What run directories do not hold and who asks for a page may add.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Extra<T> {
    /// The run has nothing of the kind.
    #[default]
    None,
    /// Here it is.
    Here(T),
    /// The run should have it, but this is in the way.
    Missing(String),
}

impl<T> Extra<T> {
    /// What is here.
    pub fn here(&self) -> Option<&T> {
        match self {
            Self::Here(value) => Some(value),
            Self::None | Self::Missing(_) => None,
        }
    }
}

impl Run {
    /// Reads the run directory `directory`. Only its `run.toml` must be whole: what else cannot be read is left out, and
    /// [`problems`](Self::problems) says so.
    ///
    /// # Errors
    /// [`RecordError::NotARun`], and [`RecordError::Malformed`] for `run.toml`.
    pub fn read(directory: &Path) -> Result<Self, RecordError> {
        let reader = RunReader::open(directory)?;
        let mut problems = reader.problems().to_vec();
        let (mut series, mut epochs) = (Vec::new(), Vec::new());
        match reader.metrics() {
            Ok(lines) => {
                problems.extend(lines.problems().map(|problem| format!("metrics: {problem}")));
                series = collect(&lines.records);
                for line in lines.records.iter().filter(|line| line.kind == "step") {
                    if epochs.last().is_none_or(|(_, epoch)| *epoch < line.epoch) {
                        epochs.push((line.step, line.epoch));
                    }
                }
            }
            Err(error) => problems.push(error.to_string()),
        }
        let mut timings = Vec::new();
        match reader.timings() {
            Ok(lines) => {
                problems.extend(lines.problems().map(|problem| format!("wall-clock times: {problem}")));
                timings = lines.records;
            }
            Err(error) => problems.push(error.to_string()),
        }
        let mut examples = None;
        match reader.table() {
            Ok(table) => {
                let table = table.inspect(|table| {
                    problems.extend(table.problems.iter().map(|problem| format!("table of examples: {problem}")));
                });
                examples = table.map(|table| table.columns);
            }
            Err(error) => problems.push(error.to_string()),
        }
        let examples = examples.map(Examples::of);
        let rankings = examples.as_ref().map(Examples::rankings).unwrap_or_default();
        let description = reader.description().clone();
        let name = match description.method.trim() {
            "" => directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy().into_owned(),
            method => method.to_owned(),
        };
        let name = visible(&name).into_owned();
        Ok(Self {
            name,
            directory: directory.to_owned(),
            description,
            series,
            epochs,
            timings,
            examples,
            rankings,
            boundary: Extra::None,
            pictures: Extra::None,
            problems,
        })
    }

    /// The series called `name` of the whole network; none when the run did not record it.
    pub fn series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name && series.part.is_none())
    }

    /// The last defined value called `name`.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.series(name).and_then(Series::last).map(|(_, value)| value)
    }

    /// Updates done, as far as was recorded.
    pub fn steps(&self) -> u64 {
        let of = |series: &Series| {
            let last = series.steps.last().copied().unwrap_or(0);
            // The line of a step is written before its update and counts those before it.
            if series.kind == "step" { last.saturating_add(1) } else { last }
        };
        self.series.iter().map(of).max().unwrap_or(0)
    }

    /// The rows of the table of examples that a page shows: the first of every ranking, each once, in their own order.
    pub fn suspects(&self) -> Vec<usize> {
        let most = self.suspects_each();
        let shown: BTreeSet<usize> =
            self.rankings.iter().flat_map(|ranking| ranking.rows.iter().take(most).copied()).collect();
        shown.into_iter().collect()
    }

    /// How many of each ranking are shown: fewer where pictures are large, so that the page stays small.
    pub(crate) fn suspects_each(&self) -> usize {
        // the file may say anything
        let numbers = self.description.data.shape.iter().fold(1, |numbers: usize, &side| numbers.saturating_mul(side));
        (PICTURE_BYTES / numbers.max(1).saturating_mul(self.rankings.len().max(1)))
            .clamp(FEWEST_SUSPECTS, MOST_SUSPECTS)
    }

    /// What the settings say at a dotted path; none when the settings have no such.
    pub(crate) fn setting(&self, path: &str) -> Option<&toml::Value> {
        let mut keys = path.split('.');
        let first = self.description.settings.get(keys.next()?)?;
        keys.try_fold(first, |value, key| value.get(key))
    }
}

/// Makes the names of `runs` differ: those that share one get their seed, then the settings in which they differ, then their
/// directory, behind it, and their number where nothing else helps.
pub fn name_apart(runs: &mut [Run]) {
    type Additions = fn(&[&Run]) -> Vec<String>;
    let additions: [Additions; 3] = [
        |runs| runs.iter().map(|run| format!("seed {}", run.description.seed)).collect(),
        |runs| settings_apart(runs.iter().map(|run| &run.description.settings)),
        |runs| {
            let last = |run: &&Run| run.directory.file_name().map(|name| name.to_string_lossy().into_owned());
            runs.iter().map(|run| last(run).unwrap_or_default()).collect()
        },
    ];
    for addition in additions {
        let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, run) in runs.iter().enumerate() {
            groups.entry(run.name.clone()).or_default().push(index);
        }
        for group in groups.values().filter(|group| group.len() > 1) {
            let added = addition(&group.iter().map(|&index| &runs[index]).collect::<Vec<_>>());
            // What all of them share would only make the names longer.
            if added.iter().any(|text| *text != added[0]) {
                for (&index, text) in group.iter().zip(added).filter(|(_, text)| !text.is_empty()) {
                    runs[index].name = format!("{}, {}", runs[index].name, visible(&text));
                }
            }
        }
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    for run in runs {
        let times = seen.entry(run.name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            run.name = format!("{} ({times})", run.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_record::{IfExists, Metrics, RunWriter};

    fn write(directory: &Path, method: &str, seed: u64) -> Run {
        let description = RunDescription { method: method.into(), seed, ..RunDescription::default() };
        RunWriter::create(directory, description, IfExists::Refuse).unwrap();
        Run::read(directory).unwrap()
    }

    #[test]
    fn a_shape_that_cannot_be_leaves_few_examples() {
        let parent = tempfile::tempdir().unwrap();
        let mut run = write(&parent.path().join("run"), "m", 0);
        run.description.data.shape = vec![1 << 62, 4];
        assert_eq!(run.suspects_each(), FEWEST_SUSPECTS);
    }

    #[test]
    fn names_differ_by_the_least_that_tells_runs_apart() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let mut runs = vec![
            write(&at("a"), "plain", 1),
            write(&at("b"), "plain", 2),
            write(&at("c"), "clipped", 1),
            write(&at("d"), "median", 1),
            write(&at("e"), "median", 1),
            write(&at("f"), "", 1),
        ];
        runs.push(runs[3].clone());
        name_apart(&mut runs);
        let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(
            names,
            ["plain, seed 1", "plain, seed 2", "clipped", "median, d", "median, e", "f", "median, d (2)"]
        );
    }

    #[test]
    fn names_tell_the_settings_in_which_runs_differ() {
        let parent = tempfile::tempdir().unwrap();
        let mut runs: Vec<Run> = Vec::new();
        for (rate, seed) in [("0.1", 0), ("0.1", 1), ("0.5", 0), ("0.5", 1)] {
            let mut run = write(&parent.path().join(format!("rate-{rate}/s{seed}")), "plain", seed);
            run.description.settings = format!("seed = {seed}\n[train]\nlearning_rate = {rate}").parse().unwrap();
            runs.push(run);
        }
        name_apart(&mut runs);
        let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "plain, seed 0, learning_rate = 0.1",
                "plain, seed 1, learning_rate = 0.1",
                "plain, seed 0, learning_rate = 0.5",
                "plain, seed 1, learning_rate = 0.5"
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_told() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("run");
        let mut writer = RunWriter::create(&directory, RunDescription::default(), IfExists::Refuse).unwrap();
        for step in 0..3 {
            writer.write_metrics(&Metrics::new("step", step, step / 2).with("loss", 1.0)).unwrap();
        }
        drop(writer);
        let metrics = directory.join(consilience_record::METRICS_FILE);
        let mut bytes = std::fs::read(&metrics).unwrap();
        bytes.extend(b"{\"kind\":\"st");
        std::fs::write(&metrics, bytes).unwrap();
        std::fs::remove_file(directory.join(consilience_record::TIMINGS_FILE)).unwrap();
        std::fs::write(directory.join(consilience_record::EXAMPLES_FILE), "not a table").unwrap();
        let run = Run::read(&directory).unwrap();
        assert_eq!((run.steps(), run.last("loss"), run.epochs.as_slice()), (3, Some(1.0), &[(0, 0), (2, 1)][..]));
        assert_eq!(run.problems.len(), 3, "{:?}", run.problems);
        assert!(run.examples.is_none() && run.timings.is_empty());
        assert!(Run::read(parent.path()).is_err());
    }
}
