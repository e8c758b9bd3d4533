//! Everything that configuration files can name, collected from the registries of the crates that own it.

use crate::settings::SETTINGS;
use clap::ValueEnum;
use consilience_data::registry::{LABEL_NOISES, LABELS, SOURCES, TREATMENTS};
use consilience_gradients::Quantity;
use consilience_nn::registry::{self, INITIALISATIONS, LAYERS, LOSSES, MODELS};
use consilience_train::HELD_OUT;
use consilience_train::aggregators::AGGREGATORS;
use consilience_train::evaluation::MEASURES;
use consilience_train::examples::{SHARES, Score};
use consilience_train::optimizers::TRANSFORMS;
use consilience_train::penalties::PenaltyKind;

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Kind {
    /// Networks by name
    Models,
    /// Layers of custom models
    Layers,
    /// Losses
    Losses,
    /// Initialisations
    Initialisations,
    /// Data sources
    Data,
    /// Kinds of label noise
    LabelNoise,
    /// What else is done to examples
    Treatments,
    /// What makes one direction out of per-example gradients
    Aggregators,
    /// What makes an update out of a direction
    Transforms,
    /// What is added to the loss
    Penalties,
    /// What can be measured of per-example gradients while training
    Quantities,
    /// What can be measured of the whole training set while training
    TrainingSet,
    /// Numbers about single training examples
    Scores,
    /// What every evaluation measures
    Measures,
    /// The keys of configuration files
    Settings,
}

impl Kind {
    /// Every kind, in the order in which `list` prints them.
    pub const ALL: [Self; 15] = [
        Self::Models,
        Self::Layers,
        Self::Losses,
        Self::Initialisations,
        Self::Data,
        Self::LabelNoise,
        Self::Treatments,
        Self::Aggregators,
        Self::Transforms,
        Self::Penalties,
        Self::Quantities,
        Self::TrainingSet,
        Self::Scores,
        Self::Measures,
        Self::Settings,
    ];

    /// The name on the command line, and of its page in the book.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// The heading, and what one of the kind is called.
    pub fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::Models => ("models", "model"),
            Self::Layers => ("layers of custom models", "layer"),
            Self::Losses => ("losses", "loss"),
            Self::Initialisations => ("initialisations", "initialisation"),
            Self::Data => ("data sources", "data source"),
            Self::LabelNoise => ("label noise", "label noise"),
            Self::Treatments => ("treatments of examples", "treatment of examples"),
            Self::Aggregators => ("aggregators", "aggregator"),
            Self::Transforms => ("transforms of the update", "transform of the update"),
            Self::Penalties => ("penalties", "penalty"),
            Self::Quantities => ("quantities", "quantity"),
            Self::TrainingSet => ("measurements of the whole training set", "measurement of the whole training set"),
            Self::Scores => ("scores of training examples", "score of training examples"),
            Self::Measures => ("measures of every evaluation", "measure of every evaluation"),
            Self::Settings => ("settings of configuration files", "setting of configuration files"),
        }
    }

    /// How a configuration file names `name`.
    pub fn usage(self, name: &str) -> Option<String> {
        Some(match self {
            Self::Models => format!("[model]\nname = \"{name}\""),
            Self::Layers => format!("[model]\nname = \"custom\"\nlayers = [{{ kind = \"{name}\", ... }}, ...]"),
            Self::Losses => format!("[train]\nloss = \"{name}\""),
            Self::Initialisations => format!("initialisation = \"{name}\""),
            Self::Data => match LABELS.iter().find(|labels| labels.name == name) {
                Some(labels) => format!("[data]\nhuman_labels = {{ file = \"{}\" }}", labels.file),
                None => format!("[data]\nsource = \"{name}\""),
            },
            Self::LabelNoise => format!("[data]\nlabel_noise = {{ kind = \"{name}\", fraction = 0.4 }}"),
            Self::Treatments => {
                let entry = TREATMENTS.iter().find(|entry| entry.name == name)?;
                format!("[data]\n{name} = {}", entry.usage)
            }
            Self::Aggregators => format!("[train]\naggregator = {{ kind = \"{name}\", ... }}"),
            Self::Transforms => format!("[train]\noptimizer = [{{ kind = \"{name}\", ... }}, ...]"),
            Self::Penalties => format!("[[train.penalty]]\nkind = \"{name}\"\nweight = ..."),
            Self::Quantities => format!("[monitor]\nquantities = [\"{name}\"]"),
            Self::TrainingSet => {
                format!("[monitor]\n{name} = {{ every = \"log\", null_worlds = 3, sample = \"all\" }}")
            }
            Self::Scores if name == HELD_OUT.name => return None,
            Self::Scores => format!("[monitor]\nscores = [\"{name}\"]"),
            Self::Measures => return None,
            Self::Settings => SETTINGS.iter().find(|setting| setting.path == name)?.usage.to_owned(),
        })
    }
}

/// One thing with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// One line.
    pub summary: String,
    /// More, as pairs of a heading and text.
    pub details: Vec<(String, String)>,
    /// The names of what it records, when these are not its own.
    pub records: Vec<&'static str>,
}

/// All of one kind.
pub fn items(kind: Kind) -> Vec<Item> {
    let item = |name: &str, summary: &str, details: &[(&str, &str)]| Item {
        kind,
        name: name.to_owned(),
        summary: summary.to_owned(),
        details: details
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(heading, text)| ((*heading).to_owned(), (*text).to_owned()))
            .collect(),
        records: Vec::new(),
    };
    let recording = |item: Item, values: &[(&'static str, &str)]| Item {
        records: values.iter().map(|(name, _)| *name).collect(),
        ..item
    };
    let of_network = |entries: &[registry::Entry]| -> Vec<Item> {
        entries.iter().map(|entry| item(entry.name, entry.summary, &[("Source", entry.reference)])).collect()
    };
    match kind {
        Kind::Models => of_network(MODELS),
        Kind::Layers => of_network(LAYERS),
        Kind::Losses => of_network(LOSSES),
        Kind::Initialisations => of_network(INITIALISATIONS),
        Kind::Data => SOURCES
            .iter()
            .map(|source| {
                let origin = source.origin.to_string();
                let settings = format!("Settings (data.{})", source.name);
                let details = [
                    ("Size", source.size),
                    (settings.as_str(), source.settings),
                    ("How to get it", origin.as_str()),
                    ("Licence", source.licence),
                    ("Source", source.reference),
                ];
                item(source.name, source.summary, &details)
            })
            .chain(LABELS.iter().map(|labels| {
                let origin = labels.origin.to_string();
                let details = [
                    ("Size", labels.size),
                    ("How to get it", origin.as_str()),
                    ("Licence", labels.licence),
                    ("Source", labels.reference),
                ];
                item(labels.name, labels.summary, &details)
            }))
            .collect(),
        Kind::LabelNoise => LABEL_NOISES
            .iter()
            .map(|noise| {
                item(noise.name, noise.summary, &[("Definition", noise.definition), ("Source", noise.reference)])
            })
            .collect(),
        Kind::Treatments => TREATMENTS
            .iter()
            .map(|entry| {
                item(entry.name, entry.summary, &[("Definition", entry.definition), ("Source", entry.reference)])
            })
            .collect(),
        Kind::Aggregators => AGGREGATORS
            .iter()
            .map(|aggregator| item(aggregator.name, aggregator.summary, &[("", aggregator.explanation)]))
            .collect(),
        Kind::Transforms => {
            TRANSFORMS.iter().map(|entry| item(entry.name, entry.summary, &[("", entry.explanation)])).collect()
        }
        Kind::Penalties => {
            let entries = PenaltyKind::ALL.iter().map(|kind| kind.entry());
            entries.map(|entry| item(entry.name, entry.summary, &[("", entry.explanation)])).collect()
        }
        Kind::Quantities => Quantity::ALL.iter().map(|quantity| quantity_item(*quantity)).collect(),
        Kind::TrainingSet => {
            let details = [("", SHARES.explanation), ("Values", &listed(&SHARES.values))];
            vec![recording(item(SHARES.name, SHARES.summary, &details), &SHARES.values)]
        }
        Kind::Scores => Score::ALL
            .iter()
            .map(|score| score.entry())
            .chain([&HELD_OUT])
            .map(|entry| {
                let columns = listed(entry.columns);
                let details = [("", entry.explanation), ("Columns of examples.parquet", &columns)];
                recording(item(entry.name, entry.summary, &details), entry.columns)
            })
            .collect(),
        Kind::Measures => MEASURES.iter().map(|(name, meaning)| item(name, meaning, &[])).collect(),
        Kind::Settings => SETTINGS
            .iter()
            .map(|setting| {
                let item = item(setting.path, setting.summary, &[("", setting.explanation)]);
                recording(item, &[(setting.key(), "")])
            })
            .collect(),
    }
}

/// Names and meanings, one per line.
fn listed(values: &[(&str, &str)]) -> String {
    values.iter().map(|(name, meaning)| format!("{name}: {meaning}")).collect::<Vec<_>>().join("\n")
}

fn quantity_item(quantity: Quantity) -> Item {
    let description = quantity.description();
    let values = description.values.iter().map(|value| {
        let scope = if value.per_parameter { format!(", also as {}/PARAMETER", value.name) } else { String::new() };
        format!("{}: {}{scope}", value.name, value.title)
    });
    Item {
        kind: Kind::Quantities,
        name: description.name.to_owned(),
        summary: description.summary.to_owned(),
        details: vec![
            (String::new(), description.explanation.to_owned()),
            ("Values".to_owned(), values.collect::<Vec<_>>().join("\n")),
        ],
        records: description.values.iter().map(|value| value.name).collect(),
    }
}

/// Everything.
pub fn all() -> Vec<Item> {
    Kind::ALL.into_iter().flat_map(items).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn everything_has_a_name_of_its_own_within_its_kind_and_a_summary() {
        for kind in Kind::ALL {
            let items = items(kind);
            let names: HashSet<&str> = items.iter().map(|item| item.name.as_str()).collect();
            assert!(!items.is_empty() && names.len() == items.len(), "{kind:?}");
            assert!(items.iter().all(|item| !item.summary.is_empty() && !item.summary.contains('\n')), "{kind:?}");
        }
    }
}
