//! Every aggregator and every transform in whole runs: on a plain network and one with batch normalisation, on one thread and
//! on two.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_data::Dataset;
use consilience_data::synthetic::TEST_START;
use consilience_data::synthetic::strokes::Strokes;
use consilience_nn::models::ModelSpec;
use consilience_nn::{Initialisation, Mode, Model, Network};
use consilience_tensor::{Cpu, Real, Shape};
use consilience_train::aggregators::AGGREGATORS;
use consilience_train::optimizers::TRANSFORMS;
use consilience_train::{
    AggregatorSpec, BatchSize, EvaluationRecord, Ignore, MonitorSpec, Observer, ObserverError, Recording, Schedule,
    StepRecord, TrainError, TrainSpec, TrainingData, train,
};

const PLAIN: &str = "name = 'mlp'\nwidths = [32]";
const NORMALISED: &str = r"
    name = 'custom'
    layers = [
        { kind = 'conv2d', channels = 4, kernel = 5, stride = 3 },
        { kind = 'batch_norm2d' },
        { kind = 'relu' },
        { kind = 'avg_pool2d', kernel = 2 },
        { kind = 'flatten' },
        { kind = 'linear', features = 10 },
    ]
";

fn strokes() -> (Dataset, Dataset) {
    let source = Strokes::default();
    (source.generate(120, 0, 2).unwrap(), source.generate(20, TEST_START, 2).unwrap())
}

fn network(description: &str) -> Network {
    let spec: ModelSpec = toml::from_str(description).unwrap();
    spec.build(Shape::new(1, 28, 28, 1), 10).unwrap()
}

/// Thirty steps of 24 examples with `settings`; the parameters at the end, and the losses of the training data before and after.
fn thirty_steps(network: &Network, settings: &str, threads: usize) -> Result<(Vec<Cpu<f32>>, f64, f64), TrainError> {
    let mut spec = TrainSpec {
        batch_size: BatchSize::Examples(24),
        steps: Some(30),
        evaluate_at_start: true,
        evaluate_every: Some(Schedule::Every(1000)),
        ..toml::from_str(settings).unwrap()
    };
    spec.resolve(|_, _| Ok::<_, TrainError>(vec![(0, 1.0), (20, 0.5)]))?;
    let (data, test) = strokes();
    let mut model = Model::<f32>::init(network.clone(), Initialisation::default(), 4);
    let mut recording = Recording::default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let outcome = pool.install(|| {
        train(&mut model, TrainingData::new(&data, &test), &spec, &MonitorSpec::default(), 5, &mut recording)
    })?;
    assert_eq!(outcome.stopped_early, None, "{settings}");
    let loss = |record: &EvaluationRecord| record.get("train_loss").unwrap();
    Ok((model.parameters, loss(&recording.evaluations[0]), loss(&outcome.evaluation)))
}

/// What is wrong unless the loss falls to less than `share` of what it was, and threads change no byte.
fn faults(network: &Network, settings: &str, share: f64) -> Option<String> {
    let (one, before, after) = thirty_steps(network, settings, 1).unwrap();
    let (two, ..) = thirty_steps(network, settings, 2).unwrap();
    let bits = |arrays: &[Cpu<f32>]| -> Vec<u32> {
        arrays.iter().flat_map(|array| array.as_slice().iter().map(|x| x.to_bits())).collect()
    };
    if bits(&one) != bits(&two) {
        return Some(format!("{settings}: the number of threads changes the result"));
    }
    (after >= share * before).then(|| format!("{settings}: from {before} to {after}"))
}

#[test]
fn every_aggregator_learns_and_threads_change_no_byte() {
    let (plain, normalised) = (network(PLAIN), network(NORMALISED));
    assert!(normalised.coupling_layer(Mode::training(0)).is_some());
    let mut wrong = Vec::new();
    for entry in AGGREGATORS {
        let (rate, options) = match entry.name {
            "winsorized" => (0.2, ", count = 2"),
            "median" => (1.0, ""),
            "clipped" => (0.5, ", max_norm = 1.0"),
            // steps of 0.002, and of at most 0.0024
            "sign_sum" => (2.0, ""),
            "sum_sign" => (0.1, ""),
            "gsnr_scaled" => (0.2, ", momentum = 0.9"),
            _ => (0.2, ""),
        };
        let settings = format!("learning_rate = {rate:?}\naggregator = {{ kind = '{}'{options} }}", entry.name);
        let share = match entry.name {
            // of ten classes most examples do not belong to any one, so what most of them want says little about it
            "median" | "sum_sign" => 0.99,
            "sign_sum" => 0.95,
            _ => 0.9,
        };
        wrong.extend(faults(&plain, &settings, share));
        let spec: AggregatorSpec = toml::from_str::<TrainSpec>(&settings).unwrap().aggregator;
        if spec.is_per_example() {
            let error = thirty_steps(&normalised, &settings, 1).unwrap_err().to_string();
            let expected = format!("aggregator `{}`: per-example gradients are undefined: layer 1 ", entry.name);
            assert!(error.starts_with(&expected), "{error}");
        } else {
            wrong.extend(faults(&normalised, &settings, share));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_transform_learns_and_threads_change_no_byte() {
    let (plain, normalised) = (network(PLAIN), network(NORMALISED));
    let mut wrong = Vec::new();
    for entry in TRANSFORMS {
        let (rate, options) = match entry.name {
            "momentum" => (0.05, ", factor = 0.9, nesterov = true"),
            "weight_decay" => (0.2, ", factor = 0.01"),
            "adam" => (0.003, ""),
            "clip_norm" => (0.2, ", max_norm = 0.5"),
            "clip_value" => (0.2, ", max_value = 0.05"),
            "graft_recorded" => (0.1, ", run = 'other'"),
            "anti_pgd" => (0.2, ", sigma = 0.01, until = 20"),
            _ => (0.1, ""),
        };
        let settings =
            format!("learning_rate = {rate:?}\nmicro_batch = 8\noptimizer = [{{ kind = '{}'{options} }}]", entry.name);
        wrong.extend([&plain, &normalised].into_iter().filter_map(|network| faults(network, &settings, 0.9)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn momentum_is_refused_beside_medians_and_means_of_three() {
    let refused = |settings: &str| toml::from_str::<TrainSpec>(settings).unwrap().validate().unwrap_err().to_string();
    for kind in ["median_of_three", "rolling_median", "rolling_mean"] {
        let aggregator = format!("aggregator = {{ kind = '{kind}' }}\n");
        let none = format!("none beside aggregator `{kind}`, because momentum makes its training unstable");
        assert_eq!(refused(&format!("{aggregator}momentum = 0.9")), format!("momentum: expected {none}, got 0.9"));
        for (transform, name) in [("kind = 'momentum', factor = 0.9", "momentum"), ("kind = 'adam'", "adam")] {
            let error = refused(&format!("{aggregator}optimizer = [{{ {transform} }}]"));
            assert_eq!(error, format!("optimizer: expected {none}, got {name}"));
        }
        let adam = format!("{aggregator}optimizer = [{{ kind = 'adam', beta1 = 0.0 }}]");
        assert!(toml::from_str::<TrainSpec>(&adam).unwrap().validate().is_ok());
    }
}

/// Keeps the mean gradient norm of every step.
#[derive(Default)]
struct Norms(Vec<f64>);

impl<R: Real> Observer<R> for Norms {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        self.0.extend(record.quantities.iter().filter_map(|(_, value)| *value));
        Ok(())
    }

    fn evaluation(&mut self, _: &EvaluationRecord) -> Result<(), ObserverError> {
        Ok(())
    }
}

#[test]
fn quantities_are_of_the_gradients_before_clipping() {
    let (data, test) = strokes();
    let of = |aggregator: &str| {
        let spec = toml::from_str(&format!("steps = 1\naggregator = {{ {aggregator} }}")).unwrap();
        let quantities = vec!["mean_gradient_norm".to_owned()];
        let monitor = MonitorSpec { quantities, every: Schedule::Every(1), ..MonitorSpec::default() };
        let mut model = Model::<f64>::init(network(PLAIN), Initialisation::default(), 4);
        let mut norms = Norms::default();
        train(&mut model, TrainingData::new(&data, &test), &spec, &monitor, 5, &mut norms).unwrap();
        norms.0[0]
    };
    assert_eq!(of("kind = 'clipped', max_norm = 0.01"), of("kind = 'mean'"));
}

#[test]
fn grafting_takes_the_norm_of_a_micro_batch() {
    let (data, test) = strokes();
    let start = Model::<f64>::init(network(PLAIN), Initialisation::default(), 4);
    let step = |settings: &str| {
        let spec = toml::from_str(&format!("steps = 1\nlearning_rate = 1.0\nbatch_size = 'full'\n{settings}")).unwrap();
        let mut model = start.clone();
        train(&mut model, TrainingData::new(&data, &test), &spec, &MonitorSpec::default(), 5, &mut Ignore).unwrap();
        let before = start.parameters.iter().flat_map(|array| array.as_slice().to_vec());
        let after = model.parameters.iter().flat_map(|array| array.as_slice().to_vec());
        before.zip(after).map(|(before, after)| before - after).collect::<Vec<f64>>()
    };
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let plain = step("");
    let grafted = step("micro_batch = 40\noptimizer = [{ kind = 'graft' }]");
    // the same direction
    let cosine = plain.iter().zip(&grafted).map(|(a, b)| a * b).sum::<f64>() / norm(&plain) / norm(&grafted);
    assert!((cosine - 1.0).abs() < 1e-12, "{cosine}");
    // with the length of one of the three micro-batches' gradients
    let lengths = [0, 40, 80].map(|first| {
        let indices: Vec<usize> = (first..first + 40).collect();
        let spec = toml::from_str("steps = 1\nlearning_rate = 1.0\nbatch_size = 'full'").unwrap();
        let mut model = start.clone();
        let part = data.subset(&indices).unwrap();
        train(&mut model, TrainingData::new(&part, &test), &spec, &MonitorSpec::default(), 5, &mut Ignore).unwrap();
        let pairs = start.parameters.iter().zip(&model.parameters);
        pairs.flat_map(|(a, b)| a.as_slice().iter().zip(b.as_slice())).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    });
    let length = norm(&grafted);
    assert!(lengths.iter().any(|known| (known - length).abs() < 1e-12 * length), "{length} of {lengths:?}");
    // an aggregator that does not sum grafts the same norm
    let medians = step("micro_batch = 40\naggregator = { kind = 'sum_sign' }\noptimizer = [{ kind = 'graft' }]");
    assert!((norm(&medians) - length).abs() < 1e-12 * length);
}
