//! One random generator per purpose.
//!
//! A run has one seed. Weights are drawn from streams of the seed itself; every other use of randomness asks for the generator of
//! its own [`Purpose`], so adding dropout does not change the initial weights, and a longer training set does not change the
//! order of the test set. Generators are `ChaCha` with 8 rounds, keyed by (seed, purpose, number): distinct keys give streams
//! that are independent for every practical
//! purpose, whatever the seeds, and nothing depends on the number of threads or on the platform.
//!
//! ```
//! use consilience_data::seeds::{Purpose, generator};
//! use rand::RngExt;
//!
//! let first: u64 = generator(7, Purpose::Init).random();
//! assert_eq!(first, generator(7, Purpose::Init).random::<u64>());
//! assert_ne!(first, generator(7, Purpose::Order).random::<u64>());
//! assert_ne!(first, generator(8, Purpose::Init).random::<u64>());
//! ```

pub use rand_chacha::ChaCha8Rng;

use rand::SeedableRng;

/// What randomness is used for. The number of each purpose is part of its streams and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Initial weights of what is not a network of layers: those draw theirs from the seed itself.
    Init = 1,
    /// The order in which an epoch visits the training examples; the number is the epoch.
    Order = 2,
    /// Which labels are corrupted, and into what.
    LabelNoise = 3,
    /// Signals drawn while measuring or training: sampled labels, random unit and sign vectors.
    Sampling = 4,
    /// Dropout masks.
    Dropout = 5,
    /// Which examples a sub-sample keeps; number 0 is the training set, 1 the test set, 3 the split of a source that comes
    /// in one part; 2 the evaluated training examples, 4 and 5 the examples and weights of the sample of pristine and corrupt
    /// shares, 6 the parts of a cross-fit, 7 the examples on which a saved model is measured.
    Subsample = 6,
    /// Built-in sources; the number is the example.
    Synthetic = 7,
    /// Which examples form the fixed probe batch of a measurement.
    Probe = 8,
    /// Noise added to weights or updates.
    UpdateNoise = 9,
    /// Noise added to targets that are values.
    TargetNoise = 10,
    /// Noise and blur of inputs.
    InputNoise = 11,
    /// Random crops and flips of training inputs; the number is the example's id, the stream the epoch.
    Augmentation = 12,
    /// Which examples a null world calls corrupt; the number is the world, from 1.
    NullWorld = 13,
    /// Settings that a sweep draws; the number says which setting.
    Sweep = 14,
}

/// The generator of one purpose: [`numbered_generator`] with number 0.
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    numbered_generator(seed, purpose, 0)
}

/// The generator of one numbered thing (an epoch, a step, an example) within a purpose.
///
/// Stateless: any epoch's or example's randomness can be recomputed on its own, which is what makes a run resumable and
/// independent of the thread count. A second number, where one is needed, is the generator's stream
/// ([`ChaCha8Rng::set_stream`]).
pub fn numbered_generator(seed: u64, purpose: Purpose, number: u64) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    key[16..24].copy_from_slice(&number.to_le_bytes());
    key[24..].copy_from_slice(b"consilie");
    ChaCha8Rng::from_seed(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use std::collections::HashSet;

    #[test]
    fn streams_of_different_keys_differ_and_repeat() {
        let purposes = [Purpose::Init, Purpose::Order, Purpose::LabelNoise, Purpose::Sampling, Purpose::Synthetic];
        let mut seen = HashSet::new();
        for seed in [0, 1, 2, u64::MAX] {
            for purpose in purposes {
                for number in [0, 1, 1 << 32] {
                    let value = numbered_generator(seed, purpose, number).next_u64();
                    assert!(seen.insert(value), "{seed} {purpose:?} {number} repeats another stream");
                    assert_eq!(value, numbered_generator(seed, purpose, number).next_u64());
                }
            }
        }
        assert_eq!(seen.len(), 4 * 5 * 3);
    }

    #[test]
    fn streams_never_change() {
        // Computed from the definition of ChaCha by an independent program. A change here changes every published run.
        assert_eq!(generator(0, Purpose::Init).next_u64(), 3_437_493_432_074_538_918);
        assert_eq!(numbered_generator(42, Purpose::Order, 3).next_u64(), 15_954_342_254_282_573_918);
    }
}
