use std::sync::Arc;

use consilience_tensor::{Shape, Window};

use super::LayerSpec;
use crate::layers::{
    Activate, AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, GlobalAvgPool, GroupNorm, LayerNorm, Linear, MaxPool2d,
};
use crate::{AnyLayer, Block, Network, NetworkError};

/// The network of a description.
pub(super) fn network(input: Shape, layers: &[LayerSpec]) -> Result<Network, NetworkError> {
    if input.is_empty() {
        return Err(NetworkError::Description(format!(
            "expected examples of at least one pixel and channel, got {}x{}x{} (height x width x channels)",
            input.h, input.w, input.c
        )));
    }
    let (blocks, _) = Builder { dropouts: 0 }.sequence(layers, "", input)?;
    Network::new(input, &blocks)
}

/// Turns descriptions into layers, carrying the shape along so that each layer knows its input channels.
struct Builder {
    /// Dropout layers so far: the salt of the next.
    dropouts: u64,
}

impl Builder {
    fn sequence(
        &mut self,
        layers: &[LayerSpec],
        prefix: &str,
        mut shape: Shape,
    ) -> Result<(Vec<Block>, Shape), NetworkError> {
        let mut blocks = Vec::with_capacity(layers.len());
        for (place, spec) in layers.iter().enumerate() {
            let name = format!("{prefix}{place}");
            if let LayerSpec::Residual { main, short } = spec {
                let (main, main_shape) = self.sequence(main, &format!("{name}.main."), shape)?;
                let (short, _) = self.sequence(short, &format!("{name}.short."), shape)?;
                blocks.push(Block::Residual { main, short });
                shape = main_shape;
            } else {
                let layer = self.layer(spec, shape)?;
                let kind = layer.kind();
                shape =
                    layer.output_shape(shape).map_err(|source| NetworkError::Shape { layer: name, kind, source })?;
                blocks.push(Block::Layer(layer));
            }
        }
        Ok((blocks, shape))
    }

    fn layer(&mut self, spec: &LayerSpec, input: Shape) -> Result<Arc<dyn AnyLayer>, NetworkError> {
        if let Some(activation) = spec.activation() {
            return Ok(Arc::new(Activate(activation)));
        }
        Ok(match *spec {
            LayerSpec::Linear { features, bias } => {
                let linear = Linear::new(input.c, features);
                Arc::new(if bias { linear } else { linear.without_bias() })
            }
            LayerSpec::Conv2d { channels, kernel, stride, padding, groups, bias } => {
                let window = Window { kernel: kernel.get(), stride: stride.get(), padding: padding.get() };
                let conv = Conv2d::new(input.c, channels, window).with_groups(groups);
                Arc::new(if bias { conv } else { conv.without_bias() })
            }
            LayerSpec::BatchNorm2d {} => Arc::new(BatchNorm2d::new(input.c)),
            LayerSpec::GroupNorm { groups } => Arc::new(GroupNorm::new(groups, input.c)),
            LayerSpec::LayerNorm {} => Arc::new(LayerNorm::new(input.c)),
            LayerSpec::MaxPool2d(pool) => Arc::new(MaxPool2d(pool.window())),
            LayerSpec::AvgPool2d(pool) => Arc::new(AvgPool2d(pool.window())),
            LayerSpec::GlobalAvgPool {} => Arc::new(GlobalAvgPool),
            LayerSpec::Dropout { p } => {
                let salt = self.dropouts;
                self.dropouts += 1;
                Arc::new(Dropout::new(p, salt)?)
            }
            // activations and residual blocks were taken out above
            _ => Arc::new(Flatten),
        })
    }
}
