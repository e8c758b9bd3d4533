//! `final.safetensors`.

use crate::error::RecordError;
use crate::regular;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::Path;

/// A named array of a network, in PyTorch's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Its name, as in PyTorch's `state_dict`.
    pub name: String,
    /// Its shape, as in PyTorch.
    pub shape: Vec<usize>,
    /// The elements, row-major.
    pub values: Vec<f32>,
}

/// The bytes of a safetensors file, little-endian `F32`; the metadata say `format: pt`, which PyTorch's readers ask for.
pub(crate) fn to_bytes(weights: &[Weight]) -> Result<Vec<u8>, RecordError> {
    let unwritable =
        |name: &str, message: String| RecordError::Unwritable { what: format!("weights `{name}`"), message };
    let bytes: Vec<Vec<u8>> =
        weights.iter().map(|weight| weight.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = weights
        .iter()
        .zip(&bytes)
        .map(|(weight, bytes)| {
            let view = TensorView::new(Dtype::F32, weight.shape.clone(), bytes)
                .map_err(|error| unwritable(&weight.name, error.to_string()))?;
            Ok((weight.name.as_str(), view))
        })
        .collect::<Result<Vec<_>, RecordError>>()?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| unwritable("of the network", error.to_string()))
}

/// The arrays of a safetensors file of any origin, by name. Numbers of double precision are rounded; arrays of whole numbers,
/// such as PyTorch's `num_batches_tracked`, are no weights and left out.
///
/// # Errors
/// [`RecordError::Io`]; [`RecordError::Malformed`] when it is no such file, or has numbers of another precision.
pub fn read(path: &Path) -> Result<Vec<Weight>, RecordError> {
    from_bytes(path, &regular::read(path).map_err(RecordError::io("read", path))?)
}

/// As [`read`], of the bytes that the file at `path` holds.
pub(crate) fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<Weight>, RecordError> {
    let malformed = |message: String| RecordError::malformed(path, None, message);
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|error| malformed(format!("it is not a safetensors file ({error})")))?;
    let mut weights = Vec::new();
    for (name, view) in tensors.iter() {
        let values = match view.dtype() {
            Dtype::F32 => view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Dtype::F64 => {
                view.data().as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect()
            }
            Dtype::BOOL
            | Dtype::U8
            | Dtype::I8
            | Dtype::U16
            | Dtype::I16
            | Dtype::U32
            | Dtype::I32
            | Dtype::U64
            | Dtype::I64 => continue,
            other => {
                return Err(malformed(format!("`{name}`: expected F32 or F64, found {other:?}; convert it first")));
            }
        };
        weights.push(Weight { name: name.to_owned(), shape: view.shape().to_vec(), values });
    }
    weights.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(weights)
}
