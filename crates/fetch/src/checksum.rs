//! SHA-256.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// Those of reading it.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    read_into(&mut File::open(path)?, &mut hasher)?;
    Ok(digits(hasher))
}

/// Feeds what is left of `file` to `hasher`; how many bytes there were.
pub(crate) fn read_into(file: &mut File, hasher: &mut Sha256) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                total += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub(crate) fn digits(hasher: Sha256) -> String {
    hasher.finalize().iter().fold(String::with_capacity(64), |mut digits, byte| {
        // writing to a string never fails
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
