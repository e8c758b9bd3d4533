//! Lines of `metrics.jsonl` and `timings.jsonl`.

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A value in a line of metrics. Numbers that are not finite are written as `null`, and `null` is read as not a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// A number.
    Number(f64),
    /// A count, written without a decimal point.
    Count(u64),
    /// A word.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Values without names.
    List(Vec<Metric>),
    /// Values by name, such as one per layer, in the order given.
    Table(Vec<(String, Metric)>),
}

impl From<f64> for Metric {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<u64> for Metric {
    fn from(value: u64) -> Self {
        Self::Count(value)
    }
}

impl From<usize> for Metric {
    fn from(value: usize) -> Self {
        Self::Count(value as u64)
    }
}

impl From<&str> for Metric {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl Metric {
    /// The number, or the count as a number; none for anything else.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Count(value) => Some(*value as f64),
            _ => None,
        }
    }
}

/// One line of `metrics.jsonl`: `{"kind":"step","step":1,"epoch":0,...}`, the values in the order in which they were added.
///
/// Wall-clock times do not belong here but into a [`Timing`]: the same seed gives the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// What the line is about: `step`, `evaluation`, `result` ...
    pub kind: String,
    /// Updates done before.
    pub step: u64,
    /// Whole epochs done before.
    pub epoch: u64,
    /// The values by name.
    pub values: Vec<(String, Metric)>,
}

impl Metrics {
    /// A line without values yet.
    pub fn new(kind: impl Into<String>, step: u64, epoch: u64) -> Self {
        Self { kind: kind.into(), step, epoch, values: Vec::new() }
    }

    /// The line with one more value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Metric>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// The value called `name`.
    pub fn get(&self, name: &str) -> Option<&Metric> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The value called `name`, when it is a number or a count.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.get(name).and_then(Metric::number)
    }
}

/// One line of `timings.jsonl`: how long the stretch up to `step` took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// What was timed: `step`, `evaluation`, `measurement`, `run` ...
    pub kind: String,
    /// Updates done at its end.
    pub step: u64,
    /// Seconds.
    pub seconds: f64,
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Number(_) => serializer.serialize_unit(),
            Self::Count(value) => serializer.serialize_u64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Flag(value) => serializer.serialize_bool(*value),
            Self::List(values) => serializer.collect_seq(values),
            Self::Table(values) => serializer.collect_map(values.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(Some(3 + self.values.len()))?;
        line.serialize_entry("kind", &self.kind)?;
        line.serialize_entry("step", &self.step)?;
        line.serialize_entry("epoch", &self.epoch)?;
        for (name, value) in &self.values {
            line.serialize_entry(name, value)?;
        }
        line.end()
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MetricVisitor)
    }
}

struct MetricVisitor;

impl<'de> Visitor<'de> for MetricVisitor {
    type Value = Metric;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, null, a word, true or false, or a list or table of these")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Metric, E> {
        Ok(Metric::Number(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Metric, E> {
        Ok(Metric::Count(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Metric, E> {
        Ok(Metric::Number(value as f64))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Metric, E> {
        Ok(Metric::Flag(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Metric, E> {
        Ok(Metric::Text(value.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Metric, E> {
        Ok(Metric::Number(f64::NAN))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Metric, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element()? {
            values.push(value);
        }
        Ok(Metric::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metric, A::Error> {
        let mut values = Vec::new();
        while let Some(entry) = map.next_entry()? {
            values.push(entry);
        }
        Ok(Metric::Table(values))
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Metric::Table(entries) = Metric::deserialize(deserializer)? else {
            return Err(de::Error::custom("expected an object"));
        };
        let (mut kind, mut step, mut epoch, mut values) = (None, None, None, Vec::new());
        for (name, value) in entries {
            match (name.as_str(), value) {
                ("kind", Metric::Text(word)) => kind = Some(word),
                ("step", Metric::Count(count)) => step = Some(count),
                ("epoch", Metric::Count(count)) => epoch = Some(count),
                (_, value) => values.push((name, value)),
            }
        }
        let missing = |what| move || de::Error::custom(format!("expected `{what}`"));
        Ok(Self {
            kind: kind.ok_or_else(missing("kind"))?,
            step: step.ok_or_else(missing("step"))?,
            epoch: epoch.ok_or_else(missing("epoch"))?,
            values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_order_and_writes_null_for_what_is_not_finite() {
        let line = Metrics::new("evaluation", 3, 1)
            .with("z", 0.1)
            .with("a", f64::NAN)
            .with("b", f64::INFINITY)
            .with("count", 7_usize)
            .with("layers", Metric::Table(vec![("1.weight".into(), 2.0.into()), ("0.weight".into(), 1e-300.into())]));
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"evaluation","step":3,"epoch":1,"z":0.1,"a":null,"b":null,"count":7,"layers":{"1.weight":2.0,"0.weight":1e-300}}"#
        );
        let back: Metrics = serde_json::from_str(&text).unwrap();
        assert!(back.number("b").is_some_and(f64::is_nan));
        assert_eq!((back.number("count"), back.get("layers")), (Some(7.0), line.get("layers")));
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }

    #[test]
    fn lines_that_are_not_metrics_are_refused() {
        for (text, message) in [("3", "expected an object"), ("{\"step\":1,\"epoch\":0}", "expected `kind`")] {
            assert!(serde_json::from_str::<Metrics>(text).unwrap_err().to_string().starts_with(message), "{text}");
        }
    }
}
