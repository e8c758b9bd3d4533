//! Unpacks archives that may hold anything.

use crate::error::FetchError;
use consilience_data::origin::{Archive, ArchiveFormat};
use flate2::read::GzDecoder;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use tar::EntryType;

/// Unpacks the archive at `path` into the empty folder `into` and returns how many files it held. Every entry must be a plain
/// file or a folder, within the folder `folder` of the archive, and be there once.
///
/// # Errors
/// [`FetchError::UnsafeArchive`] for links, devices, paths that lead elsewhere, names that come twice, and when it holds more
/// entries or bytes than `archive` says; [`FetchError::BrokenArchive`]; [`FetchError::Io`]; [`FetchError::Interrupted`] when
/// `stop` says so.
pub fn unpack(
    path: &Path,
    archive: &Archive,
    folder: &str,
    into: &Path,
    stop: &dyn Fn() -> bool,
) -> Result<usize, FetchError> {
    let file = File::open(path).map_err(FetchError::io("read", path))?;
    let mut unpacking = Unpacking { path, archive, folder, into, stop, files: 0, entries: 0, bytes: 0 };
    match archive.format {
        ArchiveFormat::TarGz => unpacking.tar(GzDecoder::new(BufReader::new(file)))?,
        ArchiveFormat::Zip => unpacking.zip(BufReader::new(file))?,
        _ => return Err(unpacking.broken(&"its format is not known here")),
    }
    Ok(unpacking.files)
}

struct Unpacking<'a> {
    path: &'a Path,
    archive: &'a Archive,
    folder: &'a str,
    into: &'a Path,
    stop: &'a dyn Fn() -> bool,
    files: usize,
    entries: usize,
    bytes: u64,
}

impl Unpacking<'_> {
    fn tar(&mut self, reader: impl Read) -> Result<(), FetchError> {
        let mut tar = tar::Archive::new(reader);
        for entry in tar.entries().map_err(|error| self.broken(&error))? {
            let mut entry = entry.map_err(|error| self.broken(&error))?;
            let name = entry.path().map_err(|error| self.broken(&error))?.into_owned();
            match entry.header().entry_type() {
                EntryType::Directory => self.directory(&name)?,
                EntryType::Regular => self.file(&name, &mut entry)?,
                // settings for all entries, which name no file
                EntryType::XGlobalHeader => {}
                _ => return Err(self.refused(&name, "is neither a file nor a folder")),
            }
        }
        Ok(())
    }

    fn zip(&mut self, reader: impl Read + io::Seek) -> Result<(), FetchError> {
        let mut zip = zip::ZipArchive::new(reader).map_err(|error| self.broken(&error))?;
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(|error| self.broken(&error))?;
            let name = PathBuf::from(&*entry.name().map_err(|error| self.broken(&error))?);
            // the type is in the upper bits, which many programs leave empty
            let kind = entry.unix_mode().unwrap_or_default() & 0o170_000;
            if entry.is_dir() {
                self.directory(&name)?;
            } else if kind == 0 || kind == 0o100_000 {
                self.file(&name, &mut entry)?;
            } else {
                return Err(self.refused(&name, "is neither a file nor a folder"));
            }
        }
        Ok(())
    }

    fn directory(&mut self, name: &Path) -> Result<(), FetchError> {
        let place = self.place(name)?;
        fs::create_dir_all(&place).map_err(FetchError::io("create", &place))
    }

    fn file(&mut self, name: &Path, content: &mut dyn Read) -> Result<(), FetchError> {
        let place = self.place(name)?;
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(FetchError::io("create", parent))?;
        }
        let mut file = match File::create_new(&place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(self.refused(name, "is there twice"));
            }
            other => other.map_err(FetchError::io("write", &place))?,
        };
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(&format_args!("{}: {error}", name.display()))),
            };
            self.bytes += count as u64;
            if self.bytes > self.archive.most_bytes {
                let reason = format!("takes it beyond the {} bytes that it may hold", self.archive.most_bytes);
                return Err(self.refused(name, reason));
            }
            file.write_all(&buffer[..count]).map_err(FetchError::io("write", &place))?;
        }
        self.files += 1;
        Ok(())
    }

    /// Where an entry goes, when it may.
    fn place(&mut self, name: &Path) -> Result<PathBuf, FetchError> {
        if (self.stop)() {
            return Err(FetchError::Interrupted { kept: Some(self.path.to_owned()) });
        }
        self.entries += 1;
        if self.entries > self.archive.most_entries {
            let reason = format!("is more than the {} entries that it may hold", self.archive.most_entries);
            return Err(self.refused(name, reason));
        }
        let mut components = name.components().filter(|component| *component != Component::CurDir);
        let within = components.next() == Some(Component::Normal(self.folder.as_ref()));
        let rest: PathBuf = components.clone().collect();
        let plain = components.all(|component| match component {
            // on Windows a colon or a backslash would have a meaning
            Component::Normal(name) => name.to_str().is_some_and(|name| !name.contains([':', '\\', '\0'])),
            _ => false,
        });
        if !(within && plain) {
            return Err(self.refused(name, format!("leads out of the folder {}", self.folder)));
        }
        Ok(self.into.join(rest))
    }

    fn refused(&self, name: &Path, reason: impl Into<String>) -> FetchError {
        // the name comes from the archive: what would control a terminal is shown escaped
        let entry = name.to_string_lossy().chars().take(100).flat_map(char::escape_debug).collect();
        FetchError::UnsafeArchive { path: self.path.to_owned(), entry, reason: reason.into() }
    }

    fn broken(&self, message: &dyn fmt::Display) -> FetchError {
        FetchError::BrokenArchive { path: self.path.to_owned(), message: message.to_string() }
    }
}
