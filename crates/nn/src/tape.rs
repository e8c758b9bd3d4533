use consilience_tensor::Tensor;

use crate::layer::{Mode, Number, Saved};
use crate::network::Op;
use crate::{Factor, Network, NetworkError};

/// What a forward pass leaves for any number of backward passes: the network and the arrays that it ran with (clones, which
/// share their memory), its output, and what its layers saved.
#[derive(Clone, Debug)]
pub struct Tape<T> {
    /// The network's output, `n x 1 x 1 x outputs`.
    pub output: T,
    /// New values of buffers: index and array. Empty unless batch statistics were used.
    pub new_buffers: Vec<(usize, T)>,
    pub(crate) network: Network,
    pub(crate) parameters: Vec<T>,
    pub(crate) buffers: Vec<T>,
    pub(crate) mode: Mode,
    pub(crate) saved: Vec<Option<Saved<T>>>,
}

impl<T> Tape<T> {
    /// The network.
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// The parameters that it ran with.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The buffers that it ran with.
    pub fn buffers(&self) -> &[T] {
        &self.buffers
    }

    /// How the forward pass was run.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The same pass on another kind of number, such as the values of dual numbers.
    pub fn map<U>(&self, f: impl Fn(&T) -> U) -> Tape<U> {
        let saved = |saved: &Saved<T>| Saved {
            input: saved.input,
            tensors: saved.tensors.iter().map(&f).collect(),
            indices: saved.indices.clone(),
        };
        Tape {
            output: f(&self.output),
            new_buffers: self.new_buffers.iter().map(|(index, buffer)| (*index, f(buffer))).collect(),
            network: self.network.clone(),
            parameters: self.parameters.iter().map(&f).collect(),
            buffers: self.buffers.iter().map(&f).collect(),
            mode: self.mode,
            saved: self.saved.iter().map(|node| node.as_ref().map(saved)).collect(),
        }
    }

    /// The same pass with its parameters, numbered, handed through `f`, which must keep their shapes.
    #[must_use]
    pub fn map_parameters(mut self, f: impl Fn(usize, T) -> T) -> Self {
        self.parameters =
            self.parameters.into_iter().enumerate().map(|(index, parameter)| f(index, parameter)).collect();
        self
    }
}

impl<T: Number> Tape<T> {
    /// Back-propagates `signal` (`n x 1 x 1 x outputs`: the gradient of anything with respect to the outputs) and hands
    /// each parameter's factor to `visit` as soon as it exists, last layer first. Returns the gradient at the input when
    /// `input_grad`.
    ///
    /// The pass streams: what `visit` does not keep is dropped before the layer below is reached.
    ///
    /// # Errors
    /// When the signal has not the shape of the output.
    pub fn backward(
        &self,
        signal: T,
        input_grad: bool,
        visit: &mut dyn FnMut(usize, Factor<T>),
    ) -> Result<Option<T>, NetworkError> {
        self.backward_through(signal, input_grad, visit, &mut |_, gradient| gradient)
    }

    /// [`Tape::backward`] with the gradient at each value handed through `at` before it goes on into the node that made
    /// the value: what `at` returns goes on in its place. It is given the number of the value ([`Node`](crate::Node) counts them), last
    /// value first.
    ///
    /// # Errors
    /// As for [`Tape::backward`].
    pub fn backward_through(
        &self,
        signal: T,
        input_grad: bool,
        visit: &mut dyn FnMut(usize, Factor<T>),
        at: &mut dyn FnMut(usize, T) -> T,
    ) -> Result<Option<T>, NetworkError> {
        if signal.shape() != self.output.shape() {
            return Err(NetworkError::State {
                what: "signal",
                name: "at the output".into(),
                expected: self.output.shape().to_string(),
                got: signal.shape().to_string(),
            });
        }
        let (n, nodes) = (signal.shape().n, self.network.nodes());
        let mut signals: Vec<Option<T>> = vec![None; nodes.len() + 1];
        signals[nodes.len()] = Some(signal.reshape(self.network.value_shape(nodes.len()).with_n(n)));
        for (index, node) in nodes.iter().enumerate().rev() {
            let flows = node.passes_gradients_on() || input_grad;
            let Some(signal) = signals[index + 1].take() else { continue };
            let signal = at(index + 1, signal);
            match &node.op {
                Op::Layer { layer, input } => {
                    if !flows && node.parameters.is_empty() {
                        continue;
                    }
                    let Some(saved) = &self.saved[index] else { continue };
                    let state = node.state(&self.parameters, &self.buffers, self.mode);
                    let backward = T::layer(&**layer).backward(saved, state, signal, flows);
                    if let Some(gradient) = backward.input {
                        accumulate(&mut signals[*input], gradient);
                    }
                    for (parameter, factor) in node.parameters.clone().zip(backward.factors) {
                        visit(parameter, factor);
                    }
                }
                Op::Add { main, short } => {
                    if flows {
                        accumulate(&mut signals[*main], signal.clone());
                        accumulate(&mut signals[*short], signal);
                    }
                }
            }
        }
        Ok(signals[0].take())
    }

    /// The sum over examples of the gradients that `signal` gives, one array per parameter.
    ///
    /// # Errors
    /// As for [`Tape::backward`].
    pub fn gradient(&self, signal: T) -> Result<Vec<T>, NetworkError> {
        let mut sums: Vec<T> = self.parameters.iter().map(|parameter| T::full(parameter.shape(), 0.0)).collect();
        self.backward(signal, false, &mut |parameter, factor| sums[parameter] = factor.sum())?;
        Ok(sums)
    }
}

fn accumulate<T: Tensor>(slot: &mut Option<T>, gradient: T) {
    *slot = Some(match slot.take() {
        Some(sum) => sum.add(&gradient),
        None => gradient,
    });
}
