use std::collections::BTreeSet;

use consilience_nn::layers::{
    Activate, AvgPool2d, BatchNorm2d, Conv2d, Flatten, GlobalAvgPool, GroupNorm, LayerNorm, Linear, MaxPool2d,
};
use consilience_nn::losses::{Loss, Targets};
use consilience_nn::{Block, Mode, Network, Precision, Statistics, from_torch_order};
use consilience_tensor::{Activation, Cpu, Real, Shape, Window};
use serde_json::Value;

use crate::golden::file::Golden;
use crate::golden::index::Entry;

/// The loss of all golden numbers.
pub const LOSS: Loss = Loss::SoftmaxCrossEntropy;

/// One file's network and inputs, in this library's layout.
pub struct Case<R: Real> {
    pub network: Network,
    pub parameters: Vec<Cpu<R>>,
    pub buffers: Vec<Cpu<R>>,
    pub input: Cpu<R>,
    pub targets: Targets,
    pub classes: Vec<u32>,
    /// The direction of Hessian-vector products.
    pub direction: Vec<Cpu<R>>,
    pub mode: Mode,
    /// Names of the inputs that went into all this.
    pub inputs_read: BTreeSet<String>,
}

/// Builds the case, and notes where the index and the network disagree.
pub fn case<R: Precision>(entry: &Entry, golden: &Golden, failures: &mut Vec<String>) -> Case<R> {
    let shape = match *entry.input_shape.as_slice() {
        [features] => Shape::matrix(entry.batch, features),
        [channels, height, width] => Shape::new(entry.batch, height, width, channels),
        ref other => panic!("expected an input of one or three axes, got {other:?}"),
    };
    let network = Network::new(shape, &blocks(&entry.layers)).unwrap();
    let mut inputs_read = BTreeSet::new();
    let mut read = |name: String| {
        let values: Vec<R> = golden.values(&name).iter().map(|&x| R::of(x)).collect();
        inputs_read.insert(name);
        values
    };
    let mut shape_differs = |name: &str, listed: Option<&Vec<usize>>, own: Option<Vec<usize>>| {
        if listed != own.as_ref() {
            failures.push(format!("{name} has shape {listed:?} in the index and {own:?} in the network"));
        }
    };
    let mut flat = Vec::new();
    for (place, parameter) in network.parameters().iter().enumerate() {
        shape_differs(&parameter.name, entry.params.get(&parameter.name), network.torch_shape(place));
        flat.extend(read(format!("in/param/{}", parameter.name)));
    }
    let mut buffers = Vec::new();
    for buffer in network.buffers() {
        shape_differs(&buffer.name, entry.buffers.get(&buffer.name), Some(vec![buffer.spec.shape.len()]));
        buffers.push(Cpu::new(buffer.spec.shape, read(format!("in/buffer/{}", buffer.name))));
    }
    let input = Cpu::new(shape, from_torch_order(shape, &read("in/x".into())));
    let direction = network.from_torch_vector(&read("in/v".into())).unwrap();
    let classes: Vec<u32> = read("in/y".into()).iter().map(|class| class.f64() as u32).collect();
    if network.parameter_count() != entry.parameters || network.outputs() != entry.classes {
        failures.push(format!(
            "the network has {} parameters and {} outputs, the index says {} and {}",
            network.parameter_count(),
            network.outputs(),
            entry.parameters,
            entry.classes
        ));
    }
    let statistics = if entry.trains_batch_norm() { Statistics::Batch } else { Statistics::Frozen };
    Case {
        parameters: network.from_torch_vector(&flat).unwrap(),
        buffers,
        input,
        targets: Targets::Classes(classes.clone()),
        classes,
        direction,
        mode: Mode { statistics, dropout: None },
        inputs_read,
        network,
    }
}

fn blocks(layers: &[Value]) -> Vec<Block> {
    layers.iter().map(block).collect()
}

/// A layer written as `[kind, arguments...]`.
fn block(layer: &Value) -> Block {
    let parts = layer.as_array().unwrap_or_else(|| panic!("expected a layer as a list, got {layer}"));
    let kind = parts.first().and_then(Value::as_str).unwrap_or_else(|| panic!("expected a kind first in {layer}"));
    let number = |place: usize| -> usize {
        let number = parts.get(place).and_then(Value::as_u64);
        number.unwrap_or_else(|| panic!("expected a number at place {place} of {layer}")) as usize
    };
    let flag = |place: usize| parts.get(place).is_none_or(|flag| flag != &Value::Bool(false));
    let layers = |place: usize| -> Vec<Block> { blocks(parts[place].as_array().map_or(&[], Vec::as_slice)) };
    match kind {
        "linear" => {
            let linear = Linear::new(number(1), number(2));
            Block::layer(if flag(3) { linear } else { linear.without_bias() })
        }
        "conv" => {
            let conv = Conv2d::new(number(1), number(2), Window::square(number(3), number(4), number(5)));
            Block::layer(if flag(6) { conv } else { conv.without_bias() })
        }
        "bn" => Block::layer(BatchNorm2d::new(number(1))),
        "gn" => Block::layer(GroupNorm::new(number(1), number(2))),
        "ln" => Block::layer(LayerNorm::new(number(1))),
        "maxpool" => Block::layer(MaxPool2d(Window::square(number(1), number(1), 0))),
        "avgpool" => Block::layer(AvgPool2d(Window::square(number(1), number(1), 0))),
        "gap" => Block::layer(GlobalAvgPool),
        "flatten" => Block::layer(Flatten),
        "res" => Block::Residual { main: layers(1), short: layers(2) },
        "relu" => Block::layer(Activate(Activation::Relu)),
        "tanh" => Block::layer(Activate(Activation::Tanh)),
        "sigmoid" => Block::layer(Activate(Activation::Sigmoid)),
        "gelu" => Block::layer(Activate(Activation::Gelu)),
        "silu" => Block::layer(Activate(Activation::Silu)),
        "softplus" => Block::layer(Activate(Activation::Softplus)),
        _ => panic!("no layer of kind {kind}"),
    }
}
