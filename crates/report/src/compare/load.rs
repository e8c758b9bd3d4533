//! Reading what is compared out of run directories.

use super::measure::{At, Measure, SECONDS, SECONDS_PER_STEP};
use consilience_record::{RecordError, RunDescription, RunReader, Status, find_runs};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Steps of which the median is the time per step.
const TIMED_STEPS: usize = 1000;

/// A run as far as it is compared.
#[derive(Clone, Debug)]
pub struct ComparedRun {
    /// Its directory.
    pub directory: PathBuf,
    /// What its `run.toml` says.
    pub description: RunDescription,
    /// The value of each measure; none where it was not recorded or is undefined. Empty unless the run is finished.
    pub values: Vec<Option<f64>>,
}

/// The runs that were found, and what was passed over.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The runs that could be read, in the order in which they were named, below a directory by name. Those that are not
    /// finished have no values.
    pub runs: Vec<ComparedRun>,
    /// What could not be read or is no run, each in words.
    pub problems: Vec<String>,
}

/// Reads `measures` of the runs at and below `paths`; several processors share the work. A run that is named twice counts
/// once.
pub fn gather(paths: &[PathBuf], measures: &[Measure]) -> Gathered {
    let mut gathered = Gathered::default();
    let (mut directories, mut seen) = (Vec::new(), BTreeSet::new());
    for path in paths {
        let found = find_runs(path);
        if found.runs.is_empty() && found.problems.is_empty() {
            gathered.problems.push(format!("{}: no run directory in it", path.display()));
        }
        gathered.problems.extend(found.problems.iter().map(ToString::to_string));
        for directory in found.runs {
            let real = directory.canonicalize().unwrap_or_else(|_| directory.clone());
            if seen.insert(real) {
                directories.push(directory);
            }
        }
    }
    let read: Vec<Result<(ComparedRun, Vec<String>), RecordError>> =
        directories.par_iter().map(|directory| read(directory, measures)).collect();
    for run in read {
        match run {
            Ok((run, problems)) => {
                let place = run.directory.display();
                gathered.problems.extend(problems.iter().map(|problem| format!("{place}: {problem}")));
                // What is not known to be a finished run of ours may be anything.
                if problems.is_empty() || run.description.status == Status::Finished {
                    gathered.runs.push(run);
                }
            }
            Err(error) => gathered.problems.push(error.to_string()),
        }
    }
    gathered
}

/// The run, and what of its `run.toml` could not be read.
fn read(directory: &Path, measures: &[Measure]) -> Result<(ComparedRun, Vec<String>), RecordError> {
    let run = RunReader::open(directory)?;
    let description = run.description().clone();
    let values = if description.status == Status::Finished { values(&run, measures)? } else { Vec::new() };
    Ok((ComparedRun { directory: directory.to_owned(), description, values }, run.problems().to_vec()))
}

fn values(run: &RunReader, measures: &[Measure]) -> Result<Vec<Option<f64>>, RecordError> {
    // The last evaluation is at the end of the file and mostly enough; the whole file is read only for the others.
    let evaluation = run.metrics_backwards()?.find(|line| line.as_ref().map_or(true, |line| line.kind == "evaluation"));
    let evaluation = evaluation.transpose()?;
    let in_evaluation = |measure: &Measure| {
        let evaluation = evaluation.as_ref().filter(|_| measure.at == At::Last)?;
        evaluation.number(&measure.name)
    };
    let mut values: Vec<Option<f64>> = Vec::with_capacity(measures.len());
    let mut missing: Vec<&str> = Vec::new();
    for measure in measures {
        let value = match measure.name.as_str() {
            SECONDS => run.description().seconds,
            SECONDS_PER_STEP => seconds_per_step(run),
            name => in_evaluation(measure).or_else(|| {
                // One name may be asked for as its mean and as its maximum.
                missing.extend((!missing.contains(&name)).then_some(name));
                None
            }),
        };
        values.push(value);
    }
    if !missing.is_empty() {
        let series = run.series(&missing)?;
        for (measure, value) in measures.iter().zip(&mut values).filter(|(_, value)| value.is_none()) {
            let found = missing.iter().position(|name| *name == measure.name).map(|place| &series[place]);
            *value = found.and_then(|series| one(measure.at, series.iter().map(|(_, value)| *value)));
        }
    }
    Ok(values.into_iter().map(|value| value.filter(|value| value.is_finite())).collect())
}

/// The one value of a series that counts; none when there is none that is defined.
fn one(at: At, series: impl DoubleEndedIterator<Item = f64>) -> Option<f64> {
    let mut defined = series.filter(|value| value.is_finite());
    match at {
        At::Last => defined.next_back(),
        At::Minimum => defined.min_by(f64::total_cmp),
        At::Maximum => defined.max_by(f64::total_cmp),
        At::Mean => {
            let (count, sum) = defined.fold((0_u64, 0.0), |(count, sum), value| (count + 1, sum + value));
            (count > 0).then(|| sum / count as f64)
        }
    }
}

/// The median of the last steps: what pauses the machine, or measures something beside the step now and then, does not move
/// it. None where times are missing or damaged, which says nothing of the rest of the run.
fn seconds_per_step(run: &RunReader) -> Option<f64> {
    let timings = run.timings_backwards().ok()?;
    let steps = timings.filter(|timing| timing.as_ref().map_or(true, |timing| timing.kind == "step"));
    let seconds = steps.take(TIMED_STEPS).map(|timing| Ok(timing?.seconds));
    let mut seconds = seconds.collect::<Result<Vec<f64>, RecordError>>().ok()?;
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_of_a_series() {
        let series = [3.0, f64::NAN, 1.0, 2.0, f64::INFINITY, f64::NAN];
        for (at, expected) in [(At::Last, 2.0), (At::Mean, 2.0), (At::Minimum, 1.0), (At::Maximum, 3.0)] {
            assert_eq!(one(at, series.into_iter()), Some(expected), "{at:?}");
            assert_eq!(one(at, [f64::NAN].into_iter()), None);
        }
    }
}
