//! The order in which training visits its examples.
//!
//! Every epoch is a permutation that depends on (seed, epoch) alone, so the order of any epoch can be recomputed: a resumed
//! run continues exactly where it stopped, and runs that differ in nothing but the method see the same batches.

use crate::error::DataError;
use crate::seeds::{Purpose, numbered_generator};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// What happens to the examples left over when the batch size does not divide their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastBatch {
    /// They form a smaller batch.
    #[default]
    Keep,
    /// They are left out of this epoch (other ones in every epoch).
    Drop,
}

/// The order of the examples in every epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    examples: usize,
    seed: Option<u64>,
}

impl Order {
    /// A fresh uniform permutation for every epoch.
    pub const fn shuffled(examples: usize, seed: u64) -> Self {
        Self { examples, seed: Some(seed) }
    }

    /// 0 to `examples` - 1 in every epoch, for full-batch training and for evaluation.
    pub const fn sequential(examples: usize) -> Self {
        Self { examples, seed: None }
    }

    /// The indices of the examples in the order of `epoch`.
    pub fn epoch(&self, epoch: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.examples).collect();
        if let Some(seed) = self.seed {
            order.shuffle(&mut numbered_generator(seed, Purpose::Order, epoch));
        }
        order
    }
}

/// The mini-batches of every epoch.
///
/// ```
/// use consilience_data::{Batches, LastBatch, Order};
///
/// let batches = Batches::new(Order::sequential(5), 2, LastBatch::Keep)?;
/// let epoch = batches.epoch(0);
/// assert_eq!(epoch.iter().collect::<Vec<_>>(), [&[0, 1][..], &[2, 3], &[4]]);
/// assert_eq!(batches.position(4), (1, 1)); // the fifth step is the second one of epoch 1
/// # Ok::<(), consilience_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    order: Order,
    size: usize,
    last: LastBatch,
}

impl Batches {
    /// Batches of `size` examples.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when there are no examples, `size` is 0, or every epoch would be empty because `last` is
    /// [`LastBatch::Drop`] and `size` exceeds the number of examples.
    pub fn new(order: Order, size: usize, last: LastBatch) -> Result<Self, DataError> {
        let invalid = |expected: String| {
            let found = format!("{size} for {} examples", order.examples);
            Err(DataError::InvalidSetting { key: "batch_size", expected, found })
        };
        if size == 0 || order.examples == 0 {
            return invalid("at least 1, for at least 1 example".to_owned());
        }
        if last == LastBatch::Drop && size > order.examples {
            return invalid(format!("at most {} when the last partial batch is dropped", order.examples));
        }
        Ok(Self { order, size, last })
    }

    /// One batch per epoch: all examples, in their own order.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when there are no examples.
    pub fn full(examples: usize) -> Result<Self, DataError> {
        Self::new(Order::sequential(examples), examples, LastBatch::Keep)
    }

    /// Examples per batch, the last one of an epoch perhaps excepted.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Batches, hence steps, per epoch: at least one.
    pub const fn per_epoch(&self) -> usize {
        match self.last {
            LastBatch::Keep => self.order.examples.div_ceil(self.size),
            LastBatch::Drop => self.order.examples / self.size,
        }
    }

    /// The epoch and the batch within it of step `step`, counted from 0 over the whole run.
    pub const fn position(&self, step: u64) -> (u64, usize) {
        let per_epoch = self.per_epoch() as u64;
        (step / per_epoch, (step % per_epoch) as usize)
    }

    /// The batches of one epoch.
    pub fn epoch(&self, epoch: u64) -> Epoch {
        let mut order = self.order.epoch(epoch);
        if self.last == LastBatch::Drop {
            order.truncate(self.per_epoch() * self.size);
        }
        Epoch { order, size: self.size }
    }
}

/// The batches of one epoch: slices of a permutation of the examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    order: Vec<usize>,
    size: usize,
}

impl Epoch {
    /// The indices of every batch, in order.
    pub fn iter(&self) -> std::slice::Chunks<'_, usize> {
        self.order.chunks(self.size)
    }

    /// The indices of batch `batch`, or none beyond the end.
    pub fn batch(&self, batch: usize) -> Option<&[usize]> {
        self.iter().nth(batch)
    }
}

impl<'a> IntoIterator for &'a Epoch {
    type Item = &'a [usize];
    type IntoIter = std::slice::Chunks<'a, usize>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
