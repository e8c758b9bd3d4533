use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::arguments::RunArguments;
use crate::cases::{self, Case};
use crate::line::{self, Line};
use crate::machine;
use crate::measure::{Protocol, measure};
use crate::problem::Size;

/// Cores of other processes beyond which a case counts as disturbed.
const DISTURBED: f64 = 0.1;

/// What a child writes before its line.
const RESULT: &str = "RESULT ";

/// Prints the workload and variant of every case that was asked for.
pub fn list(arguments: &RunArguments, out: &mut dyn Write) -> Result<()> {
    for case in selected(arguments)? {
        writeln!(out, "{} {}", case.workload, case.variant)?;
    }
    Ok(())
}

/// Runs every case that was asked for in a process of its own and prints one line per case.
pub fn parent(arguments: &RunArguments, out: &mut dyn Write) -> Result<()> {
    let cases = selected(arguments)?;
    let done = match &arguments.out {
        Some(file) if arguments.resume && file.exists() => line::read(std::slice::from_ref(file))?,
        _ => Vec::new(),
    };
    for case in cases {
        if done.iter().any(|line| line.is(case.workload, case.variant)) {
            continue;
        }
        let json = serde_json::to_string(&least_disturbed(&case, arguments)?)?;
        writeln!(out, "{json}")?;
        out.flush()?;
        if let Some(file) = &arguments.out {
            append(file, &json)?;
        }
    }
    Ok(())
}

/// Runs the one case that was asked for in this process.
pub fn child(arguments: &RunArguments, out: &mut dyn Write) -> Result<()> {
    let cases = selected(arguments)?;
    let [case] = cases.as_slice() else { bail!("a child runs one case, got {}", cases.len()) };
    let line = match time(case, arguments) {
        Ok(line) => line,
        // a case that fails is a result, too
        Err(error) => Line::failed(case.workload, case.variant, format!("{error:#}")),
    };
    let line = Line {
        threads: Some(arguments.threads.into()),
        versions: versions(),
        machine: Some(machine::describe()),
        command: Some(command_line(case, arguments)),
        ..line
    };
    writeln!(out, "{RESULT}{}", serde_json::to_string(&line)?)?;
    Ok(())
}

fn selected(arguments: &RunArguments) -> Result<Vec<Case>> {
    let cases = cases::matching(&arguments.workload, &arguments.variant);
    if cases.is_empty() {
        bail!("no case {} {}; --list prints them all", arguments.workload, arguments.variant);
    }
    Ok(cases)
}

/// Runs a case, again when it was disturbed.
fn least_disturbed(case: &Case, arguments: &RunArguments) -> Result<Line> {
    let mut best: Option<Line> = None;
    for _ in 0..arguments.attempts {
        let line = spawn(case, arguments)?;
        let (failed, foreign) = disturbance(&line);
        let done = failed || foreign < DISTURBED;
        if best.as_ref().is_none_or(|best| disturbance(&line) < disturbance(best)) {
            best = Some(line);
        }
        if done {
            break;
        }
    }
    best.context("there is at least one attempt")
}

/// What is worse is larger: whether the case failed, then the cores that other processes kept busy.
fn disturbance(line: &Line) -> (bool, f64) {
    (line.error.is_some(), line.foreign_cpu.unwrap_or(0.0))
}

fn spawn(case: &Case, arguments: &RunArguments) -> Result<Line> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let output = Command::new(program)
        .args(command_arguments(case, arguments))
        .arg("--child")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .context("cannot start this program again")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if let Some(json) = text.lines().find_map(|line| line.strip_prefix(RESULT)) {
        return serde_json::from_str(json).context("the child wrote no result");
    }
    let talk = String::from_utf8_lossy(&output.stderr);
    let error = format!("{}: {}", output.status, talk.lines().last().unwrap_or_default());
    Ok(Line::failed(case.workload, case.variant, error))
}

fn time(case: &Case, arguments: &RunArguments) -> Result<Line> {
    wait_for_quiet(arguments.quiet_wait);
    let protocol = Protocol { repeats: arguments.repeats, budget: arguments.budget, slow: arguments.slow };
    let threads = usize::from(arguments.threads);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    // inside the pool, so that the number of threads is that of the pool, this one included
    let measured = pool.install(|| {
        let mut step = (case.build)(arguments.size)?;
        measure(&mut step, protocol)
    })?;
    let megabytes = |size: Option<f64>| size.map(|size| size.round() as u64);
    Ok(Line {
        ms_median: Some(rounded(measured.ms_median, 4)),
        ms_min: Some(rounded(measured.ms_min, 4)),
        ms_max: Some(rounded(measured.ms_max, 4)),
        repeats: Some(measured.repeats),
        first_call_ms: Some(rounded(measured.first_call_ms, 1)),
        base_rss_mb: megabytes(measured.base_rss_mb),
        peak_rss_mb: megabytes(measured.peak_rss_mb),
        foreign_cpu: measured.foreign_cpu.map(|cores| rounded(cores, 3)),
        note: if arguments.size == Size::Small { "tiny network".to_owned() } else { String::new() },
        result_mb: Some(rounded(measured.result_mb, 3)),
        ..Line::new(case.workload, case.variant)
    })
}

/// Waits until other processes keep less than a seventh of a core busy, but not for ever.
fn wait_for_quiet(most_seconds: f64) {
    let started = Instant::now();
    while started.elapsed().as_secs_f64() < most_seconds {
        let before = machine::foreign_cpu_seconds();
        sleep(Duration::from_millis(500));
        let busy = before.zip(machine::foreign_cpu_seconds()).map(|(before, after)| (after - before) / 0.5);
        if busy.is_none_or(|cores| cores <= 0.15) {
            return;
        }
    }
}

fn rounded(x: f64, digits: i32) -> f64 {
    let unit = 10_f64.powi(digits);
    (x * unit).round() / unit
}

/// The arguments that time one case as `arguments` time all.
fn command_arguments(case: &Case, arguments: &RunArguments) -> Vec<String> {
    let mut list: Vec<String> = ["--workload", case.workload, "--variant", case.variant].map(str::to_owned).to_vec();
    let mut add = |name: &str, value: String| list.extend([name.to_owned(), value]);
    add("--threads", arguments.threads.to_string());
    if let Some(repeats) = arguments.repeats {
        add("--repeats", repeats.to_string());
    }
    add("--budget", arguments.budget.to_string());
    add("--slow", arguments.slow.to_string());
    if arguments.quiet_wait > 0.0 {
        add("--quiet-wait", arguments.quiet_wait.to_string());
    }
    if arguments.size == Size::Small {
        add("--size", "small".to_owned());
    }
    list
}

fn command_line(case: &Case, arguments: &RunArguments) -> String {
    format!("consilience-bench {}", command_arguments(case, arguments).join(" "))
}

fn versions() -> std::collections::BTreeMap<String, Option<String>> {
    let known = [
        ("consilience", env!("CARGO_PKG_VERSION")),
        ("gemm", env!("CONSILIENCE_BENCH_GEMM")),
        ("revision", env!("CONSILIENCE_BENCH_REVISION")),
        ("rustc", env!("CONSILIENCE_BENCH_RUSTC")),
    ];
    known.map(|(name, version)| (name.to_owned(), Some(version.to_owned()))).into()
}

fn append(file: &Path, json: &str) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(file)?;
        // in one piece, so that a line is never half there
        file.write_all(format!("{json}\n").as_bytes())
    };
    write().with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_takes_the_place_of_no_measurement() {
        let measured = |foreign| Line { foreign_cpu: Some(foreign), ..Line::new("W1", "plain_step") };
        let failed = Line::failed("W1", "plain_step", "killed".to_owned());
        assert!(disturbance(&measured(0.5)) < disturbance(&failed));
        assert!(disturbance(&measured(0.2)) < disturbance(&measured(0.5)));
    }
}
