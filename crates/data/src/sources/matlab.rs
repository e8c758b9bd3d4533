//! Numeric arrays of MATLAB files of version 5 (also written by MATLAB 6 and 7): a header of 128 bytes, then elements of a tag
//! (type and size, four bytes each) and data. An element is an array, or zlib-compressed and holds one.
//!
//! The crates that read such files multiply the sizes that a header promises without looking and inflate without an end, so
//! that a broken file can stop the program; here the bytes that are there are what counts.

use crate::error::DataError;
use crate::sources::compressed;
use flate2::read::ZlibDecoder;
use std::io::Read;
use std::path::Path;

const HEADER: usize = 128;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// An array of real numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumericArray {
    /// The name of the variable.
    pub name: String,
    /// The sizes, fastest first: MATLAB is column-major.
    pub sizes: Vec<usize>,
    /// How the numbers are stored.
    pub storage: Storage,
    /// As many numbers as the product of the sizes.
    bytes: Vec<u8>,
    little_endian: bool,
}

/// How numbers are stored, which need not be how MATLAB held them: small integers are often bytes in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Signed integers of so many bytes.
    Signed(usize),
    /// Unsigned integers of so many bytes.
    Unsigned(usize),
    /// Floating-point numbers of 4 bytes.
    Single,
    /// Floating-point numbers of 8 bytes.
    Double,
}

impl Storage {
    fn of(element: u32) -> Option<Self> {
        Some(match element {
            1 => Self::Signed(1),
            2 => Self::Unsigned(1),
            3 => Self::Signed(2),
            4 => Self::Unsigned(2),
            5 => Self::Signed(4),
            6 => Self::Unsigned(4),
            7 => Self::Single,
            9 => Self::Double,
            12 => Self::Signed(8),
            13 => Self::Unsigned(8),
            _ => return None,
        })
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Signed(bytes) | Self::Unsigned(bytes) => bytes,
            Self::Single => 4,
            Self::Double => 8,
        }
    }
}

impl NumericArray {
    /// The numbers where they are stored as unsigned bytes.
    pub fn unsigned_bytes(&self) -> Option<&[u8]> {
        (self.storage == Storage::Unsigned(1)).then_some(&self.bytes)
    }

    /// The numbers in double precision.
    pub fn numbers(&self) -> impl Iterator<Item = f64> {
        self.bytes.chunks_exact(self.storage.bytes()).map(|bytes| {
            let bits = integer(bytes, self.little_endian);
            match self.storage {
                Storage::Unsigned(_) => bits as f64,
                Storage::Signed(bytes) => {
                    let unused = 64 - 8 * bytes;
                    ((bits << unused).cast_signed() >> unused) as f64
                }
                Storage::Single => f32::from_bits(bits as u32).into(),
                Storage::Double => f64::from_bits(bits),
            }
        })
    }
}

/// Reads every array of real numbers in a file; other variables (text, structures, cells, sparse and complex arrays) are
/// passed over. `limit` is the most bytes of the file and of all arrays together.
///
/// # Errors
/// Those of [`compressed::read`]; [`DataError::WrongMagic`] for another format, such as the HDF5 of version 7.3;
/// [`DataError::WrongContent`] for what is cut short or does not fit together, [`DataError::CorruptCompression`].
pub fn read(path: &Path, limit: u64) -> Result<Vec<NumericArray>, DataError> {
    let bytes = compressed::read(path, limit)?;
    let order = bytes.get(HEADER - 4..HEADER);
    let little_endian = match order {
        Some([0, 1, b'I', b'M']) => true,
        Some([1, 0, b'M', b'I']) => false,
        _ => {
            let expected = "a MATLAB file of version 5 (not the HDF5 of version 7.3; its header ends in 00 01 49 4d)";
            return Err(compressed::wrong_magic(path, expected, &bytes, 8));
        }
    };
    let wrong = |place: String, expected: &str, found: String| DataError::WrongContent {
        path: path.to_owned(),
        place,
        expected: expected.to_owned(),
        found,
    };
    let mut rest = &bytes[HEADER..];
    let mut arrays = Vec::new();
    let mut left = limit;
    while !rest.is_empty() {
        let place = || format!("element at byte {}", bytes.len() - rest.len());
        let cut = || wrong(place(), "a whole element", "the end of the file".to_owned());
        let element = Element::first(rest, little_endian).ok_or_else(cut)?;
        let inflated;
        let content = if element.kind == COMPRESSED {
            inflated = inflate(element.data, left).map_err(|cause| DataError::CorruptCompression {
                path: path.to_owned(),
                format: "zlib",
                cause,
            })?;
            let Some(remaining) = left.checked_sub(inflated.len() as u64) else {
                return Err(DataError::TooLarge { path: path.to_owned(), limit });
            };
            left = remaining;
            let inner = Element::first(&inflated, little_endian);
            inner.ok_or_else(|| wrong(place(), "a whole array", format!("{} bytes", inflated.len())))?
        } else {
            element
        };
        if content.kind == MATRIX {
            let array = numeric_array(content.data, little_endian);
            arrays.extend(array.map_err(|(expected, found)| wrong(place(), expected, found))?);
        }
        rest = element.rest;
    }
    Ok(arrays)
}

/// One element and what follows it.
#[derive(Clone, Copy)]
struct Element<'a> {
    kind: u32,
    data: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn first(bytes: &'a [u8], little_endian: bool) -> Option<Self> {
        let word = |at: usize| Some(integer(bytes.get(at..at + 4)?, little_endian) as u32);
        let tag = word(0)?;
        // up to four bytes fit into the tag, whose first half is then their number
        let (kind, start, size) = match tag >> 16 {
            0 => (tag, 8_usize, word(4)? as usize),
            size => (tag & 0xffff, 4, size as usize),
        };
        let end = if start == 4 { 8 } else { size.checked_add(8)? };
        let data = bytes.get(start..start.checked_add(size)?).filter(|_| start == 8 || size <= 4)?;
        // all but compressed elements begin at a multiple of eight bytes; the last one may lack its padding
        let end = if kind == COMPRESSED { end } else { end.checked_next_multiple_of(8)? };
        Some(Self { kind, data, rest: bytes.get(end..).unwrap_or_default() })
    }
}

/// The array that an element holds; none when it does not consist of real numbers. What was expected and found, otherwise.
fn numeric_array(bytes: &[u8], little_endian: bool) -> Result<Option<NumericArray>, (&'static str, String)> {
    let mut rest = bytes;
    let mut next = || {
        let cut = || ("an array of flags, sizes, name and numbers", format!("{} bytes", bytes.len()));
        let element = Element::first(rest, little_endian).ok_or_else(cut)?;
        rest = element.rest;
        Ok(element)
    };
    let flags = next()?.data;
    let flags =
        integer(flags.get(..4).ok_or_else(|| ("flags of an array", format!("{} bytes", flags.len())))?, little_endian);
    let (class, complex) = (flags & 0xff, flags & 0x800 != 0);
    // classes 6 to 15 are arrays of numbers; before them come cells, structures, objects, text and sparse arrays
    if !(6..=15).contains(&class) || complex {
        return Ok(None);
    }
    let sizes: Vec<usize> = next()?.data.chunks_exact(4).map(|size| integer(size, little_endian) as usize).collect();
    let name = String::from_utf8_lossy(next()?.data).into_owned();
    let numbers = next()?;
    let Some(storage) = Storage::of(numbers.kind) else {
        return Err(("numbers", format!("type {} in variable `{name}`", numbers.kind)));
    };
    let promised = sizes.iter().fold(storage.bytes() as u128, |product, &size| product.saturating_mul(size as u128));
    if promised != numbers.data.len() as u128 {
        let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
        let found = format!("{} bytes for variable `{name}` of {}", numbers.data.len(), sizes.join(" x "));
        return Err(("as many numbers as the sizes promise", found));
    }
    Ok(Some(NumericArray { name, sizes, storage, bytes: numbers.data.to_vec(), little_endian }))
}

fn inflate(bytes: &[u8], limit: u64) -> std::io::Result<Vec<u8>> {
    let mut inflated = Vec::new();
    ZlibDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut inflated)?;
    Ok(inflated)
}

fn integer(bytes: &[u8], little_endian: bool) -> u64 {
    let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
    if little_endian { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
}
