//! `consilience sweep`: the runs that a configuration file makes, here or as an array of jobs.

use crate::args::{Launcher, SweepArgs};
use crate::failure::{Failure, Stop};
use crate::interrupt;
use crate::printer::{Printer, Talk, plural};
use crate::surroundings::{data_directory, missing_data, program, threads};
use crate::sweep_progress::SweepProgress;
use consilience_record::write_atomically;
use consilience_run::{Configuration, DataCache};
use consilience_sweep::slurm::{ArrayJob, Tasks, submit};
use consilience_sweep::{By, Collected, Fate, PlannedRun, Sweep, SweepError, Work, carry_out};
use consilience_train::nearest::nearest;
use std::fs;
use std::path::{Path, PathBuf, absolute};

/// Where the tasks of an array job are told which run is theirs: Slurm, Kubernetes.
const INDEX_VARIABLES: [&str; 2] = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"];

/// A sweep and where it is.
struct Site<'a> {
    args: &'a SweepArgs,
    sweep: Sweep,
    out: PathBuf,
    talk: Talk,
}

/// Does with the sweep what the command line asks.
pub fn sweep(args: &SweepArgs) -> Result<(), Stop> {
    let configuration = Configuration::read(Some(&args.config), &args.set)?;
    let sweep = Sweep::new(&configuration).map_err(Failure::from)?;
    let out = args.out.clone().unwrap_or_else(|| Path::new("sweeps").join(&sweep.name));
    let site = Site { args, sweep, out, talk: Talk::new(args.quiet) };
    match (args.plan, args.index, args.collect, args.launcher) {
        (true, ..) => site.plan(),
        (_, Some(index), ..) => site.one(index),
        (_, _, true, _) => site.collect(),
        (_, _, _, Some(Launcher::Slurm)) => site.launch(),
        _ => site.all(),
    }
}

impl Site<'_> {
    fn runs(&self) -> PathBuf {
        self.out.join("runs")
    }

    fn plan(&self) -> Result<(), Stop> {
        let mut printer = Printer::new();
        for (index, member) in self.sweep.runs.iter().enumerate() {
            let directory = self.runs().join(&member.run.id);
            let name = &member.run.method.name;
            printer.line(&format!("{index}\t{}\t{name}\t{}", directory.display(), member.arguments()))?;
        }
        Ok(())
    }

    fn one(&self, index: Option<usize>) -> Result<(), Stop> {
        let index = index.map_or_else(index_from_environment, Ok)?;
        let count = self.sweep.runs.len();
        let Some(member) = self.sweep.runs.get(index) else {
            let message = format!("there is no run {index}: the sweep has {}", plural(count, "run"));
            return Err(Failure::new(message).hint(format!("runs are counted from 0 to {}", count - 1)).into());
        };
        let fate = self.carry_out(&[&member.run])?.into_iter().next();
        let name = &member.run.method.name;
        let directory = self.runs().join(&member.run.id);
        match fate {
            Some(Fate::Failed(reason)) => Err(Failure::new(format!("run {index} (`{name}`) failed: {reason}")).into()),
            Some(Fate::Interrupted) | None => {
                let message = format!("run {index} (`{name}`) has not ended");
                Err(Stop::Interrupted(Failure::new(message).hint("the same command takes it up again")))
            }
            Some(Fate::Kept) => {
                self.talk.say(&format!("{name}: it had ended already, in {}", directory.display()));
                Ok(())
            }
            Some(Fate::Elsewhere | Fate::Finished | Fate::Diverged) => Ok(()),
        }
    }

    fn all(&self) -> Result<(), Stop> {
        let count = self.sweep.runs.len();
        self.talk.say(&format!("{}: {}, in {}", self.sweep.name, plural(count, "run"), self.runs().display()));
        let runs: Vec<&PlannedRun> = self.sweep.runs.iter().map(|member| &member.run).collect();
        let fates = self.carry_out(&runs)?;
        let of = |fate: &Fate| fates.iter().filter(|known| *known == fate).count();
        let failed: Vec<String> = (runs.iter().zip(&fates))
            .filter_map(|(run, fate)| match fate {
                Fate::Failed(reason) => Some(format!("{}: {reason}", run.method.name)),
                _ => None,
            })
            .collect();
        if of(&Fate::Interrupted) > 0 {
            let done = count - of(&Fate::Interrupted) - failed.len() - of(&Fate::Elsewhere);
            let message = format!("{done} of {} have ended", plural(count, "run"));
            return Err(Stop::Interrupted(Failure::new(message).hint("the same command goes on from here")));
        }
        self.gather()?;
        if failed.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(format!("{} of {} failed", failed.len(), plural(count, "run")));
        Err(failed.into_iter().take(FAILURES).fold(failure, Failure::hint).into())
    }

    fn carry_out(&self, runs: &[&PlannedRun]) -> Result<Vec<Fate>, Stop> {
        let threads = threads(self.args.threads)?;
        let data_dir = data_directory(self.args.data_dir.as_deref());
        let work = Work {
            runs: self.runs(),
            jobs: self.args.jobs.get(),
            threads,
            wait: !self.args.no_wait,
            program: program(threads),
            interrupt: interrupt::heed()?,
        };
        let cache = DataCache::new(&data_dir, work.jobs);
        let progress = SweepProgress::begin(runs.len(), self.talk);
        let fates = carry_out(runs, &work, cache, &progress);
        progress.finish();
        fates.map_err(|error| match error {
            SweepError::Run(error) => missing_data(error, &data_dir, |failure| failure).into(),
            other => Failure::from(other).into(),
        })
    }

    fn collect(&self) -> Result<(), Stop> {
        if !self.runs().is_dir() {
            let failure = Failure::new(format!("there is nothing to collect: {} is not there", self.runs().display()));
            return Err(failure.hint("carry the sweep out first, or say where it is with --out").into());
        }
        self.gather()
    }

    /// Writes and prints what there is.
    fn gather(&self) -> Result<(), Stop> {
        let collected = Collected::read(&self.sweep, &self.runs());
        let missing: Vec<_> = collected.missing().collect();
        let count = self.sweep.runs.len();
        let mut table =
            collected.summary(&format!("{}: {} of {}", self.sweep.name, count - missing.len(), plural(count, "run")));
        if let Some(by) = &self.args.by {
            table = table.note(best(&collected, by)?);
        }
        let written = |name: &str, text: String| write_atomically(&self.out.join(name), text.as_bytes());
        written("results.txt", table.text(WIDEST))?;
        written("results.csv", collected.everything().wide_csv())?;
        let mut printer = Printer::new();
        printer.line(&table.text(printer.width()))?;
        if !missing.is_empty() {
            self.talk.say(&format!("{} of {} have not ended:", missing.len(), plural(count, "run")));
        }
        for (index, run) in missing {
            self.talk.say(&format!("  {index}  {}: {}", run.name, run.state()));
        }
        self.talk.say(&format!("written to {}", self.out.join("results.csv").display()));
        Ok(())
    }

    fn launch(&self) -> Result<(), Stop> {
        let collected = Collected::read(&self.sweep, &self.runs());
        let free: Vec<usize> =
            collected.missing().filter(|(_, run)| run.holder.is_none()).map(|(index, _)| index).collect();
        let held = collected.missing().count() - free.len();
        if held > 0 {
            self.talk.say(&format!("{} in the hands of other workers, and left to them", plural(held, "run")));
        }
        if free.is_empty() {
            self.talk.say("no run is left to be submitted");
            return Ok(());
        }
        let tasks = match self.args.tasks {
            Some(tasks) => Tasks::Workers(tasks.get().min(free.len())),
            None => Tasks::Runs(free),
        };
        let count = match &tasks {
            Tasks::Runs(runs) => runs.len(),
            Tasks::Workers(count) => *count,
        };
        let folder = absolute(self.out.join("slurm")).map_err(|error| unwritable(&self.out, &error))?;
        fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
        let job = ArrayJob {
            name: self.sweep.name.clone(),
            logs: folder.clone(),
            command: self.command(&folder)?,
            tasks,
            threads: self.args.threads.map(std::num::NonZero::get),
            options: self.args.sbatch.clone(),
        };
        let script = folder.join("job.sh");
        job.write(&script).map_err(Failure::from)?;
        let shown = script.display();
        let number = submit(&script).map_err(|error| {
            Failure::from(error).hint(format!("the batch script is {shown}, to be submitted by `sbatch`"))
        })?;
        Printer::new().line(&number)?;
        self.talk.say(&format!(
            "submitted {} as job {number}; logs are in {}",
            plural(count, "task"),
            folder.display()
        ));
        self.talk.say("the same command with --collect instead of --launcher gathers what there is");
        Ok(())
    }

    /// What each task executes. The configuration file is copied, so that editing it changes no job that waits.
    fn command(&self, folder: &Path) -> Result<Vec<String>, Failure> {
        let config = &self.args.config;
        let name = config.file_name().unwrap_or_default();
        let copy = folder.join(name);
        let text = fs::read(config).map_err(|error| unwritable(config, &error))?;
        write_atomically(&copy, &text)?;
        let executable = std::env::current_exe()
            .map_err(|error| Failure::new(format!("cannot tell which program this is: {error}")))?;
        let full = |path: &Path| absolute(path).map_err(|error| unwritable(path, &error));
        let word = |path: &Path| {
            path.to_str().map(str::to_owned).ok_or_else(|| Failure::new(format!("{} is not UTF-8", path.display())))
        };
        let mut command = vec![word(&executable)?, "sweep".to_owned(), word(&copy)?];
        for change in &self.args.set {
            command.extend(["--set".to_owned(), format!("{}={}", change.path.join("."), change.value)]);
        }
        let data_dir = data_directory(self.args.data_dir.as_deref());
        command.extend([
            "--out".to_owned(),
            word(&full(&self.out)?)?,
            "--data-dir".to_owned(),
            word(&full(&data_dir)?)?,
        ]);
        if self.args.tasks.is_some() {
            // A task that has nothing to do is not to keep its processors.
            command.extend(["--jobs".to_owned(), self.args.jobs.to_string(), "--no-wait".to_owned()]);
        }
        Ok(command)
    }
}

/// Of so many runs that failed it is said why.
const FAILURES: usize = 5;

/// Columns of a table in a file.
const WIDEST: usize = 160;

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot use {}: {error}", path.display()))
}

/// What is said of the run with the best value.
fn best(collected: &Collected, by: &By) -> Result<String, Failure> {
    let names = collected.names();
    if !names.contains(&by.name.as_str()) {
        let failure = Failure::new(format!("no run of the sweep came to a `{}`", by.name));
        return Err(match nearest(&by.name, names.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None if names.is_empty() => failure.hint("no run has ended yet"),
            None => failure.hint(format!("they came to {}", names.join(", "))),
        });
    }
    let end = if by.highest { "Highest" } else { "Lowest" };
    Ok(match collected.best(by) {
        Some((index, value)) => format!(
            "{end} {}: {value} in run {index} ({}). One run each: the next may be better by chance.",
            by.name, collected.runs[index].name
        ),
        None => format!("{end} {}: no run has a finite one.", by.name),
    })
}

/// The index of the run that the job array gives to this task.
fn index_from_environment() -> Result<usize, Failure> {
    let set = INDEX_VARIABLES
        .iter()
        .filter_map(|name| Some((name, std::env::var(name).ok().filter(|text| !text.is_empty())?)));
    let set: Vec<_> = set.collect();
    let Some((name, text)) = set.first() else {
        let message =
            format!("--index without a number takes it from {}, and neither is set", INDEX_VARIABLES.join(" or "));
        return Err(Failure::new(message)
            .hint(
                "it is set in the tasks of a Slurm array (sbatch --array) and in the pods of a Kubernetes indexed job",
            )
            .hint("elsewhere, give the number: --index 0"));
    };
    if let Some((other, _)) = set.iter().find(|(_, other)| other != text) {
        return Err(Failure::new(format!("{name} and {other} name different runs")).hint("give the number: --index 0"));
    }
    text.parse().map_err(|_| Failure::new(format!("{name} is `{text}`, which is no index of a run")))
}
