//! Looks at files and folders that may be data: what they are, what is in them, and what is wrong with them.

mod file;
mod folder;
mod summary;

use crate::dataset::ExampleShape;
use crate::error::DataError;
use crate::origin::Presence;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What was found at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The format, in words: `CIFAR-10, binary version`.
    pub format: String,
    /// The parts of a data set: its training set and its test set, or its files.
    pub parts: Vec<Part>,
    /// Known data sets in a data directory, by name, and how much of each is there; empty for anything else.
    pub data_sets: Vec<(&'static str, Presence)>,
    /// What is wrong, or strange, about the parts together, in words.
    pub problems: Vec<String>,
}

/// A part of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name: `training set`, or that of its file.
    pub name: String,
    /// The files that were read; for thousands of images their folder.
    pub files: Vec<PathBuf>,
    /// Number of examples.
    pub examples: usize,
    /// The shape of one example; none for labels without inputs.
    pub shape: Option<ExampleShape>,
    /// Per channel, over all pixels of all examples; empty for labels without inputs.
    pub channels: Vec<ChannelSummary>,
    /// Examples per class, where targets are classes.
    pub class_counts: Vec<usize>,
    /// What there is to say about targets that are values, and about numbers that are no labels.
    pub values: Option<ValueSummary>,
    /// What is wrong, or strange, about it, in words.
    pub problems: Vec<String>,
}

/// The inputs of one channel, pixels scaled to 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelSummary {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, divided by their number.
    pub standard_deviation: f64,
    /// The smallest.
    pub smallest: f64,
    /// The largest.
    pub largest: f64,
}

/// Targets that are values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueSummary {
    /// Values per example.
    pub outputs: usize,
    /// The smallest known value.
    pub smallest: f64,
    /// The largest known value.
    pub largest: f64,
    /// Examples of which every value is known.
    pub complete: usize,
}

/// Looks at a file or folder. It is recognised by what it holds, and by its name where the format has no mark (CIFAR).
///
/// ```
/// use consilience_data::inspection::inspect;
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("labels");
/// std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 7])?;
/// let labels = &inspect(&path)?.parts[0];
/// assert_eq!((labels.examples, labels.class_counts[7]), (3, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DataError::Unreadable`]; [`DataError::Unrecognised`]; those of the reader of the format, for a file of it that is broken.
pub fn inspect(path: &Path) -> Result<Inspection, DataError> {
    let unreadable = |cause| DataError::Unreadable { path: path.to_owned(), cause };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        folder::inspect(path)
    } else if metadata.is_file() {
        file::inspect(path)
    } else {
        Err(unreadable(io::Error::other("it is neither a file nor a folder")))
    }
}

fn unrecognised(path: &Path, found: impl Into<String>) -> DataError {
    DataError::Unrecognised { path: path.to_owned(), found: found.into() }
}
