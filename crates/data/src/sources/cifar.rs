//! CIFAR-10 and CIFAR-100, binary versions: records of one label byte (CIFAR-100: two, of the coarse and of the fine class) and
//! 3072 pixel bytes (the red, then the green, then the blue plane of 32 x 32, row-major).

use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::origin::Origin;
use crate::sources::compressed;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const PLANE: usize = SIDE * SIDE;
const BATCH_RECORDS: usize = 10_000;
/// Training batches of the full set.
pub const TRAINING_BATCHES: usize = 5;

/// Examples of the full training set of either version.
pub const TRAINING_EXAMPLES: usize = 50_000;

/// Bytes of a record of CIFAR-10.
pub(crate) const RECORD_BYTES: usize = 1 + CHANNELS * PLANE;
/// Bytes of a record of CIFAR-100.
pub(crate) const RECORD_BYTES_100: usize = 2 + CHANNELS * PLANE;
/// The most bytes of a file of either version.
pub(crate) const LIMIT: u64 = (TRAINING_EXAMPLES * RECORD_BYTES_100) as u64;

/// What the label bytes of a record say.
#[derive(Clone, Copy)]
struct Labels {
    bytes: usize,
    position: usize,
    classes: usize,
}

const CIFAR10: Labels = Labels { bytes: 1, position: 0, classes: 10 };

/// Which of its two labels an example of CIFAR-100 has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// One of 100 classes.
    #[default]
    Fine,
    /// One of 20 superclasses of five classes each.
    Coarse,
}

/// Settings of the source `cifar100`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cifar100 {
    /// Which labels are given. Default: the fine ones.
    pub labels: Granularity,
}

impl Cifar100 {
    /// The training and the test set, from `directory/cifar-100-binary` or `directory` itself. Pixels are divided by 255 and
    /// stored channels last.
    ///
    /// # Errors
    /// [`DataError::MissingFile`]; those of [`read_batch`].
    pub fn load(self, directory: &Path, origin: &'static Origin) -> Result<(Dataset, Dataset), DataError> {
        let directories: [PathBuf; 2] = [directory.join("cifar-100-binary"), directory.to_owned()];
        let part = |name| self.read(&compressed::require(&directories, name, origin)?);
        Ok((part("train.bin")?, part("test.bin")?))
    }

    /// Reads one file, of up to 50,000 records.
    ///
    /// # Errors
    /// Those of [`read_batch`].
    pub fn read(self, path: &Path) -> Result<Dataset, DataError> {
        let format = match self.labels {
            Granularity::Coarse => Labels { bytes: 2, position: 0, classes: 20 },
            Granularity::Fine => Labels { bytes: 2, position: 1, classes: 100 },
        };
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        read_records(path, format, TRAINING_EXAMPLES, &mut inputs, &mut labels)?;
        data_set("cifar100", format.classes, inputs, labels)
    }
}

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
pub fn load(directory: &Path, origin: &'static Origin) -> Result<Cifar10, DataError> {
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
        compressed::require(&directories, "data_batch_1.bin", origin)?;
    }
    let train = data_set("cifar10", 10, inputs, labels)?.with_ids(ids)?;
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    read_batch(&compressed::require(&directories, "test_batch.bin", origin)?, &mut inputs, &mut labels)?;
    Ok(Cifar10 { train, test: data_set("cifar10", 10, inputs, labels)?, batches })
}

/// Reads one batch file of CIFAR-10, of up to 10,000 records, and appends its pixels (channels last, divided by 255) and
/// labels.
///
/// # Errors
/// Those of [`compressed::read`]; [`DataError::WrongSize`] when the file does not end with a whole record;
/// [`DataError::LabelOutOfRange`].
pub fn read_batch(path: &Path, inputs: &mut Vec<f32>, labels: &mut Vec<u32>) -> Result<(), DataError> {
    read_records(path, CIFAR10, BATCH_RECORDS, inputs, labels)
}

/// One batch file of CIFAR-10 as a data set.
pub(crate) fn read_one_batch(path: &Path) -> Result<Dataset, DataError> {
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    read_batch(path, &mut inputs, &mut labels)?;
    data_set("cifar10", 10, inputs, labels)
}

fn read_records(
    path: &Path,
    format: Labels,
    most: usize,
    inputs: &mut Vec<f32>,
    labels: &mut Vec<u32>,
) -> Result<(), DataError> {
    let size = format.bytes + CHANNELS * PLANE;
    let bytes = compressed::read(path, (most * size) as u64)?;
    if bytes.len() % size != 0 {
        let expected = format!("whole records of {size} bytes ({} bytes in the official file)", most * size);
        return Err(DataError::WrongSize { path: path.to_owned(), expected, found: bytes.len() as u64 });
    }
    inputs.reserve(bytes.len() / size * CHANNELS * PLANE);
    for (example, record) in bytes.chunks_exact(size).enumerate() {
        let (classes, planes) = record.split_at(format.bytes);
        let label = classes[format.position];
        if usize::from(label) >= format.classes {
            let (path, label) = (path.to_owned(), i64::from(label));
            return Err(DataError::LabelOutOfRange { path, example, label, classes: format.classes });
        }
        labels.push(label.into());
        for pixel in 0..PLANE {
            inputs.extend((0..CHANNELS).map(|channel| f32::from(planes[channel * PLANE + pixel]) / 255.0));
        }
    }
    Ok(())
}

fn data_set(name: &str, classes: usize, inputs: Vec<f32>, labels: Vec<u32>) -> Result<Dataset, DataError> {
    Dataset::new(name, ExampleShape::image(SIDE, SIDE, CHANNELS), inputs, Targets::Classes { labels, classes })
}
