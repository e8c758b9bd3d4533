use serde::{Deserialize, Serialize};

use super::dropout::{dropout, is_left_out};
use super::{LayerSpec, Norm};

/// ResNet-18 (He et al. 2016) in its form for CIFAR: a 3x3 convolution of stride 1 and no pooling at the start, then four
/// stages of two basic blocks with 1, 2, 4 and 8 times `width` channels, global average pooling and a linear layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResNet18 {
    /// The normalisation behind each convolution.
    pub norm: Norm,
    /// The channels of the first stage.
    pub width: usize,
}

impl Default for ResNet18 {
    fn default() -> Self {
        Self { norm: Norm::Batch, width: 64 }
    }
}

/// ResNet-20 (He et al. 2016, section 4.2): a 3x3 convolution, three stages of three basic blocks with 1, 2 and 4 times
/// `width` channels, global average pooling and a linear layer. Where a shortcut changes shape it is a 1x1 convolution
/// (option B; the paper's own CIFAR networks pad with zeros).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResNet20 {
    /// The normalisation behind each convolution.
    pub norm: Norm,
    /// The channels of the first stage.
    pub width: usize,
    /// The dropout probability before the linear layer; 0, the default, leaves the dropout layer out.
    #[serde(skip_serializing_if = "is_left_out")]
    pub dropout: f64,
}

impl Default for ResNet20 {
    fn default() -> Self {
        Self { norm: Norm::Batch, width: 16, dropout: 0.0 }
    }
}

impl ResNet18 {
    pub(super) fn layers(self, outputs: usize) -> Vec<LayerSpec> {
        stages(self.norm, self.width, 4, 2, 0.0, outputs)
    }
}

impl ResNet20 {
    pub(super) fn layers(self, outputs: usize) -> Vec<LayerSpec> {
        stages(self.norm, self.width, 3, 3, self.dropout, outputs)
    }
}

fn stages(norm: Norm, width: usize, stages: u32, blocks: usize, p: f64, outputs: usize) -> Vec<LayerSpec> {
    let mut layers = norm.conv(width, 3, 1, 1);
    layers.push(LayerSpec::Relu {});
    for stage in 0..stages {
        let channels = width.saturating_mul(1 << stage);
        for block in 0..blocks {
            // every stage but the first halves the image and doubles the channels in its first block
            let halves = stage > 0 && block == 0;
            let stride = if halves { 2 } else { 1 };
            let mut main = norm.conv(channels, 3, stride, 1);
            main.push(LayerSpec::Relu {});
            main.extend(norm.conv(channels, 3, 1, 1));
            let short = if halves { norm.conv(channels, 1, 2, 0) } else { Vec::new() };
            layers.extend([LayerSpec::Residual { main, short }, LayerSpec::Relu {}]);
        }
    }
    layers.push(LayerSpec::GlobalAvgPool {});
    layers.extend(dropout(p));
    layers.push(LayerSpec::linear(outputs));
    layers
}
