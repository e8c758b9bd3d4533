//! The passes of one step: forward and backward over every micro-batch, with the penalties there.

use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_gradients::second_order::Point;
use consilience_gradients::{Reduced, Request, reduce};
use consilience_nn::{Mode, Precision};
use consilience_tensor::{Cpu, Real, Tensor, sum_of_squares};
use rand::{Rng, RngExt};

use super::Run;
use crate::accumulate::{group, merge, micro_batches};
use crate::optimizers::TransformSpec;
use crate::penalties::{Over, PenaltyGradient, Site};
use crate::{TrainError, batch};

/// What the passes of a step leave.
pub(super) enum Passes<R> {
    Gradients(Gradients<R>),
    NonFinite { loss: f64 },
}

/// The gradients of a step.
pub(super) struct Gradients<R> {
    /// The mean loss of the batch.
    pub loss: f64,
    pub reduced: Reduced<R>,
    /// The sum of the gradients by the aggregator's weights, when it has any.
    pub weighted: Option<Vec<Cpu<R>>>,
    pub penalty: Option<Penalised<R>>,
    /// The norm of the mean gradient of the micro-batch drawn for this step, unless it is the whole batch.
    pub micro_batch_norm: Option<f64>,
}

/// The penalties of a step together, their weights included.
pub(super) struct Penalised<R> {
    pub value: f64,
    pub gradient: Vec<Cpu<R>>,
}

impl<R: Precision> Run<'_, R> {
    /// The mean loss of a batch, the reductions of its gradients and the penalties, micro-batch by micro-batch.
    pub(super) fn passes(
        &mut self,
        (step, epoch): (u64, u64),
        indices: &[usize],
        request: &mut Request<R>,
    ) -> Result<Passes<R>, TrainError> {
        let mut masks = numbered_generator(self.seed, Purpose::Dropout, step);
        let mut draws = numbered_generator(self.seed, Purpose::Sampling, step);
        let parts = self.aggregator.micro_batches();
        let cut = micro_batches(indices, parts, self.spec.micro_batch);
        let count = cut.len();
        let drawn = draws.random_range(0..count.max(1));
        let norm_is_read = self.spec.optimizer.iter().any(TransformSpec::uses_micro_batch_norm);
        request.sum |= parts.is_some() || norm_is_read || !self.penalties.is_empty();
        let mut loss = 0.0;
        let gram = request.groups.is_some_and(|groups| groups.gram);
        if let Some(groups) = request.groups.as_mut().filter(|_| count > 1) {
            // groups of different passes are multiplied when the passes are merged
            groups.keep_sums |= gram;
        }
        let mut reduced: Option<Reduced<R>> = None;
        let mut weighted: Option<Vec<Cpu<R>>> = None;
        let mut penalty = None;
        let mut micro_batch_norm = None;
        for (number, indices) in cut.into_iter().enumerate() {
            let targets = batch::targets(self.data.train, indices)?;
            let inputs = batch::training_inputs(self.data.train, indices, epoch)?;
            let mode = Mode::training(masks.next_u64());
            let tape = self.model.forward(inputs.clone(), mode)?;
            loss += self.spec.loss.per_example(&tape.output, &targets)?.iter().sum::<f64>();
            if !loss.is_finite() {
                return Ok(Passes::NonFinite { loss });
            }
            let signal = self.spec.loss.signal(&tape.output, &targets)?;
            let model = &*self.model;
            let pass = |signal, request| reduce(&tape, signal, request);
            let mut part = pass(signal.clone(), request)?;
            if number == drawn && count > 1 {
                micro_batch_norm = sum_norm(&part, &self.moving).map(|norm| norm / indices.len() as f64);
            }
            if !self.penalties.is_empty() {
                let sums = part.parameters.iter().filter_map(|parameter| parameter.sum.clone());
                let gradient: Vec<_> = sums.map(|sum| sum.scale(1.0 / indices.len() as f64)).collect();
                let site = Site {
                    point: Point::new(model, mode),
                    input: &inputs,
                    output: &tape.output,
                    targets: &targets,
                    loss: self.spec.loss,
                    gradient: &gradient,
                    seed: draws.next_u64(),
                };
                for (spec, function) in &self.penalties {
                    let weight = match spec.over {
                        Over::All => spec.weight / count as f64,
                        Over::One if number == drawn => spec.weight,
                        Over::One => continue,
                    };
                    penalty = Some(Penalised::add(penalty.take(), function.gradient(&site)?.scaled(weight)));
                }
            }
            if let Some(weights) = self.aggregator.weights(&part) {
                let weights = weights.into_iter().map(R::of).collect();
                let weights = Cpu::new(signal.shape().with_c(1), weights);
                let sum = Request { sum: true, ..Request::default() };
                let part = pass(signal.mul(&weights), &sum)?.into_sum().unwrap_or_default();
                weighted = Some(match weighted.take() {
                    None => part,
                    Some(sum) => sum.into_iter().zip(&part).map(|(sum, part)| sum.add(part)).collect(),
                });
            }
            if parts.is_some() {
                group(&mut part, gram);
            }
            self.model.commit_buffers(&tape);
            reduced = Some(match reduced.take() {
                Some(before) => merge(before, part),
                None => part,
            });
        }
        let reduced = reduced.unwrap_or(Reduced { examples: 0, parameters: Vec::new() });
        let loss = loss / indices.len() as f64;
        Ok(Passes::Gradients(Gradients { loss, reduced, weighted, penalty, micro_batch_norm }))
    }

    /// Of how many examples each pass over a batch of `examples` is.
    pub(super) fn examples_per_pass(&self, examples: usize) -> usize {
        let size = match (self.aggregator.micro_batches(), self.spec.micro_batch) {
            (Some(parts), _) => examples.div_ceil(parts.max(1)),
            (None, size) => size.unwrap_or(examples),
        };
        size.clamp(1, examples.max(1))
    }
}

impl<R: Real> Penalised<R> {
    fn add(sum: Option<Self>, more: PenaltyGradient<R>) -> Self {
        let Some(sum) = sum else { return Self { value: more.value, gradient: more.gradient } };
        let pairs = sum.gradient.into_iter().zip(&more.gradient);
        let gradient = pairs.map(|(sum, array)| <Cpu<R> as Tensor>::add(sum, array)).collect();
        Self { value: sum.value + more.value, gradient }
    }
}

/// The norm of the summed gradient of some parameters; `None` when sums were not asked for.
fn sum_norm<R: Real>(reduced: &Reduced<R>, parameters: &[usize]) -> Option<f64> {
    let sums = parameters.iter().map(|&index| reduced.parameters[index].sum.as_ref());
    sums.map(|sum| sum.map(|sum| sum_of_squares(sum.as_slice()))).sum::<Option<f64>>().map(f64::sqrt)
}
