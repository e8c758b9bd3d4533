//! The three kinds of label noise: exact counts where they are exact, statistics within five standard errors elsewhere.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::{Dataset, ExampleShape, LabelNoise, LabelNoiseKind, Targets};

const EXAMPLES: usize = 20_000;
const CLASSES: usize = 10;
const KINDS: [LabelNoiseKind; 3] = [LabelNoiseKind::Permute, LabelNoiseKind::UniformOther, LabelNoiseKind::UniformAny];

fn clean() -> Dataset {
    let labels = (0..EXAMPLES).map(|index| (index % CLASSES) as u32).collect();
    let inputs = (0..EXAMPLES).map(|index| index as f32).collect();
    Dataset::new("clean", ExampleShape::flat(1), inputs, Targets::Classes { labels, classes: CLASSES }).unwrap()
}

fn noisy(kind: LabelNoiseKind, fraction: f64, seed: u64) -> Dataset {
    LabelNoise { kind, fraction }.apply(clean(), seed).unwrap()
}

fn histogram(labels: &[u32]) -> [usize; CLASSES] {
    let mut counts = [0; CLASSES];
    for &label in labels {
        counts[label as usize] += 1;
    }
    counts
}

/// Five standard errors of a count of independent events of probability `p`.
fn tolerance(n: f64, p: f64) -> f64 {
    5.0 * (n * p * (1.0 - p)).sqrt()
}

#[test]
fn permute_keeps_the_classes_and_corrupts_nine_tenths_of_the_selected() {
    for fraction in [0.1, 0.4, 1.0] {
        let data = noisy(LabelNoiseKind::Permute, fraction, 3);
        assert_eq!(histogram(data.labels().unwrap()), [EXAMPLES / CLASSES; CLASSES]);
        let p = fraction * 0.9;
        let (n, corrupt) = (EXAMPLES as f64, data.corrupt_count() as f64);
        assert!((corrupt - n * p).abs() < tolerance(n, p), "{fraction}: {corrupt}");
    }
}

#[test]
fn uniform_other_corrupts_exactly_the_fraction_uniformly() {
    let data = noisy(LabelNoiseKind::UniformOther, 0.3, 5);
    assert_eq!(data.corrupt_count(), 6_000);
    // How far the given class lies from the true one is uniform over 1 to 9.
    let mut steps = [0_usize; CLASSES];
    for (given, true_label) in data.labels().unwrap().iter().zip(data.true_labels().unwrap()) {
        steps[(given + CLASSES as u32 - true_label) as usize % CLASSES] += 1;
    }
    assert_eq!(steps[0], 14_000);
    for count in &steps[1..] {
        let expected = 6_000.0 / 9.0;
        assert!((*count as f64 - expected).abs() < tolerance(6_000.0, 1.0 / 9.0), "{steps:?}");
    }
}

#[test]
fn uniform_any_leaves_a_tenth_of_the_chosen_as_they_were() {
    let data = noisy(LabelNoiseKind::UniformAny, 1.0, 7);
    let n = EXAMPLES as f64;
    let corrupt = data.corrupt_count() as f64;
    assert!((corrupt - 0.9 * n).abs() < tolerance(n, 0.9), "{corrupt}");
    for count in histogram(data.labels().unwrap()) {
        assert!((count as f64 - n / 10.0).abs() < tolerance(n, 0.1), "{count}");
    }
    let half = noisy(LabelNoiseKind::UniformAny, 0.5, 7).corrupt_count() as f64;
    assert!((half - 0.45 * n).abs() < tolerance(n / 2.0, 0.9), "{half}");
}

#[test]
fn tags_follow_labels_and_true_labels_stay() {
    for kind in KINDS {
        let data = noisy(kind, 0.5, 11);
        assert_eq!(data.true_labels().unwrap(), clean().labels().unwrap());
        assert_eq!(data.inputs(), clean().inputs());
        for index in 0..data.len() {
            let differs = data.labels().unwrap()[index] != data.true_labels().unwrap()[index];
            assert_eq!(data.is_corrupt(index), differs);
        }
        // A second corruption keeps the labels that were true at first, and sub-sets keep tags and ids.
        let twice = LabelNoise { kind, fraction: 1.0 }.apply(data.clone(), 12).unwrap();
        assert_eq!(twice.true_labels(), clean().true_labels());
        let indices: Vec<usize> = (0..data.len()).rev().step_by(7).collect();
        let part = data.subset(&indices).unwrap();
        for (position, &index) in indices.iter().enumerate() {
            assert_eq!(part.example(position), data.example(index));
        }
    }
}

#[test]
fn seeds_decide() {
    for kind in KINDS {
        assert_eq!(noisy(kind, 0.4, 1), noisy(kind, 0.4, 1));
        assert_ne!(noisy(kind, 0.4, 1), noisy(kind, 0.4, 2));
        let untouched = noisy(kind, 0.0, 1);
        assert_eq!(untouched.labels(), clean().labels());
        assert_eq!(untouched.corrupt_count(), 0);
    }
}

#[test]
fn fractions_and_targets_that_make_no_sense_are_refused() {
    for fraction in [-0.1, 1.5, f64::NAN, f64::INFINITY] {
        let error = LabelNoise { kind: LabelNoiseKind::Permute, fraction }.apply(clean(), 0).unwrap_err();
        assert!(error.to_string().starts_with("`label_noise.fraction` must be a number from 0 to 1"), "{error}");
    }
    let noise = LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.5 };
    let values = Targets::Values { values: vec![1.0], outputs: 1 };
    let data = Dataset::new("values", ExampleShape::flat(1), vec![0.0], values).unwrap();
    let error = noise.apply(data, 0).unwrap_err().to_string();
    assert_eq!(error, "label noise needs classes as targets, but data set `values` has values");
    let one = Targets::Classes { labels: vec![0], classes: 1 };
    let data = Dataset::new("one", ExampleShape::flat(1), vec![0.0], one).unwrap();
    let error = noise.apply(data, 0).unwrap_err().to_string();
    assert_eq!(error, "`label_noise` must be used with data of at least 2 classes, found 1 classes");
}
