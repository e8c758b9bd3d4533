use consilience_tensor::{Activation, Window};
use serde::{Deserialize, Serialize};

/// One layer of a description, as configuration files write it: `{ kind = "conv2d", channels = 20, kernel = 5 }`. The
/// channels or features that a layer reads are inferred.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LayerSpec {
    /// A linear map of the channels at every position.
    Linear {
        /// Outputs.
        features: usize,
        /// Whether a bias is added.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// A convolution.
    Conv2d {
        /// Output channels.
        channels: usize,
        /// Height and width of the window.
        kernel: Pair,
        /// Distance between windows.
        #[serde(default = "one")]
        stride: Pair,
        /// Zeros added on each side.
        #[serde(default = "zero")]
        padding: Pair,
        /// Groups the channels are split into.
        #[serde(default = "one_group")]
        groups: usize,
        /// Whether a bias is added.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Batch normalisation per channel.
    BatchNorm2d {},
    /// Group normalisation.
    GroupNorm {
        /// Groups the channels are split into.
        groups: usize,
    },
    /// Layer normalisation over the channels at every position.
    LayerNorm {},
    /// `max(0, x)`.
    Relu {},
    /// Hyperbolic tangent.
    Tanh {},
    /// The logistic function.
    Sigmoid {},
    /// `x Phi(x)`.
    Gelu {},
    /// `x sigmoid(x)`.
    Silu {},
    /// `log(1 + exp(x))`.
    Softplus {},
    /// The maximum over windows.
    #[serde(rename = "max_pool2d")]
    MaxPool2d(PoolSpec),
    /// The mean over windows.
    #[serde(rename = "avg_pool2d")]
    AvgPool2d(PoolSpec),
    /// The mean over all pixels.
    GlobalAvgPool {},
    /// A vector per example, in PyTorch's order.
    Flatten {},
    /// Dropout.
    Dropout {
        /// The probability of a zero.
        p: f64,
    },
    /// `main(x) + short(x)`.
    Residual {
        /// The main branch.
        main: Vec<LayerSpec>,
        /// The shortcut; empty is the identity.
        #[serde(default)]
        short: Vec<LayerSpec>,
    },
}

/// The window of a pooling layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSpec {
    /// Height and width of the window.
    pub kernel: Pair,
    /// Distance between windows; the kernel when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<Pair>,
    /// Padding on each side.
    #[serde(default = "zero")]
    pub padding: Pair,
}

/// One number for both directions, or (vertical, horizontal).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a whole number that is not negative, or a pair of them [vertical, horizontal]")]
pub enum Pair {
    /// The same in both directions.
    Both(usize),
    /// Vertical, horizontal.
    Each(usize, usize),
}

impl Pair {
    /// (vertical, horizontal).
    pub const fn get(self) -> (usize, usize) {
        match self {
            Self::Both(size) => (size, size),
            Self::Each(vertical, horizontal) => (vertical, horizontal),
        }
    }
}

impl PoolSpec {
    /// A square window that moves by its own size.
    pub const fn square(kernel: usize) -> Self {
        Self { kernel: Pair::Both(kernel), stride: None, padding: Pair::Both(0) }
    }

    pub(super) fn window(self) -> Window {
        let stride = self.stride.unwrap_or(self.kernel);
        Window { kernel: self.kernel.get(), stride: stride.get(), padding: self.padding.get() }
    }
}

/// The name of a non-linearity in a model's options.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActivationSpec {
    /// `max(0, x)`.
    #[default]
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// The logistic function.
    Sigmoid,
    /// `x Phi(x)`.
    Gelu,
    /// `x sigmoid(x)`.
    Silu,
    /// `log(1 + exp(x))`.
    Softplus,
}

impl ActivationSpec {
    /// The layer of a description.
    pub const fn layer(self) -> LayerSpec {
        match self {
            Self::Relu => LayerSpec::Relu {},
            Self::Tanh => LayerSpec::Tanh {},
            Self::Sigmoid => LayerSpec::Sigmoid {},
            Self::Gelu => LayerSpec::Gelu {},
            Self::Silu => LayerSpec::Silu {},
            Self::Softplus => LayerSpec::Softplus {},
        }
    }
}

impl LayerSpec {
    /// A linear layer with a bias.
    pub const fn linear(features: usize) -> Self {
        Self::Linear { features, bias: true }
    }

    /// A convolution with a square kernel and a bias.
    pub const fn conv2d(channels: usize, kernel: usize, stride: usize, padding: usize) -> Self {
        let (kernel, stride, padding) = (Pair::Both(kernel), Pair::Both(stride), Pair::Both(padding));
        Self::Conv2d { channels, kernel, stride, padding, groups: 1, bias: true }
    }

    /// A max-pool with a square window that moves by its own size.
    pub const fn max_pool2d(kernel: usize) -> Self {
        Self::MaxPool2d(PoolSpec::square(kernel))
    }

    /// The non-linearity that this is.
    pub(super) const fn activation(&self) -> Option<Activation> {
        Some(match self {
            Self::Relu {} => Activation::Relu,
            Self::Tanh {} => Activation::Tanh,
            Self::Sigmoid {} => Activation::Sigmoid,
            Self::Gelu {} => Activation::Gelu,
            Self::Silu {} => Activation::Silu,
            Self::Softplus {} => Activation::Softplus,
            _ => return None,
        })
    }
}

const fn yes() -> bool {
    true
}

const fn one_group() -> usize {
    1
}

const fn one() -> Pair {
    Pair::Both(1)
}

const fn zero() -> Pair {
    Pair::Both(0)
}
