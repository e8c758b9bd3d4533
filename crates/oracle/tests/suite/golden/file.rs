use std::collections::BTreeMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use crate::golden::index::Listed;

/// The tensors of one file, as double precision (counts are exact in it).
pub struct Golden {
    tensors: BTreeMap<String, (Listed, Vec<f64>)>,
}

impl Golden {
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = SafeTensors::deserialize(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let read = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
            let words = view.data().chunks_exact(8).map(|word| <[u8; 8]>::try_from(word).unwrap());
            let (dtype, values): (_, Vec<f64>) = match view.dtype() {
                Dtype::F64 => ("float64", words.map(f64::from_le_bytes).collect()),
                Dtype::I64 => ("int64", words.map(|word| i64::from_le_bytes(word) as f64).collect()),
                other => panic!("{}: {name} has type {other:?}, expected F64 or I64", path.display()),
            };
            (name, (Listed { shape: view.shape().to_vec(), dtype: dtype.to_owned() }, values))
        };
        Self { tensors: file.tensors().into_iter().map(read).collect() }
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.tensors.keys()
    }

    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.tensors.get(name).map(|(_, values)| values.as_slice())
    }

    pub fn values(&self, name: &str) -> &[f64] {
        self.get(name).unwrap_or_else(|| panic!("the file has no tensor {name}"))
    }

    pub fn listed(&self, name: &str) -> Option<Listed> {
        self.tensors.get(name).map(|(listed, _)| Listed { shape: listed.shape.clone(), dtype: listed.dtype.clone() })
    }
}
