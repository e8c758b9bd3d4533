//! What a run is asked to do: a configuration file (or the built-in demonstration), overridden from the command line.

mod deserialize;
mod document;
mod explain;

use crate::failure::Failure;
use consilience_data::{DataError, DataSpec};
use consilience_nn::Initialisation;
use consilience_nn::models::ModelSpec;
use consilience_train::{MonitorSpec, SpecError, TrainSpec};
use document::{Node, Value};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The built-in demonstration, which is also an example file.
const DEMONSTRATION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/demo.toml"));

/// What errors call the built-in demonstration.
const DEMONSTRATION_NAME: &str = "the built-in demonstration";

/// The settings of one run, every default filled in. As TOML, a configuration file that repeats the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// The seed from which everything random follows. Default 0.
    #[serde(default)]
    pub seed: u64,
    /// How parameters are drawn before training. Default `torch_default`.
    #[serde(default)]
    pub initialisation: Initialisation,
    /// The data.
    pub data: DataSpec,
    /// The network.
    pub model: ModelSpec,
    /// How it is trained.
    #[serde(default)]
    pub train: TrainSpec,
    /// What is measured of the gradients.
    #[serde(default)]
    pub monitor: MonitorSpec,
}

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
    pub fn read(config: Option<&Path>, overrides: &[Override]) -> Result<Self, Failure> {
        match config {
            None => Self::parse("demo", DEMONSTRATION_NAME, DEMONSTRATION, overrides),
            Some(path) => {
                let name = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Failure::new(format!("cannot read the configuration file {name}: {error}"))
                        .hint("`consilience run` without a file runs the built-in demonstration")
                })?;
                let stem = path.file_stem().map_or_else(|| "run".into(), |stem| stem.to_string_lossy());
                Self::parse(&stem, &name, &text, overrides)
            }
        }
    }

    fn parse(stem: &str, name: &str, text: &str, overrides: &[Override]) -> Result<Self, Failure> {
        let mut common = Node::parse(name, text)?;
        apply(&mut common, overrides)?;
        let variants = common.take("method");
        let methods = match &variants {
            None => vec![method(stem.to_owned(), common)?],
            Some(Node { value: Value::List(entries), .. }) if !entries.is_empty() => entries
                .iter()
                .map(|entry| {
                    let (name, mut document) = variant(entry, common.clone())?;
                    apply(&mut document, overrides)?;
                    document.take("method");
                    method(name, document)
                })
                .collect::<Result<_, _>>()?,
            Some(other) => {
                let message = format!("`method`: expected a list of tables, found {}", other.value.describe());
                return Err(Failure::new(format!("{message} ({})", other.origin))
                    .hint("write [[method]] with two pairs of brackets, then name = \"...\" and set = { ... }"));
            }
        };
        for (index, method) in methods.iter().enumerate() {
            if let Some(twin) = methods[..index].iter().find(|other| other.slug == method.slug) {
                let (a, b) = (&twin.name, &method.name);
                return Err(Failure::new(format!("the methods `{a}` and `{b}` would both write into {}", method.slug))
                    .hint("give them names that differ in letters or digits"));
            }
        }
        Ok(Self { name: slug(stem), methods, has_variants: variants.is_some() })
    }
}

fn apply(document: &mut Node, overrides: &[Override]) -> Result<(), Failure> {
    for Override { path, value } in overrides {
        let written = format!("{}={value}", path.join("."));
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        document.put(&steps, Node::parse_argument(&written, value))?;
    }
    Ok(())
}

/// The name of a method, and the common settings with what the method sets.
fn variant(entry: &Node, mut document: Node) -> Result<(String, Node), Failure> {
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
            return Err(Failure::new(message).hint("for example set = { \"train.learning_rate\" = 0.1 }"));
        }
    }
    Ok((name, document))
}

/// The same failure, for an entry of `[[method]]` read on its own.
fn in_method(failure: Failure) -> Failure {
    Failure { message: failure.message.replace("the top level", "[[method]]"), ..failure }
}

fn method(name: String, document: Node) -> Result<Method, Failure> {
    let settings = RunSettings::deserialize(&document).map_err(|error| explain::explain(error, &document))?;
    check(&settings, &document)?;
    let slug = slug(&name);
    Ok(Method { name, slug, settings, document })
}

/// Checks what can be checked without data.
fn check(settings: &RunSettings, document: &Node) -> Result<(), Failure> {
    settings.data.check().map_err(|error| match error {
        DataError::InvalidSetting { key, expected, found } => {
            explain::refused(document, "data", key, &expected, &found)
        }
        other => Failure::new(format!("`data`: {other} ({})", explain::place(document, "data"))),
    })?;
    settings.train.validate().map_err(|error| spec_failure(error, "train", document))?;
    settings.monitor.validate().map_err(|error| spec_failure(error, "monitor", document))
}

fn spec_failure(error: SpecError, section: &str, document: &Node) -> Failure {
    match error {
        SpecError::OutOfRange { key, expected, got } => explain::refused(document, section, key, &expected, &got),
        SpecError::Conflict { first, second } => {
            let place = |key: &str| explain::place(document, &format!("{section}.{key}"));
            Failure::new(format!("`{section}.{first}` and `{section}.{second}` cannot both be given")).hint(format!(
                "leave one of them out: `{first}` ({}), `{second}` ({})",
                place(first),
                place(second)
            ))
        }
        SpecError::UnknownQuantity { name, nearest } => {
            let place = explain::place(document, &format!("{section}.quantities"));
            let failure = Failure::new(format!("unknown quantity \"{name}\" in `{section}.quantities` ({place})"));
            match nearest {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`consilience list quantities` lists them all"),
            }
        }
        other => Failure::new(format!("`{section}`: {other} ({})", explain::place(document, section))),
    }
}

/// A name that file systems like: lower-case letters, digits and single hyphens.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_alphanumeric() {
            slug.extend(character.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let trimmed = slug.trim_end_matches('-');
    if trimmed.is_empty() { "run".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests;
