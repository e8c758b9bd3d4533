//! The IDX format of MNIST and Fashion-MNIST: two zero bytes, the type (8: unsigned byte), the rank, `rank` sizes as
//! big-endian 32-bit integers, then the bytes, last index fastest.

use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::origin::Origin;
use crate::sources::compressed;
use std::path::{Path, PathBuf};

/// The most bytes an IDX file may hold decompressed: 256 MiB, five times the images of MNIST.
pub const LIMIT: u64 = 1 << 28;

/// The classes of MNIST and of Fashion-MNIST.
const CLASSES: usize = 10;

/// The content of an IDX file of unsigned bytes with `RANK` sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdxBytes<const RANK: usize> {
    /// The sizes, slowest first.
    pub sizes: [usize; RANK],
    /// As many bytes as the product of the sizes.
    pub bytes: Vec<u8>,
}

/// Reads an IDX file of unsigned bytes and of rank `RANK`, plain or compressed by its extension.
///
/// # Errors
/// Those of [`compressed::read`]; [`DataError::WrongMagic`] for another format, type or rank; [`DataError::WrongSize`] when
/// the sizes in the header and the bytes there are disagree.
pub fn read<const RANK: usize>(path: &Path) -> Result<IdxBytes<RANK>, DataError> {
    let mut bytes = compressed::read(path, LIMIT)?;
    let found = bytes.len() as u64;
    let magic = [0, 0, 8, RANK as u8];
    let header = 4 + 4 * RANK;
    if !magic.starts_with(&bytes[..bytes.len().min(4)]) {
        let expected = format!("an IDX file of unsigned bytes of rank {RANK} ({})", compressed::hexadecimal(&magic));
        return Err(compressed::wrong_magic(path, &expected, &bytes, 4));
    }
    if bytes.len() < header {
        let expected = format!("an IDX header of {header} bytes");
        return Err(DataError::WrongSize { path: path.to_owned(), expected, found });
    }
    let mut sizes = [0_usize; RANK];
    for (size, field) in sizes.iter_mut().zip(bytes[4..header].chunks_exact(4)) {
        *size = field.iter().fold(0, |size, &byte| size << 8 | usize::from(byte));
    }
    // Saturating: up to 255 sizes below 2^32 can exceed any integer, and all that matters is that they then disagree.
    let promised = sizes.iter().fold(1_u128, |product, &size| product.saturating_mul(size as u128));
    let shape = sizes.map(|size| size.to_string());
    if promised.saturating_add(header as u128) != u128::from(found) {
        let expected = format!(
            "{} bytes by its header ({header} + {})",
            promised.saturating_add(header as u128),
            shape.join(" x ")
        );
        return Err(DataError::WrongSize { path: path.to_owned(), expected, found });
    }
    if promised == 0 {
        let expected = format!("at least one value, not {} values by its header", shape.join(" x "));
        return Err(DataError::WrongSize { path: path.to_owned(), expected, found });
    }
    bytes.drain(..header);
    Ok(IdxBytes { sizes, bytes })
}

/// The data set of an image file (rank 3) and its label file (rank 1): one channel, pixels divided by 255.
///
/// # Errors
/// Those of [`read`]; [`DataError::CountMismatch`]; [`DataError::LabelOutOfRange`]; [`DataError::NoExamples`].
pub fn read_pair(name: &str, image_file: &Path, label_file: &Path, classes: usize) -> Result<Dataset, DataError> {
    let images = read::<3>(image_file)?;
    let labels = read::<1>(label_file)?;
    let [count, height, width] = images.sizes;
    if count != labels.sizes[0] {
        return Err(DataError::CountMismatch {
            image_file: image_file.to_owned(),
            images: count,
            label_file: label_file.to_owned(),
            labels: labels.sizes[0],
        });
    }
    if let Some(example) = labels.bytes.iter().position(|&label| usize::from(label) >= classes) {
        let label = i64::from(labels.bytes[example]);
        return Err(DataError::LabelOutOfRange { path: label_file.to_owned(), example, label, classes });
    }
    let inputs = images.bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
    let labels = labels.bytes.iter().map(|&label| u32::from(label)).collect();
    Dataset::new(name, ExampleShape::image(height, width, 1), inputs, Targets::Classes { labels, classes })
}

/// The training and the test set in the standard four files, looked for in `directory/folder` and in `directory` itself.
///
/// # Errors
/// Those of [`read_pair`]; [`DataError::MissingFile`]; [`DataError::SplitShapes`] when the two sets differ in shape.
pub fn load(
    name: &str,
    directory: &Path,
    folder: &str,
    origin: &'static Origin,
) -> Result<(Dataset, Dataset), DataError> {
    let directories: [PathBuf; 2] = [directory.join(folder), directory.to_owned()];
    let part = |prefix: &str| {
        let images = compressed::require(&directories, &format!("{prefix}-images-idx3-ubyte"), origin)?;
        let labels = compressed::require(&directories, &format!("{prefix}-labels-idx1-ubyte"), origin)?;
        read_pair(name, &images, &labels, CLASSES)
    };
    let (train, test) = (part("train")?, part("t10k")?);
    if train.shape() == test.shape() {
        return Ok((train, test));
    }
    Err(DataError::SplitShapes { train: train.shape().to_string(), test: test.shape().to_string() })
}
