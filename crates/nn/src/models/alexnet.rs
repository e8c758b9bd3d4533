use serde::{Deserialize, Serialize};

use super::LayerSpec;
use super::dropout::dropout;

/// AlexNet (Krizhevsky et al. 2012) as commonly adapted to small images: 3x3 convolutions of 1 (stride 2), 3, 6, 4 and 4 times
/// `width` channels, three 2x2 max-pools, and two hidden linear layers with dropout before each. Takes 28x28 and 32x32.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlexNet {
    /// The channels of the first convolution.
    pub width: usize,
    /// The width of the hidden linear layers.
    pub hidden: usize,
    /// The dropout probability before each of them; 0 leaves the dropout layers out.
    pub dropout: f64,
}

impl Default for AlexNet {
    fn default() -> Self {
        Self { width: 64, hidden: 4096, dropout: 0.5 }
    }
}

impl AlexNet {
    pub(super) fn layers(self, outputs: usize) -> Vec<LayerSpec> {
        let mut layers = Vec::new();
        for (times, stride, pool) in [(1, 2, true), (3, 1, true), (6, 1, false), (4, 1, false), (4, 1, true)] {
            layers.extend([LayerSpec::conv2d(self.width.saturating_mul(times), 3, stride, 1), LayerSpec::Relu {}]);
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
