//! Small networks as data: every layer with parameters, in every geometry it has, and every layer without, behind one
//! with.

use consilience_nn::layers::{
    Activate, AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, GlobalAvgPool, GroupNorm, LayerNorm, Linear, MaxPool2d,
};
use consilience_nn::losses::Targets;
use consilience_nn::{Block, Mode, Network, NetworkError, Role, Statistics};
use consilience_tensor::{Activation, Cpu, Shape, Window};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::Subject;

/// A network at a point. All numbers are representable in `f32`, so that both precisions start from the same point.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is, for messages.
    pub name: &'static str,
    /// The network.
    pub network: Network,
    /// How passes are run.
    pub mode: Mode,
    /// The parameters.
    pub parameters: Vec<Cpu<f64>>,
    /// The buffers.
    pub buffers: Vec<Cpu<f64>>,
}

impl Case {
    /// A network in evaluation mode, with random parameters.
    ///
    /// # Errors
    /// When the blocks do not fit.
    pub fn new(name: &'static str, input: Shape, blocks: &[Block]) -> Result<Self, NetworkError> {
        let network = Network::new(input, blocks)?;
        let mut rng = ChaCha8Rng::seed_from_u64(17);
        let parameters = network.parameters().iter().map(|parameter| {
            let spread = 1.0 / (parameter.spec.fan_in.max(1) as f64).sqrt();
            let centre = if parameter.spec.role == Role::Scale { 1.0 } else { 0.0 };
            numbers(parameter.spec.shape, || centre + spread * rng.random_range(-1.5..1.5))
        });
        let parameters = parameters.collect();
        // running variances are positive
        let buffers = network.buffers().iter().map(|buffer| numbers(buffer.spec.shape, || rng.random_range(0.3..1.5)));
        let buffers = buffers.collect();
        Ok(Self { name, network, mode: Mode::EVALUATION, parameters, buffers })
    }

    /// The same in another mode.
    #[must_use]
    pub fn in_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// A batch of random examples.
    pub fn batch(&self, examples: usize) -> Cpu<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(23);
        numbers(self.network.input().with_n(examples), || rng.random_range(-2.0..2.0))
    }

    /// A random class for each example.
    pub fn targets(&self, examples: usize) -> Targets {
        let mut rng = ChaCha8Rng::seed_from_u64(29);
        Targets::Classes((0..examples).map(|_| rng.random_range(0..self.network.outputs() as u32)).collect())
    }

    /// A random direction in parameter space.
    pub fn direction(&self, seed: u64) -> Vec<Cpu<f64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shapes = self.network.parameters().iter().map(|parameter| parameter.spec.shape);
        shapes.map(|shape| numbers(shape, || rng.random_range(-1.0..1.0))).collect()
    }

    /// What the oracle runs.
    pub fn subject(&self) -> Subject<'_> {
        Subject { network: &self.network, parameters: &self.parameters, buffers: &self.buffers, mode: self.mode }
    }
}

fn numbers(shape: Shape, mut draw: impl FnMut() -> f64) -> Cpu<f64> {
    Cpu::new(shape, (0..shape.len()).map(|_| f64::from(draw() as f32)).collect())
}

/// Every layer, in modes that keep examples independent.
///
/// # Errors
/// Never: the cases fit.
pub fn independent() -> Result<Vec<Case>, NetworkError> {
    let image = Shape::new(1, 6, 5, 4);
    let tokens = Shape::new(1, 5, 1, 4);
    let rectangle = Window { kernel: (3, 2), stride: (2, 1), padding: (1, 1) };
    let conv = |outputs| Block::layer(Conv2d::new(4, outputs, Window::square(3, 1, 1)));
    let head = |features| [Block::layer(Flatten), Block::layer(Linear::new(features, 3))];
    let behind_conv = |name, layer: Block, features: usize| {
        let [flatten, linear] = head(features);
        Case::new(name, image, &[conv(4), layer, flatten, linear])
    };
    let mut cases = vec![
        Case::new("linear", Shape::matrix(1, 5), &[Block::layer(Linear::new(5, 4))])?,
        Case::new("linear without bias", Shape::matrix(1, 5), &[Block::layer(Linear::new(5, 4).without_bias())])?,
        Case::new("linear on tokens", tokens, &[Block::layer(Linear::new(4, 3))])?,
        Case::new(
            "linear on tokens, twice",
            tokens,
            &[
                Block::layer(Linear::new(4, 18)),
                Block::layer(Activate(Activation::Gelu)),
                Block::layer(Linear::new(18, 17)),
                Block::layer(GlobalAvgPool),
            ],
        )?,
        Case::new("conv2d", image, &[conv(3)])?,
        Case::new("conv2d strided and padded", image, &[Block::layer(Conv2d::new(4, 3, rectangle))])?,
        Case::new(
            "conv2d in groups",
            image,
            &[Block::layer(Conv2d::new(4, 6, Window::square(2, 2, 0)).with_groups(2).without_bias())],
        )?,
        Case::new("conv2d depthwise", image, &[Block::layer(Conv2d::new(4, 4, rectangle).with_groups(4))])?,
        Case::new("conv2d of points, strided", image, &[Block::layer(Conv2d::new(4, 2, Window::square(1, 2, 0)))])?,
        Case::new(
            "conv2d with few positions",
            Shape::new(1, 2, 2, 12),
            &[Block::layer(Conv2d::new(12, 20, Window::square(3, 1, 1)))],
        )?,
        Case::new(
            "conv2d in groups with few positions",
            Shape::new(1, 2, 2, 12),
            &[Block::layer(Conv2d::new(12, 20, Window::square(3, 1, 1)).with_groups(2))],
        )?,
        Case::new("layer_norm", Shape::matrix(1, 5), &[Block::layer(LayerNorm::new(5))])?,
        Case::new("layer_norm on tokens", tokens, &[Block::layer(LayerNorm::new(4))])?,
        Case::new("group_norm", image, &[Block::layer(GroupNorm::new(2, 4))])?,
        Case::new("batch_norm2d frozen", image, &[Block::layer(BatchNorm2d::new(4))])?,
        behind_conv("group_norm behind conv2d", Block::layer(GroupNorm::new(2, 4)), 120)?,
        behind_conv("batch_norm2d frozen behind conv2d", Block::layer(BatchNorm2d::new(4)), 120)?,
        behind_conv("max_pool2d", Block::layer(MaxPool2d(Window::square(2, 2, 0))), 24)?,
        behind_conv("max_pool2d overlapping", Block::layer(MaxPool2d(Window::square(3, 2, 1))), 36)?,
        behind_conv("avg_pool2d", Block::layer(AvgPool2d(Window::square(2, 2, 0))), 24)?,
        behind_conv("avg_pool2d overlapping", Block::layer(AvgPool2d(rectangle)), 72)?,
        behind_conv("global_avg_pool", Block::layer(GlobalAvgPool), 4)?,
        behind_conv("dropout off", Block::layer(Dropout::new(0.5, 0)?), 120)?,
        behind_conv("dropout on", Block::layer(Dropout::new(0.5, 0)?), 120)?
            .in_mode(Mode { statistics: Statistics::Frozen, dropout: Some(3) }),
        Case::new(
            "residual",
            image,
            &[
                Block::Residual {
                    main: vec![
                        Block::layer(Conv2d::new(4, 6, Window::square(3, 2, 1))),
                        Block::layer(Activate(Activation::Tanh)),
                        Block::layer(GroupNorm::new(3, 6)),
                    ],
                    short: vec![Block::layer(Conv2d::new(4, 6, Window::square(1, 2, 0)))],
                },
                Block::Residual { main: vec![Block::layer(Activate(Activation::Silu))], short: vec![] },
                Block::layer(GlobalAvgPool),
                Block::layer(Linear::new(6, 2)),
            ],
        )?,
    ];
    let activations = [
        ("relu", Activation::Relu),
        ("tanh", Activation::Tanh),
        ("sigmoid", Activation::Sigmoid),
        ("gelu", Activation::Gelu),
        ("silu", Activation::Silu),
        ("softplus", Activation::Softplus),
    ];
    for (name, activation) in activations {
        let blocks = [
            Block::layer(Linear::new(5, 18)),
            Block::layer(Activate(activation)),
            Block::layer(Linear::new(18, 17)),
            Block::layer(Activate(activation)),
            Block::layer(Linear::new(17, 3)),
        ];
        cases.push(Case::new(name, Shape::matrix(1, 5), &blocks)?);
    }
    Ok(cases)
}

/// Batch normalisation with the statistics of the batch: only whole batches have gradients.
///
/// # Errors
/// Never: the cases fit.
pub fn coupled() -> Result<Vec<Case>, NetworkError> {
    let mode = Mode { statistics: Statistics::Batch, dropout: None };
    let plain = Case::new(
        "batch_norm2d",
        Shape::new(1, 4, 3, 2),
        &[
            Block::layer(Conv2d::new(2, 3, Window::square(3, 1, 1))),
            Block::layer(BatchNorm2d::new(3)),
            Block::layer(Activate(Activation::Softplus)),
            Block::layer(GlobalAvgPool),
            Block::layer(Linear::new(3, 2)),
        ],
    )?;
    let residual = Case::new(
        "batch_norm2d in a residual block",
        Shape::new(1, 3, 3, 2),
        &[
            Block::Residual {
                main: vec![
                    Block::layer(Conv2d::new(2, 2, Window::square(3, 1, 1))),
                    Block::layer(BatchNorm2d::new(2)),
                    Block::layer(Activate(Activation::Tanh)),
                ],
                short: vec![],
            },
            Block::layer(Flatten),
            Block::layer(Linear::new(18, 2)),
        ],
    )?;
    Ok(vec![plain.in_mode(mode), residual.in_mode(mode)])
}

/// Smooth networks of under a hundred parameters, small enough to differentiate in every one of them.
///
/// # Errors
/// Never: the cases fit.
pub fn tiny() -> Result<Vec<Case>, NetworkError> {
    let mlp = [
        Block::layer(Linear::new(3, 5)),
        Block::layer(Activate(Activation::Tanh)),
        Block::layer(Linear::new(5, 4)),
        Block::layer(Activate(Activation::Gelu)),
        Block::layer(Linear::new(4, 2)),
    ];
    let conv = [
        Block::layer(Conv2d::new(2, 4, Window { kernel: (3, 2), stride: (2, 1), padding: (1, 1) }).with_groups(2)),
        Block::layer(GroupNorm::new(2, 4)),
        Block::layer(Activate(Activation::Silu)),
        Block::layer(AvgPool2d(Window::square(2, 2, 0))),
        Block::layer(Flatten),
        Block::layer(Linear::new(8, 3)),
    ];
    let tokens = [
        Block::layer(Linear::new(3, 4).without_bias()),
        Block::layer(LayerNorm::new(4)),
        Block::layer(Activate(Activation::Sigmoid)),
        Block::layer(Linear::new(4, 4)),
        Block::layer(MaxPool2d(Window { kernel: (2, 1), stride: (1, 1), padding: (0, 0) })),
        Block::layer(GlobalAvgPool),
        Block::layer(Linear::new(4, 2)),
    ];
    let residual = [
        Block::layer(Conv2d::new(2, 3, Window::square(2, 1, 0)).without_bias()),
        Block::layer(BatchNorm2d::new(3)),
        Block::Residual {
            main: vec![
                Block::layer(Activate(Activation::Softplus)),
                Block::layer(Conv2d::new(3, 2, Window::square(2, 2, 1))),
                Block::layer(Dropout::new(0.25, 0)?),
            ],
            short: vec![Block::layer(Conv2d::new(3, 2, Window::square(1, 2, 0)))],
        },
        Block::layer(GlobalAvgPool),
        Block::layer(Linear::new(2, 3)),
    ];
    Ok(vec![
        Case::new("tiny multi-layer perceptron", Shape::matrix(1, 3), &mlp)?,
        Case::new("tiny convolution in groups", Shape::new(1, 5, 4, 2), &conv)?,
        Case::new("tiny network on tokens", Shape::new(1, 4, 1, 3), &tokens)?,
        Case::new("tiny residual network", Shape::new(1, 4, 4, 2), &residual)?
            .in_mode(Mode { statistics: Statistics::Frozen, dropout: Some(5) }),
    ])
}
