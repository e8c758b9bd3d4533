use consilience_nn::losses::{Loss, TargetError, Targets};
use consilience_nn::{Mode, Network, NetworkError};
use consilience_tensor::{Cpu, Shape, Tensor};
use thiserror::Error;

use crate::gradient_of_factor;

/// One row of numbers per example.
pub type Rows = Vec<Vec<f64>>;

/// Why the oracle has no answer.
#[derive(Clone, PartialEq, Debug, Error)]
#[non_exhaustive]
pub enum OracleError {
    /// The network refused.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The targets do not fit.
    #[error(transparent)]
    Targets(#[from] TargetError),
    /// There are fewer targets than examples.
    #[error("expected a target for example {example}, got none")]
    MissingTarget {
        /// The example's place in the batch.
        example: usize,
    },
}

/// A network with the numbers it runs on.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The network.
    pub network: &'a Network,
    /// Its parameters.
    pub parameters: &'a [Cpu<f64>],
    /// Its buffers.
    pub buffers: &'a [Cpu<f64>],
    /// How passes are run.
    pub mode: Mode,
}

impl Subject<'_> {
    /// The outputs of every example, `[N][C]`.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn outputs(&self, input: &Cpu<f64>) -> Result<Rows, OracleError> {
        (0..input.shape().n).map(|example| self.outputs_of(input, example)).collect()
    }

    /// The gradient of every example's own loss, `[N][P]`; parameters follow each other in the network's order.
    ///
    /// # Errors
    /// When shapes or targets do not fit.
    pub fn loss_gradients(&self, input: &Cpu<f64>, loss: Loss, targets: &Targets) -> Result<Rows, OracleError> {
        let gradient = |example| {
            let outputs = self.outputs_of(input, example)?;
            let outputs = Cpu::new(Shape::matrix(1, outputs.len()), outputs);
            let target = targets.select(&[example]).ok_or(OracleError::MissingTarget { example })?;
            self.gradient_of(input, example, loss.signal(&outputs, &target)?.as_slice())
        };
        (0..input.shape().n).map(gradient).collect()
    }

    /// The gradient of every output of every example, `[N][C][P]`.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn output_gradients(&self, input: &Cpu<f64>) -> Result<Vec<Rows>, OracleError> {
        let classes = self.network.outputs();
        let row = |example: usize, output: usize| {
            let mut signal = vec![0.0; classes];
            signal[output] = 1.0;
            self.gradient_of(input, example, &signal)
        };
        (0..input.shape().n).map(|example| (0..classes).map(|output| row(example, output)).collect()).collect()
    }

    /// The gradient of `<signal_n, output_n>` for every example, `[N][P]`; `signal` is `N x 1 x 1 x C`.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn gradients(&self, input: &Cpu<f64>, signal: &Cpu<f64>) -> Result<Rows, OracleError> {
        (0..input.shape().n).map(|example| self.gradient_of(input, example, signal.example(example))).collect()
    }

    /// The gradient of the summed loss of all examples run as one batch, `[P]`: the only one there is with batch
    /// statistics.
    ///
    /// # Errors
    /// When shapes or targets do not fit.
    pub fn batch_gradient(&self, input: &Cpu<f64>, loss: Loss, targets: &Targets) -> Result<Vec<f64>, OracleError> {
        let tape = self.network.forward(self.parameters, self.buffers, input.clone(), self.mode)?;
        self.run(input.clone(), loss.signal(&tape.output, targets)?)
    }

    /// The losses of all examples run as one batch.
    ///
    /// # Errors
    /// When shapes or targets do not fit.
    pub fn batch_losses(&self, input: &Cpu<f64>, loss: Loss, targets: &Targets) -> Result<Vec<f64>, OracleError> {
        let tape = self.network.forward(self.parameters, self.buffers, input.clone(), self.mode)?;
        Ok(loss.per_example(&tape.output, targets)?)
    }

    /// The batch that an example is run in: the example alone. Only with dropout, whose mask depends on the place in
    /// the batch, the examples before it come along, and nothing is back-propagated to them.
    fn batch_of(&self, input: &Cpu<f64>, example: usize) -> Cpu<f64> {
        let first = if self.mode.dropout.is_some() { 0 } else { example };
        input.examples(first..example + 1)
    }

    fn outputs_of(&self, input: &Cpu<f64>, example: usize) -> Result<Vec<f64>, OracleError> {
        let batch = self.batch_of(input, example);
        let tape = self.network.forward(self.parameters, self.buffers, batch, self.mode)?;
        Ok(tape.output.example(tape.output.shape().n - 1).to_vec())
    }

    fn gradient_of(&self, input: &Cpu<f64>, example: usize, signal: &[f64]) -> Result<Vec<f64>, OracleError> {
        let batch = self.batch_of(input, example);
        let examples = batch.shape().n;
        let mut rows = vec![0.0; examples * signal.len()];
        rows[(examples - 1) * signal.len()..].copy_from_slice(signal);
        self.run(batch, Cpu::new(Shape::matrix(examples, signal.len()), rows))
    }

    fn run(&self, input: Cpu<f64>, signal: Cpu<f64>) -> Result<Vec<f64>, OracleError> {
        let tape = self.network.forward(self.parameters, self.buffers, input, self.mode)?;
        let mut gradients: Rows = self.parameters.iter().map(|p| vec![0.0; p.shape().len()]).collect();
        tape.backward(signal, false, &mut |parameter, factor| {
            gradients[parameter] = gradient_of_factor(&factor);
        })?;
        Ok(gradients.concat())
    }
}
