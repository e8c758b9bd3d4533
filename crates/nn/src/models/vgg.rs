use serde::{Deserialize, Serialize};

use super::dropout::dropout;
use super::{LayerSpec, Norm};

/// VGG-11 (Simonyan and Zisserman 2015, column A) for 32x32 images, without normalisation and dropout, with the classifier
/// 512-512-512-outputs, as in the code of "Disentangling the mechanisms behind implicit regularization in SGD".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vgg11 {}

/// VGG-16 (Simonyan and Zisserman 2015, column D) with batch-norm for 32x32 images: torchvision's `vgg16_bn`, whose
/// classifier reads the single remaining pixel, and without the convolutions' biases, which batch-norm takes out again.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vgg16Bn {
    /// The normalisation behind each convolution.
    pub norm: Norm,
    /// The width of the hidden linear layers.
    pub hidden: usize,
    /// The dropout probability after each of them; 0 leaves the dropout layers out.
    pub dropout: f64,
}

impl Default for Vgg16Bn {
    fn default() -> Self {
        Self { norm: Norm::Batch, hidden: 4096, dropout: 0.5 }
    }
}

pub(super) fn vgg11(outputs: usize) -> Vec<LayerSpec> {
    let mut layers = features(Norm::None, &[&[64], &[128], &[256, 256], &[512, 512], &[512, 512]]);
    layers.extend(classifier(512, 0.0, outputs));
    layers
}

impl Vgg16Bn {
    pub(super) fn layers(self, outputs: usize) -> Vec<LayerSpec> {
        let stages: [&[usize]; 5] = [&[64; 2], &[128; 2], &[256; 3], &[512; 3], &[512; 3]];
        let mut layers = features(self.norm, &stages);
        layers.extend(classifier(self.hidden, self.dropout, outputs));
        layers
    }
}

/// Stages of 3x3 convolutions, each ended by a 2x2 max-pool.
fn features(norm: Norm, stages: &[&[usize]]) -> Vec<LayerSpec> {
    let mut layers = Vec::new();
    for stage in stages {
        for &channels in *stage {
            layers.extend(norm.conv(channels, 3, 1, 1));
            layers.push(LayerSpec::Relu {});
        }
        layers.push(LayerSpec::max_pool2d(2));
    }
    layers
}

fn classifier(hidden: usize, p: f64, outputs: usize) -> Vec<LayerSpec> {
    let mut layers = vec![LayerSpec::Flatten {}];
    for _ in 0..2 {
        layers.extend([LayerSpec::linear(hidden), LayerSpec::Relu {}]);
        layers.extend(dropout(p));
    }
    layers.push(LayerSpec::linear(outputs));
    layers
}
