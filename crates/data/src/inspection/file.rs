//! One file.

use super::summary::Summary;
use super::{Inspection, Part, ValueSummary, unrecognised};
use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::sources::facial_keypoints::Missing;
use crate::sources::{cifar, compressed, facial_keypoints, idx, npy, svhn};
use std::path::Path;

/// Bytes from the beginning that tell what a file is.
const HEAD: u64 = 4096;

/// The most classes that integers are taken for.
const MOST_CLASSES: i64 = 1000;

/// Looks at a file.
pub(super) fn inspect(path: &Path) -> Result<Inspection, DataError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let head = compressed::head(path, HEAD)?;
    let one = |format: &str, part: Part| Inspection {
        format: format.to_owned(),
        parts: vec![part],
        data_sets: Vec::new(),
        problems: Vec::new(),
    };
    let examples = |data: &Dataset| Summary::of(data).part(&name, vec![path.to_owned()]);
    // by name first: a record can begin like any other file
    if let Some((format, data)) = cifar_by_name(path, &name)? {
        return Ok(one(format, examples(&data)));
    }
    Ok(match &head[..] {
        [0, 0, 8, 3, ..] => one("IDX images, as of MNIST", images(path, &name)?),
        [0, 0, 8, 1, ..] => {
            let labels = idx::read::<1>(path)?;
            let labels: Vec<i64> = labels.bytes.into_iter().map(i64::from).collect();
            one("IDX labels, as of MNIST", numbers(path, &name, &labels))
        }
        [0, 0, kind, rank, ..] if (8..=14).contains(kind) && (1..=8).contains(rank) => {
            return Err(unrecognised(
                path,
                format!("an IDX file of type {kind} and rank {rank}; only unsigned bytes (8) of rank 1 and 3 are read"),
            ));
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            one("NumPy integers, as the labels of CIFAR-10N", numbers(path, &name, &npy::read_integers(path)?))
        }
        [b'M', b'A', b'T', b'L', b'A', b'B', ..] => one("a MATLAB file, as of SVHN", examples(&svhn::read(path)?)),
        _ if is_keypoints(&head) => {
            one("facial keypoints, CSV", examples(&facial_keypoints::read(path, Missing::Mask)?))
        }
        _ => match cifar_by_size(path, &name)? {
            Some((format, data)) => one(format, examples(&data)),
            None => return Err(unrecognised(path, other(&head))),
        },
    })
}

/// What stands first in a file that is not read here.
fn other(head: &[u8]) -> &'static str {
    match head {
        [0x1f, 0x8b, ..] => "gzip without `.gz` at the end of its name",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd without `.zst` at the end of its name",
        [b'P', b'K', 3 | 5, ..] => "a zip archive, which is to be unpacked first",
        _ if head.get(257..262) == Some(b"ustar") => "a tape archive, which is to be unpacked first",
        [0x89, b'H', b'D', b'F', ..] => "HDF5",
        [b'P', b'A', b'R', b'1', ..] => "Parquet, as the examples of a run; it is no data set",
        [0xff, 0xd8, 0xff, ..] => "a JPEG image; only whole folders of images are read",
        [0x89, b'P', b'N', b'G', ..] => "a PNG image; images are read in the formats of the data sets only",
        [0x80, 2..=5, ..] => "a Python pickle, which cannot be read without running what it says",
        [b'<', ..] => "a web page",
        [_, _, _, _, _, _, _, 0, b'{', ..] => "safetensors, as the weights of a run; it is no data set",
        _ if std::str::from_utf8(head).is_ok() => "text",
        _ => "other bytes",
    }
}

fn is_keypoints(head: &[u8]) -> bool {
    head.split(|&byte| byte == b'\n').next().is_some_and(|line| line.trim_ascii_end().ends_with(b",Image"))
}

/// Images without labels.
fn images(path: &Path, name: &str) -> Result<Part, DataError> {
    let images = idx::read::<3>(path)?;
    let [count, height, width] = images.sizes;
    let inputs = images.bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
    let targets = Targets::Classes { labels: vec![0; count], classes: 1 };
    let data = Dataset::new(name, ExampleShape::image(height, width, 1), inputs, targets)?;
    let mut part = Summary::of(&data).part(name, vec![path.to_owned()]);
    part.class_counts.clear();
    Ok(part)
}

/// Labels without inputs: a class each where they are few and small, values otherwise.
pub(super) fn numbers(path: &Path, name: &str, numbers: &[i64]) -> Part {
    let smallest = numbers.iter().min().copied().unwrap_or_default();
    let largest = numbers.iter().max().copied().unwrap_or_default();
    let mut class_counts = Vec::new();
    let mut values = None;
    if smallest >= 0 && largest < MOST_CLASSES {
        class_counts = vec![0; largest as usize + 1];
        for &label in numbers {
            class_counts[label as usize] += 1;
        }
    } else {
        let (smallest, largest) = (smallest as f64, largest as f64);
        values = Some(ValueSummary { outputs: 1, smallest, largest, complete: numbers.len() });
    }
    let empty = class_counts.iter().filter(|count| **count == 0).count();
    Part {
        name: name.to_owned(),
        files: vec![path.to_owned()],
        examples: numbers.len(),
        shape: None,
        channels: Vec::new(),
        class_counts,
        values,
        problems: if empty > 0 { vec![format!("{empty} classes without an example")] } else { Vec::new() },
    }
}

/// What the records of CIFAR are and hold, which have no mark.
type Records = Option<(&'static str, Dataset)>;

fn cifar_by_name(path: &Path, name: &str) -> Result<Records, DataError> {
    Ok(match plain(name) {
        "train.bin" | "test.bin" => Some(hundred(path)?),
        plain if plain == "test_batch.bin" || plain.starts_with("data_batch_") => Some(ten(path)?),
        _ => None,
    })
}

fn cifar_by_size(path: &Path, name: &str) -> Result<Records, DataError> {
    if plain(name).strip_suffix(".bin").is_none() {
        return Ok(None);
    }
    let size = compressed::read(path, cifar::LIMIT)?.len();
    Ok(if size % cifar::RECORD_BYTES == 0 {
        Some(ten(path)?)
    } else if size % cifar::RECORD_BYTES_100 == 0 {
        Some(hundred(path)?)
    } else {
        None
    })
}

/// The name without what tells the compression.
fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

fn ten(path: &Path) -> Result<(&'static str, Dataset), DataError> {
    Ok(("CIFAR-10, binary version", cifar::read_one_batch(path)?))
}

fn hundred(path: &Path) -> Result<(&'static str, Dataset), DataError> {
    Ok(("CIFAR-100, binary version, with its fine labels", cifar::Cifar100::default().read(path)?))
}
