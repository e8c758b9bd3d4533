//! The runs of a configuration file (or of the built-in demonstration), overridden from the command line.

use super::{RunSettings, slug};
use crate::SettingsError;
use crate::document::{Node, Value, explain};
use consilience_record::RunDescription;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::Path;

/// The built-in demonstration, which is also an example file.
const DEMONSTRATION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/demo.toml"));

/// What errors call the built-in demonstration.
const DEMONSTRATION_NAME: &str = "the built-in demonstration";

/// A named run of a configuration file.
#[derive(Clone, Debug)]
pub struct Method {
    /// Its name, for people.
    pub name: String,
    /// The name of its directory beside those of other methods.
    pub slug: String,
    /// Its settings.
    pub settings: RunSettings,
    document: Node,
}

impl Method {
    /// The run called `name` whose settings `document` holds.
    ///
    /// # Errors
    /// When `document` holds an unknown key (with the nearest valid one), a value of the wrong type or out of range.
    pub fn read(name: impl Into<String>, document: Node) -> Result<Self, SettingsError> {
        let settings = RunSettings::read(&document)?;
        let name = name.into();
        let slug = slug(&name);
        Ok(Self { name, slug, settings, document })
    }

    /// The method of a run that was written down.
    ///
    /// # Errors
    /// When the settings are those of another version, which this one cannot read.
    pub fn of_run(description: &RunDescription) -> Result<Self, SettingsError> {
        let text = toml::to_string(&description.settings)
            .map_err(|error| SettingsError::new(format!("the settings of the run cannot be read: {error}")))?;
        Self::read(description.method.clone(), Node::parse("the settings of the run", &text)?)
    }

    /// The settings as they were written.
    pub(crate) fn document(&self) -> &Node {
        &self.document
    }

    /// Where the setting at a dotted path was written, for people: `config.toml, line 3`.
    pub fn place(&self, path: &str) -> String {
        explain::place(&self.document, path).to_string()
    }
}

/// All runs of a configuration file, in its order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// A name for the whole: of the file, or `demo`.
    pub name: String,
    /// The runs, at least one.
    pub methods: Vec<Method>,
    /// Whether the file lists methods; if not, there is one, named after the file.
    pub has_variants: bool,
}

/// An override from the command line: a dotted path and the text of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The keys on the way, at least one.
    pub path: Vec<String>,
    /// The value as written.
    pub value: String,
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

impl Plan {
    /// Reads the configuration file `config`, or the built-in demonstration, and overrides it. What a method sets goes before
    /// the file's common part, and the command line before both.
    ///
    /// # Errors
    /// When the file cannot be read; is not TOML; holds an unknown key (with the nearest valid one), a value of the wrong type
    /// or out of range; two methods would use one directory.
    pub fn read(config: Option<&Path>, overrides: &[Override]) -> Result<Self, SettingsError> {
        match config {
            None => Self::parse("demo", DEMONSTRATION_NAME, DEMONSTRATION, overrides),
            Some(path) => {
                let name = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|error| {
                    SettingsError::new(format!("cannot read the configuration file {name}: {error}"))
                        .hint("`consilience run` without a file runs the built-in demonstration")
                })?;
                let stem = path.file_stem().map_or_else(|| "run".into(), |stem| stem.to_string_lossy());
                Self::parse(&stem, &name, &text, overrides)
            }
        }
    }

    /// Reads the configuration file whose contents are `text`; `name` is what errors call it, `stem` what its run is called.
    ///
    /// # Errors
    /// As for [`Plan::read`].
    pub fn parse(stem: &str, name: &str, text: &str, overrides: &[Override]) -> Result<Self, SettingsError> {
        let mut common = Node::parse(name, text)?;
        apply(&mut common, overrides)?;
        let variants = common.take("method");
        let methods = match &variants {
            None => vec![Method::read(stem, common)?],
            Some(Node { value: Value::List(entries), .. }) if !entries.is_empty() => entries
                .iter()
                .map(|entry| {
                    let (name, mut document) = variant(entry, common.clone())?;
                    apply(&mut document, overrides)?;
                    document.take("method");
                    Method::read(name, document)
                })
                .collect::<Result<_, _>>()?,
            Some(other) => {
                let message = format!("`method`: expected a list of tables, found {}", other.value.describe());
                return Err(SettingsError::new(format!("{message} ({})", other.origin))
                    .hint("write [[method]] with two pairs of brackets, then name = \"...\" and set = { ... }"));
            }
        };
        for (index, method) in methods.iter().enumerate() {
            if let Some(twin) = methods[..index].iter().find(|other| other.slug == method.slug) {
                let (a, b) = (&twin.name, &method.name);
                return Err(SettingsError::new(format!(
                    "the methods `{a}` and `{b}` would both write into {}",
                    method.slug
                ))
                .hint("give them names that differ in letters or digits"));
            }
        }
        Ok(Self { name: slug(stem), methods, has_variants: variants.is_some() })
    }
}

/// Puts each of `overrides` into `document`.
pub(crate) fn apply(document: &mut Node, overrides: &[Override]) -> Result<(), SettingsError> {
    for Override { path, value } in overrides {
        let written = format!("{}={value}", path.join("."));
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        document.put(&steps, Node::parse_argument(&written, value))?;
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
