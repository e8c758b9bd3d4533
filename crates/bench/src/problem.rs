//! Networks, weights and data of the workloads: the same as those that the other packages are timed on.

use anyhow::Result;
use clap::ValueEnum;
use consilience_nn::losses::{Loss, Targets};
use consilience_nn::models::{Custom, LayerSpec, Mlp, ModelSpec};
use consilience_nn::{Model, Role};
use consilience_tensor::{Cpu, Shape};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The loss of every workload.
pub const LOSS: Loss = Loss::SoftmaxCrossEntropy;
/// The learning rate of every step.
pub const LEARNING_RATE: f64 = 0.1;
/// W4: the ridge of the log-determinant, as a share of the kernel's mean eigenvalue.
pub const RIDGE: f64 = 1e-3;
/// W5: the weight of the kernel's trace.
pub const ALPHA: f64 = 1e-3;
/// W6: the weight of the squared gradient norm.
pub const LAMBDA: f64 = 1e-2;
/// W10: the weight of every penalty.
pub const PENALTY_WEIGHT: f64 = 1e-3;
/// W6, W10: the length of the finite-difference step: short enough to cross hardly a kink of the rectifiers, long enough for single
/// precision.
pub const DIFFERENCE_STEP: f64 = 1e-5;

/// How large the networks are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Size {
    /// The networks that are timed.
    Bench,
    /// Tiny networks of the same kinds.
    Small,
}

/// A network of the workloads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Net {
    /// 784-2048-10.
    Mlp1,
    /// 784-256-256-256-10.
    Mlp3,
    /// Convolutions of 20 and 50 maps of 5x5, then 800-200-10.
    Cnn,
    /// LeNet-5.
    Lenet,
    /// ResNet-18 for CIFAR with batch-norm.
    ResnetBatch,
    /// ResNet-18 for CIFAR with group-norm.
    ResnetGroup,
}

/// A network with weights, and a batch.
#[derive(Clone, Debug)]
pub struct Problem {
    pub model: Model<f32>,
    pub input: Cpu<f32>,
    pub targets: Targets,
}

impl Problem {
    /// The number of examples, `N`.
    pub fn examples(&self) -> usize {
        self.targets.len()
    }
}

/// W3: examples of the data set, and of the chunks in which it is passed through.
pub const fn data_set(size: Size) -> (usize, usize) {
    match size {
        Size::Bench => (3750, 125),
        Size::Small => (48, 16),
    }
}

impl Net {
    /// The network with random weights and a random batch; `examples` of them, or the network's usual number.
    ///
    /// # Errors
    /// When the network cannot be built.
    pub fn problem(self, size: Size, examples: Option<usize>) -> Result<Problem> {
        let (spec, input, classes, batch) = self.describe(size);
        let network = spec.build(input, classes)?;
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let parameters = network.parameters().iter().map(|parameter| {
            let (shape, bound) = (parameter.spec.shape, (parameter.spec.fan_in.max(1) as f32).sqrt().recip());
            draw(shape, || match parameter.spec.role {
                Role::Weight => uniform(&mut random, 1.6 * bound),
                Role::Bias => uniform(&mut random, bound),
                Role::Scale => 1.0 + 0.1 * normal(&mut random),
                Role::Shift => 0.1 * normal(&mut random),
            })
        });
        let parameters = parameters.collect();
        let buffers = network.buffers().iter().map(|buffer| {
            draw(buffer.spec.shape, || match buffer.spec.name {
                "running_var" => 1.0 + uniform(&mut random, 0.5),
                _ => 0.1 * normal(&mut random),
            })
        });
        let buffers = buffers.collect();
        let examples = examples.unwrap_or(batch);
        let input = draw(input.with_n(examples), || normal(&mut random));
        let targets = Targets::Classes((0..examples).map(|_| random.random_range(0..classes as u32)).collect());
        Ok(Problem { model: Model { network, parameters, buffers }, input, targets })
    }

    /// The network, the shape of an example, the classes and the batch size.
    fn describe(self, size: Size) -> (ModelSpec, Shape, usize, usize) {
        let mlp = |widths: &[usize]| ModelSpec::Mlp(Mlp { widths: widths.to_vec(), ..Mlp::default() });
        let custom = |layers| ModelSpec::Custom(Custom { layers });
        let image = |side, channels| Shape::new(1, side, side, channels);
        match (self, size) {
            (Self::Mlp1, Size::Bench) => (mlp(&[2048]), Shape::vector(784), 10, 100),
            (Self::Mlp1, Size::Small) => (mlp(&[16]), Shape::vector(12), 5, 10),
            (Self::Mlp3, Size::Bench) => (mlp(&[256; 3]), Shape::vector(784), 10, 100),
            (Self::Mlp3, Size::Small) => (mlp(&[8; 3]), Shape::vector(12), 5, 40),
            (Self::Cnn, Size::Bench) => {
                (custom(convolutional([(20, 5, 0), (50, 5, 0)], &[200, 10])), image(28, 1), 10, 128)
            }
            (Self::Cnn, Size::Small) => (custom(convolutional([(3, 3, 0), (4, 2, 0)], &[9, 4])), image(12, 1), 4, 16),
            (Self::Lenet, Size::Bench) => {
                (custom(convolutional([(6, 5, 2), (16, 5, 0)], &[120, 84, 10])), image(28, 1), 10, 128)
            }
            (Self::Lenet, Size::Small) => {
                (custom(convolutional([(3, 3, 1), (4, 3, 0)], &[12, 8, 4])), image(12, 1), 4, 8)
            }
            (Self::ResnetBatch | Self::ResnetGroup, Size::Bench) => {
                (custom(residual(self, &[64, 128, 256, 512], 2, 10)), image(32, 3), 10, 128)
            }
            (Self::ResnetBatch | Self::ResnetGroup, Size::Small) => {
                (custom(residual(self, &[4, 6], 1, 4)), image(8, 3), 4, 8)
            }
        }
    }
}

/// Two convolutions (channels, kernel, padding), each with a rectifier and 2x2 max-pooling, then linear layers.
fn convolutional(convolutions: [(usize, usize, usize); 2], features: &[usize]) -> Vec<LayerSpec> {
    let mut layers = Vec::new();
    for (channels, kernel, padding) in convolutions {
        layers.extend([LayerSpec::conv2d(channels, kernel, 1, padding), LayerSpec::Relu {}, LayerSpec::max_pool2d(2)]);
    }
    layers.push(LayerSpec::Flatten {});
    for (place, &features) in features.iter().enumerate() {
        if place > 0 {
            layers.push(LayerSpec::Relu {});
        }
        layers.push(LayerSpec::linear(features));
    }
    layers
}

/// A residual network of basic blocks: a convolution, a stage per width, global average pooling, a linear layer.
fn residual(net: Net, widths: &[usize], blocks: usize, outputs: usize) -> Vec<LayerSpec> {
    let convolution = |channels: usize, kernel, stride, padding| {
        let mut convolution = LayerSpec::conv2d(channels, kernel, stride, padding);
        if let LayerSpec::Conv2d { bias, .. } = &mut convolution {
            *bias = false;
        }
        let norm = match net {
            Net::ResnetGroup => LayerSpec::GroupNorm { groups: (channels / 2).clamp(1, 32) },
            _ => LayerSpec::BatchNorm2d {},
        };
        [convolution, norm]
    };
    let mut layers = convolution(widths[0], 3, 1, 1).to_vec();
    layers.push(LayerSpec::Relu {});
    for (stage, &width) in widths.iter().enumerate() {
        for block in 0..blocks {
            let halves = stage > 0 && block == 0;
            let stride = if halves { 2 } else { 1 };
            let mut main = convolution(width, 3, stride, 1).to_vec();
            main.push(LayerSpec::Relu {});
            main.extend(convolution(width, 3, 1, 1));
            let short = if halves { convolution(width, 1, 2, 0).to_vec() } else { Vec::new() };
            layers.extend([LayerSpec::Residual { main, short }, LayerSpec::Relu {}]);
        }
    }
    layers.extend([LayerSpec::GlobalAvgPool {}, LayerSpec::Flatten {}, LayerSpec::linear(outputs)]);
    layers
}

fn draw(shape: Shape, mut next: impl FnMut() -> f32) -> Cpu<f32> {
    Cpu::new(shape, (0..shape.len()).map(|_| next()).collect())
}

fn uniform(random: &mut ChaCha8Rng, bound: f32) -> f32 {
    bound * (2.0 * random.random::<f32>() - 1.0)
}

fn normal(random: &mut ChaCha8Rng) -> f32 {
    StandardNormal.sample(random)
}

#[cfg(test)]
mod tests {
    use super::{Net, Size};

    #[test]
    fn the_networks_have_the_sizes_of_the_workloads() {
        // counted by hand from the layers
        let parameters = |net: Net| net.problem(Size::Bench, Some(1)).unwrap().model.network.parameter_count();
        assert_eq!(parameters(Net::Mlp1), 784 * 2048 + 2048 + 2048 * 10 + 10);
        assert_eq!(parameters(Net::Mlp3), 784 * 256 + 256 + 2 * (256 * 256 + 256) + 256 * 10 + 10);
        assert_eq!(parameters(Net::Cnn), 25 * 20 + 20 + 500 * 50 + 50 + 800 * 200 + 200 + 200 * 10 + 10);
        assert_eq!(parameters(Net::Lenet), 61_706);
        assert_eq!(parameters(Net::ResnetBatch), 11_173_962);
        assert_eq!(parameters(Net::ResnetGroup), 11_173_962);
    }

    #[test]
    fn a_batch_has_the_usual_number_of_examples() {
        let examples = |net: Net| net.problem(Size::Bench, None).unwrap().examples();
        assert_eq!([Net::Mlp1, Net::Mlp3, Net::Cnn, Net::Lenet].map(examples), [100, 100, 128, 128]);
    }
}
