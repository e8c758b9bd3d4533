//! A run as lines of text, for pipes and logs.

use super::watched::{Named, Watched};
use crate::numbers::{count, counted, duration, number, percent};
use crate::visible;
use consilience_record::Status;
use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime};

/// Numbers that a line has at most: those of the last evaluation, then of everything else. It says how many more there are.
const VALUES: usize = 24;

/// Without an evaluation, a line says so often how the run stands.
const UNEVALUATED: Duration = Duration::from_secs(30);

/// Writes a run as lines until it ends: one that says what it is, one for each evaluation, one now and then where there is
/// none for long, and one that says how it ended. `note` is told what is no line of the run; `pause` waits a little, and
/// says whether to go on.
///
/// # Errors
/// Those of writing.
pub fn follow(
    watched: &mut Watched,
    out: &mut dyn Write,
    note: &mut dyn FnMut(&str),
    pause: &mut dyn FnMut() -> bool,
) -> io::Result<()> {
    let (mut begun, mut silent) = (false, false);
    let (mut last_line, mut last_steps) = (Instant::now(), 0);
    loop {
        let mut evaluations: Vec<String> = Vec::new();
        while watched.update_telling(SystemTime::now(), &mut |watched, line| {
            if line.kind == "evaluation" {
                evaluations.push(standing(watched));
            }
        }) {}
        if !begun {
            begun = true;
            writeln!(out, "{}", headline(watched))?;
        }
        for line in &evaluations {
            writeln!(out, "{line}")?;
        }
        if watched.has_ended() {
            writeln!(out, "{}", ending(watched))?;
            return out.flush();
        }
        if !evaluations.is_empty() {
            (last_line, last_steps) = (Instant::now(), watched.steps());
        } else if last_line.elapsed() >= UNEVALUATED && watched.steps() > last_steps {
            (last_line, last_steps) = (Instant::now(), watched.steps());
            writeln!(out, "{}", standing(watched))?;
        }
        out.flush()?;
        if let Some(since) = watched.silence().filter(|_| !silent) {
            note(&format!("{}; Ctrl-C ends the watching", silent_for(watched, since)));
        }
        silent = watched.silence().is_some();
        if !pause() {
            return Ok(());
        }
    }
}

/// What to say of a run that has written nothing for so long.
pub(super) fn silent_for(watched: &Watched, since: Duration) -> String {
    let since = duration(since.as_secs_f64());
    let reason = if watched.is_alive() { "its process goes on" } else { "it may have been killed" };
    format!("nothing new for {since}: {reason}")
}

/// What to do about a run that was killed.
pub(super) const GO_ON: &str = "go on with it by the command that made it, with --resume and --out";

fn headline(watched: &Watched) -> String {
    let steps = watched.steps_in_total().map_or_else(String::new, |steps| format!(", {}", counted(steps, "step")));
    let directory = watched.directory().display().to_string();
    format!("{} in {}: {}{steps}", title(watched), visible(&directory), status(watched))
}

/// What the run is called.
pub(super) fn title(watched: &Watched) -> String {
    let method = &watched.description().method;
    let fallback = || watched.directory().file_name().unwrap_or_default().to_string_lossy().into_owned();
    visible(&if method.is_empty() { fallback() } else { method.clone() }).into_owned()
}

/// How the run stands in a word.
pub(super) fn status(watched: &Watched) -> &'static str {
    match watched.description().status {
        Status::Running if watched.is_killed() => "killed",
        Status::Running if watched.silence().is_some() => "silent",
        Status::Running => "running",
        Status::Finished => "finished",
        Status::Failed => "failed",
        Status::Interrupted => "interrupted",
    }
}

/// A number as its name says it is read: shares that are accuracies in per cent.
pub(super) fn value(name: &str, value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_owned(),
        value if name.contains("accuracy") && (0.0..=1.0).contains(&value) => percent(value),
        value => number(value),
    }
}

/// `step 200 of 2000, 10.0 %, epoch 5  train_loss 1.72 ...  about 4 s left`
fn standing(watched: &Watched) -> String {
    let mut line = match watched.steps_in_total() {
        Some(total) => {
            let share = percent(watched.share().unwrap_or_default());
            format!("step {} of {}, {share}, epoch {}", count(watched.steps()), count(total), watched.epoch())
        }
        None => format!("step {}, epoch {}", count(watched.steps()), watched.epoch()),
    };
    let whole = |named: &&Named| named.part().is_none();
    let evaluated = watched.series().iter().filter(|named| named.evaluated).filter(whole);
    let measured = watched.series().iter().filter(|named| !named.evaluated).filter(whole);
    let defined = |named: &Named| {
        let (_, last) = named.history.last()?;
        last.is_finite().then(|| format!("  {} {}", visible(&named.name), value(&named.name, last)))
    };
    let values: Vec<String> = evaluated.chain(measured).filter_map(defined).collect();
    line.extend(values.iter().take(VALUES).map(String::as_str));
    if values.len() > VALUES {
        line.extend([format!("  and {} more", values.len() - VALUES)]);
    }
    line.extend(watched.seconds_left().map(|left| format!("  about {} left", duration(left))));
    line
}

fn ending(watched: &Watched) -> String {
    let mut line = format!("{} after {}", status(watched), counted(watched.steps(), "step"));
    line.extend(watched.seconds().map(|seconds| format!(", {}", duration(seconds))));
    line.extend(watched.description().error.as_ref().map(|error| format!(": {}", visible(error))));
    if watched.is_killed() {
        line.extend([format!("; {GO_ON}")]);
    }
    if watched.damaged() > 0 {
        line.extend([format!("; passed over: {}", counted(watched.damaged(), "damaged line"))]);
    }
    line
}
