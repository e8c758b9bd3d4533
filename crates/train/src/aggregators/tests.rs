use consilience_gradients::ParameterReduced;
use consilience_tensor::Shape;

use super::*;
use crate::accumulate::{group, merge};

fn array(values: &[f64]) -> Cpu<f64> {
    Cpu::new(Shape::vector(values.len()), values.to_vec())
}

/// The sum over a batch whose gradients have the given mean.
fn batch(examples: usize, mean: &[f64]) -> Reduced<f64> {
    let sum = array(&mean.iter().map(|g| g * examples as f64).collect::<Vec<_>>());
    Reduced { examples, parameters: vec![ParameterReduced { sum: Some(sum), ..ParameterReduced::default() }] }
}

/// A batch of micro-batches whose gradients have the given means, each of two examples.
fn micro_batches(means: &[[f64; 2]]) -> Reduced<f64> {
    let parts = means.iter().map(|mean| {
        let mut part = batch(2, mean);
        group(&mut part, false);
        part
    });
    parts.reduce(merge).unwrap()
}

fn mean(direction: Option<Direction<f64>>) -> Option<Vec<f64>> {
    match direction.unwrap() {
        Direction::Mean(arrays) => Some(arrays[0].as_slice().to_vec()),
        Direction::Wait => None,
        Direction::Sum(_) => panic!("not a mean"),
    }
}

#[test]
fn median_of_three_by_hand() {
    let reduced = micro_batches(&[[1.0, -5.0], [3.0, 2.0], [-2.0, 1.0]]);
    assert_eq!(mean(MedianOfThree.direction(reduced, &[array(&[0.0; 2])])), Some(vec![1.0, 1.0]));
    let two = micro_batches(&[[1.0, -5.0], [3.0, 2.0]]);
    assert!(MedianOfThree.direction(two, &[array(&[0.0; 2])]).is_none());
}

#[test]
fn rolling_ones_wait_and_decay_each_gradient_before() {
    // parameters 0, 8, 4 with decay 1/4: gradients 1, 0 + 2, 5 + 1, then 1 + 0
    let steps = [(1.0, 0.0), (0.0, 8.0), (5.0, 4.0), (1.0, 0.0)];
    let run = |aggregator: &mut dyn Aggregator<f64>| {
        // batches of different sizes count the same
        let step = |(size, (gradient, parameter)): (usize, (f64, f64))| {
            mean(aggregator.direction(batch(size + 1, &[gradient]), &[array(&[parameter])])).map(|mean| mean[0])
        };
        steps.into_iter().enumerate().map(step).collect::<Vec<_>>()
    };
    assert_eq!(run(&mut RollingMedian::new(0.25)), [None, None, Some(2.0), Some(2.0)]);
    assert_eq!(run(&mut RollingMean::new(0.25)), [None, None, Some(3.0), Some(3.0)]);
    assert_eq!(run(&mut RollingMedian::new(0.0)), [None, None, Some(1.0), Some(1.0)]);
}

#[test]
fn signs_by_hand() {
    let zeros = [array(&[0.0; 3])];
    let found = SignSum { step: 0.25 }.direction(batch(5, &[0.5, 0.0, -9.0]), &zeros);
    assert_eq!(mean(found), Some(vec![0.25, 0.0, -0.25]));
    let signs = consilience_gradients::Signs { positive: vec![3, 0, 1].into(), negative: vec![1, 0, 4].into() };
    let parameters = vec![ParameterReduced { signs: Some(signs), ..ParameterReduced::default() }];
    let found = SumSign { step: 0.25 }.direction(Reduced { examples: 5, parameters }, &zeros);
    assert_eq!(mean(found), Some(vec![0.5, 0.0, -0.75]));
}

#[test]
fn clipping_weights_by_hand() {
    let weights = |sq_norms: &[f64]| {
        let sq_norms = Some(sq_norms.to_vec());
        let parameters = vec![ParameterReduced { sq_norms, ..ParameterReduced::default() }];
        Clipped { max_norm: 2.0 }.weights(&Reduced::<f64> { examples: 4, parameters }).unwrap()
    };
    assert_eq!(weights(&[0.0, 4.0, 16.0, 1.0]), [1.0, 1.0, 0.5, 1.0]);
    assert!(weights(&[f64::NAN])[0].is_nan());
}

#[test]
fn gsnr_ratios_remember_without_bias() {
    // batch 1: means 2 and 1, deviations 1 and 2, ratios 4 and 1/4 of mean 17/8: 1 and 2/17
    // batch 2: means 2 and 1, deviations 2 and 1: 1 and 1, of mean 1
    let batches = [[[1.0, 3.0], [3.0, -1.0]], [[0.0, 2.0], [4.0, 0.0]]];
    let mut aggregator = GsnrScaled::new(2, 0.05, 0.5);
    let zeros = [array(&[0.0; 2])];
    let mut found = batches.map(|batch| mean(aggregator.direction(micro_batches(&batch), &zeros)).unwrap());
    let second = 2.0 / 17.0;
    assert_eq!(found[0][0], 2.0);
    assert!((found[0][1] - second).abs() < 1e-15, "{found:?}");
    // (1/4 r_1 + 1/2 r_2) / (3/4)
    let average = (second + 2.0) / 3.0;
    assert_eq!(found[1][0], 2.0);
    assert!((found[1][1] - average).abs() < 1e-15, "{found:?}");
    // without momentum the second batch stands alone
    found[1] = mean(GsnrScaled::new(2, 0.05, 0.0).direction(micro_batches(&batches[1]), &zeros)).unwrap();
    assert_eq!(found[1], [2.0, 1.0]);
}

#[test]
fn going_on_from_what_was_remembered_gives_the_same_bytes() {
    let specs = [
        "kind = 'mean'",
        "kind = 'rolling_median'",
        "kind = 'rolling_mean'",
        "kind = 'gsnr_scaled'\nmicro_batches = 3",
        "kind = 'gsnr_scaled'\nmicro_batches = 3\nmomentum = 0.5",
    ];
    let batches: Vec<_> = (0..8)
        .map(|step| [0.0, 1.0, 2.0].map(|part| [(f64::from(step) + part).sin(), (f64::from(step) * part).cos()]))
        .collect();
    let zeros = [array(&[0.0; 2])];
    for text in specs {
        let spec: AggregatorSpec = toml::from_str(text).unwrap();
        for stop in [0, 1, 2, 5] {
            let mut aggregator = spec.build::<f64>(0.5);
            let mut directions = Vec::new();
            let mut memory = None;
            for (step, batch) in batches.iter().enumerate() {
                if step == stop {
                    memory = Some(aggregator.memory());
                }
                directions.push(aggregator.direction(micro_batches(batch), &zeros));
            }
            let mut again = spec.build::<f64>(0.5);
            again.restore(memory.unwrap(), &zeros).unwrap();
            for (step, batch) in batches.iter().enumerate().skip(stop) {
                let direction = again.direction(micro_batches(batch), &zeros);
                assert_eq!(format!("{direction:?}"), format!("{:?}", directions[step]), "{text}, step {step}");
            }
        }
    }
    let memory = Memory { step: 0, arrays: vec![("velocity".to_owned(), zeros.to_vec())] };
    for text in specs {
        let mut aggregator = toml::from_str::<AggregatorSpec>(text).unwrap().build::<f64>(0.5);
        assert_eq!(aggregator.restore(memory.clone(), &zeros).unwrap_err().got, "velocity", "{text}");
    }
}

#[test]
fn settings_are_checked() {
    let of = |percent, count| AggregatorSpec::Winsorized { percent, count }.validate();
    assert!(of(Some(49.9), None).is_ok() && of(None, Some(0)).is_ok());
    assert_eq!(
        of(Some(50.0), None).unwrap_err().to_string(),
        "aggregator.percent: expected from 0 to below 50, got 50"
    );
    assert!(of(Some(f64::NAN), None).is_err());
    assert!(of(None, None).unwrap_err().to_string().contains("got neither"));
    assert!(of(Some(1.0), Some(1)).unwrap_err().to_string().contains("cannot both be given"));
}

#[test]
fn names_are_those_of_configuration_files_and_ranges_are_checked() {
    for entry in AGGREGATORS {
        let options = match entry.name {
            "winsorized" => "count = 1",
            "clipped" => "max_norm = 1.0",
            _ => "",
        };
        let spec: AggregatorSpec = toml::from_str(&format!("kind = '{}'\n{options}", entry.name)).unwrap();
        assert_eq!(spec.name(), entry.name);
        assert!(spec.validate().is_ok());
        assert!(["Definition: ", "Options: ", "Cost: "].iter().all(|part| entry.explanation.contains(part)));
    }
    for (text, expected) in [
        ("kind = 'clipped'\nmax_norm = 0", "aggregator.max_norm: expected a finite number above 0, got 0"),
        ("kind = 'sign_sum'\nstep = inf", "aggregator.step: expected a finite number above 0, got inf"),
        ("kind = 'gsnr_scaled'\nmicro_batches = 1", "aggregator.micro_batches: expected at least 2, got 1"),
        ("kind = 'gsnr_scaled'\nfloor = 1.5", "aggregator.floor: expected from 0 to 1, got 1.5"),
        ("kind = 'gsnr_scaled'\nmomentum = 1", "aggregator.momentum: expected from 0 to below 1, got 1"),
    ] {
        let error = toml::from_str::<AggregatorSpec>(text).unwrap().validate().unwrap_err().to_string();
        assert_eq!(error, expected);
    }
}

#[test]
fn a_batch_must_leave_something() {
    let spec = AggregatorSpec::Winsorized { percent: None, count: Some(2) };
    assert!(spec.check_batch(5).is_ok());
    assert!(spec.check_batch(4).unwrap_err().to_string().contains("got 2"));
    let parts: AggregatorSpec = toml::from_str("kind = 'gsnr_scaled'").unwrap();
    assert!(parts.check_batch(8).is_ok());
    let error = parts.check_batch(7).unwrap_err().to_string();
    assert!(error.starts_with("aggregator.micro_batches: expected at most the smallest batch, which has 7"), "{error}");
    let error = AggregatorSpec::MedianOfThree {}.check_batch(2).unwrap_err().to_string();
    assert!(error.ends_with("got median_of_three"), "{error}");
}
