//! The official files, in the directory named by the environment variable `CONSILIENCE_DATA_DIR`; skipped, and said so,
//! without.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::{DataError, DataSpec, HumanLabels, Source, Split, TargetNoise, Targets, load};
use std::path::PathBuf;

fn real(source: Source) -> Option<Split> {
    real_as(&DataSpec::new(source))
}

fn real_as(spec: &DataSpec) -> Option<Split> {
    let Some(directory) = std::env::var_os("CONSILIENCE_DATA_DIR").map(PathBuf::from) else {
        eprintln!("skipped: CONSILIENCE_DATA_DIR is not set");
        return None;
    };
    match load(spec, Some(&directory), 0) {
        Err(DataError::MissingFile { file, .. }) => {
            eprintln!("skipped: {} is not there", file.display());
            None
        }
        split => Some(split.unwrap()),
    }
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

#[test]
fn human_labels_of_cifar10n_are_wrong_as_often_as_their_authors_say() {
    // Over all 50,000 labels the authors state 9.03 % and 40.21 %; a batch of 10,000 lies within five binomial standard errors.
    for (name, share) in [("aggre", 0.0903_f64), ("worse", 0.4021)] {
        let human_labels = Some(HumanLabels { file: format!("cifar-10n/{name}_label.npy").into() });
        let Some(split) = real_as(&DataSpec { human_labels, ..DataSpec::new(Source::Cifar10) }) else { return };
        let n = split.train.len() as f64;
        let found = split.train.corrupt_count() as f64 / n;
        let tolerance = 5e-5 + if n < 50_000.0 { 5.0 * (share * (1.0 - share) / n).sqrt() } else { 0.0 };
        assert!((found - share).abs() < tolerance, "{name}: {found}");
        assert_eq!(split.train.true_labels(), real(Source::Cifar10).unwrap().train.labels());
    }
}

#[test]
fn facial_keypoints_are_faces() {
    let spec = DataSpec::new(Source::FacialKeypoints);
    let Some(split) = real_as(&spec) else { return };
    let all = split.train.len() + split.test.len();
    assert_eq!((split.test.len(), split.train.outputs(), split.train.shape().features()), (all / 5, 30, 96 * 96));
    for data in [&split.train, &split.test] {
        let Targets::Values { values, .. } = data.targets() else { panic!("targets are values") };
        for face in values.chunks_exact(30) {
            assert!(face.iter().all(|&place| (0.0..=96.0).contains(&place)), "{face:?}");
            // The left eye is the subject's own and so right of the right one, and both are above the mouth.
            let [(left, left_down), (right, right_down), (_, lip)] = [0, 2, 28].map(|at| (face[at], face[at + 1]));
            assert!(left > right && left_down < lip && right_down < lip, "{face:?}");
        }
        let pixels = data.inputs();
        assert!(pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel)) && (0.2..0.8).contains(&mean(pixels)));
    }
    let noisy = real_as(&DataSpec { target_noise: Some(TargetNoise { scale: 10.0 }), ..spec }).unwrap();
    assert_eq!(noisy.test, split.test);
    let (Targets::Values { values: clean, .. }, Targets::Values { values: noisy, .. }) =
        (split.train.targets(), noisy.train.targets())
    else {
        panic!("targets are values")
    };
    let n = clean.len() as f64;
    let variance = clean.iter().zip(noisy).map(|(a, b)| f64::from(b - a).powi(2)).sum::<f64>() / n;
    assert!((variance - 100.0).abs() < 5.0 * 100.0 * (2.0 / n).sqrt(), "{variance}");
}
