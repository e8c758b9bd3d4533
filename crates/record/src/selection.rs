//! A few series out of a long file of metrics, without making records of all of it.

use crate::error::RecordError;
use crate::metrics::Metric;
use crate::{DamagedLine, METRICS_FILE, RunReader, regular};
use memchr::memmem::Finder;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The numbers of one name, first to last, each with the updates made before; not a number where it was undefined.
pub type NamedSeries = Vec<(u64, f64)>;

impl RunReader {
    /// The series called `names`, in that order, and the lines with one of the names that are no records, which are left out.
    /// Lines without any of the names are not looked at, so that this takes a fraction of the time of [`RunReader::metrics`].
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn series(&self, names: &[&str]) -> Result<(Vec<NamedSeries>, Vec<DamagedLine>), RecordError> {
        let path = self.directory().join(METRICS_FILE);
        let bytes = regular::read(&path).map_err(RecordError::io("read", &path))?;
        // As it stands in the file: in quotes, with escapes.
        let written: Vec<Vec<u8>> = names.iter().map(|name| serde_json::json!(name).to_string().into_bytes()).collect();
        let finders: Vec<Finder<'_>> = written.iter().map(Finder::new).collect();
        let (mut series, mut damaged) = (vec![NamedSeries::new(); names.len()], Vec::new());
        for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            if line.last() != Some(&b'\n') || finders.iter().all(|finder| finder.find(line).is_none()) {
                continue;
            }
            let mut reader = serde_json::Deserializer::from_slice(line);
            match (Selected { names }).deserialize(&mut reader) {
                Ok((step, values)) => {
                    for (series, value) in series.iter_mut().zip(values) {
                        series.extend(value.map(|value| (step, value)));
                    }
                }
                Err(error) => damaged.push(DamagedLine { line: index + 1, message: error.to_string() }),
            }
        }
        Ok((series, damaged))
    }
}

/// Reads the step of a line and the values called `names`.
#[derive(Clone, Copy)]
struct Selected<'a> {
    names: &'a [&'a str],
}

impl<'de> DeserializeSeed<'de> for Selected<'_> {
    type Value = (u64, Vec<Option<f64>>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Selected<'_> {
    type Value = (u64, Vec<Option<f64>>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut step, mut values) = (None, vec![None; self.names.len()]);
        while let Some(key) = map.next_key_seed(Key(self.names))? {
            match key {
                Found::Step => step = Some(map.next_value()?),
                Found::Wanted(index) => values[index] = map.next_value::<Metric>()?.number(),
                Found::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((step.ok_or_else(|| de::Error::custom("expected `step`"))?, values))
    }
}

enum Found {
    Step,
    Wanted(usize),
    Other,
}

/// Tells which of the names a key is.
struct Key<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Found, E> {
        let wanted = self.0.iter().position(|name| *name == key).map(Found::Wanted);
        Ok(wanted.unwrap_or(if key == "step" { Found::Step } else { Found::Other }))
    }
}
