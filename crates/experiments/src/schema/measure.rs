//! Named numbers read from finished runs.

use super::selection::Selection;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::fmt;

/// An entry of `[[measure]]`: a number for each run, or for each cell of the grid.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Its name, as tables, figures, claims and later expressions use it.
    pub name: String,
    /// Its name for people. Default: `name`.
    #[serde(default)]
    pub label: String,
    /// The series of the run's records that it is read from: a measure of every evaluation, a quantity, or `loss`.
    pub series: Option<String>,
    /// Which number of the series. Default: the last.
    #[serde(default)]
    pub at: At,
    /// Instead of `series`: an expression of measures above, axes (by the number of their value) and parameters.
    pub expression: Option<String>,
    /// Instead of `series`: a measure above, of another cell, replicate by replicate.
    pub measure: Option<String>,
    /// With `measure`: the values of the axes in which the other cell differs. Where a list fits several cells, the first.
    #[serde(default, rename = "where")]
    pub elsewhere: Selection,
    /// What the names of an expression stand for.
    #[serde(default)]
    pub over: Over,
    /// How it is written.
    #[serde(default)]
    pub unit: Unit,
}

impl Measure {
    /// The name for people.
    pub fn label(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }
}

/// What the names of an expression stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Numbers of one run; the expression is a number for each run.
    #[default]
    Run,
    /// Means over the replicates of a cell, so that a quotient is one of sums; the expression is one number for the cell, its
    /// standard error that of the jackknife.
    Replicates,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// As it is.
    #[default]
    Plain,
    /// A share, as a percentage.
    Percent,
}

impl Unit {
    /// What a number is multiplied by to be written.
    pub fn factor(self) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Percent => 100.0,
        }
    }
}

/// A step, as a number or by the name of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum StepName {
    /// The step.
    Number(u64),
    /// The parameter whose value is the step.
    Parameter(String),
}

impl<'de> Deserialize<'de> for StepName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Steps;
        impl Visitor<'_> for Steps {
            type Value = StepName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a step, or the name of a parameter")
            }

            fn visit_i64<E: de::Error>(self, step: i64) -> Result<StepName, E> {
                let step = u64::try_from(step).map_err(|_| E::invalid_value(de::Unexpected::Signed(step), &self))?;
                Ok(StepName::Number(step))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<StepName, E> {
                Ok(StepName::Parameter(name.to_owned()))
            }
        }
        deserializer.deserialize_any(Steps)
    }
}

/// Which number of a series is meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum At {
    /// The first.
    First,
    /// The last.
    #[default]
    Final,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The mean of all.
    Mean,
    /// The sum of all.
    Sum,
    /// The one where another series is largest: the first, of several.
    WhereMax(String),
    /// The one at a step.
    Step(StepName),
    /// The one at the end of an epoch, counted from 1; 0 is the start.
    Epoch(StepName),
    /// The mean of so many at the end.
    MeanOfLast(u64),
    /// The mean of those from one step to another, both included.
    MeanBetween([StepName; 2]),
    /// The largest of those from one step to another, both included.
    MaxBetween([StepName; 2]),
    /// The one at the next step, less the one at the step.
    ChangeAfter(StepName),
    /// Not a number of the series but the step at which it first is at least this.
    StepReaching(f64),
    /// Not a number of the series but the step at which it is largest.
    StepOfMax,
}

const WORDS: &[&str] = &["first", "final", "min", "max", "mean", "sum", "step_of_max"];
const KEYS: &[&str] =
    &["where_max", "step", "epoch", "mean_of_last", "mean_between", "max_between", "change_after", "step_reaching"];

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Places;
        impl<'de> Visitor<'de> for Places {
            type Value = At;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word such as \"final\", or a table such as { step = 100 }")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<At, E> {
                Ok(match word {
                    "first" => At::First,
                    "final" => At::Final,
                    "min" => At::Min,
                    "max" => At::Max,
                    "mean" => At::Mean,
                    "sum" => At::Sum,
                    "step_of_max" => At::StepOfMax,
                    _ => return Err(E::unknown_variant(word, WORDS)),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<At, A::Error> {
                let Some(key) = map.next_key::<String>()? else {
                    return Err(de::Error::invalid_length(0, &self));
                };
                let at = match key.as_str() {
                    "where_max" => At::WhereMax(map.next_value()?),
                    "step" => At::Step(map.next_value()?),
                    "epoch" => At::Epoch(map.next_value()?),
                    "mean_of_last" => At::MeanOfLast(map.next_value()?),
                    "mean_between" => At::MeanBetween(map.next_value()?),
                    "max_between" => At::MaxBetween(map.next_value()?),
                    "change_after" => At::ChangeAfter(map.next_value()?),
                    "step_reaching" => At::StepReaching(map.next_value()?),
                    other => return Err(de::Error::unknown_field(other, KEYS)),
                };
                match map.next_key::<String>()? {
                    None => Ok(at),
                    Some(second) => Err(de::Error::custom(format!("`{key}` and `{second}` cannot both be given"))),
                }
            }
        }
        deserializer.deserialize_any(Places)
    }
}
