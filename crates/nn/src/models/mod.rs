//! Networks by name, and by description. A named model writes a description, a list of [`LayerSpec`]; everything else follows
//! from there.

mod alexnet;
mod build;
mod dropout;
mod gsnr_cnn;
mod layer_spec;
mod lenet5;
mod logistic;
mod mlp;
mod norm;
mod resnet;
mod vgg;

pub use alexnet::AlexNet;
pub use gsnr_cnn::GsnrCnn;
pub use layer_spec::{ActivationSpec, LayerSpec, Pair, PoolSpec};
pub use lenet5::{LeNet5, Pool};
pub use logistic::Logistic;
pub use mlp::Mlp;
pub use norm::Norm;
pub use resnet::{ResNet18, ResNet20};
pub use vgg::{Vgg11, Vgg16Bn};

use consilience_tensor::Shape;
use serde::{Deserialize, Serialize};

use crate::{Network, NetworkError};

/// A model as configuration files write it: a `name`, and the options that the named model has.
///
/// ```
/// use consilience_nn::models::ModelSpec;
/// use consilience_tensor::Shape;
///
/// let spec: ModelSpec = toml::from_str("name = 'mlp'\nwidths = [256, 256, 256]").unwrap();
/// let network = spec.build(Shape::new(1, 28, 28, 1), 10).unwrap();
/// assert_eq!(network.parameter_count(), 784 * 256 + 256 + 2 * (256 * 256 + 256) + 256 * 10 + 10);
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelSpec {
    /// One linear layer.
    Logistic(Logistic),
    /// A multi-layer perceptron.
    Mlp(Mlp),
    /// LeNet-5.
    Lenet5(LeNet5),
    /// The convolutional network of the GSNR paper.
    GsnrCnn(GsnrCnn),
    /// AlexNet for small images.
    Alexnet(AlexNet),
    /// ResNet-18 in its form for CIFAR.
    Resnet18(ResNet18),
    /// ResNet-20.
    Resnet20(ResNet20),
    /// VGG-11 without normalisation and dropout.
    Vgg11(Vgg11),
    /// VGG-16 with batch-norm.
    Vgg16Bn(Vgg16Bn),
    /// Layers one by one.
    Custom(Custom),
}

/// A model written out layer by layer. The channels that each layer reads are inferred from the one before.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The layers, first to last.
    pub layers: Vec<LayerSpec>,
}

impl ModelSpec {
    /// The description for examples of shape `input` and the given number of outputs.
    pub fn layers(&self, input: Shape, outputs: usize) -> Vec<LayerSpec> {
        match self {
            Self::Logistic(_) => logistic::layers(input, outputs),
            Self::Mlp(mlp) => mlp.layers(input, outputs),
            Self::Lenet5(lenet5) => lenet5.layers(input, outputs),
            Self::GsnrCnn(cnn) => cnn.layers(outputs),
            Self::Alexnet(alexnet) => alexnet.layers(outputs),
            Self::Resnet18(resnet) => resnet.layers(outputs),
            Self::Resnet20(resnet) => resnet.layers(outputs),
            Self::Vgg11(_) => vgg::vgg11(outputs),
            Self::Vgg16Bn(vgg) => vgg.layers(outputs),
            Self::Custom(custom) => custom.layers.clone(),
        }
    }

    /// Builds the network for examples of shape `input` (its `n` is ignored) with `outputs` outputs (classes).
    ///
    /// # Errors
    /// When a layer cannot take what comes before it (naming the layer and the shape), an option makes no sense, or a custom
    /// model has another number of outputs.
    pub fn build(&self, input: Shape, outputs: usize) -> Result<Network, NetworkError> {
        let input = input.with_n(1);
        let network = build::network(input, &self.layers(input, outputs))?;
        if network.outputs() != outputs {
            return Err(NetworkError::Description(format!(
                "the model has {} outputs per example, the data need {outputs}; give the last layer {outputs} features",
                network.outputs()
            )));
        }
        Ok(network)
    }
}
