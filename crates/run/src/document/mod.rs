//! Settings as written, every value with the place it comes from, so that errors can name it.

mod deserialize;
pub mod explain;

pub use deserialize::{DeserializeError, Problem};

use crate::SettingsError;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In a file (or the built-in demonstration), on a line counted from 1.
    File {
        /// The file, for people.
        name: Arc<str>,
        /// The line.
        line: usize,
    },
    /// In an argument of the command line.
    Argument(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line } => write!(f, "{name}, line {line}"),
            Self::Argument(argument) => f.write_str(argument),
        }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value was written.
    pub origin: Origin,
    /// The value.
    pub value: Value,
}

/// A value of TOML.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number with a decimal point or exponent.
    Number(f64),
    /// Text; dates and times, which no setting takes, too.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Vec<Entry>),
}

/// A key of a table with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub origin: Origin,
    /// The value.
    pub node: Node,
}

/// The keys that say of which kind a table is. Such a table replaces another whole; tables without are merged key by key.
const KIND_KEYS: [&str; 2] = ["kind", "name"];

impl Node {
    /// The document that `text` holds; `name` is what errors call it.
    ///
    /// # Errors
    /// When `text` is not TOML, with the line.
    pub fn parse(name: &str, text: &str) -> Result<Self, SettingsError> {
        let name: Arc<str> = name.into();
        // found once: counted anew for every value they would take the square of the file's size
        let breaks: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let place = |span: Range<usize>| Origin::File {
            name: Arc::clone(&name),
            line: 1 + breaks.partition_point(|at| *at < span.start),
        };
        let table = DeTable::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            let origin = place(error.span().unwrap_or(0..0));
            SettingsError::new(format!("not valid TOML: {message} ({origin})"))
        })?;
        Ok(Self { origin: place(0..0), value: convert_table(table.get_ref(), &place)? })
    }

    /// The value of a `--set` argument: a value of TOML when it reads as one, text otherwise.
    pub fn parse_argument(argument: &str, text: &str) -> Self {
        let origin = Origin::Argument(format!("--set {argument}").into());
        let line = as_line(text);
        let parsed = DeTable::parse(&line).ok().filter(|table| table.get_ref().len() == 1).and_then(|table| {
            let place = |_| origin.clone();
            table.get_ref().get("value").and_then(|value| convert(value.get_ref(), place(0..0), &place).ok())
        });
        parsed.unwrap_or_else(|| Self { origin, value: Value::Text(text.to_owned()) })
    }

    /// The entries, when this is a table.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value of `key`, when this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// Removes `key` and returns its value, when this is a table that has it.
    pub fn take(&mut self, key: &str) -> Option<Self> {
        let Value::Table(entries) = &mut self.value else { return None };
        let index = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(index).node)
    }

    /// Removes the value at a path of keys and list indices, and returns it, when there is one.
    pub fn remove(&mut self, path: &[&str]) -> Option<Self> {
        let (last, way) = path.split_last()?;
        let holder = way.iter().try_fold(self, |node, step| node.within_mut(step))?;
        match &mut holder.value {
            Value::List(nodes) => {
                let index = last.parse().ok().filter(|index: &usize| *index < nodes.len())?;
                Some(nodes.remove(index))
            }
            _ => holder.take(last),
        }
    }

    /// The value at a path of keys and list indices, as far as it exists.
    pub fn follow<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> &Self {
        path.into_iter().try_fold(self, |node, step| node.within(step).ok_or(node)).unwrap_or_else(|deepest| deepest)
    }

    /// The value at a path of keys and list indices, when there is one.
    pub fn find<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Self> {
        path.into_iter().try_fold(self, Self::within)
    }

    fn within(&self, step: &str) -> Option<&Self> {
        match &self.value {
            Value::List(nodes) => step.parse().ok().and_then(|index: usize| nodes.get(index)),
            _ => self.get(step),
        }
    }

    fn within_mut(&mut self, step: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::List(nodes) => step.parse().ok().and_then(|index: usize| nodes.get_mut(index)),
            Value::Table(entries) => entries.iter_mut().find(|entry| entry.key == step).map(|entry| &mut entry.node),
            _ => None,
        }
    }

    fn entry_mut(&mut self, key: &str) -> Option<&mut Entry> {
        let Value::Table(entries) = &mut self.value else { return None };
        entries.iter_mut().find(|entry| entry.key == key)
    }

    /// All texts in this value.
    pub fn texts_mut(&mut self) -> Vec<&mut String> {
        match &mut self.value {
            Value::Text(text) => vec![text],
            Value::List(nodes) => nodes.iter_mut().flat_map(Self::texts_mut).collect(),
            Value::Table(entries) => entries.iter_mut().flat_map(|entry| entry.node.texts_mut()).collect(),
            _ => Vec::new(),
        }
    }

    /// Puts `node` at the path of keys and list indices, making tables on the way. What is there already is replaced, except
    /// that tables are merged key by key unless the new one says its kind. The index after the last element of a list appends
    /// one, and where nothing is yet, the list is empty.
    ///
    /// # Errors
    /// When something on the way is neither a table nor a list that has (or can be given) the element.
    pub fn put(&mut self, path: &[&str], node: Self) -> Result<(), SettingsError> {
        let Some((&key, rest)) = path.split_first() else {
            self.merge(node);
            return Ok(());
        };
        let origin = node.origin.clone();
        // no setting is called by a number, so what is empty so far is to be a list
        if key.parse::<usize>().is_ok() && matches!(&self.value, Value::Table(entries) if entries.is_empty()) {
            self.value = Value::List(Vec::new());
        }
        if let Value::List(nodes) = &mut self.value {
            let count = nodes.len();
            let Some(index) = key.parse().ok().filter(|index: &usize| *index <= count) else {
                let elements = if count == 1 { "1 element" } else { &format!("{count} elements") };
                let message = format!("`{key}` cannot be set: what should hold it is a list of {elements} ({origin})");
                return Err(SettingsError::new(message)
                    .hint(format!("elements are counted from 0, and {count} appends another")));
            };
            if index == count {
                nodes.push(Self { origin, value: Value::Table(Vec::new()) });
            }
            return nodes[index].put(rest, node);
        }
        let Value::Table(entries) = &mut self.value else {
            let message =
                format!("`{key}` cannot be set: what should hold it is {}, not a table", self.value.describe());
            return Err(SettingsError::new(format!("{message} ({origin})")));
        };
        let index = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
            let empty = Self { origin: origin.clone(), value: Value::Table(Vec::new()) };
            entries.push(Entry { key: key.to_owned(), origin: origin.clone(), node: empty });
            entries.len() - 1
        });
        let entry = &mut entries[index];
        if rest.is_empty() {
            entry.origin = origin;
        }
        entry.node.put(rest, node)
    }

    fn merge(&mut self, node: Self) {
        let says_kind = KIND_KEYS.iter().any(|key| node.get(key).is_some());
        match (&mut self.value, node.value) {
            (Value::Table(_), Value::Table(entries)) if !says_kind => {
                for entry in entries {
                    match self.entry_mut(&entry.key) {
                        Some(there) => {
                            there.origin = entry.origin;
                            there.node.merge(entry.node);
                        }
                        None => self.push(entry),
                    }
                }
            }
            (_, value) => *self = Self { origin: node.origin, value },
        }
    }

    fn push(&mut self, entry: Entry) {
        if let Value::Table(entries) = &mut self.value {
            entries.push(entry);
        }
    }
}

impl Value {
    /// The value in words, for errors.
    pub fn describe(&self) -> String {
        match self {
            Self::Flag(flag) => format!("`{flag}`"),
            Self::Whole(number) => number.to_string(),
            // with its decimal point, by which it differs from a whole number
            Self::Number(number) => format!("{number:?}"),
            Self::Text(text) => format!("the text \"{text}\""),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
        }
    }
}

/// A line of TOML that gives a value.
fn as_line(value: &str) -> String {
    format!("value = {value}")
}

/// Why the value of a `--set` argument does not read as TOML, when it looks as if it should.
pub(super) fn broken(text: &str) -> Option<String> {
    let meant = text.trim_start().starts_with(['{', '[', '"', '\'']);
    let error = DeTable::parse(&as_line(text)).err().filter(|_| meant)?;
    Some(error.message().lines().collect::<Vec<_>>().join("; "))
}

fn convert(
    value: &DeValue<'_>,
    origin: Origin,
    place: &impl Fn(Range<usize>) -> Origin,
) -> Result<Node, SettingsError> {
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Whole(number),
            Err(_) => return Err(SettingsError::new(format!("the whole number {number} is too large ({origin})"))),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Value::Number(number),
            Err(_) => return Err(SettingsError::new(format!("{number} is not a number ({origin})"))),
        },
        DeValue::Datetime(moment) => Value::Text(moment.to_string()),
        DeValue::Array(values) => Value::List(
            values
                .iter()
                .map(|value| convert(value.get_ref(), place(value.span()), place))
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => convert_table(table, place)?,
    };
    Ok(Node { origin, value })
}

fn convert_table(table: &DeTable<'_>, place: &impl Fn(Range<usize>) -> Origin) -> Result<Value, SettingsError> {
    let entries = table.iter().map(|(key, value)| {
        let origin = place(key.span());
        // The span of a table begins where its contents do; its header is where a person looks.
        let of_value = if value.get_ref().is_table() { origin.clone() } else { place(value.span()) };
        let node = convert(value.get_ref(), of_value, place)?;
        Ok(Entry { key: key.get_ref().to_string(), origin, node })
    });
    entries.collect::<Result<_, _>>().map(Value::Table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(node: &Node) -> String {
        match &node.value {
            Value::Table(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|entry| format!("{}={}", entry.key, text(&entry.node))).collect();
                format!("{{{}}}", entries.join(","))
            }
            Value::List(nodes) => format!("[{}]", nodes.iter().map(text).collect::<Vec<_>>().join(",")),
            value => value.describe(),
        }
    }

    #[test]
    fn every_value_knows_its_line() {
        let node =
            Node::parse("c.toml", "seed = 1\n\n[train]\nepochs = 2\naggregator = { kind = \"mean\" }\n").unwrap();
        for (path, line) in [
            (&["seed"][..], 1),
            (&["train"], 3),
            (&["train", "epochs"], 4),
            (&["train", "aggregator", "kind"], 5),
            (&["train", "nothing", "deeper"], 3),
        ] {
            let expected = Origin::File { name: "c.toml".into(), line };
            assert_eq!(node.follow(path.iter().copied()).origin, expected, "{path:?}");
        }
    }

    #[test]
    fn arguments_are_toml_or_text() {
        for (argument, expected) in [
            ("3", "3"),
            ("0.5", "0.5"),
            ("true", "`true`"),
            ("mnist", "the text \"mnist\""),
            ("\"3\"", "the text \"3\""),
            ("[1, 2]", "[1,2]"),
            ("{kind = 'winsorized', count = 2}", "{count=2,kind=the text \"winsorized\"}"),
            ("1\nb = 2", "the text \"1\nb = 2\""),
            ("", "the text \"\""),
        ] {
            assert_eq!(text(&Node::parse_argument("k=v", argument)), expected, "{argument}");
        }
    }

    #[test]
    fn tables_merge_unless_they_say_their_kind() {
        let start = "[train]\nepochs = 2\naggregator = { kind = \"winsorized\", count = 2 }\n";
        for (path, value, expected) in [
            (
                "train",
                "{ epochs = 5, steps = 1 }",
                "{aggregator={count=2,kind=the text \"winsorized\"},epochs=5,steps=1}",
            ),
            ("train.aggregator.count", "8", "{aggregator={count=8,kind=the text \"winsorized\"},epochs=2}"),
            ("train.aggregator", "{ kind = \"mean\" }", "{aggregator={kind=the text \"mean\"},epochs=2}"),
            ("train", "{ aggregator = { kind = \"mean\" } }", "{aggregator={kind=the text \"mean\"},epochs=2}"),
        ] {
            let mut node = Node::parse("c.toml", start).unwrap();
            let path: Vec<&str> = path.split('.').collect();
            node.put(&path, Node::parse_argument("", value)).unwrap();
            assert_eq!(text(node.follow(["train"])), expected, "{path:?} = {value}");
        }
        let mut node = Node::parse("c.toml", "seed = 1").unwrap();
        let refused = node.put(&["seed", "deeper"], Node::parse_argument("seed.deeper=1", "1")).unwrap_err();
        let expected = "`deeper` cannot be set: what should hold it is 1, not a table (--set seed.deeper=1)";
        assert_eq!(refused.message, expected);
    }

    #[test]
    fn what_is_removed_is_gone_and_what_is_not_there_is_not() {
        let start = "seed = 1\n[train]\nepochs = 2\npenalty = [{ kind = 'weight' }, { kind = 'sam' }]\n";
        let weight = "{kind=the text \"weight\"}";
        for (path, expected) in [
            (
                "train.epochs",
                Some("{seed=1,train={penalty=[{kind=the text \"weight\"},{kind=the text \"sam\"}]}}".to_owned()),
            ),
            ("train.penalty.1", Some(format!("{{seed=1,train={{epochs=2,penalty=[{weight}]}}}}"))),
            ("train", Some("{seed=1}".to_owned())),
            ("train.steps", None),
            ("train.penalty.2", None),
            ("train.penalty.last", None),
            ("seed.deeper", None),
            ("", None),
        ] {
            let mut node = Node::parse("c.toml", start).unwrap();
            let path: Vec<&str> = path.split('.').collect();
            let left = node.remove(&path).map(|_| text(&node));
            assert_eq!(left, expected, "{path:?}");
        }
    }

    #[test]
    fn elements_of_lists_are_reached_by_their_index() {
        let start = "[train]\nfrozen = ['a', 'b']\npenalty = [{ kind = 'weight', weight = 1 }]\n";
        let weight = "{kind=the text \"weight\",weight=1}";
        let frozen = "frozen=[the text \"a\",the text \"b\"]";
        for (path, value, expected) in [
            ("train.penalty.0.weight", "3", format!("{{{frozen},penalty=[{{kind=the text \"weight\",weight=3}}]}}")),
            ("train.penalty.0", "{ kind = 'sam' }", format!("{{{frozen},penalty=[{{kind=the text \"sam\"}}]}}")),
            ("train.penalty.1.kind", "sam", format!("{{{frozen},penalty=[{weight},{{kind=the text \"sam\"}}]}}")),
            ("train.frozen.1", "c", format!("{{frozen=[the text \"a\",the text \"c\"],penalty=[{weight}]}}")),
            ("train.frozen", "[]", format!("{{frozen=[],penalty=[{weight}]}}")),
            ("train.new.0.deep", "1", format!("{{{frozen},new=[{{deep=1}}],penalty=[{weight}]}}")),
        ] {
            let mut node = Node::parse("c.toml", start).unwrap();
            let steps: Vec<&str> = path.split('.').collect();
            node.put(&steps, Node::parse_argument("", value)).unwrap();
            let mut entries = node.take("train").unwrap();
            if let Value::Table(entries) = &mut entries.value {
                entries.sort_by(|a, b| a.key.cmp(&b.key));
            }
            assert_eq!(text(&entries), expected, "{path} = {value}");
        }
        for (path, expected) in [
            ("train.penalty.2.kind", "`2` cannot be set: what should hold it is a list of 1 element (--set x)"),
            ("train.frozen.last", "`last` cannot be set: what should hold it is a list of 2 elements (--set x)"),
            ("train.new.1.deep", "`1` cannot be set: what should hold it is a list of 0 elements (--set x)"),
            (
                "train.frozen.0.deep",
                "`deep` cannot be set: what should hold it is the text \"a\", not a table (--set x)",
            ),
        ] {
            let mut node = Node::parse("c.toml", start).unwrap();
            let steps: Vec<&str> = path.split('.').collect();
            let refused = node.put(&steps, Node::parse_argument("x", "1")).unwrap_err();
            assert_eq!(refused.message, expected);
        }
    }
}
