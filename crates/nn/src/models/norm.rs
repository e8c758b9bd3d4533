use serde::{Deserialize, Serialize};

use super::LayerSpec;

/// The normalisation behind each convolution of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// Batch normalisation.
    #[default]
    Batch,
    /// Group normalisation with `min(32, channels / 2)` groups (the largest divisor of the channels up to that).
    Group,
    /// None; the convolutions then have a bias.
    None,
}

impl Norm {
    /// A square convolution and its normalisation. A convolution in front of a normalisation has no bias: the mean would
    /// take it out again.
    pub(super) fn conv(self, channels: usize, kernel: usize, stride: usize, padding: usize) -> Vec<LayerSpec> {
        let mut conv = LayerSpec::conv2d(channels, kernel, stride, padding);
        if let LayerSpec::Conv2d { bias, .. } = &mut conv {
            *bias = self == Self::None;
        }
        let norm = match self {
            Self::Batch => LayerSpec::BatchNorm2d {},
            Self::Group => LayerSpec::GroupNorm { groups: groups(channels) },
            Self::None => return vec![conv],
        };
        vec![conv, norm]
    }
}

fn groups(channels: usize) -> usize {
    let most = (channels / 2).clamp(1, 32);
    (1..=most).rev().find(|&groups| channels.is_multiple_of(groups)).unwrap_or(1)
}
