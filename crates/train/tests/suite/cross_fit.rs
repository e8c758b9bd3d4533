//! Scores by networks that have not trained on the example.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_data::seeds::{Purpose, generator};
use consilience_data::{DataSpec, Dataset, ExampleShape, LabelNoise, LabelNoiseKind, Source, Targets as Given, load};
use consilience_nn::layers::{Activate, Flatten, Linear};
use consilience_nn::losses::{Loss, Targets};
use consilience_nn::{Block, Initialisation, Mode, Network, Precision};
use consilience_oracle::statistics::{dot, sum};
use consilience_oracle::{Rows, Subject};
use consilience_tensor::{Activation, Cpu, Shape};
use consilience_train::examples::{ExampleTable, corrupt_area};
use consilience_train::{
    BatchSize, CrossFit, CrossFitted, HELD_OUT, Rate, Recording, Schedule, SpecError, TrainError, TrainSpec, cross_fit,
};
use rand::RngExt;

const CLASSES: usize = 3;

fn data(examples: usize) -> Dataset {
    let mut generator = generator(12, Purpose::Synthetic);
    let inputs = (0..examples * 5).map(|_| generator.random_range(-1.0_f32..1.0)).collect();
    let labels = (0..examples).map(|_| generator.random_range(0..CLASSES as u32)).collect();
    let targets = Given::Classes { labels, classes: CLASSES };
    Dataset::new("random", ExampleShape::flat(5), inputs, targets).unwrap()
}

fn network() -> Network {
    let blocks = [
        Block::layer(Linear::new(5, 8)),
        Block::layer(Activate(Activation::Tanh)),
        Block::layer(Linear::new(8, CLASSES)),
    ];
    Network::new(Shape::vector(5), &blocks).unwrap()
}

fn fit<R: Precision>(data: &Dataset, train: &TrainSpec, parts: usize) -> (CrossFitted<R>, Recording) {
    let network = network();
    let initialisation = Initialisation::GlorotNormal;
    let what = CrossFit { network: &network, initialisation, data, train, parts, seed: 4 };
    let mut recording = Recording::default();
    let fitted = cross_fit(&what, &mut recording).unwrap();
    assert_eq!(recording.steps.len() as u64, what.steps());
    (fitted, recording)
}

fn row(table: &ExampleTable, example: usize) -> Vec<Option<f64>> {
    HELD_OUT.columns.iter().map(|(name, _)| table.score(name).unwrap()[example]).collect()
}

#[test]
fn the_label_of_an_example_changes_nothing_that_others_say_of_it() {
    let train = TrainSpec { batch_size: BatchSize::Examples(4), epochs: Some(3), ..TrainSpec::default() };
    let data = data(21);
    let (before, _) = fit::<f32>(&data, &train, 3);
    let mut labels = data.labels().unwrap().to_vec();
    labels[7] = (labels[7] + 1) % CLASSES as u32;
    let changed = data.clone().with_given_labels(labels).unwrap();
    let (after, _) = fit::<f32>(&changed, &train, 3);
    let said = |table: &ExampleTable, n| row(table, n)[4..].to_vec();
    assert_eq!(said(&before.table, 7), said(&after.table, 7), "the suggested label and its probability");
    assert_ne!(row(&before.table, 7)[0], row(&after.table, 7)[0], "what they say of the given label");
    let moved = (0..21).filter(|&n| said(&before.table, n) != said(&after.table, n)).count();
    // the 14 examples of the two other parts are scored by networks that have trained on it
    assert_eq!(moved, 14);
}

#[test]
fn probabilities_are_the_mean_over_evaluations_of_the_network_that_left_the_example_out() {
    let train = TrainSpec {
        batch_size: BatchSize::Examples(5),
        steps: Some(6),
        evaluate_every: Some(Schedule::Every(100)),
        ..TrainSpec::default()
    };
    let data = data(20);
    let (fitted, recording) = fit::<f64>(&data, &train, 2);
    // before the first update and at the end, numbered on
    let evaluations: Vec<u64> = recording.evaluations.iter().map(|evaluation| evaluation.step).collect();
    assert_eq!(evaluations, [0, 6, 6, 12]);
    assert_eq!(recording.steps.iter().map(|step| step.step).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
    assert!(recording.evaluations[1].get("held_out_accuracy").is_some_and(|accuracy| (0.0..=1.0).contains(&accuracy)));
    let inputs = Cpu::new(Shape::matrix(20, 5), data.inputs().iter().map(|&x| f64::from(x)).collect());
    let outputs: Vec<Cpu<f64>> = fitted.models.iter().map(|model| model.predict(inputs.clone()).unwrap()).collect();
    let mut by_part = [0; 2];
    for n in 0..20 {
        let given = data.labels().unwrap()[n] as usize;
        let probability = |outputs: &Cpu<f64>| {
            let row = outputs.example(n);
            row[given].exp() / row.iter().map(|z| z.exp()).sum::<f64>()
        };
        let got = row(&fitted.table, n)[2].unwrap();
        // a sum of three exponentials: a few roundings
        let part = outputs.iter().position(|outputs| (probability(outputs) - got).abs() < 1e-14).unwrap();
        by_part[part] += 1;
    }
    assert_eq!(by_part, [10, 10]);
}

#[test]
fn agreement_is_to_first_order_that_of_the_gradients() {
    // one step of gradient descent on the other half
    let one_step = |rate| TrainSpec {
        batch_size: BatchSize::Full,
        steps: Some(1),
        learning_rate: Rate::Constant(rate),
        ..TrainSpec::default()
    };
    let data = data(12);
    let measured = |rate: f64| -> Vec<f64> {
        let (fitted, _) = fit::<f64>(&data, &one_step(rate), 2);
        fitted.table.score("held_out_agreement").unwrap().iter().map(|agreement| agreement.unwrap() / rate).collect()
    };
    let (coarse, fine) = (measured(1e-3), measured(1e-4));
    // the same halves, found from who moves with whose label; and the models before the step
    let (start, _) = fit::<f64>(&data, &one_step(1e-300), 2);
    let labels = Targets::Classes(data.labels().unwrap().to_vec());
    let inputs = Cpu::new(Shape::matrix(12, 5), data.inputs().iter().map(|&x| f64::from(x)).collect());
    let rows: Vec<Rows> = start
        .models
        .iter()
        .map(|model| {
            let subject = Subject {
                network: &model.network,
                parameters: &model.parameters,
                buffers: &model.buffers,
                mode: Mode::EVALUATION,
            };
            subject.loss_gradients(&inputs, Loss::SoftmaxCrossEntropy, &labels).unwrap()
        })
        .collect();
    let outputs: Vec<Cpu<f64>> = start.models.iter().map(|model| model.predict(inputs.clone()).unwrap()).collect();
    let part_of = |n: usize| {
        let given = data.labels().unwrap()[n] as usize;
        let probability = |outputs: &Cpu<f64>| {
            let row = outputs.example(n);
            row[given].exp() / row.iter().map(|z| z.exp()).sum::<f64>()
        };
        let got = row(&start.table, n)[2].unwrap();
        outputs.iter().position(|outputs| (probability(outputs) - got).abs() < 1e-14).unwrap()
    };
    let parts: Vec<usize> = (0..12).map(part_of).collect();
    for n in 0..12 {
        let rows = &rows[parts[n]];
        let others: Rows = (0..12).filter(|&m| parts[m] != parts[n]).map(|m| rows[m].clone()).collect();
        let mean: Vec<f64> = sum(&others).iter().map(|x| x / others.len() as f64).collect();
        let expected = dot(&rows[n], &mean);
        let (far, near) = ((coarse[n] - expected).abs(), (fine[n] - expected).abs());
        // what is left is of the next order: a tenth of the rate, a tenth of the error, up to the order after that and
        // cancellation in the difference of two logarithms, 1e-16 / 1e-4
        assert!(near <= 0.11 * far + 1e-10 && far < 0.05, "{n}: {} and {} for {expected}", coarse[n], fine[n]);
    }
}

#[test]
fn wrong_labels_of_strokes_are_found() {
    let spec = DataSpec {
        train: Some(1200),
        test: Some(10),
        label_noise: Some(LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.2 }),
        ..DataSpec::new(Source::Strokes)
    };
    let data = load(&spec, None, 3).unwrap().train;
    let blocks = [
        Block::layer(Flatten),
        Block::layer(Linear::new(784, 64)),
        Block::layer(Activate(Activation::Relu)),
        Block::layer(Linear::new(64, 10)),
    ];
    let network = Network::new(Shape::new(1, 28, 28, 1), &blocks).unwrap();
    let train =
        TrainSpec { batch_size: BatchSize::Examples(50), epochs: Some(12), momentum: 0.5, ..TrainSpec::default() };
    let initialisation = Initialisation::TorchDefault;
    let what = CrossFit { network: &network, initialisation, data: &data, train: &train, parts: 2, seed: 0 };
    let table = cross_fit::<f32>(&what, &mut Recording::default()).unwrap().table;
    let margin = table.score("held_out_probability_margin").unwrap();
    let (mut wrong_below, mut right_above) = (0.0, 0.0);
    for (margin, &corrupt) in margin.iter().zip(&table.corrupt) {
        let below = margin.unwrap() < 0.0;
        if corrupt && below {
            wrong_below += 1.0 / 240.0;
        }
        if !corrupt && !below {
            right_above += 1.0 / 960.0;
        }
    }
    // a wrong label below zero and a right one above are in order: the area is at least the product of their shares
    let area = 1.0 - corrupt_area(margin, &table.corrupt).unwrap();
    assert!(area >= wrong_below * right_above, "{area}, {wrong_below}, {right_above}");
    // chance is 1/2
    assert!(area > 0.9, "{wrong_below} {right_above} {area}");
    let labels = table.score("held_out_label").unwrap();
    let true_ones =
        labels.iter().zip(&table.truth).filter(|(label, truth)| **label == Some(f64::from(**truth))).count();
    // chance is a tenth
    assert!(true_ones > 780, "of 1200 suggested labels {true_ones} are the true ones");
}

#[test]
fn what_cannot_be_cut_is_refused() {
    let refused = |data: &Dataset, parts| {
        let network = network();
        let train = TrainSpec { loss: Loss::MeanSquaredError, ..TrainSpec::default() };
        let initialisation = Initialisation::HeNormal;
        let what = CrossFit { network: &network, initialisation, data, train: &train, parts, seed: 4 };
        match cross_fit::<f32>(&what, &mut Recording::default()) {
            Err(TrainError::Spec(SpecError::OutOfRange { key, .. })) => key,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([refused(&data(5), 1), refused(&data(5), 6), refused(&data(5), 0)], ["parts"; 3]);
    let values = Given::Values { values: vec![0.5; 6], outputs: 3 };
    let values = Dataset::new("values", ExampleShape::flat(5), vec![0.25; 10], values).unwrap();
    assert_eq!(refused(&values, 2), "data");
}
