//! Every aggregator against its definition: whole runs in double precision beside loops over the oracle's per-example
//! gradients.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_data::synthetic::two_circles::TwoCircles;
use consilience_data::{Batches, Dataset, LastBatch, Order};
use consilience_nn::layers::{Activate, Linear};
use consilience_nn::losses::{Loss, Targets};
use consilience_nn::{Block, Initialisation, Mode, Model, Network};
use consilience_oracle::{Subject, statistics};
use consilience_tensor::{Activation, Cpu, Shape, Tensor};
use consilience_train::{AggregatorSpec, BatchSize, Ignore, MonitorSpec, TrainSpec, TrainingData, train};

const SEED: u64 = 5;
const EXAMPLES: usize = 50;
const BATCH: usize = 14;
const STEPS: u64 = 7;
const RATE: f64 = 0.25;
const DECAY: f64 = 0.125;

/// One row of numbers per example.
type Rows = Vec<Vec<f64>>;

/// A direction by its definition.
type Definition<'a> = &'a dyn Fn(&Rows) -> Vec<f64>;

fn data() -> Dataset {
    TwoCircles::default().generate(EXAMPLES, 0, 1).unwrap()
}

fn model() -> Model<f64> {
    let blocks =
        [Block::layer(Linear::new(2, 8)), Block::layer(Activate(Activation::Tanh)), Block::layer(Linear::new(8, 2))];
    Model::init(Network::new(Shape::vector(2), &blocks).unwrap(), Initialisation::HeNormal, 3)
}

fn flat(parameters: &[Cpu<f64>]) -> Vec<f64> {
    parameters.iter().flat_map(|array| array.as_slice().to_vec()).collect()
}

/// The gradients of the examples at `indices`, by the oracle.
fn rows(model: &Model<f64>, data: &Dataset, indices: &[usize]) -> Rows {
    let inputs = indices.iter().flat_map(|&i| data.example(i).unwrap().input.iter().map(|&x| f64::from(x)));
    let inputs = Cpu::new(Shape::new(indices.len(), 1, 1, 2), inputs.collect());
    let mut labels = vec![0; indices.len()];
    data.gather_labels(indices, &mut labels).unwrap();
    let (network, parameters, buffers) = (&model.network, &model.parameters, &model.buffers);
    let subject = Subject { network, parameters, buffers, mode: Mode::EVALUATION };
    subject.loss_gradients(&inputs, Loss::SoftmaxCrossEntropy, &Targets::Classes(labels)).unwrap()
}

/// The parameters after a run by the library.
fn trained(aggregator: &str, more: &str) -> Vec<f64> {
    let aggregator: AggregatorSpec = toml::from_str(&aggregator.replace(", ", "\n")).unwrap();
    let spec = TrainSpec {
        batch_size: BatchSize::Examples(BATCH),
        steps: Some(STEPS),
        learning_rate: RATE.into(),
        weight_decay: DECAY,
        aggregator,
        ..toml::from_str(more).unwrap()
    };
    let (data, mut model) = (data(), model());
    train(&mut model, TrainingData::new(&data, &data), &spec, &MonitorSpec::default(), SEED, &mut Ignore).unwrap();
    flat(&model.parameters)
}

/// The parameters after a run in which `update` makes what the learning rate multiplies out of the parameters and the
/// examples' gradients.
fn defined(mut update: impl FnMut(&[f64], Rows) -> Option<Vec<f64>>) -> Vec<f64> {
    let (data, mut model) = (data(), model());
    let batches = Batches::new(Order::shuffled(EXAMPLES, SEED), BATCH, LastBatch::Keep).unwrap();
    for step in 0..STEPS {
        let (epoch, place) = batches.position(step);
        let rows = rows(&model, &data, batches.epoch(epoch).batch(place).unwrap());
        let theta = flat(&model.parameters);
        let Some(direction) = update(&theta, rows) else { continue };
        let mut after = theta.iter().zip(direction).map(|(theta, d)| theta - RATE * d);
        for array in &mut model.parameters {
            *array = Cpu::new(array.shape(), after.by_ref().take(array.as_slice().len()).collect());
        }
    }
    flat(&model.parameters)
}

fn decayed(mut direction: Vec<f64>, theta: &[f64]) -> Vec<f64> {
    direction.iter_mut().zip(theta).for_each(|(d, theta)| *d += DECAY * theta);
    direction
}

fn norm(row: &[f64]) -> f64 {
    statistics::dot(row, row).sqrt()
}

fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// Of seven steps with batches of up to 14, some hundred roundings each, of numbers of order 1; `factor` for what a
/// definition loses besides.
fn assert_same(what: &str, found: &[f64], expected: &[f64], factor: f64) {
    let start = flat(&model().parameters);
    let moved = start.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(moved > 1e-4, "{what} moves by {moved}");
    let error = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(error < factor * 7.0 * 100.0 * f64::EPSILON, "{what}: {error:.1e}");
}

#[test]
fn aggregators_of_examples() {
    // half of the examples have longer gradients at the beginning
    let all: Vec<usize> = (0..EXAMPLES).collect();
    let mut norms: Vec<f64> = rows(&model(), &data(), &all).iter().map(|row| norm(row)).collect();
    norms.sort_by(f64::total_cmp);
    let max_norm = norms[EXAMPLES / 2];
    assert!(norms[0] < 0.99 * max_norm && max_norm < 0.99 * norms[EXAMPLES - 1]);
    let clipped = format!("kind = 'clipped', max_norm = {max_norm:?}");
    // batches of 14, 14, 14 and 8
    let cases: [(&str, Definition<'_>); 6] = [
        ("kind = 'mean'", &|rows| statistics::mean(rows)),
        ("kind = 'winsorized', count = 2", &|rows| {
            statistics::winsorized(rows, 2).iter().map(|sum| sum / rows.len() as f64).collect()
        }),
        ("kind = 'median'", &|rows| statistics::median(rows)),
        (&clipped, &|rows| {
            let clip = |row: &Vec<f64>| row.iter().map(|g| g * (max_norm / norm(row)).min(1.0)).collect();
            statistics::mean(&rows.iter().map(clip).collect::<Rows>())
        }),
        ("kind = 'sign_sum'", &|rows| statistics::sum(rows).iter().map(|sum| 0.001 * sign(*sum)).collect()),
        ("kind = 'sum_sign', step = 0.01", &|rows| {
            let signs: Rows = rows.iter().map(|row| row.iter().map(|g| sign(*g)).collect()).collect();
            statistics::sum(&signs).iter().map(|sum| 0.01 * sum).collect()
        }),
    ];
    for (aggregator, definition) in cases {
        let expected = defined(|theta, rows| Some(decayed(definition(&rows), theta)));
        assert_same(aggregator, &trained(aggregator, ""), &expected, 1.0);
        let spec: AggregatorSpec = toml::from_str(&aggregator.replace(", ", "\n")).unwrap();
        if spec.sums_over_micro_batches() {
            assert_same(aggregator, &trained(aggregator, "micro_batch = 5"), &expected, 1.0);
        }
    }
}

/// The mean gradients of `parts` consecutive micro-batches whose sizes differ by at most one, with their shares of the batch.
fn parts(rows: &Rows, parts: usize) -> (Rows, Vec<f64>) {
    let n = rows.len();
    let cut = |part: usize| &rows[n * part / parts..n * (part + 1) / parts];
    (0..parts).map(|part| (statistics::mean(cut(part)), cut(part).len() as f64 / n as f64)).unzip()
}

#[test]
fn aggregators_of_micro_batches() {
    let expected = defined(|theta, rows| Some(decayed(statistics::median(&parts(&rows, 3).0), theta)));
    assert_same("median_of_three", &trained("kind = 'median_of_three'", ""), &expected, 1.0);
    for beta in [0.0_f64, 0.75] {
        let mut average = Vec::new();
        let mut time = 0;
        let lengths: Vec<usize> = model().parameters.iter().map(|array| array.as_slice().len()).collect();
        let expected = defined(|theta, rows| {
            let mean = statistics::mean(&rows);
            let (means, shares) = parts(&rows, 4);
            let mut ratios: Vec<f64> = (0..mean.len())
                .map(|q| {
                    let variance: f64 =
                        means.iter().zip(&shares).map(|(row, share)| share * (row[q] - mean[q]).powi(2)).sum();
                    mean[q].powi(2) / variance
                })
                .collect();
            let mut rest = ratios.as_mut_slice();
            for &length in &lengths {
                let (layer, after) = rest.split_at_mut(length);
                let level = layer.iter().sum::<f64>() / length as f64;
                layer.iter_mut().for_each(|ratio| *ratio = (*ratio / level).clamp(0.2, 1.0));
                rest = after;
            }
            average.resize(ratios.len(), 0.0);
            time += 1;
            for (average, ratio) in average.iter_mut().zip(&mut ratios) {
                *average = beta * *average + (1.0 - beta) * *ratio;
                *ratio = *average / (1.0 - beta.powi(time));
            }
            Some(decayed(mean.iter().zip(ratios).map(|(g, ratio)| g * ratio).collect(), theta))
        });
        let aggregator = format!("kind = 'gsnr_scaled', micro_batches = 4, floor = 0.2, momentum = {beta:?}");
        // a ratio loses as many digits as its variance is smaller than the squared mean: with these data, at most two
        assert_same(&aggregator, &trained(&aggregator, ""), &expected, 100.0);
    }
}

#[test]
fn aggregators_of_three_batches() {
    let rolling = |combine: fn(&Rows) -> Vec<f64>| {
        let mut gradients = Rows::new();
        defined(move |theta, rows| {
            // weight decay before the median, at the parameters of each gradient
            gradients.push(decayed(statistics::mean(&rows), theta));
            let last = gradients.len().checked_sub(3)?;
            Some(combine(&gradients[last..].to_vec()))
        })
    };
    let median = rolling(|gradients| statistics::median(gradients));
    let mean = rolling(|gradients| statistics::mean(gradients));
    for micro in ["", "micro_batch = 5"] {
        assert_same("rolling_median", &trained("kind = 'rolling_median'", micro), &median, 1.0);
        assert_same("rolling_mean", &trained("kind = 'rolling_mean'", micro), &mean, 1.0);
    }
}
