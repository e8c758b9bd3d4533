use consilience_tensor::Shape;
use serde::{Deserialize, Serialize};

use super::LayerSpec;

/// Logistic regression: one linear layer on the flattened example (with the hinge loss, a linear support vector machine).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {}

pub(super) fn layers(input: Shape, outputs: usize) -> Vec<LayerSpec> {
    let mut layers = flatten(input);
    layers.push(LayerSpec::linear(outputs));
    layers
}

/// A flatten layer where there is something to flatten.
pub(super) fn flatten(input: Shape) -> Vec<LayerSpec> {
    if input.positions() == 1 { Vec::new() } else { vec![LayerSpec::Flatten {}] }
}
