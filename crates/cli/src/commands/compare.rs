//! `consilience compare`: methods side by side.

use super::watch::steps_in_total;
use crate::args::{CompareArgs, Format};
use crate::failure::{Failure, Stop};
use crate::printer::{Printer, Talk};
use consilience_record::{RunReader, write_atomically};
use consilience_report::compare::{Comparison, Gathered, Measure, gather};
use consilience_report::visible;
use consilience_train::nearest::ranked;
use std::collections::BTreeSet;
use std::path::Path;

/// Problems told one by one; the rest are counted.
const TOLD: usize = 10;
/// Suggestions when a name is unknown.
const SUGGESTIONS: usize = 3;

/// Prints or writes the comparison; what was passed over is said on standard error.
pub fn compare(args: &CompareArgs) -> Result<(), Stop> {
    let format = format(args)?;
    if let Some(missing) = args.runs.iter().find(|path| !path.exists()) {
        return Err(Failure::new(format!("there is no {}", missing.display())).hint("is it spelt right?").into());
    }
    let measures = if args.measures.is_empty() { Measure::defaults() } else { args.measures.clone() };
    let gathered = gather(&args.runs, &measures, steps_in_total);
    tell_problems(&gathered);
    let comparison = Comparison::of(gathered, &measures);
    check(&comparison, args)?;
    let mut printer = Printer::new();
    let text = match format {
        Format::Text => comparison.text(printer.width()),
        Format::Csv => comparison.csv(),
        Format::Latex => comparison.latex(),
        Format::Html => comparison.html(),
        Format::Markdown => comparison.markdown(),
    };
    match file(args) {
        Some(path) => Ok(write_atomically(path, text.as_bytes())?),
        None => Ok(printer.line(&text)?),
    }
}

/// The file to write, unless the comparison is to be printed.
fn file(args: &CompareArgs) -> Option<&Path> {
    args.output.as_deref().filter(|path| *path != Path::new("-"))
}

fn format(args: &CompareArgs) -> Result<Format, Failure> {
    if let Some(format) = args.format {
        return Ok(format);
    }
    let Some(path) = file(args) else { return Ok(Format::Text) };
    Format::of_file(path).ok_or_else(|| {
        Failure::new(format!("the name of {} does not say in which format to write", path.display()))
            .hint("let it end in .txt, .csv, .tex, .html or .md, or say so with --format")
    })
}

fn tell_problems(gathered: &Gathered) {
    let talk = Talk::new(false);
    for problem in gathered.problems.iter().take(TOLD) {
        talk.say(&format!("note: {}", visible(problem)));
    }
    if gathered.problems.len() > TOLD {
        talk.say(&format!("note: and {} more like these", gathered.problems.len() - TOLD));
    }
}

/// Whether there is something to show, and all of what was asked for by name.
fn check(comparison: &Comparison, args: &CompareArgs) -> Result<(), Failure> {
    let finished: Vec<&Path> = comparison
        .methods()
        .iter()
        .flat_map(|method| &method.finished)
        .map(|&run| comparison.runs()[run].directory.as_path())
        .collect();
    let Some(first) = finished.first() else {
        let failure = Failure::new(match comparison.runs().len() {
            0 => "no run to compare".to_owned(),
            1 => "the only run is not finished".to_owned(),
            several => format!("none of the {several} runs is finished"),
        });
        return Err(failure.hint(match comparison.runs() {
            [] => "`consilience run --out DIR` makes a run; only finished ones are compared",
            _ => "go on with what was killed or interrupted by the command that made it, with --resume and --out",
        }));
    };
    let absent = if args.measures.is_empty() { &[] } else { comparison.absent() };
    if let Some(measure) = absent.first() {
        let failure = Failure::new(format!("no run has a value called `{}`", visible(&measure.name)));
        let names = recorded_names(first);
        let near: Vec<&str> =
            ranked(&measure.name, names.iter().map(String::as_str)).into_iter().take(SUGGESTIONS).collect();
        return Err(match near.as_slice() {
            [] => failure.hint("the lines of metrics.jsonl in a run directory have the names"),
            near => failure.hint(format!("did you mean `{}`?", near.join("`, `"))),
        });
    }
    if comparison.is_empty() {
        return Err(Failure::new("none of the runs has a value that is compared unless others are asked for")
            .hint("name recorded values with --measures"));
    }
    Ok(())
}

/// What a run recorded.
fn recorded_names(directory: &Path) -> BTreeSet<String> {
    let lines = RunReader::open(directory).and_then(|run| run.metrics()).map(|lines| lines.records).unwrap_or_default();
    lines.into_iter().flat_map(|line| line.values).map(|(name, _)| visible(&name).into_owned()).collect()
}
