//! What the seconds of a run went to.

/// Seconds by purpose. A step with due quantities shares one backward pass with them, so only the steps without show what
/// training costs alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopwatch {
    plain_steps: u64,
    plain: f64,
    due_steps: u64,
    due: f64,
    reading: f64,
    /// Seconds of evaluations.
    pub evaluation: f64,
}

impl Stopwatch {
    /// The name and length of [`Stopwatch::memory`].
    pub const MEMORY: (&'static str, usize) = ("seconds", 6);

    /// What it has counted so far.
    pub fn memory(&self) -> Vec<f64> {
        let Self { plain_steps, plain, due_steps, due, reading, evaluation } = *self;
        vec![plain_steps as f64, plain, due_steps as f64, due, reading, evaluation]
    }

    /// Goes on from what [`Stopwatch::memory`] gave.
    pub fn restore(&mut self, memory: &[f64]) {
        let &[plain_steps, plain, due_steps, due, reading, evaluation] = memory else { return };
        let (plain_steps, due_steps) = (plain_steps as u64, due_steps as u64);
        *self = Self { plain_steps, plain, due_steps, due, reading, evaluation };
    }

    /// Counts a step of `seconds`, and the seconds that reading its due quantities took beside it.
    pub fn step(&mut self, due: bool, seconds: f64, reading: f64) {
        if due {
            self.due_steps += 1;
            self.due += seconds;
        } else {
            self.plain_steps += 1;
            self.plain += seconds;
        }
        self.reading += reading;
    }

    /// Counts seconds of monitoring beside steps.
    pub const fn monitor(&mut self, seconds: f64) {
        self.reading += seconds;
    }

    /// Mean seconds of a step without due quantities.
    pub fn per_plain_step(&self) -> Option<f64> {
        (self.plain_steps > 0).then(|| self.plain / self.plain_steps as f64)
    }

    /// Seconds of all steps, those with due quantities counted as long as the mean step without (in full, when there is
    /// none).
    pub fn training(&self) -> f64 {
        let due = self.per_plain_step().map_or(self.due, |mean| (mean * self.due_steps as f64).min(self.due));
        self.plain + due
    }

    /// Seconds of all steps beyond [`Stopwatch::training`], and of reading quantities.
    pub fn monitoring(&self) -> f64 {
        self.plain + self.due + self.reading - self.training()
    }
}

#[cfg(test)]
mod tests {
    use super::Stopwatch;

    #[test]
    fn due_steps_count_as_plain_ones() {
        let mut watch = Stopwatch::default();
        watch.step(false, 1.0, 0.0);
        watch.step(false, 3.0, 0.0);
        watch.step(true, 5.0, 0.5);
        assert_eq!(watch.per_plain_step(), Some(2.0));
        assert_eq!((watch.training(), watch.monitoring()), (6.0, 3.5));
        let mut always = Stopwatch::default();
        always.step(true, 5.0, 0.5);
        assert_eq!((always.per_plain_step(), always.training(), always.monitoring()), (None, 5.0, 0.5));
    }
}
