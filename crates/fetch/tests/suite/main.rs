//! Data sets fetched from a server here that behaves well, badly or not at all, and archives that hold what they must not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archives;
mod downloads;
mod failures;
mod server;

use consilience_data::origin::{Download, RemoteFile};
use consilience_fetch::{Event, FetchError, Fetched, Settings, fetch};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

/// Bytes that do not repeat, so that pieces in a wrong place show.
pub fn bytes(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(count)
    .collect()
}

/// Its digits.
pub fn sha256(bytes: &[u8]) -> &'static str {
    let digits: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat().leak()
}

/// The data set `numbers` of one file, `numbers.bin`.
pub fn numbers(content: &[u8]) -> Download {
    let file = RemoteFile { name: "numbers.bin", bytes: content.len() as u64, sha256: sha256(content), archive: None };
    Download {
        name: "numbers",
        folder: "numbers",
        wanted: &["numbers.bin"],
        addresses: &[],
        files: Vec::leak(vec![file]),
    }
}

/// Impatient, so that tests are fast.
pub fn settings(mirror: &str) -> Settings {
    Settings {
        mirror: Some(mirror.to_owned()),
        patience: Duration::from_millis(500),
        retries: 2,
        pause: Duration::from_millis(1),
        ..Settings::default()
    }
}

/// What fetching came to, and what was told about it, without the bytes that came.
pub fn told(set: &Download, data_dir: &Path, settings: &Settings) -> (Result<Fetched, FetchError>, Vec<String>) {
    let mut events = Vec::new();
    let result = fetch(set, data_dir, settings, &|| false, &mut |event| {
        if !matches!(event, Event::Received { .. }) {
            events.push(format!("{event:?}"));
        }
    });
    (result, events)
}
