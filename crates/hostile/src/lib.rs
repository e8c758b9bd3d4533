//! Every file reader, given any bytes. The fuzzers (`fuzz/`) and the tests that replay what they found go in here.
//!
//! A reader may refuse what it is given, by an error; it may not panic, hang, or take memory that the bytes do not account for.
//!
//! ```
//! let reader = consilience_hostile::reader("idx").expect("IDX files are read");
//! reader.read(b"\0\0\x08\x03 and then nothing that belongs there")?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod data;
mod records;
mod settings;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A reader of files.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Its name: that of its fuzzer, and of the folder of its inputs.
    pub name: &'static str,
    /// Puts the bytes into an empty folder as files, and reads them.
    go: fn(&Path, &[u8]) -> io::Result<()>,
}

/// All readers.
pub static READERS: [Reader; 14] = [
    Reader { name: "archive", go: data::archive },
    Reader { name: "cifar", go: data::cifar },
    Reader { name: "example_table", go: records::example_table },
    Reader { name: "experiment", go: settings::experiment },
    Reader { name: "idx", go: data::idx },
    Reader { name: "inspection", go: data::inspection },
    Reader { name: "jpeg", go: data::jpeg },
    Reader { name: "keypoints", go: data::keypoints },
    Reader { name: "metrics", go: records::metrics },
    Reader { name: "npy", go: data::npy },
    Reader { name: "run_description", go: records::run_description },
    Reader { name: "settings", go: settings::settings },
    Reader { name: "svhn", go: data::svhn },
    Reader { name: "weights", go: records::weights },
];

/// The reader called `name`.
pub fn reader(name: &str) -> Option<&'static Reader> {
    READERS.iter().find(|reader| reader.name == name)
}

impl Reader {
    /// Gives `bytes` to the reader, which may take or refuse them.
    ///
    /// # Errors
    /// When the bytes cannot be written where they are read from.
    pub fn read(&self, bytes: &[u8]) -> io::Result<()> {
        // in memory where there is such a folder: a fuzzer comes by thousands of times a second
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }?;
        (self.go)(folder.path(), bytes)
    }
}

/// Writes `bytes` as `name`, or as `name.gz` or `name.zst` where they begin so.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let extension = match bytes {
        [0x1f, 0x8b, ..] => ".gz",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ".zst",
        _ => "",
    };
    let path = folder.join(format!("{name}{extension}"));
    fs::write(&path, bytes)?;
    Ok(path)
}
