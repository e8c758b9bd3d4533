use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How many examples an update is made of: in configuration files an integer, or `"full"`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchSize {
    /// That many.
    Examples(usize),
    /// All training examples, in their own order.
    Full,
}

impl fmt::Display for BatchSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Examples(size) => write!(f, "{size}"),
            Self::Full => f.write_str("full"),
        }
    }
}

impl Serialize for BatchSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Examples(size) => serializer.serialize_u64(*size as u64),
            Self::Full => serializer.serialize_str("full"),
        }
    }
}

impl<'de> Deserialize<'de> for BatchSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = BatchSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of examples of at least 1, or \"full\"")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<BatchSize, E> {
        let size = u64::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))?;
        self.visit_u64(size)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<BatchSize, E> {
        match usize::try_from(value) {
            Ok(size) if size > 0 => Ok(BatchSize::Examples(size)),
            _ => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<BatchSize, E> {
        match value {
            "full" => Ok(BatchSize::Full),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }
}
