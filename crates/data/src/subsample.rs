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
    match choose(data.name(), data.len(), examples, part, rng)? {
        Some(chosen) => data.subset(&chosen),
        None => Ok(data),
    }
}

/// The indices that [`subsample`] draws of `available` examples; none for all of them, as they are.
pub(crate) fn choose<R: Rng>(
    name: &str,
    available: usize,
    examples: usize,
    part: &'static str,
    rng: &mut R,
) -> Result<Option<Vec<usize>>, DataError> {
    if examples > available {
        return Err(DataError::TooFewExamples { name: name.to_owned(), part, requested: examples, available });
    }
    Ok((examples < available).then(|| index::sample(rng, available, examples).into_vec()))
}
