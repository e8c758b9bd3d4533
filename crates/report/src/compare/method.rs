//! Which runs are one method, and what it is called.

use super::load::ComparedRun;
use super::settings::{self, Flat};
use consilience_record::result_settings;
use std::collections::HashMap;

/// The settings that repeat a run without changing its method.
const SEEDS: [&str; 2] = ["seed", "data_seed"];

/// The runs that differ in nothing but their seeds.
#[derive(Clone, Debug)]
pub struct Method {
    /// What it is called: its name, or how its settings differ from those of the others. No two are called the same.
    pub label: String,
    /// Its finished runs, as places in what was gathered; of those with one seed the last.
    pub finished: Vec<usize>,
    /// Its runs that are not finished.
    pub unfinished: Vec<usize>,
    /// Finished runs that do not count because another with the same settings and seed was made after them.
    pub repeated: Vec<usize>,
    /// Its settings but for the seeds, by dotted path.
    pub settings: Vec<(String, String)>,
}

/// The methods that `runs` are of, in the order of their first runs.
pub(super) fn methods(runs: &[ComparedRun]) -> Vec<Method> {
    let mut places: HashMap<Flat, usize> = HashMap::new();
    let mut groups: Vec<(Flat, Vec<usize>)> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let flat = flat(&run.description.settings);
        let place = *places.entry(flat.clone()).or_insert_with(|| {
            groups.push((flat, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(index);
    }
    let labels = labels(&groups, runs);
    groups.into_iter().zip(labels).map(|((flat, members), label)| method(label, flat, &members, runs)).collect()
}

/// The settings that make a method another one.
fn flat(settings: &toml::Table) -> Flat {
    let mut settings = result_settings(settings);
    settings.retain(|key, _| !SEEDS.contains(&key));
    settings::flatten(&settings)
}

/// For each of `settings` in what it differs from the others, seeds apart: `learning_rate = 0.1, aggregator = winsorized`.
pub(crate) fn settings_apart<'a>(settings: impl Iterator<Item = &'a toml::Table>) -> Vec<String> {
    let flats: Vec<Flat> = settings.map(flat).collect();
    settings::descriptions(&flats.iter().collect::<Vec<_>>())
}

fn method(label: String, flat: Flat, members: &[usize], runs: &[ComparedRun]) -> Method {
    let (mut finished, mut unfinished, mut repeated) = (Vec::<usize>::new(), Vec::new(), Vec::new());
    for &index in members {
        let run = &runs[index];
        if !run.finished {
            unfinished.push(index);
            continue;
        }
        // Two runs of one seed are one measurement: counted twice, they would make the noise look smaller than it is.
        let twin = finished.iter_mut().find(|other| seeds(&runs[**other]) == seeds(run));
        match twin {
            None => finished.push(index),
            Some(twin) => {
                let ended = |index: usize| runs[index].description.ended.as_ref().map(ToString::to_string);
                let older = if ended(index) >= ended(*twin) { std::mem::replace(twin, index) } else { index };
                repeated.push(older);
            }
        }
    }
    Method { label, finished, unfinished, repeated, settings: flat.into_iter().collect() }
}

fn seeds(run: &ComparedRun) -> (u64, Option<&toml::Value>) {
    (run.description.seed, run.description.settings.get("data_seed"))
}

fn labels(groups: &[(Flat, Vec<usize>)], runs: &[ComparedRun]) -> Vec<String> {
    let names: Vec<String> = groups.iter().map(|(_, members)| name(members, runs)).collect();
    let mut labels = vec![String::new(); groups.len()];
    for (index, name) in names.iter().enumerate() {
        let twins: Vec<usize> = (0..groups.len()).filter(|&other| names[other] == *name).collect();
        if twins.first() != Some(&index) {
            continue;
        }
        if let [only] = twins.as_slice() {
            labels[*only] = if name.is_empty() { directory_name(groups[*only].1[0], runs) } else { name.clone() };
            continue;
        }
        let flats: Vec<&Flat> = twins.iter().map(|&twin| &groups[twin].0).collect();
        for (&twin, differs) in twins.iter().zip(settings::descriptions(&flats)) {
            // A name that all of them have tells none from another.
            let alone = name.is_empty() || twins.len() == groups.len();
            labels[twin] = match (differs.is_empty(), alone) {
                (true, _) => name.clone(),
                (false, true) => differs,
                (false, false) => format!("{name}: {differs}"),
            };
        }
    }
    distinct(labels)
}

/// The name that the runs share: the parts between commas that all of their names have. What only says the seed is no part
/// of it. Empty when they share none.
fn name(members: &[usize], runs: &[ComparedRun]) -> String {
    let parts = |index: usize| {
        let description = &runs[index].description;
        let seed = [format!("seed {}", description.seed), format!("seed={}", description.seed)];
        let parts = description.method.split(", ").map(str::trim);
        parts.filter(|part| !part.is_empty() && !seed.iter().any(|seed| part == seed)).collect::<Vec<_>>()
    };
    let mut shared = parts(members[0]);
    for &member in &members[1..] {
        let other = parts(member);
        shared.retain(|part| other.contains(part));
    }
    shared.join(", ")
}

fn directory_name(run: usize, runs: &[ComparedRun]) -> String {
    let directory = &runs[run].directory;
    directory.file_name().map_or_else(|| directory.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The same, with a number behind those that are there already.
fn distinct(labels: Vec<String>) -> Vec<String> {
    let mut given: Vec<String> = Vec::with_capacity(labels.len());
    for label in labels {
        let numbered = (2..).map(|number| format!("{label} ({number})"));
        let free = std::iter::once(label.clone()).chain(numbered).find(|label| !given.contains(label));
        given.push(free.unwrap_or(label));
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_record::{RunDescription, UtcTime};
    use std::path::PathBuf;
    use std::time::{Duration, UNIX_EPOCH};

    fn run(name: &str, seed: u64, settings: &str) -> ComparedRun {
        let settings = settings.parse().unwrap();
        let description = RunDescription { method: name.into(), seed, settings, ..RunDescription::default() };
        ComparedRun { directory: PathBuf::from("runs/d"), description, finished: true, values: Vec::new() }
    }

    fn labels_of(runs: &[ComparedRun]) -> Vec<(String, usize)> {
        methods(runs).into_iter().map(|method| (method.label, method.finished.len())).collect()
    }

    #[test]
    fn runs_that_differ_in_seeds_are_one_method() {
        let runs = [
            run("plain", 1, "seed = 1\nrate = 0.1"),
            run("winsorized", 1, "seed = 1\nrate = 0.1\npercent = 2"),
            run("plain", 2, "seed = 2\nrate = 0.1"),
            run("plain", 2, "seed = 2\ndata_seed = 7\nrate = 0.1"),
        ];
        assert_eq!(labels_of(&runs), [("plain".to_owned(), 3), ("winsorized".to_owned(), 1)]);
    }

    #[test]
    fn names_without_the_seed_and_settings_where_names_do_not_tell() {
        let runs = [run("a, b, seed 1", 1, "x = 1"), run("a, b, seed 2", 2, "x = 1"), run("c, seed=1", 1, "x = 2")];
        assert_eq!(labels_of(&runs), [("a, b".to_owned(), 2), ("c".to_owned(), 1)]);
        let runs = [run("demo", 1, "x = 1"), run("demo", 1, "x = 2")];
        assert_eq!(labels_of(&runs), [("x = 1".to_owned(), 1), ("x = 2".to_owned(), 1)]);
        let runs = [run("demo", 1, "x = 1"), run("demo", 1, "x = 2"), run("other", 1, "x = 1\ny = 1")];
        let labels: Vec<String> = labels_of(&runs).into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, ["demo: x = 1", "demo: x = 2", "other"]);
        // Of different types, which read the same.
        let runs = [run("", 1, "x = 1"), run("", 2, "x = '1'")];
        assert_eq!(labels_of(&runs)[0].1, 2, "text and number read the same to a person");
        assert_eq!(labels_of(&[run("", 3, "x = 1")]), [("d".to_owned(), 1)]);
    }

    #[test]
    fn a_run_made_again_counts_once() {
        let at = |seconds: u64, run: ComparedRun| {
            let ended = Some(UtcTime::of(UNIX_EPOCH + Duration::from_secs(seconds)));
            ComparedRun { description: RunDescription { ended, ..run.description }, ..run }
        };
        let mut failed = run("plain", 1, "x = 1");
        failed.finished = false;
        let runs =
            [at(5, run("plain", 1, "x = 1")), at(9, run("plain", 1, "x = 1")), failed, at(1, run("plain", 1, "x = 1"))];
        let [plain] = methods(&runs).try_into().unwrap();
        assert_eq!((plain.finished, plain.repeated, plain.unfinished), (vec![1], vec![0, 3], vec![2]));
    }

    #[test]
    fn labels_are_distinct() {
        let labels = distinct(["a", "b", "a", "a (2)", "a"].map(str::to_owned).to_vec());
        assert_eq!(labels, ["a", "b", "a (2)", "a (2) (2)", "a (3)"]);
    }
}
