//! Finds and reads a file that may be plain, gzip or zstd, never more of it than its format can need.

use crate::error::DataError;
use crate::origin::Origin;
use flate2::read::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The extensions tried after the plain name.
const EXTENSIONS: [&str; 2] = ["gz", "zst"];

/// The file `name` in the first of `directories` that has it: plain, then `.gz`, then `.zst`.
pub fn find(directories: &[PathBuf], name: &str) -> Option<PathBuf> {
    candidates(directories, name).find(|path| path.exists())
}

/// As [`find`], with an error that names the places looked in.
///
/// # Errors
/// [`DataError::MissingFile`], with `origin` saying how to get the file.
pub fn require(directories: &[PathBuf], name: &str, origin: &'static Origin) -> Result<PathBuf, DataError> {
    find(directories, name).ok_or_else(|| {
        let mut all = candidates(directories, name);
        let file = all.next().unwrap_or_else(|| PathBuf::from(name));
        DataError::MissingFile { file, also: all.collect(), origin }
    })
}

/// The whole (decompressed) content of a file of at most `limit` bytes. The extension `.gz` or `.zst` says how it is
/// compressed. Memory grows with what is read, never with what a header promises.
///
/// # Errors
/// [`DataError::Unreadable`], [`DataError::EmptyFile`], [`DataError::TooLarge`], [`DataError::CorruptCompression`].
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, DataError> {
    // One byte beyond the limit tells a file of just that size from a larger one and makes the decompressor see its end, where
    // the check sums are.
    let bytes = head(path, limit.saturating_add(1))?;
    if bytes.len() as u64 > limit {
        return Err(DataError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// At most `most` bytes, at least one, from the beginning of the (decompressed) content, as [`read`] reads it.
///
/// # Errors
/// [`DataError::Unreadable`], [`DataError::EmptyFile`], [`DataError::CorruptCompression`].
pub(crate) fn head(path: &Path, most: u64) -> Result<Vec<u8>, DataError> {
    let unreadable = |cause| DataError::Unreadable { path: path.to_owned(), cause };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::Error::other("not a regular file")));
    }
    if metadata.len() == 0 {
        return Err(DataError::EmptyFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let bytes = match extension {
        Some("gz") => read_at_most(MultiGzDecoder::new(io::BufReader::new(file)), most)
            .map_err(|cause| DataError::CorruptCompression { path: path.to_owned(), format: "gzip", cause })?,
        Some("zst") => zstd::Decoder::new(file)
            .and_then(|decoder| read_at_most(decoder, most))
            .map_err(|cause| DataError::CorruptCompression { path: path.to_owned(), format: "zstd", cause })?,
        _ => read_at_most(file, most).map_err(unreadable)?,
    };
    if bytes.is_empty() {
        return Err(DataError::EmptyFile { path: path.to_owned() });
    }
    Ok(bytes)
}

fn read_at_most(reader: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn candidates(directories: &[PathBuf], name: &str) -> impl Iterator<Item = PathBuf> {
    directories.iter().flat_map(move |directory| {
        let compressed = EXTENSIONS.iter().map(move |extension| format!("{name}.{extension}"));
        std::iter::once(name.to_owned()).chain(compressed).map(move |file| directory.join(file))
    })
}

/// The error for a file that does not start as its format does, with a guess at what it is instead. `shown` bytes of it are
/// quoted.
pub(crate) fn wrong_magic(path: &Path, expected: &str, bytes: &[u8], shown: usize) -> DataError {
    let hint = match bytes {
        [0x1f, 0x8b, ..] => "; it looks like gzip: add .gz to its name",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "; it looks like zstd: add .zst to its name",
        [0, 0, 8, 1, ..] => "; it holds labels, not images",
        [0, 0, 8, 3, ..] => "; it holds images, not labels",
        [b'<', ..] => "; it looks like a web page: download it again",
        [0x89, b'H', b'D', b'F', ..] => "; it looks like HDF5",
        _ => "; download it again",
    };
    DataError::WrongMagic {
        path: path.to_owned(),
        expected: expected.to_owned(),
        found: hexadecimal(&bytes[..bytes.len().min(shown)]),
        hint,
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
