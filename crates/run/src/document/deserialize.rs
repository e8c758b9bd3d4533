//! From settings as written to typed settings. Errors keep the key or value, the path to it, and what there was to choose
//! from, so that they can be told with place and suggestion.

use super::{Entry, Node, Value};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Why a value could not be taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// A key that does not exist.
    UnknownKey {
        /// The key.
        key: String,
        /// Those that do.
        known: &'static [&'static str],
    },
    /// A word that is not among the choices.
    UnknownChoice {
        /// The word.
        word: String,
        /// The choices.
        known: &'static [&'static str],
    },
    /// A key that has to be there.
    MissingKey(String),
    /// A value of another type, or out of range.
    Mismatch {
        /// What was expected, in words.
        expected: String,
        /// The value.
        found: Value,
    },
    /// Anything else, in words.
    Other(String),
}

/// A [`Problem`] and the path to it, the innermost step first.
#[derive(Clone, Debug, PartialEq)]
pub struct DeserializeError {
    /// What is wrong.
    pub problem: Problem,
    /// Keys and list indices, from the inside out.
    pub reversed_path: Vec<String>,
}

impl DeserializeError {
    fn new(problem: Problem) -> Self {
        Self { problem, reversed_path: Vec::new() }
    }

    fn within(mut self, step: impl Into<String>) -> Self {
        self.reversed_path.push(step.into());
        self
    }

    fn mismatch(found: &Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match *found {
            Unexpected::Bool(flag) => Value::Flag(flag),
            Unexpected::Signed(number) => Value::Whole(number),
            Unexpected::Unsigned(number) => i64::try_from(number).map_or(Value::Number(number as f64), Value::Whole),
            Unexpected::Float(number) => Value::Number(number),
            Unexpected::Str(text) => Value::Text(text.to_owned()),
            Unexpected::Seq => Value::List(Vec::new()),
            Unexpected::Map => Value::Table(Vec::new()),
            ref other => Value::Text(other.to_string()),
        };
        Self::new(Problem::Mismatch { expected: in_words(&expected.to_string()), found })
    }
}

/// What `serde` expects, in the words of configuration files.
fn in_words(expected: &str) -> String {
    match expected {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number without a sign",
        "i64" | "i32" => "a whole number",
        "f64" | "f32" => "a number",
        "a boolean" => "true or false",
        "a string" | "variant identifier" => "text in quotes",
        "a sequence" => "a list",
        structure if structure.starts_with("struct ") || structure.starts_with("internally tagged enum ") => "a table",
        choice if choice.starts_with("enum ") => "text in quotes",
        other => other,
    }
    .to_owned()
}

impl fmt::Display for DeserializeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problem)
    }
}

impl std::error::Error for DeserializeError {}

impl de::Error for DeserializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Problem::Other(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::mismatch(&found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::mismatch(&found, expected)
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownChoice { word: word.to_owned(), known })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownKey { key: key.to_owned(), known })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Problem::MissingKey(key.to_owned()))
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match &self.value {
            Value::Flag(flag) => visitor.visit_bool(*flag),
            Value::Whole(number) => visitor.visit_i64(*number),
            Value::Number(number) => visitor.visit_f64(*number),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(nodes) => visitor.visit_seq(Elements { nodes, next: 0 }),
            Value::Table(entries) => visitor.visit_map(Entries { entries, value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        match &self.value {
            Value::Text(word) => visitor.visit_enum(StrDeserializer::new(word)),
            Value::Table(entries) if entries.len() == 1 => visitor.visit_enum(Variant(&entries[0])),
            found => {
                let expected = in_words(&format!("enum {name}"));
                Err(DeserializeError::new(Problem::Mismatch { expected, found: found.clone() }))
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, DeserializeError> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Elements<'de> {
    nodes: &'de [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = DeserializeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DeserializeError> {
        let index = self.next;
        let Some(node) = self.nodes.get(index) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(node).map(Some).map_err(|error| error.within(index.to_string()))
    }
}

struct Entries<'de> {
    entries: &'de [Entry],
    value: Option<&'de Entry>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DeserializeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DeserializeError> {
        let Some((entry, rest)) = self.entries.split_first() else { return Ok(None) };
        self.entries = rest;
        self.value = Some(entry);
        seed.deserialize(StrDeserializer::new(&entry.key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DeserializeError> {
        let entry = self.value.take().ok_or_else(|| de::Error::custom("a value was asked for before its key"))?;
        seed.deserialize(&entry.node).map_err(|error| error.within(&entry.key))
    }
}

/// A choice with settings of its own, `{ fixed = { mean = [0.5] } }`.
struct Variant<'de>(&'de Entry);

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = DeserializeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DeserializeError> {
        Ok((seed.deserialize(StrDeserializer::<DeserializeError>::new(&self.0.key))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = DeserializeError;

    fn unit_variant(self) -> Result<(), DeserializeError> {
        let expected = format!("\"{}\" without settings of its own", self.0.key);
        Err(DeserializeError::new(Problem::Mismatch { expected, found: self.0.node.value.clone() }))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DeserializeError> {
        seed.deserialize(&self.0.node).map_err(|error| error.within(&self.0.key))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DeserializeError> {
        self.0.node.deserialize_any(visitor).map_err(|error| error.within(&self.0.key))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        let Value::Table(entries) = &self.0.node.value else {
            let found = self.0.node.value.clone();
            let problem = Problem::Mismatch { expected: "a table".to_owned(), found };
            return Err(DeserializeError::new(problem).within(&self.0.key));
        };
        let table = MapAccessDeserializer::new(Entries { entries, value: None });
        table.deserialize_any(visitor).map_err(|error: DeserializeError| error.within(&self.0.key))
    }
}
