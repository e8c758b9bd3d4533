//! Opening files of a run that anything may lie in the place of.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Opens `path` for reading, unless it is something that may keep its reader waiting for ever, such as a named pipe.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() || kind.is_dir() { File::open(path) } else { Err(io::Error::other("it is not a regular file")) }
}

/// All of the file at `path`, on the same terms.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
