use consilience_tensor::{Cpu, Real, Tensor};
use thiserror::Error;

/// What an aggregator or a [`Chain`](crate::optimizers::Chain) remembers from step to step, so that a run can go on where it
/// stopped: with the same parameters, memory and batches, the same bytes follow.
#[derive(Clone, Debug)]
pub struct Memory<R> {
    /// How many times it was called, where that matters; else 0.
    pub step: u64,
    /// One array per parameter of the network, under the name of what they are.
    pub arrays: Vec<(String, Vec<Cpu<R>>)>,
}

/// Why what was remembered cannot be taken back.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{what}: expected {expected}, got {got}; go on with the settings and the network that it was saved with")]
pub struct MemoryError {
    /// What does not fit.
    pub what: &'static str,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
}

impl<R> Default for Memory<R> {
    fn default() -> Self {
        Self { step: 0, arrays: Vec::new() }
    }
}

impl<R: Real> Memory<R> {
    /// Checks that the arrays are called `names`, in that order, and have the shapes of `parameters`.
    ///
    /// # Errors
    /// Names what was expected and what came.
    pub fn check<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        parameters: &[Cpu<R>],
    ) -> Result<(), MemoryError> {
        let listed = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let expected = listed(names.into_iter().collect());
        let got = listed(self.arrays.iter().map(|(name, _)| name.as_str()).collect());
        if expected != got {
            return Err(MemoryError { what: "remembered arrays", expected, got });
        }
        let shapes = |arrays: &[Cpu<R>]| arrays.iter().map(|a| a.shape().to_string()).collect::<Vec<_>>().join(", ");
        let expected = shapes(parameters);
        match self.arrays.iter().map(|(_, arrays)| shapes(arrays)).find(|got| *got != expected) {
            Some(got) => Err(MemoryError { what: "shapes of remembered arrays", expected, got }),
            None => Ok(()),
        }
    }
}
