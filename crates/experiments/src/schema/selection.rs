//! Which cells of a grid are meant.

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// A value of an axis as a person names it: by its number or by its label.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// By number.
    Number(f64),
    /// By label.
    Label(String),
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Label(label) => f.write_str(label),
        }
    }
}

impl<'de> Deserialize<'de> for Pick {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Picks;
        impl Visitor<'_> for Picks {
            type Value = Pick;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the number or the label of a value")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Pick, E> {
                Ok(Pick::Number(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Pick, E> {
                Ok(Pick::Number(number as f64))
            }

            fn visit_str<E: de::Error>(self, label: &str) -> Result<Pick, E> {
                Ok(Pick::Label(label.to_owned()))
            }
        }
        deserializer.deserialize_any(Picks)
    }
}

/// One value or a list of values.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOrMore<T>(pub Vec<T>);

impl<T> Default for OneOrMore<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lists<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Lists<T> {
            type Value = OneOrMore<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of values")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                T::deserialize(de::value::F64Deserializer::new(number)).map(|value| OneOrMore(vec![value]))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                T::deserialize(de::value::I64Deserializer::new(number)).map(|value| OneOrMore(vec![value]))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(de::value::StrDeserializer::new(text)).map(|value| OneOrMore(vec![value]))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|value| OneOrMore(vec![value]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = sequence.next_element()? {
                    values.push(value);
                }
                Ok(OneOrMore(values))
            }
        }
        deserializer.deserialize_any(Lists(std::marker::PhantomData))
    }
}

/// A part of a grid: the axes named are held to the values named, the others are free.
pub type Selection = BTreeMap<String, OneOrMore<Pick>>;
