//! Whole runs on built-in data.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_data::synthetic::TEST_START;
use consilience_data::synthetic::{strokes::Strokes, two_circles::TwoCircles};
use consilience_data::{Dataset, ExampleShape, LabelNoise, LabelNoiseKind, Targets};
use consilience_gradients::Quantity;
use consilience_gradients::quantities::Needs;
use consilience_nn::layers::{Activate, BatchNorm2d, Linear};
use consilience_nn::losses::Loss;
use consilience_nn::models::ModelSpec;
use consilience_nn::{Block, Initialisation, Model, Network, Precision};
use consilience_tensor::{Activation, Cpu, Real, Shape};
use consilience_train::evaluation::evaluate;
use consilience_train::{
    AggregatorSpec, BatchSize, EvaluationRecord, LastBatch, MonitorSpec, Observer, ObserverError, Outcome, PenaltySpec,
    Rate, Recording, Schedule, StepRecord, StopReason, TrainError, TrainSpec, TrainingData, train,
};

fn circles(examples: usize) -> (Dataset, Dataset) {
    let source = TwoCircles::default();
    let train = source.generate(examples, 0, 1).unwrap();
    let noise = LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.2 };
    (noise.apply(train, 1).unwrap(), source.generate(100, TEST_START, 1).unwrap())
}

fn mlp<R: Precision>(inputs: usize, hidden: usize) -> Model<R> {
    let blocks = [
        Block::layer(Linear::new(inputs, hidden)),
        Block::layer(Activate(Activation::Relu)),
        Block::layer(Linear::new(hidden, 2)),
    ];
    model(Shape::vector(inputs), &blocks)
}

fn model<R: Precision>(input: Shape, blocks: &[Block]) -> Model<R> {
    Model::init(Network::new(input, blocks).unwrap(), Initialisation::HeNormal, 3)
}

fn all_quantities(every: Schedule) -> MonitorSpec {
    quantities_without(Needs::NONE, every)
}

/// All that need nothing of `excluded`.
fn quantities_without(excluded: Needs, every: Schedule) -> MonitorSpec {
    let kept = Quantity::ALL.iter().filter(|quantity| !quantity.description().needs.intersects(excluded));
    MonitorSpec {
        quantities: kept.map(|quantity| quantity.name().to_owned()).collect(),
        every,
        probe: 16,
        ..MonitorSpec::default()
    }
}

/// Runs, and returns what does not depend on the clock.
fn run<R: Precision>(
    model: &mut Model<R>,
    (data, test): &(Dataset, Dataset),
    spec: &TrainSpec,
    monitor: &MonitorSpec,
) -> (Outcome, Recording) {
    let mut recording = Recording::default();
    let mut outcome = train(model, TrainingData::new(data, test), spec, monitor, 5, &mut recording).unwrap();
    let steps = recording.steps.iter_mut().map(|record| &mut record.seconds);
    let evaluations = recording.evaluations.iter_mut().chain([&mut outcome.evaluation]);
    for seconds in steps.chain(evaluations.map(|record| &mut record.seconds)) {
        assert!(std::mem::take(seconds) > 0.0);
    }
    (outcome, recording)
}

fn refusal(model: &mut Model<f64>, data: &(Dataset, Dataset), spec: &TrainSpec, monitor: &MonitorSpec) -> TrainError {
    let before = model.clone();
    let error = train(model, TrainingData::new(&data.0, &data.1), spec, monitor, 5, &mut Untouched).unwrap_err();
    for (a, b) in before.parameters.iter().zip(&model.parameters) {
        assert_eq!(a.as_slice(), b.as_slice(), "a refused run changes nothing");
    }
    error
}

/// Fails when it is told anything.
struct Untouched;

impl<R: Real> Observer<R> for Untouched {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        Err(format!("disk full at step {}", record.step).into())
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        Err(format!("disk full at evaluation {}", record.step).into())
    }
}

fn same_parameters<R: Real>(a: &Model<R>, b: &Model<R>) -> bool {
    a.parameters.iter().zip(&b.parameters).all(|(a, b)| a.as_slice() == b.as_slice())
}

#[test]
fn loss_falls_and_every_record_is_there() {
    let data = circles(110);
    let spec = TrainSpec {
        batch_size: BatchSize::Examples(20),
        epochs: Some(30),
        evaluate_at_start: true,
        learning_rate: Rate::Constant(0.2),
        momentum: 0.5,
        ..TrainSpec::default()
    };
    let mut model = mlp::<f32>(2, 32);
    let (outcome, recording) = run(&mut model, &data, &spec, &all_quantities(Schedule::Every(7)));
    // 6 steps per epoch, the last one of 10 examples
    assert_eq!((outcome.steps, outcome.stopped_early, recording.steps.len()), (180, None, 180));
    assert_eq!(outcome.steps, spec.steps_in_total(110));
    assert_eq!((recording.steps[6].step, recording.steps[6].epoch), (6, 1));
    assert_eq!(recording.evaluations.len(), 31, "before, and after every epoch");
    assert_eq!((recording.evaluations[1].step, recording.evaluations[1].epoch), (6, 1));
    assert_eq!(recording.evaluations.last(), Some(&outcome.evaluation));
    let loss = |record: &EvaluationRecord| record.get("train_loss").unwrap();
    assert!(loss(&outcome.evaluation) < 0.8 * loss(&recording.evaluations[0]), "{recording:?}");
    assert!(outcome.evaluation.get("test_accuracy").unwrap() > 0.9, "{:?}", outcome.evaluation);
    assert!(outcome.evaluation.get("corrupt_accuracy").is_some());
    assert!(outcome.seconds_training > 0.0 && outcome.seconds_monitoring > 0.0 && outcome.seconds_evaluation > 0.0);
    let due: Vec<u64> = recording.steps.iter().filter(|r| !r.quantities.is_empty()).map(|r| r.step).collect();
    let expected: Vec<u64> = (0..180).filter(|step| step % 7 == 0 || *step == 179).collect();
    assert_eq!(due, expected);
    let names: Vec<&str> = recording.steps[0].quantities.iter().map(|(name, _)| name.as_str()).collect();
    let declared = Quantity::ALL.iter().flat_map(|quantity| quantity.description().values);
    for value in declared {
        assert!(names.contains(&value.name), "{} of {names:?}", value.name);
        let per_parameter = format!("{}/0.weight", value.name);
        assert_eq!(names.contains(&per_parameter.as_str()), value.per_parameter, "{per_parameter}");
    }
}

#[test]
fn winsorizing_nothing_is_the_mean_and_something_is_not() {
    let data = circles(64);
    let of = |aggregator| {
        let spec =
            TrainSpec { batch_size: BatchSize::Examples(16), epochs: Some(2), aggregator, ..TrainSpec::default() };
        let mut model = mlp::<f32>(2, 8);
        let recording = run(&mut model, &data, &spec, &MonitorSpec::default()).1;
        (model, recording)
    };
    let (mean, mean_record) = of(AggregatorSpec::Mean {});
    let (none, none_record) = of(AggregatorSpec::Winsorized { percent: None, count: Some(0) });
    let (two, _) = of(AggregatorSpec::Winsorized { percent: None, count: Some(2) });
    let (percent, _) = of(AggregatorSpec::Winsorized { percent: Some(13.0), count: None });
    assert!(same_parameters(&mean, &none));
    assert_eq!(mean_record, none_record);
    assert!(!same_parameters(&mean, &two));
    assert!(same_parameters(&two, &percent), "13 % of 15 rounds to 2");
}

#[test]
fn winsorized_update_by_hand() {
    // z = w, loss (w - t)^2, gradient 2 (w - t) at w = 0: -2 t = 0, -2, -4, -20
    let targets = Targets::Values { values: vec![0.0, 1.0, 2.0, 10.0], outputs: 1 };
    let data = Dataset::new("by hand", ExampleShape::flat(1), vec![1.0; 4], targets).unwrap();
    let mut model = model::<f64>(Shape::vector(1), &[Block::layer(Linear::new(1, 1).without_bias())]);
    model.parameters = vec![Cpu::zeros(Shape::vector(1))];
    let spec = TrainSpec {
        batch_size: BatchSize::Full,
        steps: Some(1),
        learning_rate: Rate::Constant(0.5),
        loss: Loss::MeanSquaredError,
        aggregator: AggregatorSpec::Winsorized { percent: None, count: Some(1) },
        ..TrainSpec::default()
    };
    run(&mut model, &(data.clone(), data), &spec, &MonitorSpec::default());
    // clipped to -2, -2, -4, -4: mean -3
    assert_eq!(model.parameters[0].as_slice(), [1.5]);
}

#[test]
fn momentum_and_weight_decay_by_hand() {
    // z = w, loss w^2, gradient 2 w
    let targets = Targets::Values { values: vec![0.0; 3], outputs: 1 };
    let data = Dataset::new("by hand", ExampleShape::flat(1), vec![1.0; 3], targets).unwrap();
    let mut model = model::<f64>(Shape::vector(1), &[Block::layer(Linear::new(1, 1).without_bias())]);
    model.parameters = vec![Cpu::new(Shape::vector(1), vec![1.0])];
    let spec = TrainSpec {
        batch_size: BatchSize::Full,
        steps: Some(2),
        learning_rate: Rate::Constant(0.125),
        momentum: 0.5,
        weight_decay: 2.0,
        loss: Loss::MeanSquaredError,
        ..TrainSpec::default()
    };
    let (outcome, recording) = run(&mut model, &(data.clone(), data), &spec, &MonitorSpec::default());
    assert_eq!(recording.steps.iter().map(|record| record.loss).collect::<Vec<_>>(), [1.0, 0.25]);
    // v = 2 + 2 = 4, w = 1 - 0.5 = 0.5; v = 0.5 * 4 + (1 + 1) = 4, w = 0.5 - 0.5 = 0
    assert_eq!(model.parameters[0].as_slice(), [0.0]);
    assert_eq!(outcome.evaluation.get("train_loss"), Some(0.0));
    assert_eq!(outcome.evaluation.get("train_accuracy"), None);
}

/// Trains `z = w x` towards 0 by the mean of `z^2` from `w = 1`, with rate 1/8, on the given inputs.
fn square(inputs: Vec<f32>, spec: TrainSpec) -> (f64, Recording) {
    let targets = Targets::Values { values: vec![0.0; inputs.len()], outputs: 1 };
    let data = Dataset::new("by hand", ExampleShape::flat(1), inputs, targets).unwrap();
    let mut model = model::<f64>(Shape::vector(1), &[Block::layer(Linear::new(1, 1).without_bias())]);
    model.parameters = vec![Cpu::new(Shape::vector(1), vec![1.0])];
    let spec = TrainSpec { learning_rate: Rate::Constant(0.125), loss: Loss::MeanSquaredError, ..spec };
    let spec = TrainSpec { batch_size: BatchSize::Full, ..spec };
    let recording = run(&mut model, &(data.clone(), data), &spec, &MonitorSpec::default()).1;
    (model.parameters[0].as_slice()[0], recording)
}

fn penalties(text: &str) -> Vec<PenaltySpec> {
    text.lines().map(|line| toml::from_str(&line.replace(", ", "\n")).unwrap()).collect()
}

#[test]
fn penalties_by_hand() {
    // gradient 2 w, |gradient|^2 = 4 w^2 with gradient 8 w, |w|^2 with gradient 2 w
    let penalties = penalties("kind = 'gradient_norm', weight = 0.25\nkind = 'weight', weight = 0.5");
    let (weight, recording) = square(vec![1.0], TrainSpec { steps: Some(1), penalties, ..TrainSpec::default() });
    assert_eq!(weight, 1.0 - 0.125 * (2.0 + 0.25 * 8.0 + 0.5 * 2.0));
    assert_eq!(recording.steps[0].penalty, Some(0.25 * 4.0 + 0.5));
    assert_eq!(recording.steps[0].loss, 1.0, "the loss is without penalties");
}

#[test]
fn penalties_are_averaged_over_micro_batches_or_taken_at_one() {
    // losses w^2 and 4 w^2: squared gradients 4 w^2 and 64 w^2, whose gradients are 8 w and 128 w
    let step = |over: &str| {
        let penalties = penalties(&format!("kind = 'gradient_norm', weight = 0.125, over = '{over}'"));
        square(vec![1.0, 2.0], TrainSpec { steps: Some(1), micro_batch: Some(1), penalties, ..TrainSpec::default() }).0
    };
    let plain = f64::midpoint(2.0, 8.0);
    assert_eq!(step("all"), 1.0 - 0.125 * (plain + 0.125 * (8.0 + 128.0) / 2.0));
    let one = [8.0, 128.0].map(|slope| 1.0 - 0.125 * (plain + 0.125 * slope));
    assert!(one.contains(&step("one")), "{}", step("one"));
}

#[test]
fn nesterov_and_a_rate_that_changes_by_hand() {
    let optimizer = vec![toml::from_str("kind = 'momentum'\nfactor = 0.5\nnesterov = true").unwrap()];
    let targets = Targets::Values { values: vec![0.0], outputs: 1 };
    let data = Dataset::new("by hand", ExampleShape::flat(1), vec![1.0], targets).unwrap();
    let mut model = model::<f64>(Shape::vector(1), &[Block::layer(Linear::new(1, 1).without_bias())]);
    model.parameters = vec![Cpu::new(Shape::vector(1), vec![1.0])];
    let spec = TrainSpec {
        batch_size: BatchSize::Full,
        steps: Some(2),
        learning_rate: toml::from_str::<TrainSpec>(
            "learning_rate = { schedule = 'step', start = 0.25, every = 1, factor = 0.5 }",
        )
        .unwrap()
        .learning_rate,
        loss: Loss::MeanSquaredError,
        optimizer,
        ..TrainSpec::default()
    };
    run(&mut model, &(data.clone(), data), &spec, &MonitorSpec::default());
    // v = 2, d = 2 + 1 = 3, w = 1 - 3/4 = 1/4; v = 1 + 1/2, d = 1/2 + 3/4, w = 1/4 - (5/4)/8
    assert_eq!(model.parameters[0].as_slice(), [0.25 - 1.25 / 8.0]);
}

#[test]
fn frozen_parameters_stay_and_unknown_ones_are_refused() {
    let data = circles(40);
    let before = mlp::<f64>(2, 8);
    let mut after = before.clone();
    let frozen = |name: &str| TrainSpec { steps: Some(3), frozen: vec![name.into()], ..TrainSpec::default() };
    run(&mut after, &data, &TrainSpec { weight_decay: 0.1, ..frozen("0") }, &MonitorSpec::default());
    let same: Vec<bool> =
        before.parameters.iter().zip(&after.parameters).map(|(a, b)| a.as_slice() == b.as_slice()).collect();
    assert_eq!(same, [true, true, false, false]);
    let error = refusal(&mut after, &data, &frozen("00"), &MonitorSpec::default()).to_string();
    assert!(error.contains("0.weight, 0.bias, 2.weight, 2.bias, got 00"), "{error}");
}

#[test]
fn what_is_frozen_has_no_part_in_the_length_of_an_update() {
    let data = circles(40);
    let before = mlp::<f64>(2, 8);
    let mut after = before.clone();
    let normalised = TrainSpec {
        steps: Some(1),
        learning_rate: Rate::Constant(0.25),
        weight_decay: 0.5,
        frozen: vec!["0".into()],
        optimizer: vec![toml::from_str("kind = 'normalise'").unwrap()],
        ..TrainSpec::default()
    };
    run(&mut after, &data, &normalised, &MonitorSpec::default());
    let pairs = before.parameters.iter().zip(&after.parameters);
    let moved = pairs.flat_map(|(a, b)| a.as_slice().iter().zip(b.as_slice())).map(|(a, b)| (a - b).powi(2));
    assert!((moved.sum::<f64>().sqrt() - 0.25).abs() < 1e-12);
}

#[test]
fn the_rate_is_that_of_the_step_also_where_the_first_steps_waited() {
    let data = circles(40);
    let spec = TrainSpec {
        steps: Some(3),
        learning_rate: toml::from_str("schedule = 'step'\nstart = 0.5\nevery = 1\nfactor = 1e-3").unwrap(),
        aggregator: AggregatorSpec::RollingMedian {},
        ..TrainSpec::default()
    };
    let before = mlp::<f64>(2, 8);
    let mut after = before.clone();
    run(&mut after, &data, &spec, &MonitorSpec::default());
    let pairs = before.parameters.iter().zip(&after.parameters);
    let moved = pairs.flat_map(|(a, b)| a.as_slice().iter().zip(b.as_slice())).map(|(a, b)| (a - b).abs());
    // a median of three makes its only update at the third step, with rate 5e-7
    let most = moved.fold(0.0, f64::max);
    assert!((1e-10..1e-5).contains(&most), "{most}");
}

#[test]
fn thread_count_changes_no_byte() {
    let source = Strokes::default();
    let train = source.generate(96, 0, 2).unwrap();
    let noise = LabelNoise { kind: LabelNoiseKind::Permute, fraction: 0.4 };
    let data = (noise.apply(train, 2).unwrap(), source.generate(50, TEST_START, 2).unwrap());
    let aggregators = [AggregatorSpec::Mean {}, AggregatorSpec::Winsorized { percent: Some(4.0), count: None }];
    // these two run the same passes as the change of the gradient, a hundred times
    let monitor = quantities_without(Needs::PROBE_HESSIAN_TRACE | Needs::PROBE_HESSIAN_TOP, Schedule::Every(2));
    for description in [r#"name = "lenet5""#, r#"name = "mlp""#] {
        let description: ModelSpec = toml::from_str(description).unwrap();
        for aggregator in aggregators {
            let spec = TrainSpec {
                batch_size: BatchSize::Examples(40),
                steps: Some(4),
                evaluation_batch: 33,
                evaluate_train: Some(70),
                momentum: 0.9,
                aggregator,
                ..TrainSpec::default()
            };
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let network = description.build(Shape::new(1, 28, 28, 1), 10).unwrap();
                let mut model = Model::<f32>::init(network, Initialisation::default(), 4);
                let recording = pool.install(|| run(&mut model, &data, &spec, &monitor).1);
                (model, recording)
            };
            let (one, one_record) = on(1);
            let (two, two_record) = on(2);
            assert_eq!(one_record, two_record, "{aggregator:?}");
            assert!(same_parameters(&one, &two), "{aggregator:?}");
        }
    }
}

#[test]
fn micro_batches_add_up_to_the_full_batch() {
    let data = circles(50);
    let of = |micro_batch| {
        let spec = TrainSpec {
            batch_size: BatchSize::Full,
            steps: Some(5),
            learning_rate: Rate::Constant(0.5),
            micro_batch,
            ..TrainSpec::default()
        };
        let mut model = mlp::<f64>(2, 8);
        // products of all examples need one pass, and the micro-batches that are compared are those of training
        let elsewhere = Needs::DOTS | Needs::GRAM | Needs::MICRO_BATCHES | Needs::PROBE_JACOBIAN;
        let recording = run(&mut model, &data, &spec, &quantities_without(elsewhere, Schedule::Every(1))).1;
        (model, recording)
    };
    let (full, full_record) = of(None);
    let (micro, micro_record) = of(Some(8));
    // five steps, each summing 50 terms in another order
    let tolerance = 5.0 * 50.0 * f64::EPSILON;
    for (a, b) in full.parameters.iter().zip(&micro.parameters) {
        for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
            assert!((a - b).abs() < tolerance, "{a} {b}");
        }
    }
    for (a, b) in full_record.steps.iter().zip(&micro_record.steps) {
        assert!((a.loss - b.loss).abs() < tolerance);
        assert_eq!(a.quantities.len(), b.quantities.len());
        for ((name, a), (_, b)) in a.quantities.iter().zip(&b.quantities) {
            let (a, b) = (a.unwrap_or(-1.0), b.unwrap_or(-1.0));
            // ratios of differences lose digits
            assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{name}: {a} {b}");
        }
    }
}

#[test]
fn not_finite_stops_with_finite_parameters() {
    // z = 1e30 w, loss (z - 1)^2, gradient 2e30 (z - 1): the first update is w = rate * 2e30
    let targets = Targets::Values { values: vec![1.0], outputs: 1 };
    let data = Dataset::new("by hand", ExampleShape::flat(1), vec![1e30], targets).unwrap();
    let data = (data.clone(), data);
    let stopped = |rate| {
        let spec = TrainSpec { batch_size: BatchSize::Full, steps: Some(50), ..TrainSpec::default() };
        let spec = TrainSpec { learning_rate: Rate::Constant(rate), loss: Loss::MeanSquaredError, ..spec };
        let mut model = model::<f32>(Shape::vector(1), &[Block::layer(Linear::new(1, 1).without_bias())]);
        model.parameters = vec![Cpu::zeros(Shape::vector(1))];
        let (outcome, recording) = run(&mut model, &data, &spec, &MonitorSpec::default());
        assert_eq!(recording.steps.iter().map(|record| record.loss).collect::<Vec<_>>(), [1.0]);
        assert_eq!(recording.evaluations.last(), Some(&outcome.evaluation), "the end is evaluated");
        (outcome, model.parameters[0].as_slice()[0])
    };

    // w = 2e10, and z = 2e40 is beyond f32
    let (outcome, weight) = stopped(1e-20);
    let reason = StopReason::NonFiniteLoss { step: 1, loss: f64::INFINITY, last_finite: Some(1.0) };
    assert_eq!((outcome.steps, outcome.stopped_early), (1, Some(reason)));
    assert!((weight / 2e10 - 1.0).abs() < 1e-6, "{weight}");
    assert_eq!(outcome.evaluation.get("train_loss"), None);
    assert!(reason.to_string().ends_with("lower the learning rate"), "{reason}");

    // w = 2e40 is itself beyond f32
    let (outcome, weight) = stopped(1e10);
    let reason = StopReason::NonFiniteUpdate { step: 0, last_finite: 1.0 };
    assert_eq!((outcome.steps, outcome.stopped_early, weight), (0, Some(reason), 0.0));
    assert_eq!(outcome.evaluation.get("train_loss"), Some(1.0));
}

fn normalised() -> Model<f64> {
    model(
        Shape::vector(2),
        &[
            Block::layer(Linear::new(2, 4)),
            Block::layer(BatchNorm2d::new(4)),
            Block::layer(Activate(Activation::Tanh)),
            Block::layer(Linear::new(4, 2)),
        ],
    )
}

#[test]
fn batch_norm_trains_and_refuses_what_needs_single_examples() {
    let data = circles(60);
    let spec = TrainSpec {
        batch_size: BatchSize::Examples(30),
        micro_batch: Some(10),
        epochs: Some(3),
        ..TrainSpec::default()
    };
    let named = |names: &[&str]| MonitorSpec {
        quantities: names.iter().map(|&name| name.to_owned()).collect(),
        every: Schedule::Every(1),
        ..MonitorSpec::default()
    };
    let mut model = normalised();
    let initial = model.buffers.clone();
    let (outcome, recording) = run(&mut model, &data, &spec, &named(&["mean_gradient_norm", "trace_kernel"]));
    assert_eq!(outcome.steps, 6);
    assert!(recording.steps[5].quantities.iter().all(|(_, value)| value.is_some()));
    assert_ne!(initial[0].as_slice(), model.buffers[0].as_slice(), "running statistics move");

    let error = refusal(&mut model, &data, &spec, &named(&["mean_gradient_norm", "gsnr"])).to_string();
    assert!(error.starts_with("quantity `gsnr`: ") && error.contains("layer 1 (batch_norm2d)"), "{error}");
    let winsorized = AggregatorSpec::Winsorized { percent: Some(5.0), count: None };
    let spec = TrainSpec { aggregator: winsorized, micro_batch: None, ..spec };
    let error = refusal(&mut model, &data, &spec, &MonitorSpec::default()).to_string();
    assert!(error.starts_with("aggregator `winsorized`: "), "{error}");
}

#[test]
fn what_cannot_work_is_refused_before_training() {
    let data = circles(50);
    let monitor = MonitorSpec::default();
    let mut model = mlp::<f64>(2, 4);
    let spec = TrainSpec { batch_size: BatchSize::Examples(16), ..TrainSpec::default() };

    let count = |count| AggregatorSpec::Winsorized { percent: None, count: Some(count) };
    let last = TrainSpec { aggregator: count(1), ..spec.clone() };
    let error = refusal(&mut model, &data, &last, &monitor).to_string();
    assert!(error.contains("which has 2 examples"), "50 = 3 * 16 + 2: {error}");
    let dropped = TrainSpec { last_batch: LastBatch::Drop, epochs: Some(1), ..last };
    assert_eq!(run(&mut model, &data, &dropped, &monitor).0.steps, 3);

    let micro = TrainSpec { aggregator: count(1), micro_batch: Some(4), ..spec.clone() };
    let error = refusal(&mut model, &data, &micro, &monitor).to_string();
    assert!(error.starts_with("micro_batch: ") && error.ends_with("got 4 beside aggregator `winsorized`"), "{error}");
    let hinge = TrainSpec { loss: Loss::Hinge, ..spec.clone() };
    let targets = Targets::Values { values: vec![0.5; 4], outputs: 2 };
    let values = Dataset::new("values", ExampleShape::flat(2), vec![0.0; 4], targets).unwrap();
    let error = refusal(&mut model, &(values.clone(), values), &hinge, &monitor);
    assert!(matches!(error, TrainError::Targets(_)), "{error}");
    let mut wide = mlp::<f64>(3, 4);
    let error = refusal(&mut wide, &data, &spec, &monitor).to_string();
    assert_eq!(error, "the network takes inputs of 1x1x3 (height x width x channels), but the training data has 1x1x2");
    let mut three = self::model(Shape::vector(2), &[Block::layer(Linear::new(2, 3))]);
    let error = refusal(&mut three, &data, &spec, &monitor).to_string();
    assert_eq!(error, "the network has 3 outputs, but the training data has 2 classes or values per example");
}

#[test]
fn a_validation_set_is_evaluated_and_changes_nothing_else() {
    let (data, test) = circles(50);
    let validation = TwoCircles::default().generate(70, 200, 1).unwrap();
    let spec = TrainSpec { batch_size: BatchSize::Examples(10), epochs: Some(2), ..TrainSpec::default() };
    let of = |validation: Option<&Dataset>| {
        let mut model = mlp::<f64>(2, 8);
        let mut recording = Recording::default();
        let data = TrainingData { train: &data, test: &test, validation };
        train(&mut model, data, &spec, &MonitorSpec::default(), 5, &mut recording).unwrap();
        (model, recording.evaluations)
    };
    let ((model, with), (plain, without)) = (of(Some(&validation)), of(None));
    assert!(same_parameters(&model, &plain));
    // evaluated as the only test set, the validation set gives the same numbers
    let alone = evaluate(&model, TrainingData::new(&data, &validation), spec.loss, 7).unwrap();
    let alone = |name: &str| alone.iter().find(|(known, _)| known == name).unwrap().1;
    let last = with.last().unwrap();
    assert_eq!(last.get("validation_accuracy"), alone("test_accuracy"));
    let (got, expected) = (last.get("validation_loss").unwrap(), alone("test_loss").unwrap());
    // the same 70 losses, added up in another grouping
    assert!((got - expected).abs() < 70.0 * f64::EPSILON * expected, "{got} {expected}");
    for (with, without) in with.iter().zip(&without) {
        let kept: Vec<_> = with.values.iter().filter(|(name, _)| !name.starts_with("validation")).cloned().collect();
        assert_eq!(kept, without.values);
        assert_eq!(with.values.len(), kept.len() + 2);
    }

    let wide =
        Dataset::new("wide", ExampleShape::flat(3), vec![0.0; 3], Targets::Classes { labels: vec![0], classes: 2 });
    let data = TrainingData { train: &data, test: &test, validation: Some(&wide.unwrap()) };
    let error = train(&mut mlp::<f64>(2, 8), data, &spec, &MonitorSpec::default(), 5, &mut Untouched).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the network takes inputs of 1x1x2 (height x width x channels), but the validation data has 1x1x3"
    );
}

#[test]
fn a_full_disk_stops_the_run() {
    let data = circles(50);
    let spec = TrainSpec { evaluate_at_start: false, ..TrainSpec::default() };
    let mut model = mlp::<f64>(2, 4);
    let error =
        train(&mut model, TrainingData::new(&data.0, &data.1), &spec, &MonitorSpec::default(), 5, &mut Untouched)
            .unwrap_err();
    assert_eq!(error.to_string(), "cannot record the run: disk full at step 0");
}

#[test]
fn one_seed_is_one_run_and_another_seed_another() {
    let data = circles(50);
    let spec = TrainSpec { batch_size: BatchSize::Examples(10), epochs: Some(1), ..TrainSpec::default() };
    let of = |seed| {
        let mut model = mlp::<f32>(2, 8);
        let mut recording = Recording::default();
        train(&mut model, TrainingData::new(&data.0, &data.1), &spec, &MonitorSpec::default(), seed, &mut recording)
            .unwrap();
        recording.steps.iter().map(|record| record.loss).collect::<Vec<_>>()
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}
