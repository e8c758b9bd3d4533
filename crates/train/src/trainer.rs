//! The training loop.

use std::borrow::Cow;
use std::time::Instant;

use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_data::{Batches, Dataset, LastBatch, Order};
use consilience_gradients::quantities::{Evidence, Needs, measure_probe};
use consilience_gradients::{GradientError, Quantity, Reduced, Request, reduce};
use consilience_nn::{Mode, Model, Network, Number};
use consilience_tensor::{Cpu, Real};
use rand::Rng;
use rand::seq::index;

use crate::accumulate::merge;
use crate::aggregators::Aggregator;
use crate::evaluation::evaluate;
use crate::optimizers::{Chain, Momentum, Scale, Transform, WeightDecay};
use crate::stopwatch::Stopwatch;
use crate::{
    BatchSize, EvaluationRecord, MonitorSpec, Observer, Outcome, StepRecord, StopReason, TrainError, TrainSpec, Values,
    batch,
};

/// The number under which [`Purpose::Subsample`] draws the training examples that are evaluated; 0 and 1 draw the data sets.
const EVALUATED: u64 = 2;

/// Trains `model` on `train`, evaluates it on `train` and `test`, and tells `observer` every step and evaluation.
///
/// One backward pass per step serves the update and all quantities that are due. Everything random (order, dropout, probe,
/// sub-sample) follows from `seed`, and nothing but the wall-clock times depends on the number of threads.
///
/// When the loss or an update is not finite, training stops at once: the outcome says why, the model keeps the last finite
/// parameters, and the evaluation at the end still takes place.
///
/// # Errors
/// Before the first step, when a setting makes no sense, data and network do not fit, or a quantity or aggregator needs
/// per-example gradients that the network (its batch normalisation) does not have; later, when the observer fails.
pub fn train<R: Real>(
    model: &mut Model<R>,
    train: &Dataset,
    test: &Dataset,
    spec: &TrainSpec,
    monitor: &MonitorSpec,
    seed: u64,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainError>
where
    Cpu<R>: Number<Elem = R>,
{
    spec.validate()?;
    monitor.validate()?;
    let quantities = monitor.resolve()?;
    check_data(&model.network, train, test, spec)?;
    refuse_undefined(&model.network, spec, &quantities)?;
    let batches = batches(train.len(), spec, seed)?;
    spec.aggregator.check_batch(smallest_batch(train.len(), spec))?;
    let mut run = Run {
        train,
        test,
        evaluated: evaluated(train, spec, seed)?,
        spec,
        monitor,
        seed,
        aggregator: spec.aggregator.build(),
        optimizer: Chain::new(transforms(spec), &model.parameters),
        needs: quantities.iter().fold(Needs::NONE, |needs, quantity| needs.union(quantity.description().needs)),
        quantities,
        batches,
        total: spec.steps_in_total(train.len()),
        model,
        observer,
        time: Stopwatch::default(),
        last_loss: None,
        last_evaluation: None,
    };
    run.all()
}

/// A run in progress.
struct Run<'a, R: Real> {
    model: &'a mut Model<R>,
    train: &'a Dataset,
    test: &'a Dataset,
    evaluated: Cow<'a, Dataset>,
    spec: &'a TrainSpec,
    monitor: &'a MonitorSpec,
    seed: u64,
    observer: &'a mut dyn Observer,
    aggregator: Box<dyn Aggregator<R>>,
    optimizer: Chain<R>,
    quantities: Vec<Quantity>,
    needs: Needs,
    batches: Batches,
    total: u64,
    time: Stopwatch,
    last_loss: Option<f64>,
    last_evaluation: Option<EvaluationRecord>,
}

/// What the backward pass of a batch leaves.
enum Pass<R> {
    Gradients { loss: f64, reduced: Reduced<R> },
    NonFinite { loss: f64 },
}

impl<R: Real> Run<'_, R>
where
    Cpu<R>: Number<Elem = R>,
{
    fn all(&mut self) -> Result<Outcome, TrainError> {
        if self.spec.evaluate_at_start {
            self.evaluate(0)?;
        }
        let every = self.spec.evaluate_every.unwrap_or(self.batches.per_epoch() as u64);
        let mut order = self.batches.epoch(0);
        let mut step = 0;
        let mut stopped_early = None;
        while step < self.total {
            let (epoch, place) = self.batches.position(step);
            if place == 0 && step > 0 {
                order = self.batches.epoch(epoch);
            }
            // the place lies within the epoch, by the same arithmetic that cut it into batches
            let indices = order.batch(place).unwrap_or_default();
            stopped_early = self.step(step, epoch, indices)?;
            if stopped_early.is_some() {
                break;
            }
            step += 1;
            if step % every == 0 && step < self.total {
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
        let started = Instant::now();
        let due = !self.quantities.is_empty() && (self.monitor.every.is_due(step) || step + 1 == self.total);
        let mut request = Request::default();
        self.aggregator.request(indices.len(), &mut request);
        if due {
            self.needs.add_to(&mut request);
        }
        let (loss, reduced) = match self.pass(step, indices, &request)? {
            Pass::Gradients { loss, reduced } => (loss, reduced),
            Pass::NonFinite { loss } => {
                return Ok(Some(StopReason::NonFiniteLoss { step, loss, last_finite: self.last_loss }));
            }
        };
        self.last_loss = Some(loss);
        let reading = Instant::now();
        let quantities = if due { self.read(&reduced)? } else { Values::new() };
        let read = reading.elapsed().as_secs_f64();
        let sum = self.aggregator.sum(reduced).unwrap_or_default();
        let weight = 1.0 / indices.len() as f64;
        let updated = self.optimizer.update(&self.model.parameters, sum, weight);
        let finite = updated.is_some();
        if let Some(parameters) = updated {
            self.model.parameters = parameters;
        }
        let seconds = started.elapsed().as_secs_f64() - read;
        self.time.step(due, seconds, read);
        let record = StepRecord { step, epoch, loss, quantities, seconds };
        self.observer.step(&record).map_err(TrainError::Observer)?;
        Ok((!finite).then_some(StopReason::NonFiniteUpdate { step, last_finite: loss }))
    }

    /// The mean loss of a batch and the reductions of its gradients, micro-batch by micro-batch.
    fn pass(&mut self, step: u64, indices: &[usize], request: &Request<R>) -> Result<Pass<R>, TrainError> {
        let mut masks = numbered_generator(self.seed, Purpose::Dropout, step);
        let mut loss = 0.0;
        let mut gradients: Option<Reduced<R>> = None;
        for indices in indices.chunks(self.spec.micro_batch.unwrap_or(indices.len()).max(1)) {
            let targets = batch::targets(self.train, indices)?;
            let inputs = batch::inputs(self.train, indices)?;
            let tape = self.model.forward(inputs, Mode::training(masks.next_u64()))?;
            loss += self.spec.loss.per_example(&tape.output, &targets)?.iter().sum::<f64>();
            if !loss.is_finite() {
                return Ok(Pass::NonFinite { loss });
            }
            let signal = self.spec.loss.signal(&tape.output, &targets)?;
            let model = &*self.model;
            let reduced = reduce(&model.network, &model.parameters, &model.buffers, &tape, signal, request)?;
            self.model.commit_buffers(&tape);
            gradients = Some(match gradients.take() {
                Some(before) => merge(before, reduced),
                None => reduced,
            });
        }
        let reduced = gradients.unwrap_or(Reduced { examples: 0, parameters: Vec::new() });
        Ok(Pass::Gradients { loss: loss / indices.len() as f64, reduced })
    }

    fn read(&self, reduced: &Reduced<R>) -> Result<Values, TrainError> {
        let model = &*self.model;
        let probe = if self.needs.probe {
            let size = self.monitor.probe.min(self.train.len());
            let chosen = index::sample(&mut numbered_generator(self.seed, Purpose::Probe, 0), self.train.len(), size);
            let inputs = batch::inputs(self.train, &chosen.into_vec())?;
            Some(measure_probe(&model.network, &model.parameters, &model.buffers, inputs)?)
        } else {
            None
        };
        let evidence = Evidence::new(&model.network, reduced, probe);
        Ok(self.quantities.iter().flat_map(|quantity| quantity.read(&evidence)).collect())
    }

    /// Evaluates after `step` updates, unless that was done already.
    fn evaluate(&mut self, step: u64) -> Result<EvaluationRecord, TrainError> {
        if let Some(last) = self.last_evaluation.as_ref().filter(|last| last.step == step) {
            return Ok(last.clone());
        }
        let started = Instant::now();
        let values = evaluate(self.model, &self.evaluated, self.test, self.spec.loss, self.spec.evaluation_batch)?;
        self.time.evaluation += started.elapsed().as_secs_f64();
        let record = EvaluationRecord { step, epoch: self.batches.position(step).0, values };
        self.observer.evaluation(&record).map_err(TrainError::Observer)?;
        self.last_evaluation = Some(record.clone());
        Ok(record)
    }
}

fn transforms<R: Real>(spec: &TrainSpec) -> Vec<Box<dyn Transform<R>>> {
    let mut transforms: Vec<Box<dyn Transform<R>>> = Vec::new();
    if spec.weight_decay > 0.0 {
        transforms.push(Box::new(WeightDecay { factor: spec.weight_decay }));
    }
    if spec.momentum > 0.0 {
        transforms.push(Box::new(Momentum { factor: spec.momentum }));
    }
    transforms.push(Box::new(Scale { factor: spec.learning_rate }));
    transforms
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

/// The training examples that are evaluated, in the order of the data.
fn evaluated<'a>(train: &'a Dataset, spec: &TrainSpec, seed: u64) -> Result<Cow<'a, Dataset>, TrainError> {
    let Some(size) = spec.evaluate_train.filter(|&size| size < train.len()) else {
        return Ok(Cow::Borrowed(train));
    };
    let mut generator = numbered_generator(seed, Purpose::Subsample, EVALUATED);
    let mut chosen = index::sample(&mut generator, train.len(), size).into_vec();
    chosen.sort_unstable();
    Ok(Cow::Owned(train.subset(&chosen)?))
}

fn check_data(network: &Network, train: &Dataset, test: &Dataset, spec: &TrainSpec) -> Result<(), TrainError> {
    for (part, data) in [("training", train), ("test", test)] {
        let (expected, got) = (network.input(), batch::example_shape(data));
        if expected != got {
            return Err(TrainError::Inputs { part, expected, got });
        }
        if network.outputs() != data.outputs() {
            return Err(TrainError::Outputs { part, network: network.outputs(), data: data.outputs() });
        }
        let all: Vec<usize> = (0..data.len()).collect();
        spec.loss.check(&batch::targets(data, &all)?, data.len(), network.outputs())?;
    }
    Ok(())
}

/// Says before training, not at the first step that is due, that gradients of single examples do not exist.
fn refuse_undefined(network: &Network, spec: &TrainSpec, quantities: &[Quantity]) -> Result<(), TrainError> {
    let aggregator = spec.aggregator.is_per_example().then(|| format!("aggregator `{}`", spec.aggregator.name()));
    let quantity = quantities.iter().find(|quantity| quantity.description().needs.is_per_example());
    let Some(needed_by) = aggregator.or_else(|| quantity.map(|quantity| format!("quantity `{}`", quantity.name())))
    else {
        return Ok(());
    };
    match network.coupling_layer(Mode::training(0)) {
        Some((layer, kind)) => {
            let source = GradientError::Coupled { layer: layer.to_owned(), kind };
            Err(TrainError::Undefined { needed_by, source })
        }
        None => Ok(()),
    }
}
