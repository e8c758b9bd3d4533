//! `consilience reproduce`: carries out experiments, and writes their tables, figures and claims.

use crate::args::ReproduceArgs;
use crate::failure::{Failure, Stop};
use crate::interrupt;
use crate::printer::{Printer, Talk, plural, table, tell_failure};
use crate::surroundings::{data_directory, machine, program, threads};
use crate::sweep_progress::{SweepProgress, rough};
use consilience_experiments::results::{Judged, Verdict};
use consilience_experiments::{
    Experiment, ExperimentError, Grid, Plan, Results, Scale, carry_out, judge, report, shipped,
};
use consilience_figure::Table;
use consilience_run::{DataCache, Interrupt};
use consilience_sweep::Fate;
use consilience_train::nearest::nearest;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What became of an experiment.
struct Reproduced {
    name: String,
    runs: usize,
    kept: usize,
    diverged: usize,
    failed: Vec<FailedRun>,
    claims: Vec<Judged>,
    tables: Vec<Table>,
    directory: PathBuf,
    seconds: f64,
}

/// A run that failed.
struct FailedRun {
    name: String,
    reason: String,
    /// Whether the experiment stands without it.
    allowed: bool,
}

/// Carries out the experiments that the command line names. Whatever can be refused is refused before the first one starts.
pub fn reproduce(args: &ReproduceArgs) -> Result<(), Stop> {
    if args.list {
        return list();
    }
    let talk = Talk::new(args.quiet);
    let scale = Scale::from(args.scale);
    let names: Vec<String> =
        if args.all { shipped::names().map(str::to_owned).collect() } else { args.experiments.clone() };
    let mut experiments = Vec::new();
    for name in &names {
        let experiment = read(name)?;
        let grid = Grid::new(&experiment, scale).map_err(Failure::from)?;
        let directory = args.out.join(&experiment.name).join(scale.name());
        if !args.resume && directory.exists() {
            return Err(Failure::from(ExperimentError::Exists { path: directory }).into());
        }
        experiments.push((experiment, grid, directory));
    }
    let interrupt = interrupt::heed()?;
    let mut all = Vec::new();
    let mut failed = Vec::new();
    for (experiment, grid, directory) in &experiments {
        match one(args, experiment, grid, directory, &interrupt, talk) {
            Ok(reproduced) => {
                show(&mut Printer::new(), experiment, grid.scale, &reproduced)?;
                all.push(reproduced);
            }
            // Of several experiments, one that cannot be carried out is no reason to leave the others.
            Err(Stop::Failed(failure)) if experiments.len() > 1 => {
                tell_failure("error", &failure);
                failed.push(experiment.name.as_str());
            }
            Err(stop) => return Err(stop),
        }
    }
    if all.len() > 1 {
        summary(&mut Printer::new(), &all)?;
    }
    let mut messages = Vec::new();
    if !failed.is_empty() {
        messages.push(format!("{} of {} experiments failed: {}", failed.len(), experiments.len(), failed.join(", ")));
    }
    messages.extend(all.iter().filter_map(|one| {
        let failed = one.failed.iter().filter(|run| !run.allowed).count();
        (failed > 0).then(|| format!("{failed} of the {} runs of `{}` failed", one.runs, one.name))
    }));
    if messages.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(messages.join("; "));
    let has_runs = all.iter().any(|one| one.failed.iter().any(|run| !run.allowed));
    Err(if has_runs { failure.hint("the tables say which and why; --resume tries them again") } else { failure }.into())
}

fn read(name: &str) -> Result<Experiment, Failure> {
    if let Some(experiment) = shipped::experiment(name) {
        return experiment.map_err(Failure::from);
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "toml") {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read the experiment file {name}: {error}")))?;
        return Ok(Experiment::parse(name, &text)?);
    }
    let failure = Failure::new(format!("no experiment is called `{name}`"));
    Err(match nearest(name, shipped::names()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure,
    }
    .hint("`consilience reproduce --list` lists them all; a file of your own ends in .toml"))
}

fn one(
    args: &ReproduceArgs,
    experiment: &Experiment,
    grid: &Grid,
    directory: &Path,
    interrupt: &Interrupt,
    talk: Talk,
) -> Result<Reproduced, Stop> {
    let started = Instant::now();
    let scale = grid.scale;
    let spec = experiment.scale(scale);
    talk.say(&format!(
        "{} at scale {scale}: {}, about {}",
        experiment.name,
        plural(grid.runs.len(), "run"),
        spec.expected
    ));
    talk.say(&format!("  {}", spec.note));
    let data_dir = data_directory(args.data_dir.as_deref());
    let threads = threads(args.threads)?;
    let plan = Plan {
        directory: directory.to_owned(),
        jobs: args.jobs.get(),
        threads,
        resume: args.resume,
        interrupt: interrupt.clone(),
        program: program(threads),
        machine: machine(),
    };
    let cache = DataCache::new(&data_dir, args.jobs.get());
    let progress = SweepProgress::begin(grid.runs.len(), talk);
    let fates = carry_out(experiment, grid, &plan, cache, &progress);
    progress.finish();
    let fates = fates.map_err(|error| explained(error, &data_dir, scale, experiment))?;
    let count = |fate: &Fate| fates.iter().filter(|known| *known == fate).count();
    let missing = count(&Fate::Interrupted);
    if missing > 0 {
        let done = grid.runs.len() - missing;
        let message = format!("`{}` has {done} of {} runs; there are no results yet", experiment.name, grid.runs.len());
        return Err(Stop::Interrupted(Failure::new(message).hint("the same command with --resume goes on from here")));
    }
    let results = Results::read(experiment, grid, &plan, &fates).map_err(Failure::from)?;
    let claims = judge(experiment, grid, &results);
    let tables = report::write(experiment, grid, &plan, &results, &claims).map_err(Failure::from)?;
    Ok(Reproduced {
        name: experiment.name.clone(),
        runs: grid.runs.len(),
        kept: count(&Fate::Kept),
        diverged: results.runs.iter().flatten().filter(|run| run.stopped.is_some()).count(),
        failed: failed_runs(experiment, grid, &fates),
        claims,
        tables,
        directory: directory.to_owned(),
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn failed_runs(experiment: &Experiment, grid: &Grid, fates: &[Fate]) -> Vec<FailedRun> {
    let runs = grid.runs.iter().zip(fates).filter_map(|(planned, fate)| {
        let Fate::Failed(reason) = fate else { return None };
        let allowed = experiment.may_fail.iter().any(|selection| grid.is_selected(planned.cell, selection));
        Some(FailedRun { name: planned.run.method.name.clone(), reason: reason.clone(), allowed })
    });
    runs.collect()
}

fn explained(error: ExperimentError, data_dir: &Path, scale: Scale, experiment: &Experiment) -> Failure {
    let ExperimentError::MissingData { obtain, .. } = &error else { return error.into() };
    let obtain = obtain.replace("DATA_DIR", &data_dir.display().to_string());
    let failure = Failure::from(error)
        .hint(obtain)
        .hint("if the files are elsewhere, say so with --data-dir or CONSILIENCE_DATA_DIR");
    let failure = if experiment.needs_files(Scale::Smoke) {
        failure
    } else {
        failure.hint("this experiment needs no files at --scale smoke")
    };
    let without = shipped::without_files(scale);
    if without.is_empty() {
        return failure.hint(format!("no experiment can do without files at scale {scale}"));
    }
    failure.hint(format!("without any files, these can run at scale {scale}: {}", without.join(", ")))
}

fn show(printer: &mut Printer, experiment: &Experiment, scale: Scale, done: &Reproduced) -> Result<(), Stop> {
    printer.paragraph(&experiment.title, 0)?;
    printer.paragraph(&format!("{}, {}; scale {scale}", experiment.paper, experiment.place), 0)?;
    printer.line("")?;
    for table in &done.tables {
        printer.line(&table.text(printer.width()))?;
        printer.line("")?;
    }
    if !done.claims.is_empty() {
        let rows: Vec<Vec<String>> = done
            .claims
            .iter()
            .map(|claim| vec![claim.statement.clone(), claim.verdict.to_string(), claim.summary()])
            .collect();
        printer.line(&table(&["the paper says", "on our numbers", "evidence"], &rows, printer.width(), 3))?;
        printer.line("")?;
    }
    let mut counts = vec![plural(done.runs, "run")];
    if done.kept > 0 {
        counts.push(format!("{} of them from before", done.kept));
    }
    if done.diverged > 0 {
        counts.push(format!("{} of them stopped early because their numbers were no longer finite", done.diverged));
    }
    if !done.failed.is_empty() {
        counts.push(format!("{} of them failed", done.failed.len()));
    }
    let counts = counts.join(", ");
    for FailedRun { name, reason, allowed } in &done.failed {
        let stands = if *allowed { " (the experiment stands without it)" } else { "" };
        printer.paragraph(&format!("failed: {name}: {reason}{stands}"), 0)?;
    }
    printer
        .line(&format!("{counts}; results, figures and all evidence: {}", done.directory.join("index.md").display()))?;
    printer.line("")?;
    Ok(())
}

fn summary(printer: &mut Printer, all: &[Reproduced]) -> Result<(), Stop> {
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let count = |verdict| one.claims.iter().filter(|claim| claim.verdict == verdict).count();
            let undecided = one.claims.iter().filter(|claim| !claim.verdict.is_decided()).count();
            vec![
                one.name.clone(),
                one.runs.to_string(),
                count(Verdict::Holds).to_string(),
                count(Verdict::DoesNotHold).to_string(),
                undecided.to_string(),
                rough(std::time::Duration::from_secs_f64(one.seconds)),
            ]
        })
        .collect();
    let header = ["experiment", "runs", "claims\nthat hold", "that do\nnot", "not\ntestable", "time"];
    printer.line(&table(&header, &rows, printer.width(), 1))?;
    Ok(())
}

fn list() -> Result<(), Stop> {
    let mut printer = Printer::new();
    let mut rows = Vec::new();
    for name in shipped::names() {
        let experiment = read(name)?;
        let times = Scale::ALL.map(|scale| experiment.scale(scale).expected.clone());
        let [smoke, small, paper] = times;
        rows.push(vec![name.to_owned(), experiment.title.clone(), experiment.place.clone(), smoke, small, paper]);
    }
    printer.line(&table(
        &["experiment", "what", "in the paper", "smoke", "small", "paper"],
        &rows,
        printer.width(),
        6,
    ))?;
    printer.line("")?;
    printer.line("`consilience reproduce NAME --scale SCALE` carries one out; smoke needs no data files.")?;
    Ok(())
}
