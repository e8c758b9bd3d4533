use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::problem::Size;

/// Times the workloads W1 to W10 and reports where the targets stand.
///
/// Every case runs in a process of its own, so that its peak memory is its own. One JSON line per case on standard output.
#[derive(Debug, Parser)]
#[command(name = "consilience-bench", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: RunArguments,
}

/// What to do instead of timing.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a page of Markdown from result files: machine, versions, commands, targets, one table per workload.
    Report(ReportArguments),
    /// Print where each target stands, from result files.
    Stand(StandArguments),
}

/// Which cases to time, and how long.
#[derive(Args, Clone, Debug)]
pub struct RunArguments {
    /// A workload, or a pattern with `*`.
    #[arg(long, default_value = "*")]
    pub workload: String,
    /// A variant, or a pattern with `*`.
    #[arg(long, default_value = "*")]
    pub variant: String,
    /// Threads.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: u16,
    /// Timed calls per case; by default as many as the budget allows, from 10 to 100 (fewer for calls of seconds).
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeats: Option<u32>,
    /// Seconds of timed calls per case.
    #[arg(long, default_value_t = 4.0)]
    pub budget: f64,
    /// Calls slower than this many seconds are repeated 5 times, beyond three times this 3 times, beyond ten times this twice.
    #[arg(long, default_value_t = 1.0)]
    pub slow: f64,
    /// Wait up to this many seconds for other processes to stop.
    #[arg(long, default_value_t = 0.0)]
    pub quiet_wait: f64,
    /// Repeat a case that other processes disturbed, up to this many times in all; the least disturbed counts.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub attempts: u32,
    /// Networks of the benchmark, or tiny ones that only show that a case works.
    #[arg(long, value_enum, default_value_t = Size::Bench)]
    pub size: Size,
    /// Append the JSON lines to this file, too.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Leave out cases that the file of `--out` already holds.
    #[arg(long, requires = "out")]
    pub resume: bool,
    /// Print the workloads and variants and stop.
    #[arg(long)]
    pub list: bool,
    #[arg(long, hide = true)]
    pub child: bool,
}

/// Where the results are and where the page goes.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// Our results, one JSON line per case; of several lines for one case the last counts.
    #[arg(long, required = true, num_args = 1..)]
    pub ours: Vec<PathBuf>,
    /// The results of other packages, in the same form. Lines of the other kind are passed over, so one file can serve both.
    #[arg(long, num_args = 1..)]
    pub peers: Vec<PathBuf>,
    /// The page; standard output when absent.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Where the results are.
#[derive(Args, Debug)]
pub struct StandArguments {
    /// Results, ours and those of other packages.
    #[arg(required = true)]
    pub results: Vec<PathBuf>,
}
