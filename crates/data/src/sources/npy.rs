//! Arrays of integers of one dimension in NumPy's format: `\x93NUMPY`, the version (one byte each for major and minor), the
//! size of the header (two bytes, four from version 2), the header (a Python dictionary of `descr`, `fortran_order` and
//! `shape`), then the numbers.

use crate::error::DataError;
use crate::sources::compressed;
use std::path::Path;

/// The most bytes of such a file, decompressed: 256 MiB, 33 million of the largest integers.
pub const LIMIT: u64 = 1 << 28;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads a file of integers of 1, 2, 4 or 8 bytes, signed or not, in either byte order.
///
/// # Errors
/// Those of [`compressed::read`]; [`DataError::WrongMagic`]; [`DataError::WrongContent`] for another number of dimensions,
/// another type (floats, Python objects) or a header that cannot be read; [`DataError::WrongSize`] when the header promises
/// another number of bytes than there are.
pub fn read_integers(path: &Path) -> Result<Vec<i64>, DataError> {
    let bytes = compressed::read(path, LIMIT)?;
    let wrong = |place: &str, expected: &str, found: String| DataError::WrongContent {
        path: path.to_owned(),
        place: place.to_owned(),
        expected: expected.to_owned(),
        found,
    };
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(compressed::wrong_magic(path, "a NumPy file of one array (93 4e 55 4d 50 59)", &bytes, 6));
    };
    let cut = || wrong("header", "a whole header", format!("a file of {} bytes", bytes.len()));
    let (size, rest) = match rest.first().ok_or_else(cut)? {
        1 => rest
            .get(2..)
            .and_then(<[u8]>::split_first_chunk)
            .map(|(size, rest)| (u16::from_le_bytes(*size).into(), rest)),
        2 | 3 => {
            rest.get(2..).and_then(<[u8]>::split_first_chunk).map(|(size, rest)| (u32::from_le_bytes(*size), rest))
        }
        other => return Err(wrong("header", "version 1, 2 or 3 of the format", other.to_string())),
    }
    .ok_or_else(cut)?;
    let (header, numbers) = rest.split_at_checked(size as usize).ok_or_else(cut)?;
    let header = String::from_utf8_lossy(header);
    let kind = value(&header, "descr").and_then(|kind| kind.strip_prefix('\'')?.split('\'').next());
    let shape = value(&header, "shape").and_then(|shape| shape.strip_prefix('(')?.split(')').next());
    let (Some(kind), Some(shape)) = (kind, shape) else {
        return Err(wrong("header", "a dictionary of descr, fortran_order and shape", start(&header)));
    };
    let Some(integer) = Integer::named(kind) else {
        return Err(wrong("array", "integers (descr |u1, <i8 and the like)", format!("descr {}", start(kind))));
    };
    let sizes: Vec<&str> = shape.split(',').map(str::trim).filter(|size| !size.is_empty()).collect();
    let [count] = sizes[..] else {
        return Err(wrong("array", "one dimension", format!("shape ({})", start(shape))));
    };
    let Ok(count) = count.parse::<u64>() else {
        return Err(wrong("header", "a shape of integers", format!("({})", start(shape))));
    };
    if u128::from(count) * integer.bytes as u128 != numbers.len() as u128 {
        let expected = format!("{count} numbers of {} bytes after its header", integer.bytes);
        return Err(DataError::WrongSize { path: path.to_owned(), expected, found: numbers.len() as u64 });
    }
    numbers
        .chunks_exact(integer.bytes)
        .enumerate()
        .map(|(index, bytes)| {
            let number = integer.number(bytes);
            i64::try_from(number).map_err(|_| wrong(&format!("number {index}"), "at most 2^63 - 1", number.to_string()))
        })
        .collect()
}

/// As much of a text as fits into a message.
fn start(text: &str) -> String {
    text.trim_end().chars().take(60).collect()
}

/// How one integer is stored.
#[derive(Clone, Copy)]
struct Integer {
    bytes: usize,
    signed: bool,
    big_endian: bool,
}

impl Integer {
    fn named(descr: &str) -> Option<Self> {
        let mut characters = descr.chars();
        let big_endian = match characters.next()? {
            '<' | '|' => false,
            '>' => true,
            _ => return None,
        };
        let signed = match characters.next()? {
            'i' => true,
            'u' => false,
            _ => return None,
        };
        let bytes = characters.as_str().parse().ok().filter(|bytes| [1, 2, 4, 8].contains(bytes))?;
        Some(Self { bytes, signed, big_endian })
    }

    fn number(self, bytes: &[u8]) -> i128 {
        let join = |number: i128, &byte: &u8| number << 8 | i128::from(byte);
        let number = if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) };
        let bits = 8 * self.bytes;
        if self.signed && number >> (bits - 1) == 1 { number - (1 << bits) } else { number }
    }
}

/// What stands behind `'key':` in a Python dictionary.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, behind) = header.split_once(&format!("'{key}'"))?;
    Some(behind.trim_start().strip_prefix(':')?.trim_start())
}
