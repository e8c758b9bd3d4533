//! TensorBoard event files: the numbers of `metrics.jsonl` once more, as scalars that TensorBoard draws.
//!
//! An event file is a sequence of frames (the format of TensorFlow's `TFRecord` files), each a protocol buffer `Event`:
//!
//! ```text
//! length of the event    8 bytes, little-endian
//! masked CRC-32C of the length    4 bytes
//! the event
//! masked CRC-32C of the event     4 bytes
//! ```
//!
//! The first event names the version of the format. A run that goes on writes a new file, which begins by saying at which step:
//! TensorBoard then drops what older files say of that step and later ones.

use crate::error::RecordError;
use crate::metrics::{Metric, Metrics};
use prost::{Message, Oneof};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The beginning of the names of event files, by which TensorBoard knows them.
const PREFIX: &str = "events.out.tfevents.";

/// The version of the format.
const VERSION: &str = "brain.Event:2";

/// Events are held back until they are this many bytes or this old: a system call for each step would cost more than the rest.
const HELD_BYTES: usize = 1 << 16;
const HELD: Duration = Duration::from_secs(1);

/// The event file of a run in progress. What is still held back when it is dropped is lost, as it is when the program is killed.
#[derive(Debug)]
pub(crate) struct Events {
    path: PathBuf,
    file: File,
    held: Vec<u8>,
    written: Instant,
}

impl Events {
    /// Begins a new event file in `directory` after `step` updates, which takes the place of what earlier files say from there.
    pub fn begin(directory: &Path, step: u64) -> Result<Self, RecordError> {
        // TensorBoard reads the files of a directory in the order of their names. A number keeps that order whatever the clock
        // says; usual names begin with the time.
        let earlier = fs::read_dir(directory).map_err(RecordError::io("read", directory))?;
        let numbers = earlier.flatten().filter_map(|entry| number_of(&entry.file_name().to_string_lossy()));
        let number = numbers.max().map_or(0, |last| last.saturating_add(1));
        let path = directory.join(format!("{PREFIX}{number:010}.consilience"));
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.map_err(RecordError::io("create", &path))?;
        let mut events = Self { path, file, held: Vec::new(), written: Instant::now() };
        events.hold(&Event::new(0, What::FileVersion(VERSION.to_owned())));
        if number > 0 {
            events.hold(&Event::new(step, What::SessionLog(SessionLog { status: SessionLog::START })));
        }
        events.flush()?;
        Ok(events)
    }

    /// Adds the numbers of a line of metrics, each tagged `KIND/NAME`. What is no number, or undefined, has no scalar.
    pub fn write(&mut self, metrics: &Metrics) -> Result<(), RecordError> {
        let mut value = Vec::with_capacity(metrics.values.len());
        for (name, metric) in &metrics.values {
            gather(format!("{}/{name}", metrics.kind), metric, &mut value);
        }
        if !value.is_empty() {
            self.hold(&Event::new(metrics.step, What::Summary(Summary { value })));
        }
        if self.held.len() >= HELD_BYTES || self.written.elapsed() >= HELD {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what is held back.
    pub fn flush(&mut self) -> Result<(), RecordError> {
        self.written = Instant::now();
        self.file.write_all(&self.held).map_err(RecordError::io("write", &self.path))?;
        self.held.clear();
        Ok(())
    }

    fn hold(&mut self, event: &Event) {
        let length = (event.encoded_len() as u64).to_le_bytes();
        self.held.extend(length);
        self.held.extend(masked_crc(&length).to_le_bytes());
        let start = self.held.len();
        event.encode_raw(&mut self.held);
        let crc = masked_crc(&self.held[start..]);
        self.held.extend(crc.to_le_bytes());
    }
}

/// The number in the name of an event file of ours.
fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.split('.').next()?.parse().ok()
}

/// The numbers in `metric`; those of tables and lists are tagged `TAG/KEY`.
fn gather(tag: String, metric: &Metric, into: &mut Vec<Scalar>) {
    match metric {
        Metric::Table(values) => {
            values.iter().for_each(|(key, value)| gather(format!("{tag}/{key}"), value, into));
        }
        Metric::List(values) => {
            values.iter().enumerate().for_each(|(index, value)| gather(format!("{tag}/{index}"), value, into));
        }
        metric => {
            if let Some(value) = metric.number().filter(|value| value.is_finite()) {
                into.push(Scalar { tag, simple_value: Some(value as f32) });
            }
        }
    }
}

/// CRC-32C, rotated and shifted so that the checksum of data that holds checksums is no special case.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The part of `tensorflow.Event` that is written here.
#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(oneof = "What", tags = "3, 5, 7")]
    what: Option<What>,
}

#[derive(Clone, PartialEq, Oneof)]
enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Scalar>,
}

/// `tensorflow.Summary.Value` with a number.
#[derive(Clone, PartialEq, Message)]
struct Scalar {
    #[prost(string, tag = "1")]
    tag: String,
    // `optional`, because a plain field that is 0 is not written, and TensorBoard then finds no value
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

#[derive(Clone, PartialEq, Message)]
struct SessionLog {
    #[prost(int32, tag = "1")]
    status: i32,
}

impl SessionLog {
    /// What comes before is void from the event's step on.
    const START: i32 = 1;
}

impl Event {
    fn new(step: u64, what: What) -> Self {
        // A clock before 1970 is no reason to stop; TensorBoard orders by step.
        let wall_time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        Self { wall_time, step: i64::try_from(step).unwrap_or(i64::MAX), what: Some(what) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a file, every frame checked.
    fn events(path: &Path) -> Vec<Event> {
        let bytes = fs::read(path).unwrap();
        let mut rest = bytes.as_slice();
        let mut found = Vec::new();
        let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
        while !rest.is_empty() {
            let (head, after) = rest.split_at(12);
            let length = u64::from_le_bytes(head[..8].try_into().unwrap()) as usize;
            assert_eq!(word(&head[8..]), masked_crc(&head[..8]));
            let (data, after) = after.split_at(length);
            assert_eq!(word(&after[..4]), masked_crc(data));
            found.push(Event::decode(data).unwrap());
            rest = &after[4..];
        }
        found
    }

    fn file(directory: &Path, number: u32) -> PathBuf {
        directory.join(format!("events.out.tfevents.{number:010}.consilience"))
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        // RFC 3720, appendix B.4: 32 bytes of zeros, 32 of ones
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c::crc32c(&[0xff; 32]), 0x62a8_ab43);
        // 0x8a9136aa >> 15 is 0x11522, its low 15 bits << 17 are 0x6d540000; their sum and 0xa282ead8
        assert_eq!(masked_crc(&[0; 32]), 0x6d55_1522_u32.wrapping_add(0xa282_ead8));
    }

    #[test]
    fn an_event_is_the_bytes_of_its_message() {
        let scalar = Scalar { tag: "a/b".to_owned(), simple_value: Some(1.0) };
        let event = Event { wall_time: 2.0, step: 300, what: Some(What::Summary(Summary { value: vec![scalar] })) };
        let expected = [
            &[0x09, 0, 0, 0, 0, 0, 0, 0, 0x40][..], // field 1, 64 bits: 2.0
            &[0x10, 0xac, 0x02],                    // field 2, varint: 300
            &[0x2a, 12, 0x0a, 10],                  // field 5 of 12 bytes, in it field 1 of 10
            &[0x0a, 3, b'a', b'/', b'b'],           // field 1: the tag
            &[0x15, 0, 0, 0x80, 0x3f],              // field 2, 32 bits: 1.0
        ];
        assert_eq!(event.encode_to_vec(), expected.concat());
        let zero = Scalar { tag: String::new(), simple_value: Some(0.0) };
        assert_eq!(zero.encode_to_vec(), [0x15, 0, 0, 0, 0], "zero is a value, too");
    }

    #[test]
    fn every_number_becomes_a_scalar_and_a_run_that_goes_on_a_new_file() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let mut first = Events::begin(directory, 0).unwrap();
        let table = Metric::Table(vec![("0.weight".into(), 0.5.into()), ("0.bias".into(), f64::NAN.into())]);
        let line =
            Metrics::new("step", 7, 0).with("loss", 2.25).with("note", "text").with("gsnr", table).with("n", 3_usize);
        first.write(&line).unwrap();
        first.write(&Metrics::new("step", 8, 0).with("loss", f64::INFINITY)).unwrap();
        assert_eq!(events(&file(directory, 0)).len(), 1, "held back");
        first.flush().unwrap();
        let written = events(&file(directory, 0));
        assert_eq!(written[0].what, Some(What::FileVersion("brain.Event:2".to_owned())));
        let scalars = [("step/loss", 2.25), ("step/gsnr/0.weight", 0.5), ("step/n", 3.0)]
            .map(|(tag, value)| Scalar { tag: tag.to_owned(), simple_value: Some(value) });
        assert_eq!(written[1].step, 7);
        assert_eq!(written[1].what, Some(What::Summary(Summary { value: scalars.to_vec() })));
        assert_eq!(written.len(), 2, "a step without a number has no event");

        Events::begin(directory, 5).unwrap();
        let again = events(&file(directory, 1));
        assert_eq!((again.len(), again[1].step), (2, 5));
        assert_eq!(again[1].what, Some(What::SessionLog(SessionLog { status: 1 })));
    }
}
