//! A configuration file as written, overridden from the command line, before its settings are read.

use super::slug;
use crate::SettingsError;
use crate::document::{Node, Value, explain};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::ErrorKind;
use std::path::Path;

/// The built-in demonstration, which is also an example file.
const DEMONSTRATION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/demo.toml"));

/// What errors call the built-in demonstration.
const DEMONSTRATION_NAME: &str = "the built-in demonstration";

/// What a configuration file says beside the settings of runs.
const APART: [&str; 2] = ["method", "sweep"];

/// An override from the command line: a dotted path and the text of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The keys on the way, at least one.
    pub path: Vec<String>,
    /// The value as written; nothing takes the setting out.
    pub value: String,
}

impl Override {
    fn begins_with(&self, key: &str) -> bool {
        self.path.first().is_some_and(|first| first == key)
    }

    /// What is set; `None` when something is taken out.
    fn node(&self) -> Option<Node> {
        let argument = || format!("{}={}", self.path.join("."), self.value);
        (!self.value.is_empty()).then(|| Node::parse_argument(&argument(), &self.value))
    }

    fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// That there is nothing that it could take out.
    pub(crate) fn nothing_to_take_out(&self) -> SettingsError {
        let path = self.path.join(".");
        SettingsError::new(format!("there is no `{path}` to take out (--set {path}=)"))
            .hint(format!("--set {path}=VALUE sets it; an empty text is written --set '{path}=\"\"'"))
    }
}

/// A configuration file: the settings of each of its methods as written, and its sweep.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// A name for the whole: of the file, or `demo`.
    pub name: String,
    /// One per method, in the order of the file; one where the file lists none, named after the file.
    pub drafts: Vec<Draft>,
    /// Whether the file lists methods.
    pub has_variants: bool,
    /// The table `[sweep]`; what the command line sets in it are dotted keys, after those of the file.
    pub sweep: Option<Node>,
}

/// A name and settings as written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The name.
    pub name: String,
    /// The settings.
    pub document: Node,
}

/// One entry of `[[method]]`: a name and what it sets, by dotted paths or tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodEntry {
    name: String,
    /// Read apart, because its keys may be dotted paths.
    #[serde(default, rename = "set")]
    _set: Option<IgnoredAny>,
}

impl Configuration {
    /// Reads the configuration file `config`, or the built-in demonstration, and overrides it. What a method sets goes before
    /// the file's common part, and the command line before both.
    ///
    /// # Errors
    /// When the file cannot be read; is not TOML; something is set in what is not a table; two methods would use one
    /// directory; the command line takes out what is not there. Settings themselves are not read yet.
    pub fn read(config: Option<&Path>, overrides: &[Override]) -> Result<Self, SettingsError> {
        match config {
            None => Self::parse("demo", DEMONSTRATION_NAME, DEMONSTRATION, overrides),
            Some(path) => {
                let name = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|error| {
                    let failure = SettingsError::new(format!("cannot read the configuration file {name}: {error}"));
                    if error.kind() == ErrorKind::NotFound { failure.hint("is it spelt right?") } else { failure }
                })?;
                let stem = path.file_stem().map_or_else(|| "run".into(), |stem| stem.to_string_lossy());
                Self::parse(&stem, &name, &text, overrides)
            }
        }
    }

    /// Reads the configuration file whose contents are `text`; `name` is what errors call it, `stem` what its run is called.
    ///
    /// # Errors
    /// As for [`Configuration::read`].
    pub fn parse(stem: &str, name: &str, text: &str, overrides: &[Override]) -> Result<Self, SettingsError> {
        let mut common = Node::parse(name, text)?;
        let mut sweep = common.take("sweep");
        apply_to_sweep(&mut sweep, overrides.iter().filter(|change| change.begins_with("sweep")))?;
        let mut in_vain = apply(&mut common, overrides.iter().filter(|change| !change.begins_with("sweep")))?;
        let variants = common.take("method");
        let drafts = match &variants {
            None => vec![Draft { name: stem.to_owned(), document: common }],
            Some(Node { value: Value::List(entries), .. }) if !entries.is_empty() => entries
                .iter()
                .map(|entry| {
                    let (name, mut document) = variant(entry, common.clone())?;
                    let of_settings = |change: &&Override| !APART.iter().any(|key| change.begins_with(key));
                    let in_vain_here = apply(&mut document, overrides.iter().filter(of_settings))?;
                    in_vain.retain(|change| in_vain_here.contains(change) || !of_settings(change));
                    Ok(Draft { name, document })
                })
                .collect::<Result<Vec<Draft>, SettingsError>>()?,
            Some(other) => {
                let message = format!("`method`: expected a list of tables, found {}", other.value.describe());
                return Err(SettingsError::new(format!("{message} ({})", other.origin))
                    .hint("write [[method]] with two pairs of brackets, then name = \"...\" and set = { ... }"));
            }
        };
        if let Some(change) = in_vain.first() {
            return Err(change.nothing_to_take_out());
        }
        for (index, draft) in drafts.iter().enumerate() {
            let own = slug(&draft.name);
            if let Some(twin) = drafts[..index].iter().find(|other| slug(&other.name) == own) {
                let (a, b) = (&twin.name, &draft.name);
                return Err(SettingsError::new(format!("the methods `{a}` and `{b}` would both write into {own}"))
                    .hint("give them names that differ in letters or digits"));
            }
        }
        Ok(Self { name: slug(stem), drafts, has_variants: variants.is_some(), sweep })
    }
}

/// Puts each of `overrides` into `document`, or takes it out; those that found nothing to take out.
pub(crate) fn apply<'a>(
    document: &mut Node,
    overrides: impl IntoIterator<Item = &'a Override>,
) -> Result<Vec<&'a Override>, SettingsError> {
    let mut in_vain = Vec::new();
    for change in overrides {
        match change.node() {
            Some(node) => document.put(&change.path(), node)?,
            None if document.remove(&change.path()).is_none() => in_vain.push(change),
            None => {}
        }
    }
    Ok(in_vain)
}

/// The keys of a sweep are paths of settings, which may be written as one dotted key, so the rest of the path is one key here.
fn apply_to_sweep<'a>(
    sweep: &mut Option<Node>,
    overrides: impl Iterator<Item = &'a Override>,
) -> Result<(), SettingsError> {
    for change in overrides {
        let key = change.path[1..].join(".");
        let Some(node) = change.node() else {
            let removed = if key.is_empty() { sweep.take() } else { sweep.as_mut().and_then(|sweep| sweep.take(&key)) };
            if removed.is_none() {
                return Err(change.nothing_to_take_out());
            }
            continue;
        };
        let table = sweep.get_or_insert_with(|| Node { origin: node.origin.clone(), value: Value::Table(Vec::new()) });
        match key.as_str() {
            "" => table.put(&[], node)?,
            key => table.put(&[key], node)?,
        }
    }
    Ok(())
}

/// The name of a method, and the common settings with what the method sets.
fn variant(entry: &Node, mut document: Node) -> Result<(String, Node), SettingsError> {
    let name = MethodEntry::deserialize(entry).map_err(|error| in_method(explain::explain(error, entry)))?.name;
    match entry.get("set") {
        None => {}
        Some(Node { value: Value::Table(entries), .. }) => {
            for entry in entries {
                let path: Vec<&str> = entry.key.split('.').collect();
                document.put(&path, entry.node.clone())?;
            }
        }
        Some(other) => {
            let found = other.value.describe();
            let message = format!("`set` of method `{name}`: expected a table, found {found} ({})", other.origin);
            return Err(SettingsError::new(message).hint("for example set = { \"train.learning_rate\" = 0.1 }"));
        }
    }
    Ok((name, document))
}

/// The same failure, for an entry of `[[method]]` read on its own.
fn in_method(failure: SettingsError) -> SettingsError {
    SettingsError { message: failure.message.replace("the top level", "[[method]]"), ..failure }
}
