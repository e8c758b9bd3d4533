//! Reading a file while it grows.

use crate::error::RecordError;
use crate::metrics::{Metrics, Timing};
use crate::{METRICS_FILE, RunReader, TIMINGS_FILE, regular};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::time::SystemTime;

/// How much of what was read last is read again, to see that the file is still the same.
const MEMORY: usize = 256;

/// Follows a file of lines that another process appends to.
#[derive(Debug)]
pub struct Follower<T> {
    path: PathBuf,
    /// Bytes taken in, up to the end of a line.
    offset: u64,
    /// Lines taken in.
    lines: usize,
    /// The last bytes before `offset`.
    memory: Vec<u8>,
    of: PhantomData<fn() -> T>,
}

/// What came since the last time.
#[derive(Debug)]
pub struct News<T> {
    /// The new records.
    pub records: Vec<T>,
    /// Lines that are no records; they are passed over.
    pub malformed: Vec<RecordError>,
    /// Whether the file was replaced or cut: everything taken in before is void, and `records` begin at the first line.
    pub restarted: bool,
    /// Bytes that were there and not taken in yet, the beginning of an unfinished line among them.
    pub waiting: u64,
    /// Whether whole lines may be among the waiting bytes, because the limit was reached.
    pub more: bool,
    /// When the file was last written to, as far as the file system tells.
    pub modified: Option<SystemTime>,
}

impl RunReader {
    /// Follows the metrics from their first line on.
    pub fn follow_metrics(&self) -> Follower<Metrics> {
        Follower::new(self.directory().join(METRICS_FILE))
    }

    /// Follows the wall-clock times from their first line on.
    pub fn follow_timings(&self) -> Follower<Timing> {
        Follower::new(self.directory().join(TIMINGS_FILE))
    }
}

impl<T: DeserializeOwned> Follower<T> {
    fn new(path: PathBuf) -> Self {
        Self { path, offset: 0, lines: 0, memory: Vec::new(), of: PhantomData }
    }

    /// Takes in what was appended since the last time, at most about `limit` bytes of it. A line without its end is waited
    /// for. A file that is not there has no news.
    ///
    /// # Errors
    /// [`RecordError::Io`]; what was taken in before stands.
    pub fn poll(&mut self, limit: usize) -> Result<News<T>, RecordError> {
        let mut news = News {
            records: Vec::new(),
            malformed: Vec::new(),
            restarted: false,
            waiting: 0,
            more: false,
            modified: None,
        };
        let mut file = match regular::open(&self.path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(news),
            Err(cause) => return Err(RecordError::io("read", &self.path)(cause)),
        };
        let failed = |cause| RecordError::io("read", &self.path)(cause);
        news.modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
        if !self.is_same(&mut file, length).map_err(failed)? {
            (self.offset, self.lines, news.restarted) = (0, 0, true);
            self.memory.clear();
        }
        let available = length - self.offset;
        let mut bytes = Vec::new();
        let mut allowed = (limit.max(1) as u64).min(available);
        file.seek(SeekFrom::Start(self.offset)).map_err(failed)?;
        // As far as the limit, or to the end of the one line that is longer.
        let end = loop {
            (&mut file).take(allowed - bytes.len() as u64).read_to_end(&mut bytes).map_err(failed)?;
            match bytes.iter().rposition(|&byte| byte == b'\n') {
                Some(last) => break last + 1,
                None if (bytes.len() as u64) < allowed || allowed == available => break 0,
                None => allowed = allowed.saturating_mul(2).min(available),
            }
        };
        for line in bytes[..end].split_inclusive(|&byte| byte == b'\n') {
            self.lines += 1;
            match serde_json::from_slice(line) {
                Ok(record) => news.records.push(record),
                Err(error) => {
                    news.malformed.push(RecordError::malformed(&self.path, Some(self.lines), error.to_string()));
                }
            }
        }
        self.offset += end as u64;
        self.memory.extend_from_slice(&bytes[end.saturating_sub(MEMORY)..end]);
        self.memory.drain(..self.memory.len().saturating_sub(MEMORY));
        news.waiting = length - self.offset.min(length);
        news.more = allowed < available;
        Ok(news)
    }

    /// Whether the file still begins with what was taken in, as far as its length and the last bytes of that tell.
    fn is_same(&self, file: &mut File, length: u64) -> std::io::Result<bool> {
        if length < self.offset {
            return Ok(false);
        }
        file.seek(SeekFrom::Start(self.offset - self.memory.len() as u64))?;
        let mut now = Vec::new();
        file.take(self.memory.len() as u64).read_to_end(&mut now)?;
        Ok(now == self.memory)
    }
}
