//! Models that were saved, by this program or another, and the settings they are measured with.

use crate::document::{Node, Origin, Value};
use crate::error::{RunError, SettingsError};
use crate::prepared::Prepared;
use crate::settings::{Method, Override, Plan, apply, written};
use crate::weights::{place, shortened};
use consilience_nn::Model;
use consilience_record::{RUN_FILE, RunReader, WEIGHTS_FILE, find_runs, last_checkpoint, read_weights};
use std::path::{Path, PathBuf};

/// A saved model: the file of its arrays, and the run that it is of, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The safetensors file.
    pub weights: PathBuf,
    /// The run directory.
    pub run: Option<PathBuf>,
}

/// What a saved model is measured with: whatever is left out is as in its run.
#[derive(Clone, Debug, Default)]
pub struct SavedSettings<'a> {
    /// A configuration file that takes the place of the run's settings.
    pub config: Option<&'a Path>,
    /// The network: the name of a model, or a table of TOML.
    pub model: Option<&'a str>,
    /// A source of data, which is taken as it is, whole and uncorrupted, but normalised as the data of the run.
    pub data: Option<&'a str>,
    /// Settings that go before all others.
    pub overrides: &'a [Override],
}

impl Saved {
    /// The model at `path`: a run directory, whose final weights are meant; a safetensors file in it or in a directory of it; or
    /// a safetensors file of whatever origin.
    ///
    /// # Errors
    /// When nothing is there, or a directory that is no run or has no weights.
    pub fn find(path: &Path) -> Result<Self, SettingsError> {
        let shown = path.display();
        if !path.exists() {
            return Err(SettingsError::new(format!("there is no file or directory {shown}")));
        }
        if path.is_file() {
            let above = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            let run = above.ancestors().skip(1).take(2).find(|directory| directory.join(RUN_FILE).is_file());
            return Ok(Self { weights: path.to_owned(), run: run.map(Path::to_owned) });
        }
        let weights = path.join(WEIGHTS_FILE);
        if weights.is_file() {
            return Ok(Self { weights, run: path.join(RUN_FILE).is_file().then(|| path.to_owned()) });
        }
        if path.join(RUN_FILE).is_file() {
            let error =
                SettingsError::new(format!("the run {shown} has no {WEIGHTS_FILE}, which it writes at its end"));
            return Err(match last_checkpoint(path) {
                Some(last) => error.hint(format!("name one of its checkpoints: {}", last.display())),
                None => error,
            });
        }
        let error = SettingsError::new(format!("{shown} holds neither {RUN_FILE} nor {WEIGHTS_FILE}"));
        let runs: Vec<String> = find_runs(path).runs.iter().map(|run| run.display().to_string()).collect();
        Err(if runs.is_empty() {
            error.hint("name a run directory or a safetensors file")
        } else {
            error.hint(format!("name one of the runs in it: {}", shortened(&runs)))
        })
    }

    /// The settings to measure this model with.
    ///
    /// # Errors
    /// When nothing says what the network or the data are, or settings cannot be taken.
    pub fn method(&self, settings: &SavedSettings<'_>) -> Result<Method, RunError> {
        let (name, mut document) = match (settings.config, &self.run) {
            (Some(config), _) => one_of(config)?,
            (None, Some(run)) => of_run(run)?,
            (None, None) => {
                let origin = Origin::Argument("the command line".into());
                ("model".to_owned(), Node { origin, value: Value::Table(Vec::new()) })
            }
        };
        if let Some(model) = settings.model {
            let node = match Node::parse_argument(&format!("model={model}"), model) {
                Node { value: Value::Text(name), .. } => named("name", &name, &format!("--model {model}")),
                table => table,
            };
            document.put(&["model"], node)?;
        }
        if let Some(source) = settings.data {
            let normalisation = document.take("data").and_then(|mut data| data.take("normalisation"));
            document.put(&["data"], named("source", source, &format!("--data {source}")))?;
            if let Some(normalisation) = normalisation {
                document.put(&["data", "normalisation"], normalisation)?;
            }
        }
        if let Some(change) = apply(&mut document, settings.overrides)?.first() {
            return Err(change.nothing_to_take_out().into());
        }
        for (key, what, how) in [
            (
                "model",
                "which network the weights are of",
                "--model NAME (or a table, --model '{ name = \"mlp\", widths = [300] }')",
            ),
            ("data", "which data to measure on", "--data SOURCE"),
        ] {
            if document.get(key).is_none() {
                let error = SettingsError::new(format!("nothing says {what}"));
                return Err(error.hint(format!("say it with {how}, or with --config FILE.toml")).into());
            }
        }
        Ok(Method::read(name, document)?)
    }

    /// The model in the network of `prepared`; beside it the names of arrays in the file that the network has no place for.
    ///
    /// # Errors
    /// When the file cannot be read, lacks an array or has one of another shape: [`RunError::Weights`], which names it.
    pub fn load(&self, prepared: &Prepared) -> Result<(Model<f32>, Vec<String>), RunError> {
        let arrays = read_weights(&self.weights)?;
        let Prepared { method, network, .. } = prepared;
        let settings = &method.settings;
        let mut model = Model::init(network.clone(), settings.initialisation, settings.seed);
        let unused = place(&mut model, &arrays).map_err(|error| RunError::Weights {
            file: self.weights.clone(),
            error: Box::new(error),
            network: format!("the network is the one of {}; {}", method.place("model"), prepared.data_in_words()),
        })?;
        // Checkpoints hold the state of the optimizer, too, under names with a slash; those of weights have none.
        let unused = unused.into_iter().filter(|name| !name.contains('/')).collect();
        Ok((model, unused))
    }
}

/// A table of one text.
fn named(key: &str, text: &str, argument: &str) -> Node {
    let origin = Origin::Argument(argument.into());
    let node = Node { origin: origin.clone(), value: Value::Text(text.to_owned()) };
    let entry = crate::document::Entry { key: key.to_owned(), origin: origin.clone(), node };
    Node { origin, value: Value::Table(vec![entry]) }
}

/// The name and settings of the method of a configuration file; of several, the first, when they have one network and loss.
fn one_of(config: &Path) -> Result<(String, Node), SettingsError> {
    let plan = Plan::read(Some(config), &[])?;
    let mut methods = plan.methods.into_iter();
    let Some(first) = methods.next() else {
        return Err(SettingsError::new(format!("the configuration file {} has no methods", config.display())));
    };
    let same = |other: &Method| {
        let (a, b) = (&first.settings, &other.settings);
        a.model == b.model && a.data == b.data && a.train.loss == b.train.loss
    };
    match methods.find(|other| !same(other)) {
        None => Ok((first.name.clone(), first.document().clone())),
        Some(other) => Err(SettingsError::new(format!(
            "the methods `{}` and `{}` of {} differ in network, data or loss",
            first.name,
            other.name,
            config.display()
        ))
        .hint("name the run directory of the method that is meant, or give a file with one")),
    }
}

fn of_run(run: &Path) -> Result<(String, Node), RunError> {
    let reader = RunReader::open(run)?;
    let description = reader.description();
    let name = format!("the settings in {}", run.join(RUN_FILE).display());
    Ok((description.method.clone(), written(description, &name)?))
}
