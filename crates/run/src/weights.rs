//! The arrays of a network as run directories keep them.

use consilience_nn::{Model, to_torch_order};
use consilience_record::Weight;
use consilience_tensor::{Shape, Tensor};

/// Parameters and buffers with names, shapes and layout as in PyTorch.
pub fn of(model: &Model<f32>) -> Vec<Weight> {
    let network = &model.network;
    let weight = |name: String, own: Shape, shape: Option<Vec<usize>>, values: &[f32]| Weight {
        name,
        shape: shape.unwrap_or_else(|| vec![own.len()]),
        values: to_torch_order(own, values),
    };
    let parameters = network.parameters().iter().zip(&model.parameters).enumerate().map(|(index, (named, values))| {
        weight(named.name.clone(), values.shape(), network.torch_shape(index), &values.values())
    });
    let buffers = network
        .buffers()
        .iter()
        .zip(&model.buffers)
        .map(|(named, values)| weight(named.name.clone(), values.shape(), None, &values.values()));
    parameters.chain(buffers).collect()
}
