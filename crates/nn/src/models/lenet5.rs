use consilience_tensor::Shape;
use serde::{Deserialize, Serialize};

use super::dropout::{dropout, is_left_out};
use super::{ActivationSpec, LayerSpec, PoolSpec};

/// LeNet-5 (1998) as it is commonly run today: 5x5 convolutions of 6 and 16 maps with pooling, then linear
/// layers of 120 and 84. Images under 32 pixels are padded by 2, so that 28x28 and 32x32 give the same 400 features.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeNet5 {
    /// The non-linearity; the original's was a scaled tanh.
    pub activation: ActivationSpec,
    /// The pooling; the original's was a scaled mean.
    pub pool: Pool,
    /// The dropout probability behind the non-linearity of each hidden linear layer; 0, the default, leaves the dropout layers
    /// out.
    #[serde(skip_serializing_if = "is_left_out")]
    pub dropout: f64,
}

/// A kind of pooling.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    /// The maximum.
    #[default]
    Max,
    /// The mean.
    Average,
}

impl LeNet5 {
    pub(super) fn layers(self, input: Shape, outputs: usize) -> Vec<LayerSpec> {
        let padding = if input.h < 32 { 2 } else { 0 };
        let activation = || self.activation.layer();
        let pool = || match self.pool {
            Pool::Max => LayerSpec::MaxPool2d(PoolSpec::square(2)),
            Pool::Average => LayerSpec::AvgPool2d(PoolSpec::square(2)),
        };
        let mut layers = vec![
            LayerSpec::conv2d(6, 5, 1, padding),
            activation(),
            pool(),
            LayerSpec::conv2d(16, 5, 1, 0),
            activation(),
            pool(),
            LayerSpec::Flatten {},
        ];
        for width in [120, 84] {
            layers.extend([LayerSpec::linear(width), activation()]);
            layers.extend(dropout(self.dropout));
        }
        layers.push(LayerSpec::linear(outputs));
        layers
    }
}
