//! SVHN, cropped digits (format 2): MATLAB files with `X`, pixels `[32, 32, 3, N]`, and `y`, labels `[N, 1]` from 1 to 10, of
//! which 10 is the digit 0.

use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::origin::Origin;
use crate::sources::{compressed, matlab};
use std::path::{Path, PathBuf};

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const FEATURES: usize = SIDE * SIDE * CHANNELS;
const CLASSES: usize = 10;

/// The most bytes of a file and of an array: 512 MiB, twice the training images.
const LIMIT: u64 = 1 << 29;

/// The training and the test set, from `directory/svhn` or `directory` itself. Pixels are divided by 255 and stored channels
/// last; label 10 becomes class 0.
///
/// # Errors
/// [`DataError::MissingFile`]; those of [`read`].
pub fn load(directory: &Path, origin: &'static Origin) -> Result<(Dataset, Dataset), DataError> {
    let directories: [PathBuf; 2] = [directory.join("svhn"), directory.to_owned()];
    let part = |name| read(&compressed::require(&directories, name, origin)?);
    Ok((part("train_32x32.mat")?, part("test_32x32.mat")?))
}

/// Reads one file.
///
/// # Errors
/// Those of [`matlab::read`]; [`DataError::WrongContent`] when the arrays `X` and `y` are missing or have other sizes than
/// above; [`DataError::LabelOutOfRange`].
pub fn read(path: &Path) -> Result<Dataset, DataError> {
    let arrays = matlab::read(path, LIMIT)?;
    let wrong = |place: &str, expected: &str, found: String| DataError::WrongContent {
        path: path.to_owned(),
        place: place.to_owned(),
        expected: expected.to_owned(),
        found,
    };
    let variable = |name: &str| {
        arrays.iter().find(|array| array.name == name).ok_or_else(|| {
            let names: Vec<&str> = arrays.iter().map(|array| array.name.as_str()).collect();
            wrong("variables", "the arrays X and y", format!("[{}]", names.join(", ")))
        })
    };
    let (images, digits) = (variable("X")?, variable("y")?);
    // MATLAB drops a last size of 1
    let (count, bytes) = match (&images.sizes[..], images.unsigned_bytes()) {
        (&[SIDE, SIDE, CHANNELS], Some(bytes)) => (1, bytes),
        (&[SIDE, SIDE, CHANNELS, count], Some(bytes)) => (count, bytes),
        _ => {
            let found = format!("{:?} of {:?}", images.sizes, images.storage);
            return Err(wrong("variable X", "unsigned bytes of 32 x 32 x 3 x N", found));
        }
    };
    let found: usize = digits.numbers().count();
    if found != count {
        return Err(wrong("variable y", &format!("{count} labels, one per image"), found.to_string()));
    }
    let mut labels = Vec::new();
    for (example, digit) in digits.numbers().enumerate() {
        if digit.fract() != 0.0 || !(1.0..=CLASSES as f64).contains(&digit) {
            return Err(wrong(&format!("label of example {example}"), "an integer from 1 to 10", digit.to_string()));
        }
        labels.push(digit as u32 % CLASSES as u32);
    }
    let mut inputs = Vec::with_capacity(bytes.len());
    for image in bytes.chunks_exact(FEATURES) {
        for row in 0..SIDE {
            for column in 0..SIDE {
                let pixel = |channel| f32::from(image[(channel * SIDE + column) * SIDE + row]) / 255.0;
                inputs.extend((0..CHANNELS).map(pixel));
            }
        }
    }
    let shape = ExampleShape::image(SIDE, SIDE, CHANNELS);
    Dataset::new("svhn", shape, inputs, Targets::Classes { labels, classes: CLASSES })
}
