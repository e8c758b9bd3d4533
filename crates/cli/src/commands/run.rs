//! `consilience run`: trains every method of a configuration file and compares them.

use crate::args::RunArgs;
use crate::failure::{Failure, Stop};
use crate::interrupt;
use crate::printer::{MethodResult, Printer, Talk, compare};
use crate::progress::Progress;
use crate::surroundings::{data_directory, missing_data, pool, program};
use consilience_record::{IfExists, RunReader, UtcTime, check_target};
use consilience_run::{DataCache, Ending, Execution, Override, Plan, Prepared, execute};
use std::path::{Path, PathBuf};

/// Trains every method. Whatever can be refused is refused before the first one starts.
pub fn run(args: &RunArgs) -> Result<(), Stop> {
    let talk = Talk::new(args.quiet);
    let if_exists = if args.force { IfExists::Replace } else { IfExists::Refuse };
    let mut overrides = args.set.clone();
    overrides.extend(args.seed.map(|seed| Override { path: vec!["seed".to_owned()], value: seed.to_string() }));
    let plan = Plan::read(args.config.as_deref(), &overrides)?;
    let out = args.out.clone().unwrap_or_else(|| default_directory(&plan));
    let directories = directories(&plan, &out, if_exists)?;
    let pool = pool(args.threads)?;
    let prepared = pool.install(|| prepare(&plan, &data_directory(args.data_dir.as_deref())))?;
    for line in about_data(&prepared) {
        talk.say(&line);
    }

    let interrupt = interrupt::heed()?;
    let mut results = Vec::new();
    let mut stopped = Vec::new();
    let mut interrupted = None;
    for (prepared, directory) in prepared.iter().zip(&directories) {
        let execution = Execution {
            directory,
            if_exists,
            program: program(pool.current_num_threads()),
            interrupt: interrupt.clone(),
        };
        let name = prepared.method.name.clone();
        let mut progress = Progress::begin(&name, prepared.steps(), talk);
        let executed = pool.install(|| execute(prepared, &execution, &mut progress));
        progress.end();
        let executed = executed.map_err(Failure::from)?;
        match executed.ending {
            Ending::Ended(outcome) => {
                stopped.extend(outcome.stopped_early.map(|reason| format!("method `{name}`: {reason}")));
                results.push(MethodResult { name, outcome, measured: executed.measured });
            }
            Ending::Interrupted { steps } => {
                interrupted = Some(format!("method `{name}` stopped after {steps} of {} steps", prepared.steps()));
            }
        }
        if interrupt.is_requested() {
            break;
        }
    }

    talk.say(&format!("written to {}", out.display()));
    if !results.is_empty() {
        let mut printer = Printer::new();
        let (table, reading) = compare(&results, printer.width());
        printer.line(&table)?;
        printer.line("")?;
        printer.paragraph(&reading, 0)?;
    }
    let recorded = format!("what was recorded is in {}", out.display());
    if !stopped.is_empty() {
        return Err(Failure::new(stopped.join("; ")).hint(recorded).into());
    }
    let not_started = prepared.len() - results.len() - usize::from(interrupted.is_some());
    let interrupted = interrupted.into_iter().chain(match not_started {
        0 => None,
        1 => Some("1 method was not started".to_owned()),
        several => Some(format!("{several} methods were not started")),
    });
    let interrupted: Vec<String> = interrupted.collect();
    if interrupted.is_empty() {
        return Ok(());
    }
    Err(Stop::Interrupted(Failure::new(interrupted.join("; ")).hint(recorded)))
}

fn default_directory(plan: &Plan) -> PathBuf {
    Path::new("runs").join(format!("{}-{}", plan.name, UtcTime::now().compact()))
}

/// The directory of each method, checked.
fn directories(plan: &Plan, out: &Path, if_exists: IfExists) -> Result<Vec<PathBuf>, Failure> {
    if !plan.has_variants {
        check_target(out, if_exists)?;
        return Ok(vec![out.to_owned()]);
    }
    if if_exists == IfExists::Refuse {
        check_target(out, if_exists)?;
    } else if RunReader::open(out).is_ok() {
        return Err(Failure::new(format!("{} is the run directory of a single method", out.display()))
            .hint("name another directory with --out: each of the methods gets its own below it"));
    }
    let directories: Vec<PathBuf> = plan.methods.iter().map(|method| out.join(&method.slug)).collect();
    for directory in &directories {
        check_target(directory, if_exists)?;
    }
    Ok(directories)
}

/// Loads the data, once for methods that share them, and builds the networks.
fn prepare(plan: &Plan, data_dir: &Path) -> Result<Vec<Prepared>, Failure> {
    let mut cache = DataCache::new(data_dir, plan.methods.len());
    let prepared = plan.methods.iter().map(|method| {
        Prepared::new(method, &mut cache).map_err(|error| {
            missing_data(error, data_dir, |failure| failure.hint("no file is needed with --set data.source=strokes"))
        })
    });
    prepared.collect()
}

/// What there is to say about the data, once for methods that share them.
fn about_data(prepared: &[Prepared]) -> Vec<String> {
    let mut lines = Vec::new();
    for Prepared { data, .. } in prepared {
        let (train, test) = (&data.train, &data.test);
        let corrupt = match train.corrupt_count() {
            0 => String::new(),
            wrong => format!(", {wrong} of them with a wrong label"),
        };
        let counts =
            format!("{}: {} training examples{corrupt}; {} test examples", train.name(), train.len(), test.len());
        let notes = data.notes.iter().map(|note| format!("note: {note}"));
        for line in std::iter::once(counts).chain(notes) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}
