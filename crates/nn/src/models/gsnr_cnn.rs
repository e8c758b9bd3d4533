use serde::{Deserialize, Serialize};

use super::LayerSpec;

/// The network of the GSNR paper's experiments on MNIST (Liu et al. 2020, appendix A): 5x5 convolutions of `p` and
/// `q = int(2.5 p)` channels without padding, each with `relu` and 2x2 max-pooling, then linear layers `16 q` to `10 q` to the
/// outputs, for 28x28 images.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GsnrCnn {
    /// The channel number `p`.
    pub channels: usize,
}

impl Default for GsnrCnn {
    fn default() -> Self {
        Self { channels: 6 }
    }
}

impl GsnrCnn {
    pub(super) fn layers(self, outputs: usize) -> Vec<LayerSpec> {
        let q = self.channels.saturating_mul(5) / 2;
        vec![
            LayerSpec::conv2d(self.channels, 5, 1, 0),
            LayerSpec::Relu {},
            LayerSpec::max_pool2d(2),
            LayerSpec::conv2d(q, 5, 1, 0),
            LayerSpec::Relu {},
            LayerSpec::max_pool2d(2),
            LayerSpec::Flatten {},
            LayerSpec::linear(q.saturating_mul(10)),
            LayerSpec::Relu {},
            LayerSpec::linear(outputs),
        ]
    }
}
