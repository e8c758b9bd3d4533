use consilience_tensor::{Cpu, Real, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::{Network, ParameterSpec, Role};

/// How parameters are drawn before training. `in` and `out` are the inputs per output and outputs per input of the layer's
/// weight, `kernel height * kernel width * channels` for a convolution. Scales of normalisations start at 1, shifts at 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Initialisation {
    /// Normal with variance `2 / (in + out)`; biases 0 (Glorot and Bengio 2010; also called Xavier).
    GlorotNormal,
    /// Uniform within `sqrt(6 / (in + out))`; biases 0 (Glorot and Bengio 2010; also called Xavier).
    GlorotUniform,
    /// Normal with variance `2 / in`; biases 0 (He et al. 2015; also called Kaiming).
    HeNormal,
    /// Uniform within `sqrt(6 / in)`; biases 0 (He et al. 2015; also called Kaiming).
    HeUniform,
    /// Normal with standard deviation `2 / sqrt(in + out)`; biases 0 (the code of Chatterjee 2020): `sqrt(2)` times Glorot
    /// normal.
    CoherentGradients,
    /// Uniform within `1 / sqrt(in)`, weights and biases: what PyTorch's linear layers and convolutions start from.
    #[default]
    TorchDefault,
}

impl Initialisation {
    /// Every initialisation.
    pub const ALL: [Self; 6] = [
        Self::GlorotNormal,
        Self::GlorotUniform,
        Self::HeNormal,
        Self::HeUniform,
        Self::CoherentGradients,
        Self::TorchDefault,
    ];

    /// The name, as in configuration files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GlorotNormal => "glorot_normal",
            Self::GlorotUniform => "glorot_uniform",
            Self::HeNormal => "he_normal",
            Self::HeUniform => "he_uniform",
            Self::CoherentGradients => "coherent_gradients",
            Self::TorchDefault => "torch_default",
        }
    }

    /// Draws every parameter of a network, each from its own stream of the seed: adding a layer at the end leaves the others
    /// as they were, and `f32` values are the rounded `f64` values.
    pub fn parameters<R: Real>(self, network: &Network, seed: u64) -> Vec<Cpu<R>> {
        let streams = (0_u64..).zip(network.parameters());
        streams
            .map(|(stream, parameter)| {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                random.set_stream(stream);
                Cpu::from_vec(parameter.spec.shape, self.draw(&parameter.spec, &mut random))
            })
            .collect()
    }

    fn draw<R: Real>(self, spec: &ParameterSpec, random: &mut ChaCha8Rng) -> Vec<R> {
        let (fan_in, fan_out) = (spec.fan_in.max(1) as f64, spec.fan_out as f64);
        let distribution = match (spec.role, self) {
            (Role::Scale, _) => Draw::Constant(1.0),
            (Role::Weight | Role::Bias, Self::TorchDefault) => Draw::Uniform(fan_in.sqrt().recip()),
            (Role::Shift | Role::Bias, _) => Draw::Constant(0.0),
            (Role::Weight, Self::GlorotNormal) => Draw::Normal((2.0 / (fan_in + fan_out)).sqrt()),
            (Role::Weight, Self::GlorotUniform) => Draw::Uniform((6.0 / (fan_in + fan_out)).sqrt()),
            (Role::Weight, Self::HeNormal) => Draw::Normal((2.0 / fan_in).sqrt()),
            (Role::Weight, Self::HeUniform) => Draw::Uniform((6.0 / fan_in).sqrt()),
            (Role::Weight, Self::CoherentGradients) => Draw::Normal(2.0 / (fan_in + fan_out).sqrt()),
        };
        (0..spec.shape.len()).map(|_| R::of(distribution.next(random))).collect()
    }
}

enum Draw {
    Constant(f64),
    Normal(f64),
    Uniform(f64),
}

impl Draw {
    fn next(&self, random: &mut ChaCha8Rng) -> f64 {
        match *self {
            Self::Constant(value) => value,
            Self::Normal(deviation) => {
                let standard: f64 = StandardNormal.sample(random);
                deviation * standard
            }
            Self::Uniform(bound) => bound * (2.0 * random.random::<f64>() - 1.0),
        }
    }
}
