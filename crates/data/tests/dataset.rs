//! Data sets keep their parts together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::seeds::{Purpose, generator};
use consilience_data::{DataError, Dataset, Example, ExampleShape, Normalisation, Target, Targets, subsample};

fn classes() -> Dataset {
    let inputs = (0..12).map(|value| value as f32).collect();
    let targets = Targets::Classes { labels: vec![0, 1, 2], classes: 3 };
    Dataset::new("classes", ExampleShape::image(2, 1, 2), inputs, targets).unwrap()
}

fn values() -> Dataset {
    let targets = Targets::Values { values: vec![0.5, 1.5, 2.5, 3.5], outputs: 2 };
    Dataset::new("values", ExampleShape::flat(1), vec![10.0, 20.0], targets).unwrap()
}

#[test]
fn examples_and_gathered_batches_are_rows() {
    let data = classes().with_ids(vec![7, 8, 9]).unwrap();
    let expected = Example { input: &[4.0, 5.0, 6.0, 7.0], target: Target::Class(1), id: 8, corrupt: false };
    assert_eq!(data.example(1), Some(expected));
    assert_eq!(data.example(3), None);
    let (mut inputs, mut labels) = ([0.0_f64; 8], [0; 2]);
    data.gather_inputs(&[2, 0], &mut inputs).unwrap();
    data.gather_labels(&[2, 0], &mut labels).unwrap();
    assert_eq!(inputs, [8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0]);
    assert_eq!(labels, [2, 0]);
    let mut targets = [0.0_f32; 4];
    values().gather_values(&[1, 0], &mut targets).unwrap();
    assert_eq!(targets, [2.5, 3.5, 0.5, 1.5]);
    assert_eq!(values().example(1).unwrap().target, Target::Values(&[2.5, 3.5]));
    assert_eq!((data.outputs(), values().outputs()), (3, 2));
}

#[test]
fn splits_cut_in_order() {
    let (first, rest) = classes().split_at(1).unwrap();
    assert_eq!((first.ids(), rest.ids()), (&[0][..], &[1, 2][..]));
    assert_eq!(rest.inputs(), &classes().inputs()[4..]);
    assert_eq!(values().split_at(1).unwrap().1.targets(), &Targets::Values { values: vec![2.5, 3.5], outputs: 2 });
    assert!(matches!(classes().split_at(0), Err(DataError::NoExamples { .. })));
    assert!(matches!(classes().split_at(3), Err(DataError::NoExamples { .. })));
    assert!(matches!(classes().split_at(4), Err(DataError::IndexOutOfRange { index: 4, examples: 3, .. })));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let class_targets = |labels: &[u32], classes| Targets::Classes { labels: labels.to_vec(), classes };
    let make = |features, inputs: usize, targets| {
        Dataset::new("bad", ExampleShape::flat(features), vec![0.0; inputs], targets).unwrap_err().to_string()
    };
    assert_eq!(
        make(2, 3, class_targets(&[0], 2)),
        "inputs of data set `bad`: expected a multiple of 2 numbers, found 3"
    );
    assert_eq!(make(2, 4, class_targets(&[0], 2)), "targets of data set `bad`: expected 2, found 1");
    assert_eq!(make(1, 1, class_targets(&[2], 2)), "label of example 0 of data set `bad`: expected below 2, found 2");
    assert_eq!(make(1, 0, class_targets(&[], 2)), "data set `bad` would have no examples; at least one is needed");
    assert!(make(0, 1, class_targets(&[0], 2)).contains("0 features and 2 outputs"));
    let targets = Targets::Values { values: vec![1.0; 3], outputs: 2 };
    assert_eq!(make(1, 2, targets), "targets of data set `bad`: expected 4, found 3");
    let mut buffer = [0.0_f32; 4];
    assert!(matches!(classes().gather_inputs(&[3], &mut buffer), Err(DataError::IndexOutOfRange { index: 3, .. })));
    assert!(matches!(classes().gather_inputs(&[usize::MAX], &mut buffer), Err(DataError::IndexOutOfRange { .. })));
    assert!(matches!(classes().gather_inputs(&[0, 1], &mut buffer), Err(DataError::Inconsistent { .. })));
    assert!(matches!(values().gather_labels(&[0], &mut [0]), Err(DataError::WrongTargets { .. })));
    assert!(matches!(classes().gather_values(&[0], &mut buffer), Err(DataError::WrongTargets { .. })));
    assert!(classes().with_ids(vec![1]).is_err());
    assert!(classes().with_given_labels(vec![0, 1, 3]).is_err());
    assert!(classes().with_given_labels(vec![0]).is_err());
    assert!(values().with_given_labels(vec![0, 0]).is_err());
}

#[test]
fn sub_samples_are_distinct_examples_that_keep_their_ids() {
    let targets = Targets::Values { values: (0..100).map(|value| value as f32).collect(), outputs: 1 };
    let inputs = (0..100).map(|value| value as f32).collect();
    let data = Dataset::new("hundred", ExampleShape::flat(1), inputs, targets).unwrap();
    let draw = |seed| subsample(data.clone(), 40, "training", &mut generator(seed, Purpose::Subsample)).unwrap();
    let part = draw(1);
    let mut ids = part.ids().to_vec();
    assert!(part.inputs().iter().zip(&ids).all(|(&input, &id)| input == id as f32));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40);
    assert_eq!(part, draw(1));
    assert_ne!(part, draw(2));
    let mut rng = generator(0, Purpose::Subsample);
    assert_eq!(subsample(data.clone(), 100, "training", &mut rng).unwrap(), data);
    let error = subsample(data, 101, "training", &mut rng).unwrap_err().to_string();
    assert_eq!(error, "101 training examples requested but `hundred` has 100; request at most 100");
}

#[test]
fn normalisation_is_per_channel() {
    let mut data = classes();
    let normalisation = Normalisation::of(&data).unwrap();
    // Channels hold 0, 2, .., 10 and 1, 3, .., 11: means 5 and 6, variance 70 / 6.
    let deviation = (70.0_f64 / 6.0).sqrt() as f32;
    assert_eq!(normalisation.mean(), [5.0, 6.0]);
    assert_eq!(normalisation.standard_deviation(), [deviation, deviation]);
    normalisation.apply(&mut data).unwrap();
    assert_eq!(data.inputs()[..4], [-5.0, -5.0, -3.0, -3.0].map(|value: f32| value / deviation));
    assert!(normalisation.apply(&mut values()).unwrap_err().to_string().contains("1 means, one per channel"));
    let targets = Targets::Classes { labels: vec![0, 0], classes: 1 };
    let constant = Dataset::new("constant", ExampleShape::flat(1), vec![0.1, 0.1], targets).unwrap();
    assert!(Normalisation::of(&constant).unwrap_err().to_string().contains("positive standard deviations, found 0"));
    for (mean, deviation) in [(vec![0.0], vec![]), (vec![f32::NAN], vec![1.0]), (vec![0.0], vec![f32::INFINITY])] {
        assert!(Normalisation::new(mean, deviation).is_err());
    }
}
