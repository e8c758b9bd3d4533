//! Shares of the training set's gradient and scores of examples, against their definitions on the oracle's rows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_data::seeds::{Purpose, generator};
use consilience_data::{Dataset, ExampleShape, Targets as Given};
use consilience_nn::layers::{Activate, BatchNorm2d, Conv2d, Dropout, Flatten, Linear};
use consilience_nn::losses::{Loss, Targets, correct};
use consilience_nn::{Block, Initialisation, Mode, Model, Network, Precision, Role};
use consilience_oracle::statistics::{dot, dots, gram, sq_norms, sum};
use consilience_oracle::{Rows, Subject};
use consilience_tensor::{Activation, Cpu, Real, Shape, Window};
use consilience_train::examples::{ExampleTable, Score, ShareSample, SharesSpec};
use consilience_train::{
    BatchSize, EvaluationRecord, MeasurementRecord, MonitorSpec, Observer, ObserverError, Rate, RateSchedule,
    Recording, Schedule, SpecError, StepRecord, TrainError, TrainSpec, TrainingData, train,
};
use rand::RngExt;

const CLASSES: usize = 3;

/// Random examples of which every third but one has a wrong label.
fn data(shape: ExampleShape, examples: usize) -> Dataset {
    let mut generator = generator(11, Purpose::Synthetic);
    let inputs = (0..examples * shape.features()).map(|_| generator.random_range(-1.0_f32..1.0)).collect();
    let truth: Vec<u32> = (0..examples).map(|_| generator.random_range(0..CLASSES as u32)).collect();
    let wrong = |(n, &class): (usize, &u32)| if n % 3 == 1 { (class + 1) % CLASSES as u32 } else { class };
    let given = truth.iter().enumerate().map(wrong).collect();
    let ids = (0..examples).map(|n| 100 + 2 * n).collect();
    let targets = Given::Classes { labels: truth, classes: CLASSES };
    Dataset::new("random", shape, inputs, targets).unwrap().with_given_labels(given).unwrap().with_ids(ids).unwrap()
}

fn perceptron() -> (Network, Dataset) {
    let blocks = [
        Block::layer(Linear::new(5, 8)),
        Block::layer(Activate(Activation::Tanh)),
        Block::layer(Linear::new(8, CLASSES)),
    ];
    (Network::new(Shape::vector(5), &blocks).unwrap(), data(ExampleShape::flat(5), 23))
}

/// A network that is another in training mode: it standardises with the statistics of the batch, and drops.
fn convolution() -> (Network, Dataset) {
    let blocks = [
        Block::layer(Conv2d::new(2, 4, Window::square(3, 1, 1))),
        Block::layer(BatchNorm2d::new(4)),
        Block::layer(Activate(Activation::Relu)),
        Block::layer(Flatten),
        Block::layer(Dropout::new(0.3, 0).unwrap()),
        Block::layer(Linear::new(64, CLASSES)),
    ];
    (Network::new(Shape::new(1, 4, 4, 2), &blocks).unwrap(), data(ExampleShape::image(4, 4, 2), 20))
}

fn spec(steps: u64) -> TrainSpec {
    TrainSpec {
        batch_size: BatchSize::Examples(6),
        steps: Some(steps),
        learning_rate: Rate::Scheduled(RateSchedule::Step { start: 0.4, every: 2, factor: 0.25 }),
        momentum: 0.5,
        // several passes, the last of them shorter
        evaluation_batch: 7,
        evaluate_every: Some(Schedule::Every(1)),
        evaluate_at_start: true,
        ..TrainSpec::default()
    }
}

fn scores(every: Schedule) -> MonitorSpec {
    let scores = Score::ALL.iter().map(|score| score.name().to_owned()).collect();
    MonitorSpec { scores, scores_every: Some(every), ..MonitorSpec::default() }
}

fn shares(every: Schedule, null_worlds: usize, sample: ShareSample) -> MonitorSpec {
    MonitorSpec { shares: Some(SharesSpec { every, null_worlds, sample }), ..MonitorSpec::default() }
}

/// The model after so many steps, and what was seen on the way.
fn run<R: Precision>(
    (network, data): &(Network, Dataset),
    spec: &TrainSpec,
    monitor: &MonitorSpec,
) -> (Model<R>, Recording) {
    let mut model = Model::init(network.clone(), Initialisation::HeNormal, 3);
    let mut recording = Recording::default();
    if spec.steps != Some(0) {
        train(&mut model, TrainingData::new(data, data), spec, monitor, 5, &mut recording).unwrap();
    }
    recording.steps.iter_mut().for_each(|record| record.seconds = 0.0);
    recording.measurements.iter_mut().for_each(|record| record.seconds = 0.0);
    recording.evaluations.iter_mut().for_each(|record| record.seconds = 0.0);
    (model, recording)
}

/// The model after `step` steps, trained without measuring anything.
fn after(case: &(Network, Dataset), step: u64) -> Model<f64> {
    run(case, &spec(step), &MonitorSpec::default()).0
}

fn inputs(data: &Dataset) -> Cpu<f64> {
    let shape = data.shape();
    let elements = data.inputs().iter().map(|&x| f64::from(x)).collect();
    Cpu::new(Shape::new(data.len(), shape.height, shape.width, shape.channels), elements)
}

/// `[N][P]`, in evaluation mode.
fn gradients(model: &Model<f64>, data: &Dataset) -> Rows {
    let subject = Subject {
        network: &model.network,
        parameters: &model.parameters,
        buffers: &model.buffers,
        mode: Mode::EVALUATION,
    };
    let targets = Targets::Classes(data.labels().unwrap().to_vec());
    subject.loss_gradients(&inputs(data), Loss::SoftmaxCrossEntropy, &targets).unwrap()
}

fn value(record: &MeasurementRecord, name: &str) -> Option<f64> {
    record.values.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} of {record:?}")).1
}

/// Rounding of sums of so many terms of either sign, with a wide margin: chains are of some hundred products.
fn close(got: Option<f64>, expected: f64, magnitude: f64) {
    let got = got.unwrap();
    assert!((got - expected).abs() <= 1e-12 * magnitude, "{got} is not {expected} within 1e-12 of {magnitude}");
}

#[test]
fn shares_are_those_of_the_gram_matrix() {
    for case in [perceptron(), convolution()] {
        let (network, data) = &case;
        let monitor = shares(Schedule::Every(1), 2, ShareSample::Both);
        let (_, recording) = run::<f64>(&case, &spec(3), &monitor);
        assert_eq!(recording.measurements.len(), 3);
        let kinds =
            [false, true].map(|kind| (0..data.len()).filter(|&n| data.is_corrupt(n) == kind).collect::<Vec<_>>());
        let is_weight: Vec<bool> = network
            .parameters()
            .iter()
            .flat_map(|p| std::iter::repeat_n(p.spec.role == Role::Weight, p.spec.shape.len()))
            .collect();
        // of these networks the paper's sample holds every example and every weight, but no bias
        for prefix in ["", "sampled_"] {
            let mut contributions = [0.0; 2];
            for (step, record) in (0..).zip(&recording.measurements) {
                assert_eq!((record.kind, record.step), ("shares", step));
                let mut rows = gradients(&after(&case, step), data);
                if !prefix.is_empty() {
                    rows.iter_mut().flat_map(|row| row.iter_mut().zip(&is_weight)).for_each(|(number, &kept)| {
                        *number *= f64::from(u8::from(kept));
                    });
                }
                let gram = gram(&rows);
                let of_kind = |kind: usize| kinds[kind].iter().map(|&n| gram[n].iter().sum::<f64>()).sum::<f64>();
                let (parts, magnitude) =
                    ([of_kind(0), of_kind(1)], gram.concat().iter().map(|product| product.abs()).sum::<f64>());
                let whole = parts[0] + parts[1];
                for (kind, name) in ["pristine", "corrupt"].into_iter().enumerate() {
                    let share = value(record, &format!("{prefix}{name}_share"));
                    close(share, parts[kind] / whole, magnitude / whole);
                    contributions[kind] += parts[kind] / kinds[kind].len() as f64;
                    close(value(record, &format!("{prefix}{name}_contribution")), contributions[kind], 3.0 * magnitude);
                }
                for world in ["/null_1", "/null_2"] {
                    let of = |name: &str| value(record, &format!("{prefix}{name}_share{world}")).unwrap();
                    close(Some(of("pristine") + of("corrupt")), 1.0, 1.0 + of("corrupt").abs());
                }
            }
        }
    }
}

#[test]
fn null_worlds_scatter_as_random_tags_do() {
    const WORLDS: usize = 400;
    let case = perceptron();
    let data = &case.1;
    let monitor = shares(Schedule::Steps(vec![0]), WORLDS, ShareSample::All);
    let (_, recording) = run::<f64>(&case, &spec(2), &monitor);
    let record = &recording.measurements[0];
    let rows = gradients(&after(&case, 0), data);
    let products = dots(&rows, &sum(&rows));
    let whole: f64 = products.iter().sum();
    let (examples, corrupt) = (data.len() as f64, data.corrupt_count() as f64);
    // the sum of `corrupt` of the numbers `products / whole`, drawn without replacement
    let square_deviations: f64 = products.iter().map(|product| (product / whole - 1.0 / examples).powi(2)).sum();
    let variance = corrupt * (examples - corrupt) / (examples * (examples - 1.0)) * square_deviations;
    let drawn: Vec<f64> =
        (1..=WORLDS).map(|world| value(record, &format!("corrupt_share/null_{world}")).unwrap()).collect();
    let mean = drawn.iter().sum::<f64>() / WORLDS as f64;
    let error = (variance / WORLDS as f64).sqrt();
    assert!((mean - corrupt / examples).abs() < 5.0 * error, "{mean} +- {error}, expected {}", corrupt / examples);
    let spread = drawn.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / (WORLDS as f64 - 1.0);
    // for numbers that are nearly normal the variance of 400 has a relative error of sqrt(2 / 399)
    assert!((spread / variance - 1.0).abs() < 5.0 * (2.0_f64 / 399.0).sqrt(), "{spread} and {variance}");
}

#[test]
fn scores_of_gradients_are_those_of_the_oracles_rows() {
    for case in [perceptron(), convolution()] {
        let data = &case.1;
        let (_, recording) = run::<f64>(&case, &spec(3), &scores(Schedule::Every(1)));
        let table = recording.examples.unwrap();
        let steps: Vec<Rows> = (0..3).map(|step| gradients(&after(&case, step), data)).collect();
        for n in 0..data.len() {
            let score = |name: &str| table.score(name).unwrap()[n];
            let norms: Vec<f64> = steps.iter().map(|rows| sq_norms(rows)[n]).collect();
            close(score("grand"), norms.iter().map(|norm| norm.sqrt()).sum::<f64>() / 3.0, 1.0 + norms[0]);
            // the learning rates of steps 0, 1 and 2
            let influence = 0.4 * norms[0] + 0.4 * norms[1] + 0.1 * norms[2];
            close(score("self_influence"), influence, 1.0 + influence);
            let (mut product, mut own, mut others) = (0.0, 0.0, 0.0);
            for rows in &steps {
                let rest: Rows = (0..data.len()).filter(|&m| m != n).map(|m| rows[m].clone()).collect();
                let mean: Vec<f64> = sum(&rest).iter().map(|x| x / rest.len() as f64).collect();
                product += dot(&rows[n], &mean);
                own += dot(&rows[n], &rows[n]);
                others += dot(&mean, &mean);
            }
            close(score("agreement"), product, 10.0 * (1.0 + own));
            close(
                score("agreement_cosine"),
                product / (own * others).sqrt(),
                10.0 * (1.0 + own) / (own * others).sqrt(),
            );
        }
    }
}

#[test]
fn pulls_are_those_of_the_oracles_rows() {
    let rates = [0.4, 0.4, 0.1];
    for case in [perceptron(), convolution()] {
        let data = &case.1;
        let (_, recording) = run::<f64>(&case, &spec(3), &scores(Schedule::Every(1)));
        let table = recording.examples.unwrap();
        let others = data.len() as f64 - 1.0;
        let mut pulls = vec![[0.0; CLASSES]; data.len()];
        let mut products = vec![0.0; data.len()];
        for (step, rate) in rates.into_iter().enumerate() {
            let model = after(&case, step as u64);
            let rows = gradients(&model, data);
            let subject = Subject {
                network: &model.network,
                parameters: &model.parameters,
                buffers: &model.buffers,
                mode: Mode::EVALUATION,
            };
            let jacobians = subject.output_gradients(&inputs(data)).unwrap();
            let outputs = model.predict(inputs(data)).unwrap();
            let targets = Targets::Classes(data.labels().unwrap().to_vec());
            let signal = Loss::SoftmaxCrossEntropy.signal(&outputs, &targets).unwrap();
            for (n, jacobian) in jacobians.iter().enumerate() {
                let rest: Rows = (0..data.len()).filter(|&m| m != n).map(|m| rows[m].clone()).collect();
                let mean: Vec<f64> = sum(&rest).iter().map(|x| x / others).collect();
                for (class, of_output) in jacobian.iter().enumerate() {
                    let pull = -dot(of_output, &mean);
                    pulls[n][class] += rate * pull;
                    // the loss changes by the signal times what the logits change by
                    products[n] -= signal.example(n)[class] * pull;
                }
            }
        }
        let mut labels = [0; CLASSES];
        for (n, pull) in pulls.iter().enumerate() {
            let given = data.labels().unwrap()[n] as usize;
            let other =
                (0..CLASSES).filter(|&class| class != given).max_by(|&a, &b| pull[a].total_cmp(&pull[b])).unwrap();
            let score = |name: &str| table.score(name).unwrap()[n];
            close(score("pull_margin"), pull[given] - pull[other], 10.0);
            let label = if pull[given] >= pull[other] { given } else { other };
            assert_eq!(score("pull_label"), Some(label as f64));
            close(score("agreement"), products[n], 10.0);
            labels[label] += 1;
        }
        assert!(labels.iter().filter(|&&count| count > 0).count() > 1, "not all are pushed one way: {labels:?}");
    }
}

#[test]
fn a_schedule_says_when_scores_of_gradients_are_due() {
    let case = perceptron();
    let data = &case.1;
    let names = ["grand".to_owned()];
    let monitor = |scores_every| MonitorSpec { scores: names.to_vec(), scores_every, ..MonitorSpec::default() };
    let grand = |steps, every| run::<f64>(&case, &spec(steps), &monitor(every)).1.examples.unwrap();
    let norm = |step, n: usize| sq_norms(&gradients(&after(&case, step), data))[n].sqrt();
    // step 1 alone
    let table = grand(4, Some(Schedule::Steps(vec![1])));
    close(table.score("grand").unwrap()[2], norm(1, 2), 10.0);
    // once an epoch of 4 steps, and the last one
    let table = grand(6, None);
    close(table.score("grand").unwrap()[2], (norm(0, 2) + norm(4, 2) + norm(5, 2)) / 3.0, 10.0);
}

#[test]
fn scores_of_outputs_are_those_of_the_predictions() {
    let case = convolution();
    let data = &case.1;
    let (model, recording) = run::<f64>(&case, &spec(4), &scores(Schedule::Every(100)));
    let table = recording.examples.unwrap();
    assert_eq!((table.ids[1], table.given.as_slice()), (102, data.labels().unwrap()));
    assert_eq!(table.truth, data.true_labels().unwrap());
    assert_eq!(table.corrupt, (0..20).map(|n| n % 3 == 1).collect::<Vec<_>>());
    let names: Vec<&str> = table.scores.iter().map(|(name, _)| name.as_str()).collect();
    let declared: Vec<&str> = Score::ALL.iter().flat_map(|s| s.entry().columns).map(|(name, _)| *name).collect();
    assert_eq!(names, declared);
    let outputs: Vec<Cpu<f64>> = (0..=4).map(|step| after(&case, step).predict(inputs(data)).unwrap()).collect();
    let learnt: Vec<Vec<bool>> = outputs.iter().map(|outputs| correct(outputs, &table.given)).collect();
    assert_eq!(
        model.predict(inputs(data)).unwrap().as_slice(),
        outputs[4].as_slice(),
        "scores leave training as it is"
    );
    for n in 0..data.len() {
        let score = |name: &str| table.score(name).unwrap()[n];
        let given = table.given[n] as usize;
        let margin = |outputs: &Cpu<f64>| {
            let row = outputs.example(n);
            row[given] - row.iter().enumerate().filter(|(c, _)| *c != given).map(|(_, x)| *x).fold(f64::MIN, f64::max)
        };
        let margins: Vec<f64> = outputs.iter().map(margin).collect();
        close(score("aum"), margins.iter().sum::<f64>() / 5.0, 10.0);
        let error = |outputs: &Cpu<f64>| {
            let exponentials: Vec<f64> = outputs.example(n).iter().map(|x| x.exp()).collect();
            let total: f64 = exponentials.iter().sum();
            let error = |(c, e): (usize, &f64)| (e / total - f64::from(u8::from(c == given))).powi(2);
            exponentials.iter().enumerate().map(error).sum::<f64>().sqrt()
        };
        close(score("el2n"), outputs.iter().map(error).sum::<f64>() / 5.0, 10.0);
        let history: Vec<bool> = learnt.iter().map(|learnt| learnt[n]).collect();
        let first = history.iter().position(|&learnt| learnt).map_or(f64::INFINITY, |step| step as f64);
        let last = match history.iter().rposition(|&learnt| !learnt) {
            Some(4) => f64::INFINITY,
            last => last.map_or(0.0, |step| step as f64 + 1.0),
        };
        assert_eq!((score("learnt_first"), score("learnt_last")), (Some(first), Some(last)), "{history:?}");
        let forgotten = history.windows(2).filter(|pair| pair[0] && !pair[1]).count() as f64;
        assert_eq!(score("forgetting_events"), Some(if first.is_finite() { forgotten } else { f64::INFINITY }));
    }
    let finite = table.score("learnt_last").unwrap().iter().filter(|step| step.is_some_and(f64::is_finite)).count();
    assert_eq!(Some(finite as f64 / 20.0), recording.evaluations[4].get("train_accuracy"));
}

#[test]
fn examples_that_evaluations_do_not_see_have_no_scores_of_outputs() {
    let case = perceptron();
    let few = TrainSpec { evaluate_train: Some(9), ..spec(2) };
    let (_, recording) = run::<f64>(&case, &few, &scores(Schedule::Every(1)));
    let table = recording.examples.unwrap();
    let defined = |name: &str| table.score(name).unwrap().iter().filter(|score| score.is_some()).count();
    assert_eq!((defined("aum"), defined("learnt_last"), defined("grand")), (9, 9, 23));
    let whole = run::<f64>(&case, &spec(2), &scores(Schedule::Every(1))).1.examples.unwrap();
    for (few, all) in table.score("aum").unwrap().iter().zip(whole.score("aum").unwrap()) {
        // the examples meet in other passes
        few.iter().for_each(|few| close(all.as_ref().copied(), *few, 10.0));
    }
}

#[test]
fn areas_are_recorded_at_the_end() {
    let (_, recording) = run::<f64>(&perceptron(), &spec(2), &scores(Schedule::Every(1)));
    let last = recording.measurements.last().unwrap();
    assert_eq!((last.kind, last.step, recording.measurements.len()), ("scores", 2, 1));
    let table = recording.examples.unwrap();
    for (name, score) in &table.scores {
        let area = consilience_train::examples::corrupt_area(score, &table.corrupt);
        assert_eq!(value(last, &format!("{name}/corrupt_area")), area);
        assert!(area.is_some_and(|area| (0.0..=1.0).contains(&area)), "{name}");
    }
}

#[test]
fn measuring_changes_no_bit_of_training() {
    let case = convolution();
    let everything = MonitorSpec {
        shares: Some(SharesSpec { every: Schedule::Every(2), null_worlds: 3, sample: ShareSample::Both }),
        ..scores(Schedule::Every(3))
    };
    let (plain, record) = run::<f32>(&case, &spec(12), &MonitorSpec::default());
    let (watched, watched_record) = run::<f32>(&case, &spec(12), &everything);
    for (a, b) in plain.parameters.iter().chain(&plain.buffers).zip(watched.parameters.iter().chain(&watched.buffers)) {
        assert_eq!(a.as_slice(), b.as_slice());
    }
    assert_eq!((record.steps, record.evaluations), (watched_record.steps, watched_record.evaluations));
    assert!(record.measurements.is_empty() && record.examples.is_none());
    // shares at 0, 2, 4, 6, 8, 10 and 11, and the areas
    assert_eq!(watched_record.measurements.len(), 8);
}

#[test]
fn one_thread_and_two_measure_the_same_bits() {
    let blocks = [
        Block::layer(Linear::new(300, 120)),
        Block::layer(Activate(Activation::Relu)),
        Block::layer(Linear::new(120, CLASSES)),
    ];
    let case = (Network::new(Shape::vector(300), &blocks).unwrap(), data(ExampleShape::flat(300), 500));
    let everything = MonitorSpec { shares: Some(SharesSpec::default()), ..scores(Schedule::Every(3)) };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run::<f32>(&case, &TrainSpec { evaluation_batch: 200, ..spec(3) }, &everything).1)
    };
    assert_eq!(on(1), on(2));
}

/// Fails after some steps, and keeps the table it is given.
#[derive(Default)]
struct Stop(Option<ExampleTable>);

impl<R: Real> Observer<R> for Stop {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        if record.step == 2 { Err("enough".into()) } else { Ok(()) }
    }

    fn evaluation(&mut self, _: &EvaluationRecord) -> Result<(), ObserverError> {
        Ok(())
    }

    fn examples(&mut self, table: &ExampleTable) -> Result<(), ObserverError> {
        self.0 = Some(table.clone());
        Ok(())
    }
}

#[test]
fn a_stopped_run_hands_over_the_scores_so_far() {
    let (network, data) = perceptron();
    let mut model = Model::<f64>::init(network.clone(), Initialisation::HeNormal, 3);
    let mut stop = Stop::default();
    let error = train(&mut model, TrainingData::new(&data, &data), &spec(9), &scores(Schedule::Every(1)), 5, &mut stop)
        .unwrap_err();
    assert!(matches!(error, TrainError::Observer(_)), "{error}");
    // evaluations after 0, 1 and 2 updates, gradients before the updates 0, 1 and 2: as a run of three steps but for its last
    // evaluation
    let (_, three) = run::<f64>(&(network, data), &spec(3), &scores(Schedule::Every(1)));
    let (stopped, three) = (stop.0.unwrap(), three.examples.unwrap());
    assert_eq!(stopped.score("grand"), three.score("grand"));
    assert_ne!(stopped.score("aum"), three.score("aum"));
}

#[test]
fn bad_settings_are_refused_before_the_first_step() {
    let refused = |case: &(Network, Dataset), monitor: &MonitorSpec| {
        let mut model = Model::<f64>::init(case.0.clone(), Initialisation::HeNormal, 3);
        let mut recording = Recording::default();
        let error =
            train(&mut model, TrainingData::new(&case.1, &case.1), &spec(3), monitor, 5, &mut recording).unwrap_err();
        assert!(recording.evaluations.is_empty() && recording.examples.is_none());
        error.to_string()
    };
    let classes = perceptron();
    let of = |name: &str| MonitorSpec { scores: vec![name.to_owned()], ..MonitorSpec::default() };
    assert_eq!(refused(&classes, &of("forgeting")), "scores: unknown score `forgeting`; did you mean `forgetting`?");
    let zero = MonitorSpec { scores_every: Some(Schedule::Every(0)), ..of("grand") };
    assert!(refused(&classes, &zero).starts_with("scores_every: expected at least 1"));
    let zero = shares(Schedule::Every(0), 1, ShareSample::All);
    assert!(refused(&classes, &zero).starts_with("shares.every: expected at least 1"));

    let targets = Given::Values { values: vec![0.5; 2 * 3], outputs: 3 };
    let values = Dataset::new("values", ExampleShape::flat(5), vec![0.25; 10], targets).unwrap();
    let values = (classes.0, values);
    let error = TrainSpec { loss: Loss::MeanSquaredError, ..spec(3) };
    let mut model = Model::<f64>::init(values.0.clone(), Initialisation::HeNormal, 3);
    let mut train_values = |monitor: &MonitorSpec| {
        train(&mut model, TrainingData::new(&values.1, &values.1), &error, monitor, 5, &mut Recording::default())
    };
    for (monitor, expected) in [(of("aum"), "scores"), (shares(Schedule::Log, 1, ShareSample::All), "shares")] {
        let error = train_values(&monitor).unwrap_err();
        assert!(matches!(error, TrainError::Spec(SpecError::OutOfRange { key, .. }) if key == expected), "{error}");
    }
    // gradients of single examples exist whatever the targets are
    assert!(train_values(&of("grand")).is_ok());
}
