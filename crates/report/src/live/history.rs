//! The course of one number, in bounded memory.

/// Points kept of a series: more than any terminal has columns of dots.
const CAPACITY: usize = 4096;

/// The values of one name over the steps. When there are more than fit, neighbours are averaged: first two, then four, and
/// so on, so that the whole course remains.
#[derive(Clone, Debug, Default)]
pub struct History {
    points: Vec<(f64, f64)>,
    /// How many values each point averages, but for the last, which may average fewer.
    stride: usize,
    in_last: usize,
    last: Option<(u64, f64)>,
    count: u64,
}

impl History {
    /// Takes in the value at a step; one that is not finite only becomes the last one.
    pub fn push(&mut self, step: u64, value: f64) {
        self.last = Some((step, value));
        if !value.is_finite() {
            return;
        }
        self.count += 1;
        let stride = self.stride.max(1);
        if let Some(point) = self.points.last_mut().filter(|_| self.in_last < stride) {
            self.in_last += 1;
            let share = 1.0 / self.in_last as f64;
            point.0 += (step as f64 - point.0) * share;
            point.1 += (value - point.1) * share;
        } else {
            if self.points.len() == CAPACITY {
                self.halve();
            }
            self.points.push((step as f64, value));
            self.in_last = 1;
        }
    }

    fn halve(&mut self) {
        let mean = |pair: &[(f64, f64)]| {
            let share = 1.0 / pair.len() as f64;
            (pair.iter().map(|point| point.0 * share).sum(), pair.iter().map(|point| point.1 * share).sum())
        };
        self.points = self.points.chunks(2).map(mean).collect();
        self.stride = 2 * self.stride.max(1);
    }

    /// Step and value of the course, averaged where there were too many.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// The last value, which may be undefined (not a number), and its step.
    pub fn last(&self) -> Option<(u64, f64)> {
        self.last
    }

    /// How many values were defined.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Where the numbers are going: the later half of the last third of the course against the earlier half.
    pub fn trend(&self) -> Trend {
        let recent = self.points.len().div_ceil(3).max(8);
        let recent = &self.points[self.points.len().saturating_sub(recent)..];
        let (earlier, later) = recent.split_at(recent.len() / 2);
        let (Some((before, noise_before)), Some((after, noise_after))) =
            (mean_and_error(earlier), mean_and_error(later))
        else {
            return Trend::Unknown;
        };
        let noise = noise_before.hypot(noise_after);
        // Two standard errors: what is less may be chance.
        match after - before {
            change if change > 2.0 * noise && change > 0.0 => Trend::Rising,
            change if change < -2.0 * noise && change < 0.0 => Trend::Falling,
            _ => Trend::Steady,
        }
    }
}

/// Mean and standard error; none of fewer than two points.
fn mean_and_error(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < 2 {
        return None;
    }
    let count = points.len() as f64;
    let mean = points.iter().map(|point| point.1 / count).sum::<f64>();
    let squares = points.iter().map(|point| (point.1 - mean) * (point.1 - mean)).sum::<f64>();
    Some((mean, (squares / (count - 1.0) / count).sqrt()))
}

/// Where a series is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Up, by more than the noise.
    Rising,
    /// Down, by more than the noise.
    Falling,
    /// Neither.
    Steady,
    /// Too few values to tell.
    Unknown,
}

impl Trend {
    /// An arrow of one column.
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Rising => "↗",
            Self::Falling => "↘",
            Self::Steady => "→",
            Self::Unknown => " ",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_course_is_thinned_and_keeps_its_mean() {
        let mut history = History::default();
        let steps = 100_000_u64;
        for step in 0..steps {
            history.push(step, step as f64);
        }
        // 4096 * 32 = 131,072 is the first that holds them.
        assert_eq!((history.stride, history.points.len()), (32, 3125));
        assert_eq!(history.points[0], (15.5, 15.5), "the mean of 0 to 31");
        assert!(history.points.iter().all(|(step, value)| (step - value).abs() < 1e-9));
        assert_eq!((history.last(), history.count()), (Some((99_999, 99_999.0)), steps));
    }

    #[test]
    fn undefined_values_are_gaps() {
        let mut history = History::default();
        history.push(0, 1.0);
        history.push(1, f64::NAN);
        assert_eq!(history.points(), [(0.0, 1.0)]);
        assert!(history.last().unwrap().1.is_nan());
    }

    #[test]
    fn trends_exceed_the_noise() {
        let trend = |of: &dyn Fn(f64) -> f64, count: u32| {
            let mut history = History::default();
            (0..count).for_each(|step| history.push(u64::from(step), of(f64::from(step))));
            history.trend()
        };
        assert_eq!(trend(&|x| x, 100), Trend::Rising);
        assert_eq!(trend(&|x| -x, 100), Trend::Falling);
        assert_eq!(trend(&|_| 1.0, 100), Trend::Steady);
        assert_eq!(trend(&|x| (7.0 * x).sin() + 0.001 * x, 60), Trend::Steady, "a slope hidden in noise");
        assert_eq!(trend(&|x| x, 3), Trend::Unknown);
    }
}
