//! What is compared: one number of each run.

use consilience_figure::Best;
use std::fmt;
use std::str::FromStr;

/// A number that is read of every run: a recorded name, and which of its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Measure {
    /// The name, as in the records; or [`SECONDS_PER_STEP`], or [`SECONDS`].
    pub name: String,
    /// Which of the values of that name.
    pub at: At,
}

/// Which value of a series counts for a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum At {
    /// The last one that was recorded.
    #[default]
    Last,
    /// The mean of those that are defined.
    Mean,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
}

/// The measure that is the median of the wall-clock times of the last thousand steps.
pub const SECONDS_PER_STEP: &str = "seconds_per_step";
/// The measure that is how long the whole run took.
pub const SECONDS: &str = "seconds";

/// How a measure is shown to people.
#[derive(Clone, Copy, Debug)]
struct Known {
    name: &'static str,
    heading: &'static str,
    best: Best,
    factor: f64,
}

const fn known(name: &'static str, heading: &'static str, best: Best, factor: f64) -> Known {
    Known { name, heading, best, factor }
}

/// Measures with words of their own, those shown unless others are asked for first. The best is marked where it is plain
/// which of two values is better: fitting the training labels better may be memorising them, and gradients that agree more
/// are a diagnosis.
const KNOWN: &[Known] = &[
    known("test_accuracy", "test accuracy (%)", Best::Highest, 100.0),
    known("test_loss", "test loss", Best::Lowest, 1.0),
    known("validation_accuracy", "validation accuracy (%)", Best::Highest, 100.0),
    known("validation_loss", "validation loss", Best::Lowest, 1.0),
    known("train_accuracy", "training accuracy (%)", Best::Unmarked, 100.0),
    known("train_loss", "training loss", Best::Unmarked, 1.0),
    known("pristine_accuracy", "right labels learnt (%)", Best::Highest, 100.0),
    known("corrupt_accuracy", "wrong labels memorised (%)", Best::Lowest, 100.0),
    known("gsnr_mean", "GSNR", Best::Unmarked, 1.0),
    known("m_coherence", "m-coherence", Best::Unmarked, 1.0),
    known(SECONDS_PER_STEP, "time per step (ms)", Best::Lowest, 1000.0),
    known(SECONDS, "time of the run (s)", Best::Lowest, 1.0),
    known("corrupt_accuracy_true", "wrong labels seen through (%)", Best::Highest, 100.0),
    known("overfit", "overfit (%)", Best::Lowest, 100.0),
];

/// How many of [`KNOWN`] are shown unless others are asked for.
const SHOWN: usize = 11;

impl Measure {
    /// The last value called `name`.
    pub fn last(name: impl Into<String>) -> Self {
        Self { name: name.into(), at: At::Last }
    }

    /// What is compared unless something else is asked for: losses and accuracies of the last evaluation, GSNR and m-coherence
    /// as means over the steps at which they were measured, and the time of a step.
    pub fn defaults() -> Vec<Self> {
        let at = |name: &str| if matches!(name, "gsnr_mean" | "m_coherence") { At::Mean } else { At::Last };
        KNOWN[..SHOWN].iter().map(|known| Self { name: known.name.to_owned(), at: at(known.name) }).collect()
    }

    fn known(&self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.name == self.name)
    }

    /// What stands over its column for people.
    pub fn heading(&self) -> String {
        let name = self.known().map_or(self.name.as_str(), |known| known.heading);
        match (self.at, self.known()) {
            (At::Last, _) => name.to_owned(),
            // What the measures shown unasked are is said below the table.
            (At::Mean, Some(known)) if matches!(known.name, "gsnr_mean" | "m_coherence") => name.to_owned(),
            (At::Mean, _) => format!("mean {name}"),
            (At::Minimum, _) => format!("lowest {name}"),
            (At::Maximum, _) => format!("highest {name}"),
        }
    }

    /// Which values are better.
    pub fn best(&self) -> Best {
        self.known().map_or(Best::Unmarked, |known| known.best)
    }

    /// What a value is multiplied with for people, such as 100 for a share that is shown in per cent.
    pub fn factor(&self) -> f64 {
        self.known().map_or(1.0, |known| known.factor)
    }

    /// Whether it is read from the clock and not from the records.
    pub(super) fn is_time(&self) -> bool {
        [SECONDS_PER_STEP, SECONDS].contains(&self.name.as_str())
    }
}

impl fmt::Display for Measure {
    /// As on the command line: `test_accuracy`, `gsnr_mean:mean`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.at {
            At::Last => Ok(()),
            At::Mean => f.write_str(":mean"),
            At::Minimum => f.write_str(":min"),
            At::Maximum => f.write_str(":max"),
        }
    }
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, at) = match text.rsplit_once(':') {
            None => (text, At::Last),
            Some((name, "last")) => (name, At::Last),
            Some((name, "mean")) => (name, At::Mean),
            Some((name, "min")) => (name, At::Minimum),
            Some((name, "max")) => (name, At::Maximum),
            Some((_, other)) => return Err(format!("expected last, mean, min or max after the colon, not `{other}`")),
        };
        let name = name.trim();
        if name.is_empty() {
            return Err("expected the name of a recorded value, such as test_accuracy".to_owned());
        }
        let measure = Self { name: name.to_owned(), at };
        if measure.is_time() && at != At::Last {
            return Err(format!("`{name}` is one number of a run: leave out what follows the colon"));
        }
        Ok(measure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_written_as_they_are_read() {
        for text in ["test_accuracy", "gsnr_mean:mean", "test_loss:min", "a/b:max", "seconds_per_step"] {
            assert_eq!(text.parse::<Measure>().unwrap().to_string(), text);
        }
        assert_eq!("test_loss:last".parse::<Measure>().unwrap(), Measure::last("test_loss"));
        for bad in ["", ":max", "a:median", "seconds:max"] {
            assert!(bad.parse::<Measure>().is_err(), "{bad}");
        }
        let defaults = Measure::defaults();
        assert_eq!(defaults.last().unwrap().name, SECONDS_PER_STEP);
        assert_eq!("test_accuracy:max".parse::<Measure>().unwrap().heading(), "highest test accuracy (%)");
        assert_eq!(Measure::last("sharpness").heading(), "sharpness");
    }
}
