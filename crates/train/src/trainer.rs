//! The training loop.

mod checks;
mod passes;
mod state;

use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::time::Instant;

use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_data::{Batches, Dataset, LastBatch, Order};
use consilience_gradients::quantities::{Evidence, Needs};
use consilience_gradients::{Probe, Reduced, Request, Statistic};
use consilience_nn::{Mode, Model, Precision};
use consilience_tensor::{Cpu, Real, Tensor, keep_awake};
use rand::seq::index;

use crate::aggregators::{Aggregator, Direction};
use crate::evaluation::evaluate_watched;
use crate::examples::{Moment, Watch, corrupt_area};
use crate::optimizers::{Chain, transforms};
use crate::penalties::Penalty;
use crate::stopwatch::Stopwatch;
use crate::{
    BatchSize, Checkpoint, EvaluationRecord, MeasurementRecord, Monitor, MonitorSpec, Observer, Outcome, PenaltySpec,
    Schedule, StepRecord, StopReason, TestOutputs, TrainError, TrainSpec, TrainingData, Values, batch, probe,
};
pub(crate) use checks::check_part;
pub use checks::{check, check_network};
use checks::{checked, moving};
use passes::{Gradients, Passes, Penalised};

/// The number under which [`Purpose::Subsample`] draws the training examples that are evaluated; 0 and 1 draw the data sets.
const EVALUATED: u64 = 2;

/// Trains `model` on the training examples of `data`, evaluates it on all parts of `data`, and tells `observer` every step and
/// evaluation.
///
/// `monitor` is a [`MonitorSpec`], or a [`Monitor`] with quantities of the caller's own. One backward pass per step serves the
/// update and all quantities that are due. Everything random (order, dropout, probe,
/// sub-sample) follows from `seed`, and nothing but the wall-clock times depends on the number of threads.
///
/// When the loss or an update is not finite, training stops at once: the outcome says why, the model keeps the last finite
/// parameters, and the evaluation at the end still takes place.
///
/// # Errors
/// Before the first step, when a setting makes no sense, data and network do not fit, or a quantity or aggregator needs
/// per-example gradients that the network (its batch normalisation) does not have; later, when the observer fails.
pub fn train<'a, R: Precision>(
    model: &mut Model<R>,
    data: TrainingData<'_>,
    spec: &TrainSpec,
    monitor: impl Into<Monitor<'a, R>>,
    seed: u64,
    observer: &mut dyn Observer<R>,
) -> Result<Outcome, TrainError> {
    Run::new(model, data, spec, &monitor.into(), seed, observer)?.finish(0)
}

/// Goes on with a run from `checkpoint`, which was taken of a run of [`train`] with the same arguments: the steps, evaluations
/// and the model that follow are, to the byte, those that would have followed there. What `model` holds is replaced.
///
/// # Errors
/// [`TrainError::Checkpoint`] when `checkpoint` is of another network or of other settings; beside that as for [`train`].
pub fn resume<'a, R: Precision>(
    checkpoint: Checkpoint<R>,
    model: &mut Model<R>,
    data: TrainingData<'_>,
    spec: &TrainSpec,
    monitor: impl Into<Monitor<'a, R>>,
    seed: u64,
    observer: &mut dyn Observer<R>,
) -> Result<Outcome, TrainError> {
    let mut run = Run::new(model, data, spec, &monitor.into(), seed, observer)?;
    let step = run.restore(checkpoint)?;
    run.finish(step)
}

/// A run in progress.
struct Run<'a, R: Real> {
    model: &'a mut Model<R>,
    data: TrainingData<'a>,
    evaluated: Cow<'a, Dataset>,
    watch: Watch,
    spec: &'a TrainSpec,
    monitor: &'a MonitorSpec,
    seed: u64,
    observer: &'a mut dyn Observer<R>,
    aggregator: Box<dyn Aggregator<R>>,
    penalties: Vec<(&'a PenaltySpec, Box<dyn Penalty<R>>)>,
    /// The parameters that are not frozen. The optimizer knows no others, so that they alone make the length of an update.
    moving: Vec<usize>,
    optimizer: Chain<R>,
    quantities: Vec<&'a dyn Statistic<R>>,
    needs: Needs,
    batches: Batches,
    total: u64,
    time: Stopwatch,
    last_loss: Option<f64>,
    last_evaluation: Option<EvaluationRecord>,
}

impl<'a, R: Precision> Run<'a, R> {
    /// A run before its first step, checked.
    fn new(
        model: &'a mut Model<R>,
        data: TrainingData<'a>,
        spec: &'a TrainSpec,
        monitor: &Monitor<'a, R>,
        seed: u64,
        observer: &'a mut dyn Observer<R>,
    ) -> Result<Self, TrainError> {
        let quantities = checked(&model.network, data, spec, monitor)?;
        let monitor = monitor.spec;
        let train = data.train;
        let batches = batches(train.len(), spec, seed)?;
        let total = spec.steps_in_total(train.len());
        let (evaluated, places) = evaluated(train, spec, seed)?;
        let moving = moving(&model.network, &spec.frozen)?;
        let optimizer = Chain::new(transforms(spec, total, seed)?, &chosen(&model.parameters, &moving));
        let watch = Watch::new(monitor, &model.network, train, places, batches.per_epoch() as u64, seed)?;
        Ok(Self {
            data,
            evaluated,
            watch,
            spec,
            monitor,
            seed,
            aggregator: spec.aggregator.build(spec.weight_decay),
            penalties: spec.penalties.iter().map(|spec| (spec, spec.build())).collect(),
            moving,
            optimizer,
            needs: quantities.iter().fold(Needs::NONE, |needs, quantity| needs.union(quantity.description().needs)),
            quantities,
            batches,
            total,
            model,
            observer,
            time: Stopwatch::default(),
            last_loss: None,
            last_evaluation: None,
        })
    }

    /// All steps from `step` on, and what is recorded after the last.
    fn finish(mut self, step: u64) -> Result<Outcome, TrainError> {
        let outcome = self.all(step);
        let recorded = self.record_examples(outcome.as_ref().ok());
        outcome.and_then(|outcome| recorded.map(|()| outcome))
    }

    fn all(&mut self, mut step: u64) -> Result<Outcome, TrainError> {
        if step == 0 && self.spec.evaluate_at_start {
            self.evaluate(0)?;
        }
        let once_an_epoch = Schedule::Every(self.batches.per_epoch() as u64);
        let evaluations = self.spec.evaluate_every.as_ref().unwrap_or(&once_an_epoch);
        let mut order = self.batches.epoch(self.batches.position(step).0);
        let mut stopped_early = None;
        loop {
            self.offer_checkpoint(step)?;
            if step == self.total {
                break;
            }
            let (epoch, place) = self.batches.position(step);
            if place == 0 {
                order = self.batches.epoch(epoch);
            }
            // the place lies within the epoch, by the same arithmetic that cut it into batches
            let indices = order.batch(place).unwrap_or_default();
            stopped_early = keep_awake(|| self.step(step, epoch, indices))?;
            if stopped_early.is_some() {
                break;
            }
            step += 1;
            if evaluations.is_due(step) && step < self.total {
                self.evaluate(step)?;
            }
        }
        let evaluation = self.evaluate(step)?;
        Ok(Outcome {
            steps: step,
            seconds_training: self.time.training(),
            seconds_monitoring: self.time.monitoring(),
            seconds_evaluation: self.time.evaluation,
            seconds_per_step: self.time.per_plain_step(),
            evaluation,
            stopped_early,
        })
    }

    /// One step; a reason to stop, when it made no update.
    fn step(&mut self, step: u64, epoch: u64, indices: &[usize]) -> Result<Option<StopReason>, TrainError> {
        self.measure_examples(step, epoch)?;
        let started = Instant::now();
        let due = !self.quantities.is_empty() && (self.monitor.every.is_due(step) || step + 1 == self.total);
        let mut request = Request::default();
        self.aggregator.request(indices.len(), &mut request);
        if due {
            self.needs.add_to(&mut request, self.compared(indices.len()));
        }
        // before the passes, which move the running statistics
        let reading = Instant::now();
        let probe = if due && self.needs.of_probe() { Some(self.probe()?) } else { None };
        let mut read = reading.elapsed().as_secs_f64();
        let gradients = match self.passes((step, epoch), indices, &mut request)? {
            Passes::Gradients(gradients) => gradients,
            Passes::NonFinite { loss } => {
                return Ok(Some(StopReason::NonFiniteLoss { step, loss, last_finite: self.last_loss }));
            }
        };
        let Gradients { loss, mut reduced, weighted, penalty, micro_batch_norm } = gradients;
        self.last_loss = Some(loss);
        let reading = Instant::now();
        let quantities = if due { self.read(&reduced, probe.as_ref(), indices)? } else { Values::new() };
        read += reading.elapsed().as_secs_f64();
        for (parameter, sum) in reduced.parameters.iter_mut().zip(weighted.into_iter().flatten()) {
            parameter.sum = Some(sum);
        }
        let direction = self.aggregator.direction(reduced, &self.model.parameters);
        let finite = match direction.unwrap_or(Direction::Sum(Vec::new())).into_arrays(indices.len()) {
            None => true,
            Some((arrays, weight)) => self.update(step, arrays, weight, penalty.as_ref(), micro_batch_norm),
        };
        let seconds = started.elapsed().as_secs_f64() - read;
        self.time.step(due, seconds, read);
        let penalty = penalty.map(|penalty| penalty.value);
        let record = StepRecord { step, epoch, loss, penalty, quantities, seconds };
        self.observer.step(&record).map_err(TrainError::Observer)?;
        Ok((!finite).then_some(StopReason::NonFiniteUpdate { step, last_finite: loss }))
    }

    /// Makes an update of a direction that takes the place of the mean gradient when multiplied with `weight`; whether it was
    /// finite.
    fn update(
        &mut self,
        step: u64,
        mut direction: Vec<Cpu<R>>,
        weight: f64,
        penalty: Option<&Penalised<R>>,
        micro_batch_norm: Option<f64>,
    ) -> bool {
        if let Some(penalty) = penalty {
            let add = |array: Cpu<R>, gradient: &Cpu<R>| array.add(&gradient.clone().scale(1.0 / weight));
            direction = direction.into_iter().zip(&penalty.gradient).map(|(array, g)| add(array, g)).collect();
        }
        let before = chosen(&self.model.parameters, &self.moving);
        let moves = |index: usize| self.moving.binary_search(&index).is_ok();
        let direction = direction.into_iter().enumerate().filter(|(index, _)| moves(*index)).map(|(_, array)| array);
        let direction: Vec<_> = direction.collect();
        let Some(after) = self.optimizer.update(step, &before, direction, weight, micro_batch_norm) else {
            return false;
        };
        for (&index, array) in self.moving.iter().zip(after) {
            self.model.parameters[index] = array;
        }
        true
    }

    /// The size of the micro-batches that quantities compare. Where batch statistics couple the examples of a pass, each pass
    /// is one.
    fn compared(&self, examples: usize) -> usize {
        let pass = self.examples_per_pass(examples);
        if self.model.network.coupling_layer(Mode::training(0)).is_some() {
            return pass;
        }
        let default = if pass < examples { pass } else { examples.div_ceil(8) };
        self.monitor.micro_batch.unwrap_or(default)
    }

    /// What the quantities need of the probe.
    fn probe(&self) -> Result<Probe, TrainError> {
        let chosen = probe::chosen(self.data.train, self.monitor.probe, self.seed);
        let micro_batch = self.compared(chosen.len());
        let on = (self.data.train, chosen.as_slice());
        probe::measure(self.model, on, self.spec.loss, micro_batch, self.seed, self.needs)
    }

    fn read(&self, reduced: &Reduced<R>, probe: Option<&Probe>, indices: &[usize]) -> Result<Values, TrainError> {
        let model = &*self.model;
        let classes = if self.needs.contains(Needs::CLASSES) {
            batch::targets(self.data.train, indices)?.classes()
        } else {
            None
        };
        let evidence = Evidence::new(&model.network, reduced)
            .with_parameters(&model.parameters)
            .with_classes(classes.as_deref())
            .with_probe(probe);
        let values: Vec<Vec<_>> = self.quantities.par_iter().map(|quantity| quantity.read(&evidence)).collect();
        Ok(values.into_iter().flatten().collect())
    }

    /// Evaluates after `step` updates, unless that was done already.
    fn evaluate(&mut self, step: u64) -> Result<EvaluationRecord, TrainError> {
        if let Some(last) = self.last_evaluation.as_ref().filter(|last| last.step == step) {
            return Ok(last.clone());
        }
        let started = Instant::now();
        let watch = &mut self.watch;
        let mut see = |range, outputs: &Cpu<R>| watch.outputs(step, range, outputs);
        let observer = &mut *self.observer;
        let mut refused = Ok(());
        let mut see_test = |range: Range<usize>, outputs: &Cpu<R>| {
            if refused.is_ok() {
                let values: Vec<f64> = outputs.as_slice().iter().map(|output| output.f64()).collect();
                let width = outputs.shape().per_example();
                refused = observer.test_outputs(&TestOutputs { step, first: range.start, width, values: &values });
            }
        };
        let (loss, size) = (self.spec.loss, self.spec.evaluation_batch);
        let data = TrainingData { train: &self.evaluated, ..self.data };
        let values = evaluate_watched(self.model, data, loss, size, &mut see, &mut see_test)?;
        refused.map_err(TrainError::Observer)?;
        let seconds = started.elapsed().as_secs_f64();
        self.time.evaluation += seconds;
        let record = EvaluationRecord { step, epoch: self.batches.position(step).0, values, seconds };
        self.observer.evaluation(&record).map_err(TrainError::Observer)?;
        self.last_evaluation = Some(record.clone());
        Ok(record)
    }

    /// Measures what is due of the whole training set before the update of `step`.
    fn measure_examples(&mut self, step: u64, epoch: u64) -> Result<(), TrainError> {
        let started = Instant::now();
        let learning_rate = self.spec.learning_rate.at(step, self.total);
        let moment = Moment { step, last: step + 1 == self.total, learning_rate };
        let (loss, examples_per_pass) = (self.spec.loss, self.spec.evaluation_batch);
        let (values, due) = self.watch.gradients(moment, self.model, self.data.train, loss, examples_per_pass)?;
        let seconds = started.elapsed().as_secs_f64();
        if due {
            self.time.monitor(seconds);
        }
        if values.is_empty() {
            return Ok(());
        }
        let record = MeasurementRecord { kind: "shares", step, epoch, values, seconds };
        self.observer.measurement(&record).map_err(TrainError::Observer)
    }

    /// Hands over the scores of examples, also of a run that was stopped; how well they tell corrupt from pristine only with
    /// the `outcome` of one that was not.
    fn record_examples(&mut self, outcome: Option<&Outcome>) -> Result<(), TrainError> {
        let Some(table) = self.watch.table(self.data.train) else { return Ok(()) };
        if let Some(Outcome { steps, .. }) = outcome {
            let areas = table
                .scores
                .iter()
                .map(|(name, score)| (format!("{name}/corrupt_area"), corrupt_area(score, &table.corrupt)));
            let (step, epoch) = (*steps, self.batches.position(*steps).0);
            let record = MeasurementRecord { kind: "scores", step, epoch, values: areas.collect(), seconds: 0.0 };
            self.observer.measurement(&record).map_err(TrainError::Observer)?;
        }
        self.observer.examples(&table).map_err(TrainError::Observer)
    }
}

fn chosen<R: Real>(arrays: &[Cpu<R>], indices: &[usize]) -> Vec<Cpu<R>> {
    indices.iter().map(|&index| arrays[index].clone()).collect()
}

fn batches(examples: usize, spec: &TrainSpec, seed: u64) -> Result<Batches, TrainError> {
    Ok(match spec.batch_size {
        BatchSize::Examples(size) => Batches::new(Order::shuffled(examples, seed), size, spec.last_batch)?,
        BatchSize::Full => Batches::full(examples)?,
    })
}

fn smallest_batch(examples: usize, spec: &TrainSpec) -> usize {
    match spec.batch_size {
        BatchSize::Full => examples,
        BatchSize::Examples(size) => match (examples % size, spec.last_batch) {
            (0, _) | (_, LastBatch::Drop) => size,
            (rest, LastBatch::Keep) => rest,
        },
    }
}

/// The training examples that are evaluated, in the order of the data, and their places in it unless they are all.
fn evaluated<'a>(
    train: &'a Dataset,
    spec: &TrainSpec,
    seed: u64,
) -> Result<(Cow<'a, Dataset>, Option<Vec<usize>>), TrainError> {
    let Some(size) = spec.evaluate_train.filter(|&size| size < train.len()) else {
        return Ok((Cow::Borrowed(train), None));
    };
    let mut generator = numbered_generator(seed, Purpose::Subsample, EVALUATED);
    let mut chosen = index::sample(&mut generator, train.len(), size).into_vec();
    chosen.sort_unstable();
    Ok((Cow::Owned(train.subset(&chosen)?), Some(chosen)))
}
