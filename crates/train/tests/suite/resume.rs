//! A run that goes on from a checkpoint ends with the bytes of one that was never stopped, whatever remembers something.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_data::{Augmentation, AugmentationSpec, Dataset, ExampleShape, LabelNoise, LabelNoiseKind, Targets};
use consilience_nn::layers::{Activate, BatchNorm2d, Conv2d, Dropout, Flatten, Linear};
use consilience_nn::{Block, Initialisation, Model, Network, Precision};
use consilience_tensor::{Activation, Cpu, Real, Shape, Window};
use consilience_train::examples::{ExampleTable, Score, ShareSample, SharesSpec};
use consilience_train::{
    Checkpoint, EvaluationRecord, MeasurementRecord, MonitorSpec, Observer, ObserverError, Recording, Schedule,
    StepRecord, TrainError, TrainSpec, TrainingData, resume, train,
};

const SEED: u64 = 5;
const STEPS: u64 = 9;

/// Keeps every record, and the checkpoints at all steps.
#[derive(Debug)]
struct Keeping<R: Real> {
    recording: Recording,
    checkpoints: Vec<Checkpoint<R>>,
    wanted: bool,
}

impl<R: Real> Keeping<R> {
    fn new(wanted: bool) -> Self {
        Self { recording: Recording::default(), checkpoints: Vec::new(), wanted }
    }

    /// What does not depend on the clock.
    fn without_times(mut self) -> (Recording, Vec<Checkpoint<R>>) {
        self.recording.steps.iter_mut().for_each(|record| record.seconds = 0.0);
        self.recording.measurements.iter_mut().for_each(|record| record.seconds = 0.0);
        self.recording.evaluations.iter_mut().for_each(|record| record.seconds = 0.0);
        (self.recording, self.checkpoints)
    }
}

impl<R: Real> Observer<R> for Keeping<R> {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        Observer::<R>::step(&mut self.recording, record)
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        Observer::<R>::evaluation(&mut self.recording, record)
    }

    fn measurement(&mut self, record: &MeasurementRecord) -> Result<(), ObserverError> {
        Observer::<R>::measurement(&mut self.recording, record)
    }

    fn examples(&mut self, table: &ExampleTable) -> Result<(), ObserverError> {
        Observer::<R>::examples(&mut self.recording, table)
    }

    fn wants_checkpoint(&mut self, _: u64) -> bool {
        self.wanted
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint<R>) -> Result<(), ObserverError> {
        self.checkpoints.push(checkpoint);
        Ok(())
    }
}

/// Small pictures of three classes, shifted and mirrored at random in training.
fn data() -> Dataset {
    let shape = ExampleShape::image(4, 4, 1);
    let inputs = (0..20 * 16).map(|i| (1.7 * f64::from(i)).sin() as f32).collect();
    let labels = (0..20).map(|n| n % 3).collect();
    let data = Dataset::new("pictures", shape, inputs, Targets::Classes { labels, classes: 3 }).unwrap();
    let noise = LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.3 };
    let augmentation = AugmentationSpec { crop_padding: 1, horizontal_flip: true };
    let augmentation = Augmentation::new(augmentation, SEED, vec![0.0]).unwrap();
    noise.apply(data, SEED).unwrap().with_augmentation(augmentation).unwrap()
}

fn model<R: Precision>(batch_norm: bool) -> Model<R> {
    let norm = batch_norm.then(|| Block::layer(BatchNorm2d::new(2)));
    let blocks: Vec<Block> = [
        Some(Block::layer(Conv2d::new(1, 2, Window::square(3, 1, 1)))),
        norm,
        Some(Block::layer(Activate(Activation::Relu))),
        Some(Block::layer(Flatten)),
        Some(Block::layer(Dropout::new(0.3, 0).unwrap())),
        Some(Block::layer(Linear::new(32, 3))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let network = Network::new(Shape::new(1, 4, 4, 1), &blocks).unwrap();
    Model::init(network, Initialisation::HeNormal, 3)
}

fn spec(text: &str) -> TrainSpec {
    let common = format!("steps = {STEPS}\nbatch_size = 8\nevaluate_every = 2\nevaluation_batch = 7\n");
    toml::from_str(&(common + text)).unwrap()
}

fn monitor() -> MonitorSpec {
    MonitorSpec {
        quantities: vec!["simple_noise_scale".into(), "trace_kernel".into()],
        every: Schedule::Every(4),
        probe: 6,
        scores: Score::ALL.iter().map(|score| score.name().to_owned()).collect(),
        scores_every: Some(Schedule::Every(2)),
        shares: Some(SharesSpec { every: Schedule::Every(1), null_worlds: 2, sample: ShareSample::Both }),
        ..MonitorSpec::default()
    }
}

fn elements<R: Real>(arrays: &[Cpu<R>]) -> Vec<&[R]> {
    arrays.iter().map(Cpu::as_slice).collect()
}

/// Goes on from every step and compares everything.
fn goes_on<R: Precision>(name: &str, spec: &TrainSpec, monitor: &MonitorSpec, batch_norm: bool) {
    let (data, test) = (data(), data());
    let mut whole = model::<R>(batch_norm);
    let mut keeping = Keeping::<R>::new(true);
    let outcome = train(&mut whole, TrainingData::new(&data, &test), spec, monitor, SEED, &mut keeping).unwrap();
    let (recorded, checkpoints) = keeping.without_times();
    assert_eq!(checkpoints.iter().map(|c| c.step).collect::<Vec<_>>(), (0..=STEPS).collect::<Vec<_>>(), "{name}");

    // Nobody needs to have asked for checkpoints.
    let mut unwatched = Keeping::<R>::new(false);
    train(&mut model::<R>(batch_norm), TrainingData::new(&data, &test), spec, monitor, SEED, &mut unwatched).unwrap();
    assert_eq!(unwatched.without_times().0, recorded, "{name}: checkpoints change nothing");

    for checkpoint in checkpoints {
        let step = checkpoint.step;
        let mut model = model::<R>(batch_norm);
        // What the model holds does not count.
        model.parameters.iter_mut().for_each(|array| array.as_mut_slice().fill(R::of(7.0)));
        let mut keeping = Keeping::<R>::new(false);
        let again =
            resume(checkpoint, &mut model, TrainingData::new(&data, &test), spec, monitor, SEED, &mut keeping).unwrap();
        let rest = keeping.without_times().0;
        let at = format!("{name}, from step {step}");
        assert_eq!(rest.steps, recorded.steps[step as usize..], "{at}");
        // The evaluation at a step is made before the checkpoint there is taken, the last one after it, like measurements.
        assert_eq!(rest.evaluations, ends(&recorded.evaluations, rest.evaluations.len()), "{at}");
        assert_eq!(
            rest.evaluations.len(),
            recorded.evaluations.iter().filter(|record| record.step > step.min(STEPS - 1)).count(),
            "{at}"
        );
        assert_eq!(rest.measurements, ends(&recorded.measurements, rest.measurements.len()), "{at}");
        let measured = recorded.measurements.iter().filter(|record| record.step >= step).count();
        assert_eq!(rest.measurements.len(), measured, "{at}");
        assert_eq!(rest.examples, recorded.examples, "{at}");
        assert_eq!((again.steps, &again.evaluation.values), (outcome.steps, &outcome.evaluation.values), "{at}");
        assert_eq!(elements(&model.parameters), elements(&whole.parameters), "{at}");
        assert_eq!(elements(&model.buffers), elements(&whole.buffers), "{at}");
    }
}

fn ends<T>(records: &[T], count: usize) -> &[T] {
    &records[records.len() - count..]
}

#[test]
fn every_optimizer_and_aggregator_goes_on() {
    let cases = [
        "momentum = 0.9\nweight_decay = 0.01",
        "optimizer = [{ kind = 'adam' }]",
        "optimizer = [{ kind = 'momentum', factor = 0.5, nesterov = true }, { kind = 'anti_pgd', sigma = 0.1 }]",
        "aggregator = { kind = 'rolling_median' }\nweight_decay = 0.01",
        "aggregator = { kind = 'rolling_mean' }",
        "aggregator = { kind = 'gsnr_scaled', micro_batches = 2, momentum = 0.5 }\noptimizer = [{ kind = 'adam' }]",
        "aggregator = { kind = 'winsorized', count = 1 }",
        "learning_rate = { schedule = 'cosine', start = 0.1 }\nlast_batch = 'drop'\nevaluate_at_start = true",
        "evaluate_train = 11\nmicro_batch = 4\noptimizer = [{ kind = 'graft' }]",
    ];
    for text in cases {
        goes_on::<f32>(
            text,
            &spec(text),
            &MonitorSpec { scores: vec!["learnt".into()], ..MonitorSpec::default() },
            false,
        );
    }
}

#[test]
fn batch_statistics_dropout_and_sampled_directions_go_on() {
    let text = "micro_batch = 4\npenalty = [{ kind = 'unit_jacobian', weight = 0.01 }, { kind = 'fisher_trace', weight = 0.01, over = 'one' }]";
    goes_on::<f32>(text, &spec(text), &MonitorSpec::default(), true);
    goes_on::<f64>(text, &spec(text), &MonitorSpec::default(), true);
}

#[test]
fn scores_and_shares_go_on() {
    goes_on::<f64>("scores", &spec("momentum = 0.5\nevaluate_train = 11"), &monitor(), false);
    goes_on::<f32>("scores", &spec("optimizer = [{ kind = 'adam' }]"), &monitor(), false);
}

#[test]
fn the_checkpoint_of_another_run_is_refused() {
    let data = data();
    let taken = |text: &str| {
        let mut keeping = Keeping::<f32>::new(true);
        let monitor = MonitorSpec { scores: vec!["aum".into()], ..MonitorSpec::default() };
        train(&mut model(false), TrainingData::new(&data, &data), &spec(text), &monitor, SEED, &mut keeping).unwrap();
        keeping.checkpoints.remove(4)
    };
    let refused = |checkpoint, text: &str, scores: &[&str], batch_norm| {
        let scores = scores.iter().map(|&name| name.to_owned()).collect();
        let monitor = MonitorSpec { scores, ..MonitorSpec::default() };
        let mut observer = Keeping::<f32>::new(false);
        match resume(
            checkpoint,
            &mut model(batch_norm),
            TrainingData::new(&data, &data),
            &spec(text),
            &monitor,
            SEED,
            &mut observer,
        ) {
            Err(TrainError::Checkpoint(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let error = refused(taken("momentum = 0.9"), "", &["aum"], false);
    assert!(error.starts_with("remembered arrays: expected none, got 0.velocity;"), "{error}");
    let error = refused(taken(""), "", &["aum"], true);
    assert!(error.starts_with("shapes of parameters: "), "{error}");
    let error = refused(taken(""), "", &["aum", "grand"], false);
    assert!(error.contains("expected `scores/grand/sums` of length 20, got none of that name"), "{error}");
    let error = refused(taken(""), "", &[], false);
    assert!(error.contains("expected no more, got `scores/aum/"), "{error}");
    let late = Checkpoint { step: STEPS + 1, ..taken("") };
    assert!(refused(late, "", &["aum"], false).starts_with("updates: expected at most 9, got 10"));
}
