//! In which settings methods differ.

use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

/// Settings by dotted path, as text: `train.learning_rate`, `train.optimizer.0.kind`.
pub(super) type Flat = BTreeMap<String, String>;

/// The last keys that only say which of several kinds a table is; the key of the table says more.
const KINDS: [&str; 3] = ["kind", "name", "source"];

/// Settings without tables in tables. Lists of tables are tables whose keys are numbers.
pub(super) fn flatten(settings: &toml::Table) -> Flat {
    let mut flat = Flat::new();
    for (key, value) in settings {
        gather(key.clone(), value, &mut flat);
    }
    flat
}

fn gather(path: String, value: &Value, flat: &mut Flat) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                gather(format!("{path}.{key}"), value, flat);
            }
        }
        Value::Array(values) if values.iter().any(Value::is_table) => {
            for (index, value) in values.iter().enumerate() {
                gather(format!("{path}.{index}"), value, flat);
            }
        }
        Value::String(text) => {
            flat.insert(path, text.clone());
        }
        value => {
            flat.insert(path, value.to_string());
        }
    }
}

/// The keys whose values are not the same in all of `settings`: tables in the order of their names, in each first what kind
/// it is.
pub(super) fn differing(settings: &[&Flat]) -> Vec<String> {
    let keys: BTreeSet<&String> = settings.iter().flat_map(|flat| flat.keys()).collect();
    let differs = |key: &&String| settings.iter().any(|flat| flat.get(*key) != settings[0].get(*key));
    let mut keys: Vec<String> = keys.into_iter().filter(differs).cloned().collect();
    keys.sort_by_cached_key(|key| {
        let (parent, name) = key.rsplit_once('.').unwrap_or(("", key));
        (parent.to_owned(), !KINDS.contains(&name), name.to_owned())
    });
    keys
}

/// For each of `settings` how it differs from the others: `learning_rate = 0.1, aggregator = winsorized`. Keys are as short
/// as they can be told apart.
pub(super) fn descriptions(settings: &[&Flat]) -> Vec<String> {
    let keys = differing(settings);
    settings.iter().map(|flat| description(flat, settings, &keys)).collect()
}

fn description(flat: &Flat, all: &[&Flat], keys: &[String]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for key in keys {
        let part = match flat.get(key) {
            Some(value) => format!("{} = {value}", short(key, keys)),
            None => match absent(flat, all, key) {
                Some(path) => format!("no {}", short(path, keys)),
                None => continue,
            },
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(", ")
}

/// What of a missing key's path is missing as a whole: its table, or the key; none where another kind of the same table is
/// said to be there, of which the missing key is no part.
fn absent<'a>(flat: &Flat, all: &[&Flat], key: &'a str) -> Option<&'a str> {
    let ends = key.match_indices('.').map(|(end, _)| end).chain([key.len()]);
    let missing = ends.clone().map(|end| &key[..end]).find(|path| !is_there(flat, path))?;
    if ends.map(|end| &key[..end]).any(|path| flat.contains_key(path)) {
        // An empty list, say, which is told as what it is.
        return None;
    }
    let parent = missing.rsplit_once('.').map_or("", |(parent, _)| parent);
    let told = |kind: &str| {
        let key = format!("{parent}.{kind}");
        flat.contains_key(&key) && all.iter().any(|other| other.get(&key) != flat.get(&key))
    };
    if KINDS.iter().any(|kind| told(kind)) { None } else { Some(missing) }
}

fn is_there(flat: &Flat, path: &str) -> bool {
    let below = format!("{path}.");
    flat.contains_key(path) || flat.range(below.clone()..).next().is_some_and(|(key, _)| key.starts_with(&below))
}

/// The last part of a path that says what it is, or all of it where another of `keys` ends in the same.
fn short<'a>(path: &'a str, keys: &[String]) -> &'a str {
    let last = last(path);
    let shared = keys.iter().any(|key| key != path && !key.starts_with(&format!("{path}.")) && self::last(key) == last);
    if shared { path } else { last }
}

fn last(path: &str) -> &str {
    let told = KINDS.iter().find_map(|kind| path.strip_suffix(kind)?.strip_suffix('.')).unwrap_or(path);
    let start = match told.rsplit_once('.') {
        // The place in a list says nothing without the name of the list.
        Some((list, place)) if place.bytes().all(|byte| byte.is_ascii_digit()) => list.rfind('.'),
        Some((parent, _)) => Some(parent.len()),
        None => None,
    };
    start.map_or(told, |dot| &told[dot + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(settings: &[&str]) -> Vec<String> {
        let flat: Vec<Flat> = settings.iter().map(|text| flatten(&text.parse().unwrap())).collect();
        descriptions(&flat.iter().collect::<Vec<_>>())
    }

    #[test]
    fn only_what_differs_is_said() {
        assert_eq!(
            described(&["[train]\nlearning_rate = 0.1\nsteps = 3", "[train]\nlearning_rate = 0.05\nsteps = 3"]),
            ["learning_rate = 0.1", "learning_rate = 0.05"]
        );
        assert_eq!(
            described(&[
                "[train]\naggregator = { kind = 'mean' }",
                "[train]\naggregator = { kind = 'winsorized', percent = 2.0 }",
            ]),
            ["aggregator = mean", "aggregator = winsorized, percent = 2.0"]
        );
        assert_eq!(
            described(&[
                "data = { source = 'mnist' }",
                "data = { source = 'mnist', label_noise = { kind = 'permute', fraction = 0.5 } }"
            ]),
            ["no label_noise", "label_noise = permute, fraction = 0.5"]
        );
        assert_eq!(
            described(&[
                "train = { optimizer = [{ kind = 'adam' }] }",
                "train = { optimizer = [{ kind = 'momentum', factor = 0.9 }, { kind = 'adam' }] }",
                "train = { optimizer = [] }",
            ]),
            [
                "optimizer.0 = adam, no optimizer.1",
                "optimizer.0 = momentum, factor = 0.9, optimizer.1 = adam",
                "optimizer = []"
            ]
        );
        assert_eq!(
            described(&["a = { rate = 1 }\nb = { rate = 1 }", "a = { rate = 2 }\nb = { rate = 3 }"]),
            ["a.rate = 1, b.rate = 1", "a.rate = 2, b.rate = 3"]
        );
        assert_eq!(described(&["widths = [1, 2]", "widths = [1]"]), ["widths = [1, 2]", "widths = [1]"]);
        assert_eq!(described(&["a = 1"]), [""]);
    }
}
