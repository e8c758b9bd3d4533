//! What recorded names mean. The registries of other crates know; who asks for a page hands it in.

use std::collections::BTreeMap;

/// What one recorded name means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// What it is, for the title of a plot, with its unit where it has one: `simple noise scale (examples)`.
    pub title: String,
    /// One line.
    pub summary: String,
    /// A page: definition, range, how to read it. May be empty. Its lines are `Heading: text`, or just text.
    pub explanation: String,
    /// How its values are written.
    pub unit: Unit,
}

/// How values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// As they are.
    #[default]
    Number,
    /// As percentages.
    Share,
    /// As times.
    Seconds,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Share => "share",
            Self::Seconds => "seconds",
        }
    }
}

/// The meanings by recorded name, such as `gsnr_mean`. A name without a meaning stands for itself.
pub type Meanings = BTreeMap<String, Meaning>;

/// The meaning of `name`; without one, its title is the name.
pub(crate) fn meaning(meanings: &Meanings, name: &str) -> Meaning {
    meanings.get(name).cloned().unwrap_or_else(|| Meaning { title: name.replace('_', " "), ..Meaning::default() })
}
