use consilience_nn::{Network, Op};

/// The unit roundoff of `f32`.
pub const SINGLE: f64 = 1.0 / (1 << 24) as f64;

/// Rounded operations on the longest path from the inputs to an entry of a per-example gradient: how much of the unit
/// roundoff first-order quantities may be off.
///
/// A sum of `K` products errs by at most `K u` of the sum of their magnitudes, whatever the order (Higham 2002, section
/// 3.1), and errors of consecutive layers add up to first order. Per layer, `K` is:
///
/// * a weight: the inputs of an output forwards, the outputs of an input backwards, the positions its own gradient is
///   summed over, and one for the bias;
/// * a normalisation: the numbers of one example, for the mean and the variance, forwards and backwards;
/// * pooling: the pixels of its input, forwards and backwards;
/// * a non-linearity: eight, for elementary functions that err by a few units.
///
/// Both branches of a residual block are counted. Measured errors lie far below, as most roundings cancel.
pub fn longest_path(network: &Network) -> f64 {
    let mut total = 16; // the loss
    for (index, node) in network.nodes().iter().enumerate() {
        let Op::Layer { layer, input } = &node.op else {
            total += 1;
            continue;
        };
        let before = if *input == 0 { network.input() } else { network.nodes()[*input - 1].output };
        let owned = network.parameters().iter().find(|parameter| parameter.node == index);
        total += match (layer.kind(), owned) {
            ("linear" | "conv2d", Some(weight)) => {
                let shape = weight.spec.shape;
                shape.per_example() + shape.n * shape.positions() + node.output.positions() + 1
            }
            (_, Some(_)) => 4 * before.per_example() + 8,
            ("max_pool2d" | "avg_pool2d" | "global_avg_pool", _) => 2 * before.positions(),
            _ => 8,
        };
    }
    total as f64
}
