use serde::{Deserialize, Serialize};

use super::LayerSpec;
use super::dropout::dropout;

/// AlexNet (Krizhevsky et al. 2012) as commonly adapted to small images: 3x3 convolutions of 64 (stride 2), 192, 384, 256
/// and 256 channels, three 2x2 max-pools, and two hidden linear layers with dropout before each. Takes 28x28 and 32x32.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlexNet {
    /// The width of the hidden linear layers.
    pub hidden: usize,
    /// The dropout probability before each of them; 0 leaves the dropout layers out.
    pub dropout: f64,
}

impl Default for AlexNet {
    fn default() -> Self {
        Self { hidden: 4096, dropout: 0.5 }
    }
}

impl AlexNet {
    pub(super) fn layers(self, outputs: usize) -> Vec<LayerSpec> {
        let mut layers = Vec::new();
        for (channels, stride, pool) in
            [(64, 2, true), (192, 1, true), (384, 1, false), (256, 1, false), (256, 1, true)]
        {
            layers.extend([LayerSpec::conv2d(channels, 3, stride, 1), LayerSpec::Relu {}]);
            if pool {
                layers.push(LayerSpec::max_pool2d(2));
            }
        }
        layers.push(LayerSpec::Flatten {});
        for _ in 0..2 {
            layers.extend(dropout(self.dropout));
            layers.extend([LayerSpec::linear(self.hidden), LayerSpec::Relu {}]);
        }
        layers.push(LayerSpec::linear(outputs));
        layers
    }
}
