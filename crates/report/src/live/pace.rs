//! How fast a run goes on, and how long it will take.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

/// What was seen in the last minute says how fast the run is now.
const WINDOW: Duration = Duration::from_secs(60);
/// Less than this is too short to tell.
const ENOUGH: Duration = Duration::from_secs(3);
/// Steps of which the median is the time per step.
const TIMED: usize = 1000;

/// The pace of a run.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    seen: VecDeque<(SystemTime, u64)>,
    timed: VecDeque<f64>,
}

impl Pace {
    /// At `now`, so many steps were made.
    pub fn see(&mut self, now: SystemTime, steps: u64) {
        let last = self.seen.back();
        if last.is_some_and(|&(then, made)| now < then || steps < made) {
            // The clock was set back, or the run begun again.
            self.seen.clear();
        }
        self.seen.push_back((now, steps));
        let too_old = |&(then, _): &(SystemTime, u64)| now.duration_since(then).is_ok_and(|past| past > WINDOW);
        while self.seen.len() > 2 && self.seen.get(1).is_some_and(too_old) {
            self.seen.pop_front();
        }
    }

    /// A step took so long by the run's own account.
    pub fn time(&mut self, seconds: f64) {
        if seconds.is_finite() {
            self.timed.push_back(seconds);
        }
        if self.timed.len() > TIMED {
            self.timed.pop_front();
        }
    }

    /// Forgets everything: the run began again.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The median seconds of a step, without what is measured and evaluated beside it.
    pub fn seconds_per_step(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.timed.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    /// The seconds that `steps` more steps will take: as fast as seen lately, with everything beside them; before enough was
    /// seen, by the time of a step alone.
    pub fn seconds_for(&self, steps: u64) -> Option<f64> {
        let seen = self.seen.front().zip(self.seen.back()).and_then(|(first, last)| {
            let took = last.0.duration_since(first.0).ok().filter(|took| *took >= ENOUGH)?;
            let made = last.1.checked_sub(first.1).filter(|made| *made > 0)?;
            Some(took.as_secs_f64() / made as f64)
        });
        Some(seen.or_else(|| self.seconds_per_step())? * steps as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn what_is_seen_goes_before_what_is_told() {
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut pace = Pace::default();
        assert_eq!(pace.seconds_for(10), None);
        for seconds in [0.5, 0.25, 9.0] {
            pace.time(seconds);
        }
        assert_eq!((pace.seconds_per_step(), pace.seconds_for(10)), (Some(0.5), Some(5.0)));
        pace.see(at(100), 1000);
        pace.see(at(102), 1004);
        assert_eq!(pace.seconds_for(10), Some(5.0), "two seconds are too short");
        pace.see(at(104), 1008);
        assert_eq!(pace.seconds_for(10), Some(5.0));
        pace.see(at(110), 1040);
        assert_eq!(pace.seconds_for(10), Some(2.5), "40 steps in 10 seconds");
        // An hour later only the last minute counts.
        for minute in 1..=60 {
            pace.see(at(110 + 60 * minute), 1040 + minute);
        }
        assert!(pace.seen.len() <= 3 && pace.seconds_for(1) == Some(60.0), "{pace:?}");
        pace.see(at(10), 5);
        assert_eq!(pace.seconds_for(10), Some(5.0), "a clock that was set back");
    }
}
