//! `checkpoints/STEP.safetensors`: all that a run needs to go on.

use crate::error::RecordError;
use crate::growing::Extent;
use crate::metrics::Metrics;
use crate::regular;
use crate::weights::Weight;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// The version of the format of checkpoints.
const FORMAT: u32 = 1;

/// The key of the header among the metadata of the file.
const HEADER: &str = "consilience";

/// What the names of lists of numbers begin with. Names of weights have no `/`.
const NUMBERS: &str = "numbers/";

/// The state of a run between two steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// The updates made.
    pub step: u64,
    /// Parameters and buffers, named and laid out as in PyTorch.
    pub weights: Vec<Weight>,
    /// What optimizer and aggregator remember, one array per parameter: `optimizer/0.velocity/0.weight`.
    pub arrays: Vec<Weight>,
    /// Lists of numbers in double precision.
    pub numbers: Vec<(String, Vec<f64>)>,
    /// The loss of the step before.
    pub last_loss: Option<f64>,
    /// The last evaluation.
    pub last_evaluation: Option<Metrics>,
}

/// Where in its run a checkpoint was taken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// How far the metrics had got.
    pub metrics: Extent,
    /// How far the timings had got.
    pub timings: Extent,
    /// Seconds of computation before.
    pub seconds: f64,
    /// A checksum of the settings of the run.
    pub settings: u32,
}

/// What the file says beside its arrays.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    step: u64,
    /// The names of all arrays, in the order in which they were given.
    arrays: Vec<String>,
    /// Of the bytes of all arrays, in that order.
    checksum: u32,
    #[serde(flatten)]
    position: Position,
    last_loss: Option<f64>,
    last_evaluation: Option<Metrics>,
}

impl Checkpoint {
    /// Reads a checkpoint, for its weights or anything else in it.
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Malformed`] when it is not a checkpoint, not whole, or of another version.
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        read(path).map(|(checkpoint, _)| checkpoint)
    }
}

/// The bytes of the file.
pub(crate) fn to_bytes(checkpoint: &Checkpoint, position: Position) -> Result<Vec<u8>, RecordError> {
    let unwritable = |message: String| RecordError::Unwritable { what: "a checkpoint".to_owned(), message };
    let mut arrays: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for Weight { name, shape, values } in checkpoint.weights.iter().chain(&checkpoint.arrays) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        arrays.push((name.clone(), Dtype::F32, shape.clone(), bytes));
    }
    for (name, values) in &checkpoint.numbers {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        arrays.push((format!("{NUMBERS}{name}"), Dtype::F64, vec![values.len()], bytes));
    }
    let header = Header {
        format: FORMAT,
        step: checkpoint.step,
        arrays: arrays.iter().map(|(name, ..)| name.clone()).collect(),
        checksum: checksum(arrays.iter().map(|(_, _, _, bytes)| bytes.as_slice())),
        position,
        last_loss: checkpoint.last_loss,
        last_evaluation: checkpoint.last_evaluation.clone(),
    };
    let header = serde_json::to_string(&header).map_err(|error| unwritable(error.to_string()))?;
    let views = arrays
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| unwritable(error.to_string()))?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned()), (HEADER.to_owned(), header)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| unwritable(error.to_string()))
}

/// Reads and checks a checkpoint.
pub(crate) fn read(path: &Path) -> Result<(Checkpoint, Position), RecordError> {
    let bytes = regular::read(path).map_err(RecordError::io("read", path))?;
    from_bytes(&bytes).map_err(|message| RecordError::malformed(path, None, message))
}

fn from_bytes(bytes: &[u8]) -> Result<(Checkpoint, Position), String> {
    let damaged = |error: safetensors::SafeTensorError| format!("not a whole checkpoint: {error}");
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let header = metadata.metadata().as_ref().and_then(|metadata| metadata.get(HEADER));
    let header = header.ok_or("not a checkpoint: its metadata say nothing of a run")?;
    let format = serde_json::from_str::<Version>(header).map_err(|error| error.to_string())?.format;
    if format != FORMAT {
        return Err(format!("expected version {FORMAT} of the format, found {format}"));
    }
    let header: Header = serde_json::from_str(header).map_err(|error| error.to_string())?;
    let views =
        header.arrays.iter().map(|name| tensors.tensor(name)).collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    if views.len() != tensors.len() || checksum(views.iter().map(TensorView::data)) != header.checksum {
        return Err("damaged: its checksum is not that of its contents".to_owned());
    }
    let mut checkpoint = Checkpoint {
        step: header.step,
        last_loss: header.last_loss,
        last_evaluation: header.last_evaluation,
        ..Checkpoint::default()
    };
    for (name, view) in header.arrays.iter().zip(views) {
        match (name.strip_prefix(NUMBERS), view.dtype()) {
            (Some(name), Dtype::F64) => {
                let values = view.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
                checkpoint.numbers.push((name.to_owned(), values));
            }
            (None, Dtype::F32) => {
                let values = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                let array = Weight { name: name.clone(), shape: view.shape().to_vec(), values };
                if name.contains('/') { checkpoint.arrays.push(array) } else { checkpoint.weights.push(array) }
            }
            (_, other) => return Err(format!("`{name}`: {other:?} is not what is written there")),
        }
    }
    Ok((checkpoint, header.position))
}

/// The one part of the header that every version has.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

fn checksum<'a>(parts: impl Iterator<Item = &'a [u8]>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.for_each(|part| hasher.update(part));
    hasher.finalize()
}
