use consilience_tensor::Shape;
use serde::{Deserialize, Serialize};

use super::dropout::{dropout, is_left_out};
use super::logistic::flatten;
use super::{ActivationSpec, LayerSpec};

/// A multi-layer perceptron: the flattened example, then linear layers with a non-linearity between them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mlp {
    /// The hidden widths, first to last. The default, three times 256, is that of section 3 of Coherent Gradients.
    pub widths: Vec<usize>,
    /// The non-linearity.
    pub activation: ActivationSpec,
    /// The dropout probability behind each non-linearity; 0, the default, leaves the dropout layers out.
    #[serde(skip_serializing_if = "is_left_out")]
    pub dropout: f64,
}

impl Default for Mlp {
    fn default() -> Self {
        Self { widths: vec![256; 3], activation: ActivationSpec::Relu, dropout: 0.0 }
    }
}

impl Mlp {
    pub(super) fn layers(&self, input: Shape, outputs: usize) -> Vec<LayerSpec> {
        let mut layers = flatten(input);
        for &width in &self.widths {
            layers.extend([LayerSpec::linear(width), self.activation.layer()]);
            layers.extend(dropout(self.dropout));
        }
        layers.push(LayerSpec::linear(outputs));
        layers
    }
}
