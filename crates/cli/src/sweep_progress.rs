//! How far many runs are, on standard error: bars on a terminal, a line per run elsewhere.

use crate::printer::Talk;
use consilience_sweep::{Fate, PlannedRun, Watch};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The progress of all runs.
#[derive(Debug)]
pub struct SweepProgress {
    talk: Talk,
    bars: Option<MultiProgress>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    total: usize,
    kept: usize,
    done: usize,
    started: Option<Instant>,
    /// Steps made and to be made of the runs in hand, with their bars.
    in_hand: HashMap<usize, (u64, u64, Option<ProgressBar>)>,
    overall: Option<ProgressBar>,
}

/// Parts that a run counts for on the bar of all runs.
const PARTS: u64 = 1000;

impl SweepProgress {
    /// Of `total` runs.
    pub fn begin(total: usize, talk: Talk) -> Self {
        let bars = (!talk.is_quiet() && stderr().is_terminal()).then(MultiProgress::new);
        let overall = bars
            .as_ref()
            .map(|bars| bars.add(ProgressBar::new(total as u64 * PARTS).with_style(style("[{bar:32}] {msg}"))));
        let state = State { total, kept: 0, done: 0, started: None, in_hand: HashMap::new(), overall };
        Self { talk, bars, state: Mutex::new(state) }
    }

    /// Leaves the last state standing.
    pub fn finish(&self) {
        if let Some(bar) = &self.state().overall {
            bar.abandon();
        }
    }

    /// Says `text` above the bars.
    fn say(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| self.talk.say(text)),
            None => self.talk.say(text),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counts are whole at every moment, so what a panicking thread left behind can be shown.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Runs done, parts of those in hand included, kept ones not.
    fn amount(&self) -> f64 {
        let share = |&(made, all, _): &(u64, u64, _)| if all == 0 { 0.0 } else { made as f64 / all as f64 };
        self.done as f64 + self.in_hand.values().map(share).sum::<f64>()
    }

    fn left(&self) -> Option<Duration> {
        let (amount, elapsed) = (self.amount(), self.started?.elapsed());
        let all = (self.total - self.kept) as f64;
        // an estimate from less than this is none
        if amount < 0.02 {
            return None;
        }
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * (all - amount).max(0.0) / amount).ok()
    }

    fn summary(&self) -> String {
        let left = self.left().map_or_else(String::new, |left| format!(", about {} left", rough(left)));
        format!("{} of {} runs{left}", self.done + self.kept, self.total)
    }

    fn show(&self) {
        if let Some(bar) = &self.overall {
            bar.set_position(((self.kept as f64 + self.amount()) * PARTS as f64) as u64);
            bar.set_message(self.summary());
        }
    }
}

impl Watch for SweepProgress {
    fn begin(&self, index: usize, run: &PlannedRun, steps: u64) {
        let mut state = self.state();
        state.started.get_or_insert_with(Instant::now);
        let bar = self.bars.as_ref().map(|bars| {
            let bar = ProgressBar::new(steps).with_style(style("  [{bar:20}] {pos}/{len} steps  {prefix}"));
            bars.add(bar.with_prefix(run.method.name.clone()))
        });
        state.in_hand.insert(index, (0, steps, bar));
    }

    fn step(&self, index: usize, steps: u64) {
        let mut state = self.state();
        if let Some((made, _, bar)) = state.in_hand.get_mut(&index) {
            *made = steps;
            if let Some(bar) = bar {
                bar.set_position(steps);
            }
        }
        state.show();
    }

    fn held(&self, _: usize, run: &PlannedRun, process: Option<&str>) {
        let who = process.map_or_else(|| "another worker".to_owned(), |process| format!("process {process}"));
        self.say(&format!("{}: in the hands of {who}", run.method.name));
    }

    fn end(&self, index: usize, run: &PlannedRun, fate: &Fate) {
        let mut state = self.state();
        if let Some((_, _, Some(bar))) = state.in_hand.remove(&index) {
            bar.finish_and_clear();
        }
        let word = match fate {
            Fate::Kept => {
                state.kept += 1;
                state.show();
                return;
            }
            Fate::Elsewhere => return,
            Fate::Interrupted => "interrupted".to_owned(),
            Fate::Finished => "finished".to_owned(),
            Fate::Diverged => "stopped early, its numbers were no longer finite".to_owned(),
            Fate::Failed(reason) => format!("failed: {reason}"),
        };
        if *fate != Fate::Interrupted {
            state.done += 1;
        }
        state.show();
        if state.overall.is_none() {
            self.talk.say(&format!("{}: {word}; {}", run.method.name, state.summary()));
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // No colours anywhere, so NO_COLOR is honoured. The templates are fixed; the fallback is never seen.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

/// A duration as a person says it.
pub fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        _ if seconds < 90.0 => format!("{} s", seconds.round()),
        _ if seconds < 5400.0 => format!("{} min", (seconds / 60.0).round()),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_to_what_matters() {
        for (seconds, expected) in
            [(0.4, "0 s"), (89.0, "89 s"), (100.0, "2 min"), (5300.0, "88 min"), (9000.0, "2.5 h")]
        {
            assert_eq!(rough(Duration::from_secs_f64(seconds)), expected);
        }
    }
}
