//! The official files, in the directory named by the environment variable `CONSILIENCE_DATA_DIR`; skipped, and said so,
//! without.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::{DataSpec, Source, Split, load};
use std::path::PathBuf;

fn real(source: Source) -> Option<Split> {
    let Some(directory) = std::env::var_os("CONSILIENCE_DATA_DIR").map(PathBuf::from) else {
        eprintln!("skipped: CONSILIENCE_DATA_DIR is not set");
        return None;
    };
    Some(load(&DataSpec::new(source), Some(&directory), 0).unwrap())
}

fn histogram(labels: &[u32]) -> [usize; 10] {
    let mut counts = [0; 10];
    for &label in labels {
        counts[label as usize] += 1;
    }
    counts
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}

#[test]
fn mnist_is_mnist() {
    let Some(split) = real(Source::Mnist) else { return };
    assert_eq!((split.train.len(), split.test.len(), split.train.shape().features()), (60_000, 10_000, 784));
    assert_eq!(split.train.labels().unwrap()[..5], [5, 0, 4, 1, 9]);
    assert_eq!(split.test.labels().unwrap()[..5], [7, 2, 1, 0, 4]);
    let expected = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    assert_eq!(histogram(split.train.labels().unwrap()), expected);
    // The mean of all training pixels, widely used for normalisation, is 0.1307 to four digits.
    assert!((mean(split.train.inputs()) - 0.1307).abs() < 5e-5);
}

#[test]
fn fashion_mnist_is_fashion_mnist() {
    let Some(split) = real(Source::FashionMnist) else { return };
    assert_eq!((split.train.len(), split.test.len()), (60_000, 10_000));
    assert_eq!(histogram(split.train.labels().unwrap()), [6_000; 10]);
    assert_eq!(histogram(split.test.labels().unwrap()), [1_000; 10]);
    // Widely used for normalisation: 0.2860 to four digits.
    assert!((mean(split.train.inputs()) - 0.2860).abs() < 5e-5);
}

#[test]
fn cifar10_is_cifar10() {
    let Some(split) = real(Source::Cifar10) else { return };
    assert_eq!(split.train.len() % 10_000, 0);
    assert_eq!(histogram(split.test.labels().unwrap()), [1_000; 10]);
    assert_eq!(split.train.shape(), consilience_data::ExampleShape::image(32, 32, 3));
    if split.train.ids()[0] == 0 {
        // A frog and two lorries begin the training set; the top left pixel of the frog is (59, 62, 63).
        assert_eq!(split.train.labels().unwrap()[..5], [6, 9, 9, 4, 1]);
        assert_eq!(split.train.inputs()[..3], [59.0, 62.0, 63.0].map(|value: f32| value / 255.0));
    }
    // Channel means of the whole training set, widely used for normalisation; a batch lies within 0.01 of them.
    for (channel, expected) in [0.4914, 0.4822, 0.4465].into_iter().enumerate() {
        let values: Vec<f32> = split.train.inputs().iter().skip(channel).step_by(3).copied().collect();
        assert!((mean(&values) - expected).abs() < 0.01, "channel {channel}");
    }
}
