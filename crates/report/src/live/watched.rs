//! What is known of a run that is watched.

use super::history::History;
use super::pace::Pace;
use crate::StepsInTotal;
use consilience_record::{Follower, Metric, Metrics, RecordError, RunDescription, RunReader, Status, Timing};
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Bytes of a file taken in at a time, so that a long one does not hold up the view.
const AT_A_TIME: usize = 8 << 20;
/// A run that has written nothing for so long may have been killed, where its lock does not tell.
const SILENCE: Duration = Duration::from_secs(60);
/// A run that nobody holds the lock of was killed, unless it has written something since: a copy of a run that goes on
/// elsewhere grows without a lock.
const GROWING: Duration = Duration::from_secs(5);

/// A run and what it has written so far.
#[derive(Debug)]
pub struct Watched {
    run: RunReader,
    steps_in_total: StepsInTotal,
    metrics: Follower<Metrics>,
    timings: Follower<Timing>,
    names: HashMap<String, usize>,
    series: Vec<Named>,
    steps: u64,
    epoch: u64,
    pace: Pace,
    now: SystemTime,
    modified: Option<SystemTime>,
    /// Whether a process writes the run, as far as its lock tells.
    written: Option<bool>,
    damaged: u64,
    trouble: Option<String>,
    waiting: u64,
}

/// A series and what it is called.
#[derive(Clone, Debug)]
pub struct Named {
    /// The name in the records.
    pub name: String,
    /// The values.
    pub history: History,
    /// Whether evaluations give it.
    pub evaluated: bool,
}

impl Named {
    /// What it is of, and of which part: `gsnr_mean/0.weight` is `gsnr_mean` of `0.weight`.
    pub fn part(&self) -> Option<(&str, &str)> {
        self.name.split_once('/').filter(|(whole, part)| !whole.is_empty() && !part.is_empty())
    }
}

impl Watched {
    /// Watches `run`. Nothing of its records is read before [`Watched::update`].
    pub fn new(run: RunReader, steps_in_total: StepsInTotal) -> Self {
        Self {
            metrics: run.follow_metrics(),
            timings: run.follow_timings(),
            run,
            steps_in_total,
            names: HashMap::new(),
            series: Vec::new(),
            steps: 0,
            epoch: 0,
            pace: Pace::default(),
            now: SystemTime::UNIX_EPOCH,
            modified: None,
            written: None,
            damaged: 0,
            trouble: None,
            waiting: 0,
        }
    }

    /// Takes in what came up to `now`; whether more is there already. What cannot be read is told by
    /// [`Watched::trouble`], and tried again the next time.
    pub fn update(&mut self, now: SystemTime) -> bool {
        self.update_telling(now, &mut |_, _| ())
    }

    /// As [`Watched::update`], and tells `seen` of each line as soon as it is taken in.
    pub fn update_telling(&mut self, now: SystemTime, seen: &mut dyn FnMut(&Self, &Metrics)) -> bool {
        self.now = now;
        self.trouble = None;
        // The lock before the status, which is the last that a process writes before it gives the lock back; and the status
        // before the rest: when it says that the run has ended, everything else has been written.
        self.written = self.run.is_being_written();
        match RunReader::open(self.run.directory()) {
            Ok(run) => self.run = run,
            Err(error) => self.trouble = Some(error.to_string()),
        }
        let more = match self.read(seen) {
            Ok(more) => more,
            Err(error) => {
                self.trouble = Some(error.to_string());
                false
            }
        };
        self.pace.see(now, self.steps);
        more
    }

    fn read(&mut self, seen: &mut dyn FnMut(&Self, &Metrics)) -> Result<bool, RecordError> {
        let news = self.metrics.poll(AT_A_TIME)?;
        if news.restarted {
            (self.steps, self.epoch, self.damaged) = (0, 0, 0);
            self.series.clear();
            self.names.clear();
            self.pace.clear();
        }
        self.modified = news.modified.or(self.modified);
        self.damaged += news.malformed.len() as u64;
        self.waiting = news.waiting;
        for line in &news.records {
            self.take(line);
            seen(self, line);
        }
        let timings = self.timings.poll(AT_A_TIME)?;
        for timing in timings.records.iter().filter(|timing| timing.kind == "step") {
            self.pace.time(timing.seconds);
        }
        Ok(news.more || timings.more)
    }

    fn take(&mut self, line: &Metrics) {
        // A step's line has the number of updates before it; the others', that of those made.
        let made = if line.kind == "step" { line.step.saturating_add(1) } else { line.step };
        self.steps = self.steps.max(made);
        self.epoch = self.epoch.max(line.epoch);
        let evaluated = line.kind == "evaluation";
        for (name, value) in &line.values {
            self.gather(name, value, line.step, evaluated);
        }
    }

    fn gather(&mut self, name: &str, value: &Metric, step: u64, evaluated: bool) {
        match value {
            Metric::Table(values) => {
                for (key, value) in values {
                    self.gather(&format!("{name}/{key}"), value, step, evaluated);
                }
            }
            value => {
                let Some(value) = value.number() else { return };
                let place = if let Some(&place) = self.names.get(name) {
                    place
                } else {
                    self.names.insert(name.to_owned(), self.series.len());
                    self.series.push(Named { name: name.to_owned(), history: History::default(), evaluated });
                    self.series.len() - 1
                };
                self.series[place].history.push(step, value);
            }
        }
    }

    /// The run's directory.
    pub fn directory(&self) -> &Path {
        self.run.directory()
    }

    /// What its `run.toml` says.
    pub fn description(&self) -> &RunDescription {
        self.run.description()
    }

    /// Updates made so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Updates that the run will make, as far as its settings tell.
    pub fn steps_in_total(&self) -> Option<u64> {
        (self.steps_in_total)(self.description()).filter(|total| *total > 0)
    }

    /// Epochs completed.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The share of the steps that are made, 0 to 1.
    pub fn share(&self) -> Option<f64> {
        self.steps_in_total().map(|total| (self.steps as f64 / total as f64).min(1.0))
    }

    /// How long the run has taken since it was begun or gone on with, or took in all.
    pub fn seconds(&self) -> Option<f64> {
        let description = self.description();
        if description.status != Status::Running {
            return description.seconds;
        }
        // A run on another machine may have another clock.
        let began = description.resumed.last().map_or(&description.started, |resumed| &resumed.at);
        let began = began.time()?;
        let until = if self.is_silent() || self.is_killed() { self.modified.unwrap_or(self.now) } else { self.now };
        Some(until.duration_since(began).ok()?.as_secs_f64())
    }

    /// How long the run will still take; none when it does not go on, or nothing tells.
    pub fn seconds_left(&self) -> Option<f64> {
        if self.has_ended() || self.is_silent() {
            return None;
        }
        self.pace.seconds_for(self.steps_in_total()?.saturating_sub(self.steps))
    }

    /// The median seconds of the last steps.
    pub fn seconds_per_step(&self) -> Option<f64> {
        self.pace.seconds_per_step()
    }

    /// How long nothing was written, when that is long enough to say so of a run that goes on.
    pub fn silence(&self) -> Option<Duration> {
        let since = self.unchanged()?;
        let slow = Duration::try_from_secs_f64(20.0 * self.pace.seconds_per_step().unwrap_or(0.0)).unwrap_or(SILENCE);
        (!self.has_ended() && since > SILENCE.max(slow)).then_some(since)
    }

    fn is_silent(&self) -> bool {
        self.silence().is_some()
    }

    /// How long nothing was written.
    fn unchanged(&self) -> Option<Duration> {
        self.now.duration_since(self.modified?).ok()
    }

    /// Whether the run was begun and not ended, and no process writes it any more.
    pub fn is_killed(&self) -> bool {
        let quiet = self.modified.is_none() || self.unchanged().is_some_and(|since| since > GROWING);
        self.description().status == Status::Running && self.written == Some(false) && quiet
    }

    /// Whether the process that writes the run is known to be alive.
    pub fn is_alive(&self) -> bool {
        self.written == Some(true)
    }

    /// Whether the run has ended.
    pub fn has_ended(&self) -> bool {
        self.description().status != Status::Running || self.is_killed()
    }

    /// Every series, in the order in which they first appeared.
    pub fn series(&self) -> &[Named] {
        &self.series
    }

    /// The series called `name`.
    pub fn named(&self, name: &str) -> Option<&Named> {
        self.names.get(name).map(|&place| &self.series[place])
    }

    /// The names of which there are values for parts, such as one per layer.
    pub fn wholes(&self) -> Vec<&str> {
        let mut wholes: Vec<&str> = Vec::new();
        for (whole, _) in self.series.iter().filter_map(Named::part) {
            if !wholes.contains(&whole) {
                wholes.push(whole);
            }
        }
        wholes
    }

    /// The last values of the parts of `whole`.
    pub fn parts<'a>(&'a self, whole: &'a str) -> impl Iterator<Item = (&'a str, f64)> + 'a {
        let part = move |named: &'a Named| {
            let (of, part) = named.part()?;
            (of == whole).then_some((part, named.history.last()?.1))
        };
        self.series.iter().filter_map(part)
    }

    /// Lines of the metrics that are no records.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Why the run cannot be read at the moment.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Bytes written by the run that have not been taken in.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }
}
