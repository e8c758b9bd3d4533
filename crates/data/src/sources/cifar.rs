//! CIFAR-10, binary version: records of one label byte and 3072 pixel bytes (the red, then the green, then the blue plane of
//! 32 x 32, row-major).

use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::sources::compressed;
use std::path::{Path, PathBuf};

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const PLANE: usize = SIDE * SIDE;
const RECORD: usize = 1 + CHANNELS * PLANE;
const CLASSES: usize = 10;
const BATCH_RECORDS: usize = 10_000;
/// Training batches of the full set.
pub const TRAINING_BATCHES: usize = 5;

/// What was found of CIFAR-10.
#[derive(Clone, Debug, PartialEq)]
pub struct Cifar10 {
    /// The training examples present. The id of an example is its position in the full training set of 50,000, also when
    /// earlier batches are missing.
    pub train: Dataset,
    /// The test set.
    pub test: Dataset,
    /// The numbers, from 1 to 5, of the training batches present.
    pub batches: Vec<usize>,
}

/// Reads the training batches there are (at least one) and the test batch, from `directory/cifar-10-batches-bin` or
/// `directory` itself. Pixels are divided by 255 and stored channels last.
///
/// # Errors
/// [`DataError::MissingFile`] without the test batch or any training batch; those of [`read_batch`].
pub fn load(directory: &Path, obtain: &'static str) -> Result<Cifar10, DataError> {
    let directories: [PathBuf; 2] = [directory.join("cifar-10-batches-bin"), directory.to_owned()];
    let mut batches = Vec::new();
    let (mut inputs, mut labels, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for batch in 1..=TRAINING_BATCHES {
        if let Some(path) = compressed::find(&directories, &format!("data_batch_{batch}.bin")) {
            let first = labels.len();
            read_batch(&path, &mut inputs, &mut labels)?;
            ids.extend((0..labels.len() - first).map(|record| (batch - 1) * BATCH_RECORDS + record));
            batches.push(batch);
        }
    }
    if batches.is_empty() {
        compressed::require(&directories, "data_batch_1.bin", obtain)?;
    }
    let train = data_set(inputs, labels)?.with_ids(ids)?;
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    read_batch(&compressed::require(&directories, "test_batch.bin", obtain)?, &mut inputs, &mut labels)?;
    Ok(Cifar10 { train, test: data_set(inputs, labels)?, batches })
}

/// Reads one batch file of up to 10,000 records and appends its pixels (channels last, divided by 255) and labels.
///
/// # Errors
/// Those of [`compressed::read`]; [`DataError::WrongSize`] when the file does not end with a whole record;
/// [`DataError::LabelOutOfRange`].
pub fn read_batch(path: &Path, inputs: &mut Vec<f32>, labels: &mut Vec<u32>) -> Result<(), DataError> {
    let bytes = compressed::read(path, (BATCH_RECORDS * RECORD) as u64)?;
    if bytes.len() % RECORD != 0 {
        let expected = format!("whole records of {RECORD} bytes (30730000 bytes in the official files)");
        return Err(DataError::WrongSize { path: path.to_owned(), expected, found: bytes.len() as u64 });
    }
    inputs.reserve(bytes.len() / RECORD * CHANNELS * PLANE);
    for (example, record) in bytes.chunks_exact(RECORD).enumerate() {
        let label = u32::from(record[0]);
        if label as usize >= CLASSES {
            return Err(DataError::LabelOutOfRange { path: path.to_owned(), example, label, classes: CLASSES });
        }
        labels.push(label);
        let planes = &record[1..];
        for pixel in 0..PLANE {
            inputs.extend((0..CHANNELS).map(|channel| f32::from(planes[channel * PLANE + pixel]) / 255.0));
        }
    }
    Ok(())
}

fn data_set(inputs: Vec<f32>, labels: Vec<u32>) -> Result<Dataset, DataError> {
    let shape = ExampleShape::image(SIDE, SIDE, CHANNELS);
    Dataset::new("cifar10", shape, inputs, Targets::Classes { labels, classes: CLASSES })
}
