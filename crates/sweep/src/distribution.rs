//! Settings drawn at random.

use crate::planned_run::fingerprint;
use consilience_data::seeds::{ChaCha8Rng, Purpose, numbered_generator};
use consilience_run::SettingsError;
use consilience_run::document::{Node, Value, explain};
use rand::RngExt;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The keys that say what a setting is drawn from.
const KINDS: [&str; 3] = ["uniform", "log_uniform", "choice"];

/// A setting and what its values are drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// The setting, by dotted path.
    pub path: String,
    /// Where it was written, for the values drawn.
    pub node: Node,
    from: Distribution,
}

#[derive(Clone, Debug, PartialEq)]
enum Distribution {
    Range { low: f64, high: f64, logarithmic: bool, whole: bool },
    Choice(Vec<Node>),
}

/// The table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DistributionEntry {
    uniform: Option<Vec<f64>>,
    log_uniform: Option<Vec<f64>>,
    /// Read apart, because its values may be anything.
    choice: Option<IgnoredAny>,
    #[serde(default)]
    whole: bool,
}

impl Drawn {
    /// Whether `node` is a table that says what a setting is drawn from.
    pub fn is_one(node: &Node) -> bool {
        KINDS.iter().any(|kind| node.get(kind).is_some())
    }

    /// The setting `path`, drawn from what `node` says.
    pub fn read(path: String, node: Node) -> Result<Self, SettingsError> {
        let error = |why: &str| SettingsError::new(format!("`{path}` in [sweep]: {why} ({})", node.origin));
        let entry: DistributionEntry = explain::read(&node).map_err(|refused| SettingsError {
            message: format!("`{path}` in [sweep]: {}", refused.message),
            hints: refused.hints,
        })?;
        let whole = entry.whole;
        let from = match (entry.uniform, entry.log_uniform, entry.choice) {
            (Some(ends), None, None) => Distribution::range(&ends, false, whole).map_err(|why| error(&why))?,
            (None, Some(ends), None) => Distribution::range(&ends, true, whole).map_err(|why| error(&why))?,
            (None, None, Some(_)) if whole => return Err(error("`whole` goes with a range, not with `choice`")),
            (None, None, Some(_)) => match node.get("choice").map(|choice| &choice.value) {
                Some(Value::List(values)) if !values.is_empty() => Distribution::Choice(values.clone()),
                _ => return Err(error("expected `choice` to be a list with values")),
            },
            _ => return Err(error("expected one of `uniform`, `log_uniform` and `choice`")),
        };
        Ok(Self { path, node, from })
    }

    /// The generator of its values. Each setting has its own, so that one more drawn setting changes no other's values.
    pub fn generator(&self, seed: u64) -> ChaCha8Rng {
        numbered_generator(seed, Purpose::Sweep, fingerprint(&self.path))
    }

    /// The next value.
    pub fn draw(&self, generator: &mut ChaCha8Rng) -> Node {
        match &self.from {
            Distribution::Choice(values) => values[generator.random_range(0..values.len())].clone(),
            Distribution::Range { low, high, logarithmic, whole } => {
                let share: f64 = generator.random();
                // A whole number stands for the stretch up to the next one.
                let end = if *whole { high + 1.0 } else { *high };
                // These logarithms are the same numbers on every machine, and so are the runs that follow.
                let number = if *logarithmic {
                    libm::exp(libm::log(*low) + share * (libm::log(end) - libm::log(*low)))
                } else {
                    low + share * (end - low)
                };
                let value = if *whole {
                    Value::Whole(number.floor().clamp(*low, *high) as i64)
                } else {
                    Value::Number(number.clamp(*low, *high))
                };
                Node { origin: self.node.origin.clone(), value }
            }
        }
    }
}

impl Distribution {
    fn range(ends: &[f64], logarithmic: bool, whole: bool) -> Result<Self, String> {
        let &[low, high] = ends else {
            return Err(format!("expected a lowest and a highest value, found {} numbers", ends.len()));
        };
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(format!("expected the lowest value below the highest, found {low} and {high}"));
        }
        if logarithmic && low <= 0.0 {
            return Err(format!("expected a lowest value above 0 on a logarithmic range, found {low}"));
        }
        if whole && (low.fract() != 0.0 || high.fract() != 0.0) {
            return Err(format!("expected whole numbers as ends of a range of whole numbers, found {low} and {high}"));
        }
        Ok(Self::Range { low, high, logarithmic, whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str) -> Result<Drawn, SettingsError> {
        Drawn::read("train.rate".to_owned(), Node::parse("c.toml", text).unwrap())
    }

    fn numbers(text: &str, count: usize) -> Vec<f64> {
        let drawn = drawn(text).unwrap();
        let mut generator = drawn.generator(3);
        let number = |node: Node| match node.value {
            Value::Number(number) => number,
            Value::Whole(number) => number as f64,
            other => panic!("{other:?}"),
        };
        (0..count).map(|_| number(drawn.draw(&mut generator))).collect()
    }

    /// The largest distance between the shares of `values` below each of them and what `share` says of it.
    fn distance(mut values: Vec<f64>, share: impl Fn(f64) -> f64) -> f64 {
        values.sort_by(f64::total_cmp);
        let count = values.len() as f64;
        values
            .iter()
            .enumerate()
            .map(|(rank, &value)| (share(value) - (rank as f64 + 0.5) / count).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn ranges_are_drawn_from_evenly_on_their_scale() {
        // Kolmogorov and Smirnov: of n values, farther than 1.95 / sqrt(n) has a probability of 0.1 %
        let (count, far) = (4000, 1.95 / 4000_f64.sqrt());
        let uniform = numbers("uniform = [2, 6]", count);
        assert!(uniform.iter().all(|value| (2.0..6.0).contains(value)));
        assert!(distance(uniform, |value| (value - 2.0) / 4.0) < far);
        let log = numbers("log_uniform = [1e-4, 1.0]", count);
        assert!(log.iter().all(|value| (1e-4..1.0).contains(value)));
        assert!(distance(log, |value| 1.0 + value.log10() / 4.0) < far);
        for (text, shares) in [
            ("uniform = [1, 4]\nwhole = true", vec![0.25; 4]),
            // ln 2 / ln 4 and ln 1.5 / ln 4 and ln (4 / 3) / ln 4
            ("log_uniform = [1, 3]\nwhole = true", vec![0.5, 0.292_48, 0.207_52]),
        ] {
            let values = numbers(text, count);
            for (index, share) in shares.iter().enumerate() {
                let found = values.iter().filter(|value| **value == index as f64 + 1.0).count() as f64 / count as f64;
                // four standard deviations of a share
                assert!((found - share).abs() < 4.0 * (share * (1.0 - share) / count as f64).sqrt(), "{text}: {found}");
            }
        }
    }

    #[test]
    fn choices_are_drawn_as_they_are_written() {
        let drawn = drawn("choice = ['a', 'b', { kind = 'mean' }]").unwrap();
        let mut generator = drawn.generator(0);
        let mut counts = [0; 3];
        for _ in 0..300 {
            let node = drawn.draw(&mut generator);
            let Distribution::Choice(values) = &drawn.from else { panic!("a choice") };
            counts[values.iter().position(|value| value.value == node.value).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (60..140).contains(count)), "{counts:?}");
    }

    #[test]
    fn what_cannot_be_drawn_from_is_refused() {
        for (text, expected) in [
            ("uniform = [1]", "expected a lowest and a highest value, found 1 numbers"),
            ("uniform = [2, 1]", "expected the lowest value below the highest, found 2 and 1"),
            ("log_uniform = [0, 1]", "expected a lowest value above 0 on a logarithmic range, found 0"),
            (
                "uniform = [0.5, 2]\nwhole = true",
                "expected whole numbers as ends of a range of whole numbers, found 0.5 and 2",
            ),
            ("choice = []", "expected `choice` to be a list with values"),
            ("choice = [1]\nuniform = [1, 2]", "expected one of `uniform`, `log_uniform` and `choice`"),
            ("choice = [1]\nwhole = true", "`whole` goes with a range, not with `choice`"),
        ] {
            let message = drawn(text).unwrap_err().message;
            assert_eq!(message, format!("`train.rate` in [sweep]: {expected} (c.toml, line 1)"));
        }
        let refused = drawn("uniform = [1, 2]\nwhol = true").unwrap_err();
        assert!(refused.message.contains("unknown key `whol`"), "{refused}");
        assert_eq!(refused.hints, ["did you mean `whole`?"]);
    }
}
