//! The last records of a file first, without reading the rest of it.

use crate::error::RecordError;
use crate::metrics::{Metrics, Timing};
use crate::{METRICS_FILE, RunReader, TIMINGS_FILE, regular};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Bytes read at a time, at first; as many again as were read before where a line is longer.
const BLOCK: usize = 1 << 14;

/// The records of a file of lines from the last to the first. An unfinished last line is passed over.
#[derive(Debug)]
pub struct Backwards<T> {
    path: PathBuf,
    file: File,
    /// What of the file has not been read: the bytes before this one.
    unread: u64,
    /// What has been read and not been given out: whole lines, and before them the end of one.
    buffer: Vec<u8>,
    failed: bool,
    of: PhantomData<fn() -> T>,
}

impl RunReader {
    /// The metrics, last line first.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn metrics_backwards(&self) -> Result<Backwards<Metrics>, RecordError> {
        Backwards::open(&self.directory().join(METRICS_FILE))
    }

    /// The wall-clock times, last line first.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn timings_backwards(&self) -> Result<Backwards<Timing>, RecordError> {
        Backwards::open(&self.directory().join(TIMINGS_FILE))
    }
}

impl<T> Backwards<T> {
    fn open(path: &Path) -> Result<Self, RecordError> {
        let mut file = regular::open(path).map_err(RecordError::io("read", path))?;
        let unread = file.seek(SeekFrom::End(0)).map_err(RecordError::io("read", path))?;
        let mut lines =
            Self { path: path.to_owned(), file, unread, buffer: Vec::new(), failed: false, of: PhantomData };
        // A line ends with its line break: what follows the last one was not written to its end.
        loop {
            if let Some(last) = lines.buffer.iter().rposition(|&byte| byte == b'\n') {
                lines.buffer.truncate(last + 1);
                return Ok(lines);
            }
            if lines.unread == 0 {
                lines.buffer.clear();
                return Ok(lines);
            }
            lines.read_more()?;
        }
    }

    /// Puts the block before what is in the buffer in front of it.
    fn read_more(&mut self) -> Result<(), RecordError> {
        let size = (BLOCK.max(self.buffer.len()) as u64).min(self.unread);
        let mut block = vec![0; size as usize];
        self.file
            .seek(SeekFrom::Start(self.unread - size))
            .and_then(|_| self.file.read_exact(&mut block))
            .map_err(RecordError::io("read", &self.path))?;
        self.unread -= size;
        block.append(&mut self.buffer);
        self.buffer = block;
        Ok(())
    }

    /// Takes the last line out of the buffer, with the place of its first byte in the file; none when all have been given.
    fn take_line(&mut self) -> Result<Option<(u64, Vec<u8>)>, RecordError> {
        loop {
            let Some(before) = self.buffer.len().checked_sub(1) else {
                if self.unread == 0 {
                    return Ok(None);
                }
                self.read_more()?;
                continue;
            };
            let start = match self.buffer[..before].iter().rposition(|&byte| byte == b'\n') {
                Some(end_of_previous) => end_of_previous + 1,
                None if self.unread == 0 => 0,
                None => {
                    self.read_more()?;
                    continue;
                }
            };
            return Ok(Some((self.unread + start as u64, self.buffer.split_off(start))));
        }
    }
}

impl<T: DeserializeOwned> Iterator for Backwards<T> {
    type Item = Result<T, RecordError>;

    /// The record before the last one given; in the place of a line that is none [`RecordError::Malformed`]. An error of the
    /// operating system ends the iteration.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let line = self.take_line();
        self.failed = line.is_err();
        let (place, line) = match line.transpose()? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        Some(serde_json::from_slice(&line).map_err(|error| {
            RecordError::malformed(&self.path, None, format!("the line from byte {place} on: {error}"))
        }))
    }
}
