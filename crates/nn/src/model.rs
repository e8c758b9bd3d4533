use consilience_tensor::{Cpu, Real, Tensor};

use crate::{Initialisation, Mode, Network, NetworkError, Precision, Tape};

/// A network with the numbers it runs on.
#[derive(Clone, Debug)]
pub struct Model<R: Real> {
    /// The structure.
    pub network: Network,
    /// The values of [`Network::parameters`].
    pub parameters: Vec<Cpu<R>>,
    /// The values of [`Network::buffers`].
    pub buffers: Vec<Cpu<R>>,
}

impl<R: Precision> Model<R> {
    /// Draws the parameters, and sets the buffers to their initial values.
    pub fn init(network: Network, initialisation: Initialisation, seed: u64) -> Self {
        let parameters = initialisation.parameters(&network, seed);
        let buffers = network.buffers().iter().map(|b| Cpu::full(b.spec.shape, b.spec.initial)).collect();
        Self { network, parameters, buffers }
    }

    /// As [`Network::forward`].
    ///
    /// # Errors
    /// As for [`Network::forward`].
    pub fn forward(&self, input: Cpu<R>, mode: Mode) -> Result<Tape<Cpu<R>>, NetworkError> {
        self.network.forward(&self.parameters, &self.buffers, input, mode)
    }

    /// As [`Network::predict`].
    ///
    /// # Errors
    /// As for [`Network::predict`].
    pub fn predict(&self, input: Cpu<R>) -> Result<Cpu<R>, NetworkError> {
        self.network.predict(&self.parameters, &self.buffers, input)
    }

    /// Makes the running statistics that a training pass computed the model's own.
    pub fn commit_buffers(&mut self, tape: &Tape<Cpu<R>>) {
        for (index, buffer) in &tape.new_buffers {
            self.buffers[*index] = buffer.clone();
        }
    }
}
