//! `consilience run`: trains every method of a configuration file and compares them.

use crate::args::RunArgs;
use crate::failure::{Failure, Stop};
use crate::interrupt;
use crate::printer::{MethodResult, Printer, Talk, compare, plural};
use crate::progress::Progress;
use crate::surroundings::{data_directory, missing_data, new_directory, pool, program};
use consilience_record::{IfExists, Metrics, RUN_FILE, RunReader, Status, check_target, find_runs};
use consilience_run::{
    Begun, DataCache, Ending, Executed, Execution, Measured, Method, Override, Plan, Prepared, check_directory, failed,
    finished, shortened,
};
use consilience_sweep::last_values;
use consilience_train::Outcome;
use std::path::{Path, PathBuf};

/// Trains every method. Whatever can be refused is refused before the first one starts.
pub fn run(args: &RunArgs) -> Result<(), Stop> {
    let talk = Talk::new(args.quiet);
    let if_exists = match args {
        RunArgs { force: true, .. } => IfExists::Replace,
        RunArgs { resume: true, .. } => IfExists::Resume,
        _ => IfExists::Refuse,
    };
    let mut overrides = args.set.clone();
    overrides.extend(args.seed.map(|seed| Override { path: vec!["seed".to_owned()], value: seed.to_string() }));
    let plan = plan(args, &overrides, talk)?;
    if plan.has_sweep {
        talk.say("note: [sweep] is left out; `consilience sweep` carries it out");
    }
    let out = args.out.clone().unwrap_or_else(|| new_directory(&plan.name));
    let directories = directories(&plan, &out, if_exists)?;
    if plan.has_variants && if_exists != IfExists::Refuse {
        let others: Vec<String> = find_runs(&out)
            .runs
            .iter()
            .filter(|run| run.parent() == Some(&out) && !directories.contains(run))
            .map(|run| run.display().to_string())
            .collect();
        if args.resume && !others.is_empty() && !directories.iter().any(|directory| RunReader::open(directory).is_ok())
        {
            let out = out.display();
            return Err(Failure::new(format!("the runs in {out} are of other methods: {}", shortened(&others)))
                .hint("say with --out where the runs are that are to be gone on with, or name a new directory")
                .into());
        }
        if !others.is_empty() {
            talk.say(&format!("note: runs of other methods stay there: {}", shortened(&others)));
        }
    }
    let pool = pool(args.threads)?;
    let prepared = pool.install(|| prepare(&plan, &data_directory(args.data_dir.as_deref())))?;
    for line in about_data(&prepared) {
        talk.say(&line);
    }

    let mut kept = Vec::new();
    for (prepared, directory) in prepared.iter().zip(&directories) {
        let before = if args.resume { before(prepared, directory)? } else { Before::Nothing };
        if matches!(before, Before::Nothing) {
            prepared.check().map_err(Failure::from)?;
            check_directory(prepared, directory, if_exists).map_err(Failure::from)?;
        }
        kept.push(before);
    }

    let names: Vec<&str> = plan.methods.iter().map(|method| method.name.as_str()).collect();
    let interrupt = interrupt::heed()?;
    let mut results = Vec::new();
    let mut stopped = Vec::new();
    let mut interrupted = None;
    for ((prepared, directory), kept) in prepared.iter().zip(&directories).zip(kept) {
        let name = prepared.method.name.clone();
        match kept {
            Before::Finished { outcome, measured } => {
                talk.say(&format!("{name}: finished before"));
                if args.json {
                    print_result(&name, directory)?;
                }
                results.push(MethodResult { name, outcome, measured });
                continue;
            }
            Before::Failed(reason) => {
                stopped.push(format!("method `{name}` failed before: {reason}"));
                continue;
            }
            Before::Nothing => {}
        }
        let execution = Execution {
            directory,
            if_exists,
            program: program(pool.current_num_threads()),
            interrupt: interrupt.clone(),
        };
        let begun = Begun::new(prepared, &execution).map_err(Failure::from)?;
        let from = begun.resumed().map_or(0, |resumed| resumed.step);
        if let Some(resumed) = begun.resumed() {
            for note in &resumed.notes {
                talk.say(&format!("note: {note}"));
            }
            talk.say(&format!("{name}: going on after {}", plural(from as usize, "step")));
        }
        let mut progress = Progress::begin(&name, &names, from..prepared.steps(), talk);
        let executed = pool.install(|| begun.carry_out(&mut progress));
        progress.end();
        let executed = executed.map_err(Failure::from)?;
        match executed.ending {
            Ending::Ended(outcome) => {
                if args.json {
                    print_result(&name, directory)?;
                }
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
    if !results.is_empty() && !args.json {
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
    let again = match args.out {
        Some(_) => "the same command with --resume goes on from there".to_owned(),
        None => format!("the same command with --resume --out {} goes on from there", out.display()),
    };
    Err(Stop::Interrupted(Failure::new(interrupted.join("; ")).hint(recorded).hint(again)))
}

/// What there is of a run that is to be gone on with.
enum Before {
    /// Nothing that is at its end.
    Nothing,
    /// All of it.
    Finished { outcome: Outcome, measured: Measured },
    /// All there can be: it would fail again, for this reason.
    Failed(String),
}

fn before(prepared: &Prepared, directory: &Path) -> Result<Before, Failure> {
    if let Some(Executed { ending: Ending::Ended(outcome), measured }) = finished(prepared, directory)? {
        return Ok(Before::Finished { outcome, measured });
    }
    Ok(failed(prepared, directory)?.map_or(Before::Nothing, Before::Failed))
}

/// The methods that the command line names. What is gone on with without a configuration file has the settings in its directories.
fn plan(args: &RunArgs, overrides: &[Override], talk: Talk) -> Result<Plan, Failure> {
    let (true, None, Some(out)) = (args.resume, &args.config, &args.out) else {
        return Plan::read(args.config.as_deref(), overrides).map_err(|error| {
            let failure = Failure::from(error);
            if args.config.as_ref().is_none_or(|config| config.exists()) {
                failure
            } else {
                failure.hint("without a file, `consilience run` runs the built-in demonstration")
            }
        });
    };
    let of_run = |directory: &Path| {
        let run = RunReader::open(directory)?;
        let name = directory.join(RUN_FILE).display().to_string();
        Plan::parse(&run.description().method, &name, &run.description().settings.to_string(), overrides)
            .map_err(Failure::from)
    };
    if out.join(RUN_FILE).is_file() {
        return of_run(out);
    }
    let mut methods = Vec::new();
    for directory in find_runs(out).runs.iter().filter(|run| run.parent() == Some(out)) {
        for mut method in of_run(directory)?.methods {
            method.slug = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
            methods.push(method);
        }
    }
    if methods.is_empty() {
        return Err(Failure::new(format!("there is no run to go on with in {}", out.display()))
            .hint("name the configuration file of the run"));
    }
    // it has no file that could be named, but all its methods are known
    let demonstration = Plan::read(None, overrides)?;
    let is_of_it = |method: &Method| {
        demonstration.methods.iter().any(|known| known.slug == method.slug && known.settings == method.settings)
    };
    if methods.iter().all(is_of_it) {
        return Ok(demonstration);
    }
    talk.say("note: going on with the methods that are there; the configuration file is needed to begin others");
    Ok(Plan { name: String::new(), methods, has_variants: true, has_sweep: false })
}

/// What the run in `directory` came to, as a line of JSON.
fn print_result(method: &str, directory: &Path) -> Result<(), Stop> {
    let run = RunReader::open(directory)?;
    let last = last_values(&run)?;
    let description = run.description();
    let mut line = Metrics::new(last.kind, last.step, last.epoch)
        .with("method", method)
        .with("seed", description.seed)
        .with("status", if description.status == Status::Finished { "finished" } else { "failed" })
        .with("directory", directory.display().to_string().as_str());
    line.values.extend(last.values);
    let text = serde_json::to_string(&line).map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?;
    Ok(Printer::new().line(&text)?)
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
        let validation = data
            .validation
            .as_ref()
            .map_or_else(String::new, |validation| format!("; {}", plural(validation.len(), "validation example")));
        let (name, train) = (train.name(), plural(train.len(), "training example"));
        let counts = format!("{name}: {train}{corrupt}; {}{validation}", plural(test.len(), "test example"));
        let notes = data.notes.iter().map(|note| format!("note: {note}"));
        for line in std::iter::once(counts).chain(notes) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}
