//! How patient a download is, and where it goes instead.

use std::time::Duration;

/// How files are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The address of a folder that holds the files, to be used instead of the published ones. Checksums stay the published
    /// ones.
    pub mirror: Option<String>,
    /// Whether files that are there already are fetched again.
    pub force: bool,
    /// How long to wait for a connection, and for the next bytes of one.
    pub patience: Duration,
    /// How often a connection that failed is tried again, one after the other without getting any further.
    pub retries: u32,
    /// How long to wait before the first of them; the wait doubles each time.
    pub pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mirror: None,
            force: false,
            patience: Duration::from_secs(30),
            retries: 4,
            pause: Duration::from_secs(1),
        }
    }
}
