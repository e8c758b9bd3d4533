//! Reading what is compared out of run directories.

use super::measure::{At, Measure, SECONDS, SECONDS_PER_STEP};
use crate::StepsInTotal;
use consilience_record::{DamagedLine, Metrics, RecordError, RunDescription, RunReader, Status, find_runs};
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
    /// Whether it ran to its end, and its metrics reach that far. Only then does it count.
    pub finished: bool,
    /// The value of each measure; none where it was not recorded or is undefined. Empty unless the run is finished.
    pub values: Vec<Option<f64>>,
}

/// The runs that were found, and what is wrong with any.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The runs that could be read, in the order in which they were named, below a directory by name. Those that are not
    /// finished have no values.
    pub runs: Vec<ComparedRun>,
    /// What could not be read, is not whole or is no run, each in words.
    pub problems: Vec<String>,
}

/// Reads `measures` of the runs at and below `paths`; several processors share the work. A run that is named twice counts
/// once. By `steps_in_total` a run is known whose metrics were cut.
pub fn gather(paths: &[PathBuf], measures: &[Measure], steps_in_total: StepsInTotal) -> Gathered {
    let mut gathered = Gathered::default();
    let (mut directories, mut seen) = (Vec::new(), BTreeSet::new());
    for path in paths {
        let found = find_runs(path);
        if found.runs.is_empty() && found.problems.is_empty() {
            gathered.problems.push(format!("passed over: {}: no run directory in it", path.display()));
        }
        gathered.problems.extend(found.problems.iter().map(passed_over));
        for directory in found.runs {
            let real = directory.canonicalize().unwrap_or_else(|_| directory.clone());
            if seen.insert(real) {
                directories.push(directory);
            }
        }
    }
    let read: Vec<Result<(ComparedRun, Vec<String>), RecordError>> =
        directories.par_iter().map(|directory| read(directory, measures, steps_in_total)).collect();
    for run in read {
        match run {
            Ok((run, problems)) => {
                // What is not known to be a finished run of ours may be anything.
                let is_kept = problems.is_empty() || run.description.status == Status::Finished;
                let place = format!("{}{}", if is_kept { "" } else { "passed over: " }, run.directory.display());
                gathered.problems.extend(problems.iter().map(|problem| format!("{place}: {problem}")));
                gathered.runs.extend(is_kept.then_some(run));
            }
            Err(error) => gathered.problems.push(passed_over(&error)),
        }
    }
    gathered
}

fn passed_over(error: &RecordError) -> String {
    format!("passed over: {error}")
}

/// The run, and what of it could not be read.
fn read(
    directory: &Path,
    measures: &[Measure],
    steps_in_total: StepsInTotal,
) -> Result<(ComparedRun, Vec<String>), RecordError> {
    let run = RunReader::open(directory)?;
    let (description, mut problems) = (run.description().clone(), run.problems().to_vec());
    let (mut finished, mut values) = (description.status == Status::Finished, Vec::new());
    if finished {
        let (evaluation, damage) = last_evaluation(&run)?;
        // A finished run ends with an evaluation after its last step.
        let (reached, total) = (evaluation.as_ref().map_or(0, |line| line.step), steps_in_total(&description));
        if let Some(total) = total.filter(|total| reached < *total) {
            finished = false;
            let end = format!("the last evaluation in its metrics is after step {reached} of {total}");
            problems.push(format!("{end}: they were cut, and the run is left out"));
        } else {
            let (read, damaged) = self::values(&run, measures, evaluation.as_ref())?;
            values = read;
            let damage = DamagedLine::sentence(&damaged).or_else(|| damage.map(|error| error.to_string()));
            problems.extend(damage.map(|problem| format!("metrics: {problem}")));
        }
    }
    Ok((ComparedRun { directory: directory.to_owned(), description, finished, values }, problems))
}

/// The last evaluation, which is at the end of the file, and what is wrong with a line behind it.
fn last_evaluation(run: &RunReader) -> Result<(Option<Metrics>, Option<RecordError>), RecordError> {
    let mut damage = None;
    for line in run.metrics_backwards()? {
        match line {
            Ok(line) if line.kind == "evaluation" => return Ok((Some(line), damage)),
            Ok(_) => {}
            Err(error @ RecordError::Malformed { .. }) => damage = Some(error),
            Err(error) => return Err(error),
        }
    }
    Ok((None, damage))
}

/// The value of each of `measures`, and the lines that were left out.
fn values(
    run: &RunReader,
    measures: &[Measure],
    evaluation: Option<&Metrics>,
) -> Result<(Vec<Option<f64>>, Vec<DamagedLine>), RecordError> {
    // The last evaluation is mostly enough; the whole file is read only for the others.
    let in_evaluation = |measure: &Measure| {
        let evaluation = evaluation.filter(|_| measure.at == At::Last)?;
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
    let mut damaged = Vec::new();
    if !missing.is_empty() {
        let (series, left_out) = run.series(&missing)?;
        damaged = left_out;
        for (measure, value) in measures.iter().zip(&mut values).filter(|(_, value)| value.is_none()) {
            let found = missing.iter().position(|name| *name == measure.name).map(|place| &series[place]);
            *value = found.and_then(|series| one(measure.at, series.iter().map(|(_, value)| *value)));
        }
    }
    Ok((values.into_iter().map(|value| value.filter(|value| value.is_finite())).collect(), damaged))
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
/// it. None where times are missing, which says nothing of the rest of the run.
fn seconds_per_step(run: &RunReader) -> Option<f64> {
    let timings = run.timings_backwards().ok()?;
    let steps = timings.filter_map(Result::ok).filter(|timing| timing.kind == "step");
    let mut seconds: Vec<f64> = steps.take(TIMED_STEPS).map(|timing| timing.seconds).collect();
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
