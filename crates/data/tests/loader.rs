//! Every epoch visits every example once, and any epoch can be recomputed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::{Batches, LastBatch, Order};
use proptest::prelude::*;

proptest! {
    #[test]
    fn every_epoch_is_a_permutation_cut_into_batches(
        examples in 1_usize..300, size in 1_usize..80, epoch in 0_u64..1000, seed: u64,
    ) {
        let batches = Batches::new(Order::shuffled(examples, seed), size, LastBatch::Keep).unwrap();
        let visited = batches.epoch(epoch);
        prop_assert_eq!(visited.iter().count(), batches.per_epoch());
        prop_assert!(visited.iter().take(batches.per_epoch() - 1).all(|batch| batch.len() == size));
        let mut all: Vec<usize> = visited.iter().flatten().copied().collect();
        prop_assert_eq!(&all, &Order::shuffled(examples, seed).epoch(epoch));
        all.sort_unstable();
        prop_assert_eq!(all, (0..examples).collect::<Vec<_>>());
        prop_assert_eq!(visited, batches.epoch(epoch));
    }

    #[test]
    fn dropping_leaves_only_whole_batches(examples in 1_usize..300, size in 1_usize..80, seed: u64) {
        let batches = Batches::new(Order::shuffled(examples, seed), size, LastBatch::Drop);
        if size > examples {
            prop_assert!(batches.is_err());
        } else {
            let batches = batches.unwrap();
            let epoch = batches.epoch(1);
            prop_assert_eq!(epoch.iter().count(), examples / size);
            prop_assert!(epoch.iter().all(|batch| batch.len() == size));
            let mut all: Vec<usize> = epoch.iter().flatten().copied().collect();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), examples / size * size);
        }
    }

    #[test]
    fn positions_count_steps(examples in 1_usize..300, size in 1_usize..80, step in 0_u64..5000) {
        let batches = Batches::new(Order::sequential(examples), size, LastBatch::Keep).unwrap();
        let (epoch, batch) = batches.position(step);
        prop_assert_eq!(epoch * batches.per_epoch() as u64 + batch as u64, step);
        prop_assert!(batches.epoch(epoch).batch(batch).is_some());
        prop_assert!(batches.epoch(epoch).batch(batches.per_epoch()).is_none());
    }
}

#[test]
fn epochs_and_seeds_differ() {
    let order = Order::shuffled(100, 5);
    assert_ne!(order.epoch(0), order.epoch(1));
    assert_ne!(order.epoch(0), Order::shuffled(100, 6).epoch(0));
    assert_eq!(Order::sequential(4).epoch(9), [0, 1, 2, 3]);
}

#[test]
fn every_place_is_equally_likely_for_an_example() {
    let epochs = 2_000_u64;
    let mut places = [0_u32; 20];
    for epoch in 0..epochs {
        let order = Order::shuffled(20, 1).epoch(epoch);
        places[order.iter().position(|&index| index == 7).unwrap()] += 1;
    }
    // Five standard errors of a binomial count.
    let tolerance = 5.0 * (2_000.0 * 0.05_f64 * 0.95).sqrt();
    assert!(places.iter().all(|&count| (f64::from(count) - 100.0).abs() < tolerance), "{places:?}");
}

#[test]
fn the_full_batch_is_all_examples_in_order() {
    let batches = Batches::full(3).unwrap();
    assert_eq!((batches.per_epoch(), batches.size()), (1, 3));
    assert_eq!(batches.epoch(4).batch(0), Some(&[0, 1, 2][..]));
    assert!(Batches::full(0).is_err());
    let error = Batches::new(Order::sequential(3), 0, LastBatch::Keep).unwrap_err().to_string();
    assert_eq!(error, "`batch_size` must be at least 1, for at least 1 example, found 0 for 3 examples");
}
