//! Everything a run needs to start, checked.

use crate::error::RunError;
use crate::settings::Method;
use consilience_data::{DataSpec, NormalisationSpec, Split, load};
use consilience_nn::Network;
use consilience_tensor::Shape;
use consilience_train::{TrainError, TrainingData, check, check_network};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Loads data, and keeps those used last: runs that differ in other settings share them.
#[derive(Debug)]
pub struct DataCache {
    directory: PathBuf,
    capacity: usize,
    /// The most recently used last.
    kept: Vec<(DataSpec, u64, Arc<Split>)>,
}

impl DataCache {
    /// Of data files below `directory`; keeps the last `capacity` data sets, at least one.
    pub fn new(directory: impl Into<PathBuf>, capacity: usize) -> Self {
        Self { directory: directory.into(), capacity: capacity.max(1), kept: Vec::new() }
    }

    /// Where data files are looked for.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The data that `method` trains on.
    ///
    /// # Errors
    /// [`RunError::Data`].
    pub fn load(&mut self, method: &Method) -> Result<Arc<Split>, RunError> {
        let (spec, seed) = (&method.settings.data, method.settings.data_seed());
        let known = self.kept.iter().position(|(known, of, _)| known == spec && *of == seed);
        let entry = if let Some(index) = known {
            self.kept.remove(index)
        } else {
            let data = load(spec, Some(&self.directory), seed)
                .map_err(|error| RunError::Data { error, place: method.place("data") })?;
            (spec.clone(), seed, Arc::new(data))
        };
        let data = Arc::clone(&entry.2);
        self.kept.push(entry);
        if self.kept.len() > self.capacity {
            self.kept.remove(0);
        }
        Ok(data)
    }

    /// The data that `method` trains on as they are, for people to look at: pixels from 0 to 1, neither normalised nor augmented.
    ///
    /// # Errors
    /// [`RunError::Data`].
    pub fn load_raw(&mut self, method: &Method) -> Result<Arc<Split>, RunError> {
        let mut method = method.clone();
        method.settings.data.normalisation = NormalisationSpec::None;
        method.settings.data.augmentation = None;
        self.load(&method)
    }
}

/// A run that can start: its settings, data and network.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The name and settings.
    pub method: Method,
    /// The data.
    pub data: Arc<Split>,
    /// The network.
    pub network: Network,
}

impl Prepared {
    /// Loads the data of `method` and builds its network.
    ///
    /// # Errors
    /// [`RunError::Data`]; [`RunError::Model`] when the network does not fit the data.
    pub fn new(method: &Method, cache: &mut DataCache) -> Result<Self, RunError> {
        let data = cache.load(method)?;
        let network = build(method, &data)?;
        Ok(Self { method: method.clone(), data, network })
    }

    /// Whether everything that the run takes of its network is there, of whatever size its data are.
    ///
    /// # Errors
    /// [`RunError::Training`] with the first setting that is undefined on the network, naming the layer.
    pub fn check_network(&self) -> Result<(), RunError> {
        let settings = &self.method.settings;
        self.refused(check_network(&self.network, &settings.train, &settings.monitor))
    }

    /// Whether the run can take place, which [`execute`](crate::execute) would find out only once its directory is made.
    ///
    /// # Errors
    /// [`RunError::Training`] with the first setting that does not fit the data or is undefined on the network, naming the layer.
    pub fn check(&self) -> Result<(), RunError> {
        let settings = &self.method.settings;
        let data = TrainingData::from(&*self.data);
        self.refused(check(&self.network, data, &settings.train, &settings.monitor))
    }

    fn refused(&self, checked: Result<(), TrainError>) -> Result<(), RunError> {
        checked.map_err(|error| RunError::Training {
            method: self.method.name.clone(),
            error: Box::new(error),
            unrecorded: None,
        })
    }

    /// The data in words: their name, and the shape and outputs of their examples.
    pub fn data_in_words(&self) -> String {
        format!("the data {}", in_words(&self.data))
    }

    /// The number of steps the run takes unless it stops early.
    pub fn steps(&self) -> u64 {
        self.method.settings.train.steps_in_total(self.data.train.len())
    }
}

fn build(method: &Method, data: &Split) -> Result<Network, RunError> {
    let shape = data.train.shape();
    let input = Shape::new(1, shape.height, shape.width, shape.channels);
    method.settings.model.build(input, data.train.outputs()).map_err(|error| RunError::Model {
        error: Box::new(error),
        place: method.place("model"),
        data: format!("the data {}", in_words(data)),
    })
}

/// The training data in words: their name, shape and outputs.
fn in_words(data: &Split) -> String {
    let (shape, outputs) = (data.train.shape(), data.train.outputs());
    let (height, width, channels) = (shape.height, shape.width, shape.channels);
    let name = data.train.name();
    format!(
        "`{name}` have examples of {height}x{width}x{channels} (height x width x channels) and {outputs} classes or outputs"
    )
}
