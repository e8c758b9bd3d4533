//! Quantities as the training loop measures them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_data::Dataset;
use consilience_data::synthetic::TEST_START;
use consilience_data::synthetic::two_circles::TwoCircles;
use consilience_gradients::Statistic;
use consilience_gradients::quantities::{Description, Evidence, Needs, Value};
use consilience_nn::layers::{Activate, BatchNorm2d, Linear};
use consilience_nn::losses::{Loss, Targets};
use consilience_nn::{Block, Initialisation, Mode, Model, Network};
use consilience_tensor::{Activation, Cpu, Real, Shape};
use consilience_train::aggregators::AggregatorSpec;
use consilience_train::{
    BatchSize, Monitor, MonitorSpec, Recording, Schedule, TrainError, TrainSpec, TrainingData, train,
};

fn circles(examples: usize) -> Dataset {
    TwoCircles::default().generate(examples, 0, 1).unwrap()
}

fn network(normalised: bool) -> Model<f64> {
    let mut blocks = vec![Block::layer(Linear::new(2, 4))];
    if normalised {
        blocks.push(Block::layer(BatchNorm2d::new(4)));
    }
    blocks.extend([Block::layer(Activate(Activation::Tanh)), Block::layer(Linear::new(4, 2))]);
    let network = Network::new(Shape::vector(2), &blocks).unwrap();
    Model::init(network, Initialisation::HeNormal, 3)
}

fn measure(model: &Model<f64>, spec: &TrainSpec, names: &[&str]) -> Result<Vec<(String, Option<f64>)>, TrainError> {
    let monitor = MonitorSpec {
        quantities: names.iter().map(|&name| name.to_owned()).collect(),
        every: Schedule::Every(1),
        ..MonitorSpec::default()
    };
    let test = TwoCircles::default().generate(10, TEST_START, 1).unwrap();
    let mut recording = Recording::default();
    train(&mut model.clone(), TrainingData::new(&circles(30), &test), spec, &monitor, 5, &mut recording)?;
    Ok(recording.steps[0].quantities.clone())
}

/// The mean gradients of consecutive micro-batches, each by a pass of its own.
fn gradients(model: &Model<f64>, size: usize) -> Vec<Vec<f64>> {
    let data = circles(30);
    let labels = data.labels().unwrap();
    let gradient = |(inputs, labels): (&[f32], &[u32])| {
        let inputs = inputs.iter().copied().map(f64::from).collect();
        let inputs = Cpu::new(Shape::matrix(labels.len(), 2), inputs);
        let tape = model.forward(inputs, Mode::training(0)).unwrap();
        let targets = Targets::Classes(labels.to_vec());
        let signal = Loss::SoftmaxCrossEntropy.signal(&tape.output, &targets).unwrap();
        let sums = tape.gradient(signal).unwrap();
        sums.iter().flat_map(Cpu::as_slice).map(|x| x / labels.len() as f64).collect()
    };
    data.inputs().chunks(2 * size).zip(labels.chunks(size)).map(gradient).collect()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// Of three micro-batches in one pass, and in passes of their own with batch statistics.
#[test]
fn micro_batches_are_compared_with_and_without_batch_normalisation() {
    for normalised in [false, true] {
        let model = network(normalised);
        let spec =
            TrainSpec { batch_size: BatchSize::Full, steps: Some(1), micro_batch: Some(10), ..TrainSpec::default() };
        let names = ["micro_batch_gradient_norm", "gradient_disparity", "micro_batch_gradient_confusion"];
        let values = measure(&model, &spec, &names).unwrap();
        let value = |name: &str| values.iter().find(|(known, _)| known == name).unwrap().1.unwrap();

        let gradients = gradients(&model, 10);
        let squares: Vec<f64> = gradients.iter().map(|g| dot(g, g)).collect();
        let pairs = [(0, 1), (0, 2), (1, 2)];
        let distance = |(a, b): (usize, usize)| {
            gradients[a].iter().zip(&gradients[b]).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
        };
        let product = |(a, b): (usize, usize)| dot(&gradients[a], &gradients[b]);
        let expected = [
            ("micro_batch_gradient_norm", squares.iter().map(|x| x.sqrt()).sum::<f64>() / 3.0),
            ("micro_batch_gradient_norm_squared", squares.iter().sum::<f64>() / 3.0),
            ("gradient_disparity", pairs.map(distance).iter().sum::<f64>() / 3.0),
            ("micro_batch_gradient_confusion", (-pairs.map(product).iter().copied().fold(f64::MAX, f64::min)).max(0.0)),
        ];
        for (name, expected) in expected {
            let got = value(name);
            assert!((got - expected).abs() < 1e-12 * (1.0 + expected), "{name}: {got} {expected}");
        }
    }
}

#[test]
fn a_setting_decides_what_is_compared() {
    let model = network(false);
    let spec = TrainSpec { batch_size: BatchSize::Full, steps: Some(1), ..TrainSpec::default() };
    let monitor = MonitorSpec {
        quantities: vec!["micro_batch_gradient_norm".to_owned()],
        micro_batch: Some(15),
        ..MonitorSpec::default()
    };
    let mut recording = Recording::default();
    train(&mut model.clone(), TrainingData::new(&circles(30), &circles(30)), &spec, &monitor, 5, &mut recording)
        .unwrap();
    let expected = gradients(&model, 15).iter().map(|g| dot(g, g)).sum::<f64>() / 2.0;
    assert!((recording.steps[0].quantities[1].1.unwrap() - expected).abs() < 1e-12);
}

/// Without micro-batches, the batch is compared in eighths: of 30 examples 7 of 4, and 2 that are left over.
#[test]
fn a_batch_is_compared_in_eighths() {
    let model = network(false);
    let spec = TrainSpec { batch_size: BatchSize::Full, steps: Some(1), ..TrainSpec::default() };
    let values = measure(&model, &spec, &["micro_batch_gradient_norm"]).unwrap();
    let gradients = gradients(&model, 4);
    let expected = gradients[..7].iter().map(|g| dot(g, g)).sum::<f64>() / 7.0;
    assert!((values[1].1.unwrap() - expected).abs() < 1e-12, "{values:?} {expected}");
}

#[test]
fn with_batch_statistics_the_batch_is_one_micro_batch() {
    let model = network(true);
    let spec = TrainSpec { batch_size: BatchSize::Full, steps: Some(1), ..TrainSpec::default() };
    let values = measure(&model, &spec, &["micro_batch_gradient_norm", "gradient_disparity"]).unwrap();
    let gradient = &gradients(&model, 30)[0];
    assert!((values[1].1.unwrap() - dot(gradient, gradient)).abs() < 1e-12, "{values:?}");
    assert_eq!(values[2].1, None, "nothing to compare with");
}

#[test]
fn products_of_all_examples_need_one_pass() {
    let spec = TrainSpec { micro_batch: Some(10), ..TrainSpec::default() };
    for name in ["stiffness", "inner_product_test"] {
        let error = measure(&network(false), &spec, &[name]).unwrap_err().to_string();
        assert!(error.contains(&format!("`{name}`")) && error.ends_with("got micro_batch = 10"), "{error}");
    }
    let error = measure(&network(true), &spec, &["gradient_confusion"]).unwrap_err().to_string();
    assert!(error.contains("gradient_confusion"), "{error}");
}

/// The number of examples of the batch.
#[derive(Debug)]
struct Examples(Description);

impl Examples {
    fn named(name: &'static str) -> Self {
        Self(Description { name, summary: "", explanation: "", values: &[], needs: Needs::SQ_NORMS })
    }
}

impl<R: Real> Statistic<R> for Examples {
    fn description(&self) -> &Description {
        &self.0
    }

    fn read(&self, evidence: &Evidence<'_, R>) -> Vec<Value> {
        let examples = evidence.sq_norms.as_ref().map(|norms| norms.len() as f64);
        vec![(self.0.name.to_owned(), examples)]
    }
}

#[test]
fn quantities_of_the_callers_own_follow_the_named_ones_and_need_names_of_their_own() {
    let spec = TrainSpec { batch_size: BatchSize::Examples(20), steps: Some(1), ..TrainSpec::default() };
    let monitor = MonitorSpec {
        quantities: ["m_coherence", "gradient_diversity"].map(str::to_owned).to_vec(),
        ..MonitorSpec::default()
    };
    let measure = |network: Model<f64>, monitor: Monitor<'_, f64>| {
        let test = TwoCircles::default().generate(10, TEST_START, 1).unwrap();
        let mut recording = Recording::default();
        train(&mut network.clone(), TrainingData::new(&circles(30), &test), &spec, monitor, 5, &mut recording)?;
        Ok::<_, TrainError>(recording.steps[0].quantities.clone())
    };
    let (mine, taken) = (Examples::named("examples"), Examples::named("m_coherence"));
    let without = measure(network(false), Monitor::new(&monitor)).unwrap();
    let mut with = measure(network(false), Monitor::new(&monitor).with(&mine)).unwrap();
    assert_eq!(with.pop(), Some(("examples".to_owned(), Some(20.0))));
    assert_eq!(with, without, "the others do not change");
    let error = measure(network(false), Monitor::new(&monitor).with(&taken)).unwrap_err();
    assert_eq!(error.to_string(), "quantities: expected names that differ, got `m_coherence` twice");
    let error = measure(network(true), Monitor::new(&MonitorSpec::default()).with(&mine)).unwrap_err();
    assert!(error.to_string().starts_with("quantity `examples`: per-example gradients are undefined"), "{error}");
}

#[test]
fn micro_batches_that_cannot_be_cut_out_of_every_pass_are_refused() {
    let refusal = |normalised, spec: TrainSpec, size| {
        let monitor = MonitorSpec { micro_batch: Some(size), ..MonitorSpec::default() };
        let data = circles(30);
        let (mut model, mut recording) = (network(normalised), Recording::default());
        let outcome = train(&mut model, TrainingData::new(&data, &data), &spec, &monitor, 5, &mut recording);
        outcome.err().map(|error| error.to_string())
    };
    let spec = TrainSpec { batch_size: BatchSize::Examples(12), steps: Some(1), ..TrainSpec::default() };
    let in_passes = TrainSpec { micro_batch: Some(6), ..spec.clone() };
    let three = TrainSpec { aggregator: AggregatorSpec::MedianOfThree {}, ..spec.clone() };
    assert_eq!(refusal(false, spec.clone(), 4), None);
    assert_eq!(
        refusal(false, spec.clone(), 5).unwrap(),
        "monitor.micro_batch: expected a divisor of train.batch_size, 12, got 5"
    );
    assert_eq!(
        refusal(false, in_passes.clone(), 4).unwrap(),
        "monitor.micro_batch: expected a divisor of train.micro_batch, 6, got 4"
    );
    assert_eq!(
        refusal(false, three, 4).unwrap(),
        "monitor.micro_batch: expected left out beside aggregator `median_of_three`, whose own micro-batches are compared, got 4"
    );
    assert_eq!(refusal(true, in_passes.clone(), 6), None);
    assert_eq!(
        refusal(true, in_passes, 3).unwrap(),
        "monitor.micro_batch: expected left out, or train.micro_batch, because layer `1` (batch_norm2d) couples the examples of a \
         pass, got 3"
    );
}
