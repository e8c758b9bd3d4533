use consilience_tensor::{Cpu, Shape};

use super::*;

const RATE: f64 = 0.25;

fn vector(values: &[f64]) -> Vec<Cpu<f64>> {
    vec![Cpu::new(Shape::vector(values.len()), values.to_vec())]
}

fn spec(text: &str) -> TransformSpec {
    toml::from_str(&text.replace(", ", "\n")).unwrap()
}

/// One table for every transform; `graft_recorded` has recorded 8 at step 0 and 2 at step 3.
fn examples() -> Vec<TransformSpec> {
    let texts = [
        "kind = 'momentum', factor = 0.5, nesterov = true",
        "kind = 'weight_decay', factor = 0.125",
        "kind = 'adam', beta1 = 0.5",
        "kind = 'clip_norm', max_norm = 1.5",
        "kind = 'clip_value', max_value = 0.75",
        "kind = 'normalise'",
        "kind = 'graft'",
        "kind = 'graft_recorded', run = 'runs/small'",
        "kind = 'anti_pgd', sigma = 0.5, until = 4",
    ];
    let mut train = TrainSpec { optimizer: texts.map(spec).to_vec(), ..TrainSpec::default() };
    train
        .resolve(|run, quantity| match (run, quantity) {
            ("runs/small", "micro_batch_gradient_norm") => Ok(vec![(3, 2.0), (0, 8.0)]),
            other => Err(format!("{other:?}")),
        })
        .unwrap();
    train.optimizer
}

/// The direction that comes out of listed transforms for each of the directions, from parameters 0.
fn directions(specs: &[TransformSpec], given: &[&[f64]], micro_batch_norm: Option<f64>) -> Vec<Vec<f64>> {
    let mut parameters = vector(&vec![0.0; given[0].len()]);
    let mut chain = Chain::new(specs.iter().map(|spec| spec.build(1).unwrap()).collect(), &parameters);
    let mut results = Vec::new();
    for (step, direction) in (0..).zip(given) {
        let after = chain.update(step, &parameters, vector(direction), 1.0, micro_batch_norm).unwrap();
        results.push(parameters[0].as_slice().iter().zip(after[0].as_slice()).map(|(p, a)| p - a).collect());
        parameters = after;
    }
    results
}

#[test]
fn every_transform_is_listed_explained_and_read_from_settings() {
    let specs = examples();
    assert_eq!(specs.iter().map(TransformSpec::name).collect::<Vec<_>>(), TRANSFORMS.map(|entry| entry.name));
    for (entry, spec) in TRANSFORMS.iter().zip(&specs) {
        assert!(spec.validate().is_ok(), "{}", entry.name);
        assert!(
            ["Definition: ", "Options: ", "Cost: ", "Source: "].iter().all(|part| entry.explanation.contains(part))
        );
    }
}

#[test]
fn settings_are_checked() {
    for (text, expected) in [
        ("kind = 'adam', beta1 = 1", "optimizer.beta1: expected from 0 to below 1, got 1"),
        ("kind = 'adam', beta2 = -0.5", "optimizer.beta2: expected from 0 to below 1, got -0.5"),
        ("kind = 'adam', epsilon = nan", "optimizer.epsilon: expected a finite number of at least 0, got NaN"),
        ("kind = 'clip_norm', max_norm = 0", "optimizer.max_norm: expected a finite number above 0, got 0"),
        ("kind = 'clip_value', max_value = -1", "optimizer.max_value: expected a finite number above 0, got -1"),
        ("kind = 'anti_pgd', sigma = inf", "optimizer.sigma: expected a finite number of at least 0, got inf"),
    ] {
        assert_eq!(spec(text).validate().unwrap_err().to_string(), expected);
    }
    let error = spec("kind = 'graft_recorded', run = 'runs/a'").build::<f64>(0).unwrap_err().to_string();
    let expected = "optimizer.run: expected a run whose `micro_batch_gradient_norm` was read before training \
                    (TrainSpec::resolve), got runs/a";
    assert_eq!(error, expected);
    for (optimizer, refused) in [("graft", "graft"), ("adam", "")] {
        let spec = TrainSpec { optimizer: vec![spec(&format!("kind = '{optimizer}'"))], ..TrainSpec::default() };
        let message = spec.validate().err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(message.contains("for `graft` to read"), !refused.is_empty(), "{message}");
    }
}

#[test]
fn adam_by_hand() {
    let adam = spec("kind = 'adam', beta1 = 0.5, beta2 = 0.5, epsilon = 0");
    let found = directions(&[adam], &[&[2.0, -0.5], &[4.0, 0.0]], None);
    // without bias the first average is the gradient itself and the root of the square its magnitude
    assert_eq!(found[0], [1.0, -1.0]);
    // m = (2/4 + 4/2) / (3/4) = 10/3, v = (4/4 + 16/2) / (3/4) = 12
    assert!((found[1][0] - 10.0 / 3.0 / 12_f64.sqrt()).abs() < 1e-15);
    // m = -(1/8) / (3/4) = -1/6, v = (1/16) / (3/4) = 1/12
    assert!((found[1][1] + (12_f64).sqrt() / 6.0).abs() < 1e-15);
}

#[test]
fn adam_and_weight_decay_are_adamw() {
    let list = ["kind = 'adam', beta1 = 0.9, beta2 = 0.99, epsilon = 0.01", "kind = 'weight_decay', factor = 0.5"];
    let train = TrainSpec { optimizer: list.map(spec).to_vec(), learning_rate: RATE.into(), ..TrainSpec::default() };
    let mut parameters = vector(&[1.0, -2.0, 0.5]);
    let mut chain = Chain::new(transforms(&train, 5, 1).unwrap(), &parameters);
    let (mut theta, mut m, mut v) = ([1.0, -2.0, 0.5], [0.0; 3], [0.0; 3]);
    for (step, t) in (0..).zip(1..=5) {
        let gradient = [0.3, -1.0, 2.0].map(|g| g / f64::from(t));
        parameters = chain.update(step, &parameters, vector(&gradient), 1.0, None).unwrap();
        for i in 0..3 {
            // algorithm 2 of Loshchilov and Hutter, in the order of PyTorch's AdamW
            theta[i] *= 1.0 - RATE * 0.5;
            m[i] = 0.9 * m[i] + 0.1 * gradient[i];
            v[i] = 0.99 * v[i] + 0.01 * gradient[i] * gradient[i];
            let (m, v) = (m[i] / (1.0 - 0.9_f64.powi(t)), v[i] / (1.0 - 0.99_f64.powi(t)));
            theta[i] -= RATE * m / (v.sqrt() + 0.01);
            // some ten roundings per step of numbers of order 1; 1 - 0.99^t loses two digits
            let error = (theta[i] - parameters[0].as_slice()[i]).abs();
            assert!(error < 5.0 * 100.0 * 10.0 * f64::EPSILON, "step {t}: {error:.1e}");
        }
    }
}

#[test]
fn lengths_by_hand() {
    let of = |spec: &str, direction: &[f64], norm| directions(&[self::spec(spec)], &[direction], norm).remove(0);
    let close = |found: Vec<f64>, expected: [f64; 2]| {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{found:?} {expected:?}");
    };
    close(of("kind = 'clip_norm', max_norm = 1", &[3.0, -4.0], None), [0.6, -0.8]);
    close(of("kind = 'clip_norm', max_norm = 6", &[3.0, -4.0], None), [3.0, -4.0]);
    close(of("kind = 'clip_value', max_value = 3.5", &[3.0, -4.0], None), [3.0, -3.5]);
    close(of("kind = 'normalise'", &[3.0, -4.0], None), [0.6, -0.8]);
    close(of("kind = 'normalise'", &[0.0, 0.0], None), [0.0, 0.0]);
    close(of("kind = 'normalise'", &[0.0, 1e-150], None), [0.0, 1.0]);
    close(of("kind = 'graft'", &[3.0, -4.0], Some(10.0)), [6.0, -8.0]);
    close(of("kind = 'graft'", &[3.0, -4.0], None), [3.0, -4.0]);
}

#[test]
fn recorded_lengths_hold_between_steps() {
    let recorded = examples().remove(7);
    let lengths: Vec<f64> = directions(&[recorded], &[[0.0, -3.0].as_slice(); 5], None).iter().map(|d| d[1]).collect();
    assert_eq!(lengths.iter().map(|d| d.round()).collect::<Vec<_>>(), [-8.0, -8.0, -8.0, -2.0, -2.0]);
}

#[test]
fn clipping_lets_no_nan_pass_for_a_number() {
    let parameters = vector(&[0.0]);
    for text in ["kind = 'clip_value', max_value = 1", "kind = 'clip_norm', max_norm = 1", "kind = 'normalise'"] {
        let mut chain = Chain::new(vec![spec(text).build(1).unwrap()], &parameters);
        assert!(chain.update(0, &parameters, vector(&[f64::NAN]), 1.0, None).is_none(), "{text}");
    }
}

#[test]
fn noise_follows_the_learning_rate() {
    let train = TrainSpec {
        optimizer: vec![spec("kind = 'anti_pgd', sigma = 0.5"), spec("kind = 'normalise'")],
        learning_rate: RATE.into(),
        ..TrainSpec::default()
    };
    let zero = vector(&[0.0]);
    let of = |train: &TrainSpec, gradient: f64| {
        let mut chain = Chain::new(transforms(train, 1, 9).unwrap(), &zero);
        chain.update(0, &zero, vector(&[gradient]), 1.0, None).unwrap()[0].as_slice()[0]
    };
    let noise = of(&train, 0.0);
    assert!(noise != 0.0 && (of(&train, 4.0) - (noise - RATE)).abs() < 1e-15);
}

#[test]
fn going_on_from_what_was_remembered_gives_the_same_bytes() {
    let start: Vec<f64> = (0..30).map(|i| f64::from(i).sin()).collect();
    for spec in examples() {
        let train = TrainSpec { optimizer: vec![spec.clone()], momentum: 0.5, ..TrainSpec::default() };
        let new = |parameters: &[Cpu<f64>]| Chain::new(transforms(&train, 6, 3).unwrap(), parameters);
        let mut parameters = vector(&start);
        let mut chain = new(&parameters);
        let gradient =
            |parameters: &[Cpu<f64>]| vector(&parameters[0].as_slice().iter().map(|x| x.cos()).collect::<Vec<_>>());
        let mut saved = None;
        for step in 0..6 {
            if step == 3 {
                saved = Some((parameters.clone(), chain.memory(&parameters)));
            }
            parameters = chain.update(step, &parameters, gradient(&parameters), 1.0, Some(2.0)).unwrap();
        }
        let (mut again, memory) = saved.unwrap();
        assert_eq!((memory.step, memory.arrays[0].0.as_str()), (3, "0.velocity"));
        let mut chain = new(&again);
        chain.restore(memory, &again).unwrap();
        for step in 3..6 {
            again = chain.update(step, &again, gradient(&again), 1.0, Some(2.0)).unwrap();
        }
        assert_eq!(again[0].as_slice(), parameters[0].as_slice(), "{}", spec.name());
    }
}

#[test]
fn what_another_chain_remembers_is_refused() {
    let parameters = vector(&[0.0, 0.0]);
    let of = |text: &str| Chain::<f64>::new(vec![spec(text).build(1).unwrap()], &parameters);
    let memory = of("kind = 'adam'").memory(&parameters);
    let error = of("kind = 'momentum', factor = 0.5").restore(memory.clone(), &parameters).unwrap_err();
    let expected = "remembered arrays: expected 0.velocity, got 0.average, 0.average_square; go on with the settings and the \
                    network that it was saved with";
    assert_eq!(error.to_string(), expected);
    let error = of("kind = 'adam'").restore(memory, &vector(&[0.0])).unwrap_err();
    assert_eq!(error.what, "shapes of remembered arrays");
}
