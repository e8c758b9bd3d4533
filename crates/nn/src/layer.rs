use std::fmt::Debug;

use consilience_tensor::{Cpu, Dual, Indices, Real, Shape, Tensor};

use crate::{Factor, ShapeError};

/// What normalisation layers standardise with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Statistics {
    /// The statistics of the batch in hand (training mode). Couples the examples of the batch, so per-example gradients do
    /// not exist.
    Batch,
    /// The running statistics, held fixed (evaluation mode).
    #[default]
    Frozen,
}

/// How a forward pass is run. The default is evaluation: frozen statistics, no dropout.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mode {
    /// What batch-norm standardises with.
    pub statistics: Statistics,
    /// The seed of this pass's dropout masks; `None` switches dropout off.
    pub dropout: Option<u64>,
}

impl Mode {
    /// Training: batch statistics, and dropout with the given seed.
    pub const fn training(dropout: u64) -> Self {
        Self { statistics: Statistics::Batch, dropout: Some(dropout) }
    }

    /// Evaluation: frozen statistics, no dropout.
    pub const EVALUATION: Self = Self { statistics: Statistics::Frozen, dropout: None };
}

/// What a parameter is for, which decides how it is initialised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The weight of a linear layer or convolution.
    Weight,
    /// A bias added to the output of a weight.
    Bias,
    /// The scale of a normalisation; starts at 1.
    Scale,
    /// The shift of a normalisation; starts at 0.
    Shift,
}

/// A parameter that a layer asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParameterSpec {
    /// The last part of its name: `weight` or `bias`, as in PyTorch.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// What it is for.
    pub role: Role,
    /// Inputs per output of the layer's weight, for initialisation.
    pub fan_in: usize,
    /// Outputs per input of the layer's weight, for initialisation.
    pub fan_out: usize,
}

/// An array that a layer keeps between passes and does not train, such as running statistics.
#[derive(Clone, PartialEq, Debug)]
pub struct BufferSpec {
    /// The last part of its name, as in PyTorch.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// The value every element starts from.
    pub initial: f64,
}

/// What a layer is, apart from the numbers it runs on.
pub trait Structure: Debug + Send + Sync {
    /// The name of the layer's kind, as in configuration files.
    fn kind(&self) -> &'static str;

    /// The parameters, in the order in which [`Layer::forward`] receives them and [`Layer::backward`] returns factors.
    fn parameters(&self) -> Vec<ParameterSpec> {
        Vec::new()
    }

    /// The buffers, in the order in which [`Layer::forward`] receives them.
    fn buffers(&self) -> Vec<BufferSpec> {
        Vec::new()
    }

    /// The shape of the output for one example (`n = 1`) of shape `input`.
    ///
    /// # Errors
    /// When the layer cannot take such an input.
    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError>;

    /// Whether, in the given mode, the output for one example depends on the others.
    fn couples_examples(&self, _mode: Mode) -> bool {
        false
    }
}

/// The arrays that a layer works with.
#[derive(Debug)]
pub struct State<'a, T> {
    /// The values of [`Structure::parameters`].
    pub parameters: &'a [T],
    /// The values of [`Structure::buffers`].
    pub buffers: &'a [T],
    /// How the pass is run.
    pub mode: Mode,
}

// derived, these would ask for a `T` that is `Copy`
impl<T> Clone for State<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for State<'_, T> {}

/// What a layer keeps from its forward pass for its backward pass.
#[derive(Clone, Debug)]
pub struct Saved<T> {
    /// The shape of the layer's input.
    pub input: Shape,
    /// Arrays, in an order that is the layer's own business.
    pub tensors: Vec<T>,
    /// Where pooled elements came from.
    pub indices: Option<Indices>,
}

impl<T> Saved<T> {
    /// Keeps arrays.
    pub fn tensors(input: Shape, tensors: impl Into<Vec<T>>) -> Self {
        Self { input, tensors: tensors.into(), indices: None }
    }
}

/// The result of a layer's forward pass.
#[derive(Clone, Debug)]
pub struct Forward<T> {
    /// The output.
    pub output: T,
    /// What the backward pass needs.
    pub saved: Saved<T>,
    /// The new values of all buffers, when the pass changes them; else empty.
    pub buffers: Vec<T>,
}

/// The result of a layer's backward pass.
#[derive(Clone, Debug)]
pub struct Backward<T> {
    /// The gradient at the input, when it was asked for.
    pub input: Option<T>,
    /// One factor per parameter, in their order.
    pub factors: Vec<Factor<T>>,
}

/// A layer on one kind of number. Implement it once, for every `T: Tensor`, using the trait's operations only: plain
/// training, per-example reductions and exact second derivatives then all follow.
pub trait Layer<T: Tensor>: Structure {
    /// The output for a batch.
    fn forward(&self, input: T, state: State<'_, T>) -> Forward<T>;

    /// The gradient at the input (when `input_grad`) and the factors of the parameters, from the gradient at the output.
    fn backward(&self, saved: &Saved<T>, state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T>;
}

/// A layer on every kind of number. Implemented for everything that implements [`Layer`] for all of them.
pub trait AnyLayer:
    Structure + Layer<Cpu<f32>> + Layer<Cpu<f64>> + Layer<Dual<Cpu<f32>>> + Layer<Dual<Cpu<f64>>>
{
}

impl<L> AnyLayer for L where
    L: Structure + Layer<Cpu<f32>> + Layer<Cpu<f64>> + Layer<Dual<Cpu<f32>>> + Layer<Dual<Cpu<f64>>>
{
}

/// The real numbers that networks run on: `f32` and `f64`. With it come [`Cpu`] and [`Dual`] arrays as [`Number`]s.
pub trait Precision: Real {
    /// The layer on plain arrays.
    fn plain(layer: &dyn AnyLayer) -> &dyn Layer<Cpu<Self>>;

    /// The layer on dual numbers.
    fn dual(layer: &dyn AnyLayer) -> &dyn Layer<Dual<Cpu<Self>>>;
}

macro_rules! precisions {
    ($($real:ty),*) => {$(
        impl Precision for $real {
            fn plain(layer: &dyn AnyLayer) -> &dyn Layer<Cpu<Self>> {
                layer
            }

            fn dual(layer: &dyn AnyLayer) -> &dyn Layer<Dual<Cpu<Self>>> {
                layer
            }
        }
    )*};
}

precisions!(f32, f64);

/// Arrays that networks run on.
pub trait Number: Tensor {
    /// The layer as seen by this kind of array.
    fn layer(layer: &dyn AnyLayer) -> &dyn Layer<Self>;
}

impl<R: Precision> Number for Cpu<R> {
    fn layer(layer: &dyn AnyLayer) -> &dyn Layer<Self> {
        R::plain(layer)
    }
}

impl<R: Precision> Number for Dual<Cpu<R>> {
    fn layer(layer: &dyn AnyLayer) -> &dyn Layer<Self> {
        R::dual(layer)
    }
}
