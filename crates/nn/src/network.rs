use std::ops::Range;
use std::sync::Arc;

use consilience_tensor::{Shape, Tensor};

use crate::layer::{AnyLayer, BufferSpec, Mode, Number, ParameterSpec, State};
use crate::{NetworkError, Tape};

/// A network: layers in the order in which they run, wired as a graph. It holds structure only; parameters and buffers are
/// arrays that the caller owns, so one network runs on every kind of number. Clones share it.
#[derive(Clone, Debug)]
pub struct Network(Arc<Wiring>);

#[derive(Debug)]
struct Wiring {
    input: Shape,
    nodes: Vec<Node>,
    parameters: Vec<Named<ParameterSpec>>,
    buffers: Vec<Named<BufferSpec>>,
}

/// A parameter or buffer with its full name, such as `3.main.0.weight`.
#[derive(Clone, PartialEq, Debug)]
pub struct Named<S> {
    /// The full name: the layer's name, a dot, the parameter's.
    pub name: String,
    /// Which node owns it.
    pub node: usize,
    /// What it is.
    pub spec: S,
}

/// One step of a network. Value 0 is the input; value `i + 1` is the output of node `i`.
#[derive(Clone, Debug)]
pub struct Node {
    /// The layer's name: its place, as in PyTorch's nested `Sequential`.
    pub name: String,
    /// What it does.
    pub op: Op,
    /// The shape of its output for one example.
    pub output: Shape,
    pub(crate) parameters: Range<usize>,
    buffers: Range<usize>,
    /// Whether some parameter lies before its inputs, so that gradients must flow on.
    upstream: bool,
}

impl Node {
    /// Whether a backward pass goes on to its inputs even when the gradient at the network's input is not asked for: some
    /// parameter lies before them.
    pub const fn passes_gradients_on(&self) -> bool {
        self.upstream
    }
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum Op {
    /// Applies a layer to a value.
    Layer {
        /// The layer.
        layer: Arc<dyn AnyLayer>,
        /// The value it reads.
        input: usize,
    },
    /// Adds two values: the end of a residual block.
    Add {
        /// The value of the main branch.
        main: usize,
        /// The value of the shortcut.
        short: usize,
    },
}

/// A layer, or layers composed: how networks are described to [`Network::new`].
#[derive(Clone, Debug)]
pub enum Block {
    /// One layer.
    Layer(Arc<dyn AnyLayer>),
    /// `main(x) + short(x)`; an empty shortcut is the identity.
    Residual {
        /// The main branch.
        main: Vec<Block>,
        /// The shortcut.
        short: Vec<Block>,
    },
}

impl Block {
    /// Wraps a layer.
    pub fn layer(layer: impl AnyLayer + 'static) -> Self {
        Self::Layer(Arc::new(layer))
    }
}

impl Network {
    /// Wires blocks in sequence for examples of shape `input` (its `n` is ignored), and checks every shape.
    ///
    /// # Errors
    /// When a layer cannot take what comes before it (naming the layer and the shape), or the branches of a residual block
    /// do not fit.
    pub fn new(input: Shape, blocks: &[Block]) -> Result<Self, NetworkError> {
        let mut wiring =
            Wiring { input: input.with_n(1), nodes: Vec::new(), parameters: Vec::new(), buffers: Vec::new() };
        wiring.sequence(blocks, "", 0)?;
        Ok(Self(Arc::new(wiring)))
    }

    /// The shape of one example.
    pub fn input(&self) -> Shape {
        self.0.input
    }

    /// The number of outputs (classes) per example.
    pub fn outputs(&self) -> usize {
        self.value_shape(self.nodes().len()).per_example()
    }

    /// The steps, in order.
    pub fn nodes(&self) -> &[Node] {
        &self.0.nodes
    }

    /// The parameters, in order: the order of flat vectors and of factors.
    pub fn parameters(&self) -> &[Named<ParameterSpec>] {
        &self.0.parameters
    }

    /// The buffers, in order.
    pub fn buffers(&self) -> &[Named<BufferSpec>] {
        &self.0.buffers
    }

    /// The total number of trainable numbers, `P`.
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().map(|p| p.spec.shape.len()).sum()
    }

    /// The first layer that, in the given mode, makes examples depend on each other: its name and kind. Per-example
    /// gradients exist only where this is `None`.
    pub fn coupling_layer(&self, mode: Mode) -> Option<(&str, &'static str)> {
        self.nodes().iter().find_map(|node| match &node.op {
            Op::Layer { layer, .. } if layer.couples_examples(mode) => Some((node.name.as_str(), layer.kind())),
            _ => None,
        })
    }

    /// Runs the network on a batch and keeps what backward passes need.
    ///
    /// # Errors
    /// When the batch is empty, its examples have another shape than the network was built for, or the parameters are not
    /// the network's.
    pub fn forward<T: Number>(
        &self,
        parameters: &[T],
        buffers: &[T],
        input: T,
        mode: Mode,
    ) -> Result<Tape<T>, NetworkError> {
        self.run(parameters, buffers, input, mode, true)
    }

    /// Runs the network on a batch in evaluation mode and returns its output only.
    ///
    /// # Errors
    /// As for [`Network::forward`].
    pub fn predict<T: Number>(&self, parameters: &[T], buffers: &[T], input: T) -> Result<T, NetworkError> {
        Ok(self.run(parameters, buffers, input, Mode::EVALUATION, false)?.output)
    }

    /// What every layer saves is on the tape when asked to `keep` it.
    fn run<T: Number>(
        &self,
        parameters: &[T],
        buffers: &[T],
        input: T,
        mode: Mode,
        keep: bool,
    ) -> Result<Tape<T>, NetworkError> {
        self.check(parameters, buffers, input.shape())?;
        let mut readers = self.readers();
        let mut values: Vec<Option<T>> = vec![None; self.nodes().len() + 1];
        let mut saved = Vec::with_capacity(self.nodes().len());
        let mut new_buffers = Vec::new();
        values[0] = Some(input);
        // the last reader takes the value itself, so that layers can work in place
        let mut read = |values: &mut Vec<Option<T>>, value: usize| {
            readers[value] -= 1;
            let array = if readers[value] == 0 { values[value].take() } else { values[value].clone() };
            array.expect("a value is read only after its node ran, and kept until its last reader")
        };
        for (index, node) in self.nodes().iter().enumerate() {
            let (output, kept) = match &node.op {
                Op::Layer { layer, input } => {
                    let input = read(&mut values, *input);
                    let forward = T::layer(&**layer).forward(input, node.state(parameters, buffers, mode));
                    new_buffers.extend(node.buffers.clone().zip(forward.buffers));
                    (forward.output, Some(forward.saved))
                }
                Op::Add { main, short } => {
                    let main = read(&mut values, *main);
                    let short = read(&mut values, *short);
                    (main.add(&short), None)
                }
            };
            saved.push(if keep { kept } else { None });
            values[index + 1] = Some(output);
        }
        let output = values.pop().flatten().expect("the last value is the output");
        let outputs = Shape::matrix(output.shape().n, output.shape().per_example());
        let (network, parameters, buffers) = (self.clone(), parameters.to_vec(), buffers.to_vec());
        Ok(Tape { output: output.reshape(outputs), new_buffers, network, parameters, buffers, mode, saved })
    }

    /// How many nodes read each value; the output has one reader more, the caller.
    fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.nodes().len() + 1];
        for node in self.nodes() {
            match node.op {
                Op::Layer { input, .. } => readers[input] += 1,
                Op::Add { main, short } => {
                    readers[main] += 1;
                    readers[short] += 1;
                }
            }
        }
        readers[self.nodes().len()] += 1;
        readers
    }

    pub(crate) fn value_shape(&self, value: usize) -> Shape {
        self.0.value_shape(value)
    }

    fn check<T: Tensor>(&self, parameters: &[T], buffers: &[T], input: Shape) -> Result<(), NetworkError> {
        if input.n == 0 {
            return Err(NetworkError::EmptyBatch);
        }
        if input.with_n(1) != self.input() {
            return Err(NetworkError::Input { expected: self.input(), got: input });
        }
        let names = self.parameters().iter().map(|p| (p.name.as_str(), p.spec.shape));
        check_state("parameter", names, parameters)?;
        check_state("buffer", self.buffers().iter().map(|b| (b.name.as_str(), b.spec.shape)), buffers)
    }
}

impl Wiring {
    fn sequence(&mut self, blocks: &[Block], prefix: &str, mut value: usize) -> Result<usize, NetworkError> {
        for (place, block) in blocks.iter().enumerate() {
            let name = format!("{prefix}{place}");
            value = match block {
                Block::Layer(layer) => self.push_layer(name, Arc::clone(layer), value)?,
                Block::Residual { main, short } => {
                    let from = value;
                    let main = self.sequence(main, &format!("{name}.main."), from)?;
                    let short = self.sequence(short, &format!("{name}.short."), from)?;
                    self.push_sum(name, main, short)?
                }
            };
        }
        Ok(value)
    }

    fn push_layer(&mut self, name: String, layer: Arc<dyn AnyLayer>, input: usize) -> Result<usize, NetworkError> {
        let output = layer.output_shape(self.value_shape(input)).map_err(|source| NetworkError::Shape {
            layer: name.clone(),
            kind: layer.kind(),
            source,
        })?;
        let node = self.nodes.len();
        let first_parameter = self.parameters.len();
        let first_buffer = self.buffers.len();
        for spec in layer.parameters() {
            self.parameters.push(Named { name: format!("{name}.{}", spec.name), node, spec });
        }
        for spec in layer.buffers() {
            self.buffers.push(Named { name: format!("{name}.{}", spec.name), node, spec });
        }
        self.nodes.push(Node {
            name,
            op: Op::Layer { layer, input },
            output: output.with_n(1),
            parameters: first_parameter..self.parameters.len(),
            buffers: first_buffer..self.buffers.len(),
            upstream: self.has_parameters_before(input),
        });
        Ok(self.nodes.len())
    }

    fn push_sum(&mut self, name: String, main: usize, short: usize) -> Result<usize, NetworkError> {
        let (main_shape, short_shape) = (self.value_shape(main), self.value_shape(short));
        if main_shape != short_shape {
            return Err(NetworkError::Residual { block: name, main: main_shape, short: short_shape });
        }
        let (parameters, buffers) = (self.parameters.len(), self.buffers.len());
        self.nodes.push(Node {
            name,
            op: Op::Add { main, short },
            output: main_shape,
            parameters: parameters..parameters,
            buffers: buffers..buffers,
            upstream: self.has_parameters_before(main) || self.has_parameters_before(short),
        });
        Ok(self.nodes.len())
    }

    fn value_shape(&self, value: usize) -> Shape {
        if value == 0 { self.input } else { self.nodes[value - 1].output }
    }

    fn has_parameters_before(&self, value: usize) -> bool {
        value > 0 && (self.nodes[value - 1].upstream || !self.nodes[value - 1].parameters.is_empty())
    }
}

impl Node {
    pub(crate) fn state<'a, T>(&self, parameters: &'a [T], buffers: &'a [T], mode: Mode) -> State<'a, T> {
        State { parameters: &parameters[self.parameters.clone()], buffers: &buffers[self.buffers.clone()], mode }
    }
}

fn check_state<'a, T: Tensor>(
    what: &'static str,
    names: impl ExactSizeIterator<Item = (&'a str, Shape)>,
    arrays: &[T],
) -> Result<(), NetworkError> {
    if names.len() != arrays.len() {
        let (expected, got) = (names.len().to_string(), arrays.len().to_string());
        return Err(NetworkError::State { what, name: "count".into(), expected, got });
    }
    for ((name, expected), array) in names.zip(arrays) {
        if expected != array.shape() {
            let (name, expected, got) = (name.to_owned(), expected.to_string(), array.shape().to_string());
            return Err(NetworkError::State { what, name, expected, got });
        }
    }
    Ok(())
}
