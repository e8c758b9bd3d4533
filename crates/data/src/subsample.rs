//! A random part of a data set.

use crate::dataset::Dataset;
use crate::error::DataError;
use rand::{Rng, seq::index};

/// `examples` examples of `data`, drawn without replacement, in random order. All of them are returned unshuffled and
/// uncopied when `examples` is the size of `data`. `part` (`training` or `test`) only names the set in the error.
///
/// # Errors
/// [`DataError::TooFewExamples`] when there are fewer, [`DataError::NoExamples`] for none.
pub fn subsample<R: Rng>(
    data: Dataset,
    examples: usize,
    part: &'static str,
    rng: &mut R,
) -> Result<Dataset, DataError> {
    let available = data.len();
    if examples > available {
        let name = data.name().to_owned();
        return Err(DataError::TooFewExamples { name, part, requested: examples, available });
    }
    if examples == available {
        return Ok(data);
    }
    data.subset(&index::sample(rng, available, examples).into_vec())
}
