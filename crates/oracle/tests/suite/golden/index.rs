use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::golden::file::Golden;

/// `index.json`.
#[derive(Deserialize)]
pub struct Index {
    pub files: BTreeMap<String, Entry>,
}

/// What one file holds.
#[derive(Deserialize)]
pub struct Entry {
    pub layers: Vec<Value>,
    pub input_shape: Vec<usize>,
    pub classes: usize,
    pub batch: usize,
    /// `null`, `"eval"` or `"train"`.
    pub batch_norm: Option<String>,
    pub parameters: usize,
    pub params: BTreeMap<String, Vec<usize>>,
    pub buffers: BTreeMap<String, Vec<usize>>,
    pub micro_batch: usize,
    pub constants: Constants,
    pub tensors: BTreeMap<String, Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct Constants {
    /// Of the step.
    pub lr: f64,
    /// Weight of the trace of the kernel.
    pub alpha: f64,
    /// Weight of the squared gradient norm.
    pub lambda: f64,
    /// Ridge, as a share of the mean diagonal entry.
    pub ridge: f64,
}

/// A tensor as the index lists it.
#[derive(Deserialize, PartialEq, Debug)]
pub struct Listed {
    pub shape: Vec<usize>,
    pub dtype: String,
}

impl Index {
    pub fn read(directory: &Path) -> Self {
        let path = directory.join("index.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Entry {
    pub fn trains_batch_norm(&self) -> bool {
        self.batch_norm.as_deref() == Some("train")
    }

    /// Tensors that only one of the index and the file has, or that they describe differently.
    pub fn differences_of_lists(&self, golden: &Golden) -> Vec<String> {
        let mut differences: Vec<String> = self
            .tensors
            .iter()
            .filter_map(|(name, listed)| match golden.listed(name) {
                None => Some(format!("the index lists {name}, the file has no such tensor")),
                Some(found) if found != *listed => {
                    Some(format!("{name} is {found:?} in the file and {listed:?} in the index"))
                }
                Some(_) => None,
            })
            .collect();
        let unlisted = golden.names().filter(|name| !self.tensors.contains_key(*name));
        differences.extend(unlisted.map(|name| format!("the file holds {name}, which the index does not list")));
        differences
    }
}
