//! Problems with settings, told with their place and the nearest valid name.

use super::deserialize::{DeserializeError, Problem};
use super::{Node, Origin, Value, broken};
use crate::SettingsError;
use consilience_train::nearest::nearest;
use serde::Deserialize;

/// What `document` holds, as a `T`.
///
/// # Errors
/// What is wrong, where it was written, and what to write instead.
pub fn read<'a, T: Deserialize<'a>>(document: &'a Node) -> Result<T, SettingsError> {
    T::deserialize(document).map_err(|error| explain(error, document))
}

/// The error that tells `error`, which arose from `document`.
pub fn explain(error: DeserializeError, document: &Node) -> SettingsError {
    let mut path = error.reversed_path;
    path.reverse();
    let steps = path.iter().map(String::as_str);
    let node = document.follow(steps);
    match error.problem {
        Problem::UnknownKey { key, known } => unknown_key(node, &path, &key, known),
        Problem::UnknownChoice { word, known } => {
            let found = Value::Text(word.clone());
            let (path, origin) = locate(node, &path, |node, key| node.value == found || key == word);
            let failure = SettingsError::new(format!("unknown choice \"{word}\" for {} ({origin})", setting(&path)));
            failure.hint(suggestion(&word, known, "choices"))
        }
        Problem::MissingKey(key) => {
            SettingsError::new(format!("missing key `{key}` in {} ({})", table(&path), node.origin))
        }
        Problem::Mismatch { expected, found } => {
            // Tables that say their kind are read twice, and on the second reading the path is lost: the value is not.
            let is_it = |node: &Node, _: &str| same_kind(&node.value, &found);
            let (path, origin) = locate(node, &path, is_it);
            let error = mismatch(&setting(&path), &expected, &found.describe(), &origin);
            match instead(&expected, &found, &origin) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        }
        Problem::Other(message) => SettingsError::new(format!("{}: {message} ({})", setting(&path), node.origin)),
    }
}

/// The error for a value that is well-formed but that its owner refuses: `key` may be dotted.
pub fn refused(document: &Node, section: &str, key: &str, expected: &str, found: &str) -> SettingsError {
    let path = format!("{section}.{key}");
    mismatch(&format!("`{path}`"), expected, found, &place(document, &path))
}

/// Where the setting at the dotted `path` was written, or what should hold it.
pub fn place(document: &Node, path: &str) -> Origin {
    document.follow(path.split('.')).origin.clone()
}

fn mismatch(setting: &str, expected: &str, found: &str, origin: &Origin) -> SettingsError {
    SettingsError::new(format!("{setting}: expected {expected}, found {found} ({origin})"))
}

fn unknown_key(node: &Node, path: &[String], key: &str, known: &[&str]) -> SettingsError {
    let (path, origin) = if node.get(key).is_some() {
        (path.to_vec(), key_origin(node, key))
    } else {
        let (mut inner, origin) = locate(node, path, |_, candidate| candidate == key);
        if inner.last().is_some_and(|last| last == key) {
            inner.pop();
        }
        (inner, origin)
    };
    let failure = SettingsError::new(format!("unknown key `{key}` in {} ({origin})", table(&path)));
    // These are taken out of the document before it is read.
    let top: &[&str] = if path.is_empty() && known.contains(&"data") { &["method", "sweep"] } else { &[] };
    let known: Vec<&str> = known.iter().chain(top).copied().collect();
    if known.is_empty() {
        return failure.hint("no keys can be set here");
    }
    failure.hint(suggestion(key, &known, "keys"))
}

/// What to write instead of a value of another type than was expected.
fn instead(expected: &str, found: &Value, origin: &Origin) -> Option<String> {
    match (found, origin) {
        (Value::Number(number), _) if number.fract() == 0.0 && expected.contains("number") => {
            Some(format!("write {number}, without a decimal point"))
        }
        (Value::Text(text), Origin::Argument(_)) if text.starts_with('(') => {
            Some("a list is written in square brackets, like [32, 32]".to_owned())
        }
        (Value::Text(text), Origin::Argument(_)) => {
            broken(text).map(|why| format!("the value was taken for text because it is not valid TOML: {why}"))
        }
        _ => None,
    }
}

/// What to write instead of `name`.
pub fn suggestion(name: &str, known: &[&str], what: &str) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("valid {what} are {}", known.join(", ")),
    }
}

/// The path to and origin of the first value within `node` that `is_it`, with its key; those of `node` itself when it is the
/// value, or none is.
fn locate(node: &Node, path: &[String], is_it: impl Fn(&Node, &str) -> bool) -> (Vec<String>, Origin) {
    fn search(node: &Node, path: &mut Vec<String>, is_it: &impl Fn(&Node, &str) -> bool) -> Option<Origin> {
        let inner: Vec<(String, &Node, &Origin)> = match &node.value {
            Value::Table(entries) => entries.iter().map(|e| (e.key.clone(), &e.node, &e.origin)).collect(),
            Value::List(nodes) => nodes.iter().enumerate().map(|(i, n)| (i.to_string(), n, &n.origin)).collect(),
            _ => Vec::new(),
        };
        for (key, child, origin) in inner {
            let found = is_it(child, &key);
            path.push(key);
            if found {
                return Some(origin.clone());
            }
            if let Some(origin) = search(child, path, is_it) {
                return Some(origin);
            }
            path.pop();
        }
        None
    }
    if !is_it(node, "") {
        let mut inner = path.to_vec();
        if let Some(origin) = search(node, &mut inner, &is_it) {
            return (inner, origin);
        }
    }
    (path.to_vec(), node.origin.clone())
}

/// Equal, or both lists or both tables: of those the error does not keep the contents.
fn same_kind(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(_), Value::List(_)) | (Value::Table(_), Value::Table(_)) => true,
        _ => a == b,
    }
}

fn key_origin(node: &Node, key: &str) -> Origin {
    let entry = node.entries().iter().find(|entry| entry.key == key);
    entry.map_or(&node.origin, |entry| &entry.origin).clone()
}

fn setting(path: &[String]) -> String {
    if path.is_empty() { "the settings".to_owned() } else { format!("`{}`", path.join(".")) }
}

fn table(path: &[String]) -> String {
    if path.is_empty() { "the top level".to_owned() } else { format!("[{}]", path.join(".")) }
}
