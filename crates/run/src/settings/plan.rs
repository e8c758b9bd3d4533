//! The runs of a configuration file (or of the built-in demonstration).

use super::{Configuration, Override, RunSettings, slug};
use crate::SettingsError;
use crate::document::{Node, explain};
use consilience_record::RunDescription;
use std::path::Path;

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
        Self::read(description.method.clone(), written(description, "the settings of the run")?)
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

/// The settings of a run as they were written; `name` is what errors call them.
pub(crate) fn written(description: &RunDescription, name: &str) -> Result<Node, SettingsError> {
    let text = toml::to_string(&description.settings)
        .map_err(|error| SettingsError::new(format!("{name} cannot be read back: {error}")))?;
    Node::parse(name, &text)
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
    /// Whether the file has a `[sweep]`, of which these runs know nothing.
    pub has_sweep: bool,
}

impl Plan {
    /// Reads the configuration file `config`, or the built-in demonstration, and overrides it.
    ///
    /// # Errors
    /// As for [`Configuration::read`]; when a run's settings hold an unknown key (with the nearest valid one), a value of the
    /// wrong type or out of range.
    pub fn read(config: Option<&Path>, overrides: &[Override]) -> Result<Self, SettingsError> {
        Self::of(Configuration::read(config, overrides)?)
    }

    /// Reads the configuration file whose contents are `text`; `name` is what errors call it, `stem` what its run is called.
    ///
    /// # Errors
    /// As for [`Plan::read`].
    pub fn parse(stem: &str, name: &str, text: &str, overrides: &[Override]) -> Result<Self, SettingsError> {
        Self::of(Configuration::parse(stem, name, text, overrides)?)
    }

    /// The runs of `configuration`, without its sweep.
    ///
    /// # Errors
    /// As for [`Method::read`].
    pub fn of(configuration: Configuration) -> Result<Self, SettingsError> {
        let Configuration { name, drafts, has_variants, sweep } = configuration;
        let methods = drafts.into_iter().map(|draft| Method::read(draft.name, draft.document));
        Ok(Self { name, methods: methods.collect::<Result<_, _>>()?, has_variants, has_sweep: sweep.is_some() })
    }
}
