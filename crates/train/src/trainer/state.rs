//! The state of a run between two steps, given away and taken back.

use consilience_nn::Precision;

use super::{Run, chosen};
use crate::checkpoint::check_shapes;
use crate::stopwatch::Stopwatch;
use crate::{Checkpoint, MemoryError, Numbers, TrainError};

impl<R: Precision> Run<'_, R> {
    /// Gives the observer the state before `step`, if it wants it.
    pub(super) fn offer_checkpoint(&mut self, step: u64) -> Result<(), TrainError> {
        if !self.observer.wants_checkpoint(step) {
            return Ok(());
        }
        let checkpoint = self.checkpoint(step);
        self.observer.checkpoint(checkpoint).map_err(TrainError::Observer)
    }

    fn checkpoint(&self, step: u64) -> Checkpoint<R> {
        let mut numbers = Numbers::default();
        numbers.push(Stopwatch::MEMORY.0, self.time.memory());
        self.watch.memory(&mut numbers);
        Checkpoint {
            step,
            parameters: self.model.parameters.clone(),
            buffers: self.model.buffers.clone(),
            optimizer: self.optimizer.memory(&chosen(&self.model.parameters, &self.moving)),
            aggregator: self.aggregator.memory(),
            last_loss: self.last_loss,
            last_evaluation: self.last_evaluation.clone(),
            numbers,
        }
    }

    /// Takes back a state; the step that it is before.
    pub(super) fn restore(&mut self, checkpoint: Checkpoint<R>) -> Result<u64, MemoryError> {
        let Checkpoint { step, parameters, buffers, optimizer, aggregator, last_loss, last_evaluation, mut numbers } =
            checkpoint;
        if step > self.total {
            let (expected, got) = (format!("at most {}", self.total), step.to_string());
            return Err(MemoryError { what: "updates", expected, got });
        }
        check_shapes("shapes of parameters", &self.model.parameters, &parameters)?;
        check_shapes("shapes of buffers", &self.model.buffers, &buffers)?;
        self.optimizer.restore(optimizer, &chosen(&parameters, &self.moving))?;
        self.aggregator.restore(aggregator, &parameters)?;
        let (name, length) = Stopwatch::MEMORY;
        self.time.restore(&numbers.take(name, length)?);
        self.watch.restore(&mut numbers)?;
        numbers.check_empty()?;
        self.model.parameters = parameters;
        self.model.buffers = buffers;
        (self.last_loss, self.last_evaluation) = (last_loss, last_evaluation);
        Ok(step)
    }
}
