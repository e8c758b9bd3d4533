//! Built-in sources: they need no file, and any number of examples can be drawn from them.
//!
//! Example i depends on (seed, i) alone. Hence a smaller data set is the beginning of a larger one, and the test set, whose
//! examples are numbered from [`TEST_START`], does not depend on the size of the training set.

use crate::error::DataError;

pub mod product;
pub mod strokes;
pub mod two_circles;

/// Number of the first test example.
pub const TEST_START: u64 = 1 << 32;

pub(crate) fn check_range(key: &'static str, value: f64, low: f64, high: f64) -> Result<(), DataError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(DataError::InvalidSetting { key, expected: format!("a number from {low} to {high}"), found: value.to_string() })
}
