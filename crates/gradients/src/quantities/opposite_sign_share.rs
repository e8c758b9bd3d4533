use consilience_nn::Role;
use consilience_tensor::Real;

use super::{Description, Evidence, Needs, ParameterEvidence, Value, largest_tenth, ratio, value, value_per_parameter};

pub(crate) const DESCRIPTION: Description = Description {
    name: "opposite_sign_share",
    summary: "share of weights that have the opposite sign of their mean gradient",
    explanation: "Definition: over all weights w (not biases, scales or shifts) with w k != 0, the share with w k < 0, where k is the mean \
gradient of the weight over the batch. opposite_sign_share_top is the same over the tenth of the weights of largest magnitude. \
The gradient is that of the loss alone, at the values before the update.
Range: 0 to 1. Unrelated signs give 1/2.
Reading: a weight of opposite sign grows in magnitude; where learning the features before it makes its gradient larger, too, its \
GSNR rises. The paper sees more than half of the weights in that state, and nearly 80 % of the largest.
Undefined: when every weight or every gradient is exactly 0. Weights without a gradient (behind dead units, in front of constant \
inputs) are left out; opposite_sign_share_undefined is their share.
Cost: one sweep over the summed gradient. Also given for each weight matrix.
Source: Liu et al. 2020 (GSNR, arXiv 2001.07384), section 3.3 and figure 4b.",
    values: &[
        value_per_parameter("opposite_sign_share", "share of weights opposite in sign to their mean gradient"),
        value("opposite_sign_share_top", "share of the largest tenth of weights opposite in sign to their mean gradient"),
        value("opposite_sign_share_undefined", "share of weights without a gradient"),
    ],
    needs: Needs::SUM.union(Needs::PARAMETERS),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let weights = || evidence.parameters.iter().filter(|parameter| parameter.role == Role::Weight);
    let pairs: Vec<(f64, f64)> = weights().flat_map(pairs).collect();
    let whole = counts(pairs.iter().copied());
    let top = counts(largest_tenth(&pairs).into_iter());
    let share = |(opposite, same): (usize, usize)| ratio(opposite as f64, (opposite + same) as f64);
    let mut values = vec![("opposite_sign_share".to_owned(), share(whole))];
    for parameter in weights() {
        let pairs = self::pairs(parameter);
        values.push((format!("opposite_sign_share/{}", parameter.name), share(counts(pairs))));
    }
    let undefined = pairs.len() - whole.0 - whole.1;
    values.push(("opposite_sign_share_top".to_owned(), share(top)));
    values.push(("opposite_sign_share_undefined".to_owned(), ratio(undefined as f64, pairs.len() as f64)));
    values
}

/// Weights and their summed gradients.
fn pairs<R: Real>(parameter: &ParameterEvidence<'_, R>) -> impl Iterator<Item = (f64, f64)> {
    let (weights, gradients) = parameter.values.zip(parameter.sum).unwrap_or_default();
    weights.iter().zip(gradients).map(|(weight, gradient)| (weight.f64(), gradient.f64()))
}

/// How many have opposite signs, and how many the same.
fn counts(pairs: impl Iterator<Item = (f64, f64)>) -> (usize, usize) {
    pairs.fold((0, 0), |(opposite, same), (weight, gradient)| {
        // of signs, because a product may vanish
        let (positive, negative) = (weight > 0.0, weight < 0.0);
        let is_opposite = (positive && gradient < 0.0) || (negative && gradient > 0.0);
        let is_same = (positive && gradient > 0.0) || (negative && gradient < 0.0);
        (opposite + usize::from(is_opposite), same + usize::from(is_same))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ParameterReduced, Reduced};
    use consilience_nn::{Block, Network, layers::Linear};
    use consilience_tensor::{Cpu, Shape};

    #[test]
    fn by_hand() {
        let network = Network::new(Shape::vector(20), &[Block::layer(Linear::new(20, 1))]).unwrap();
        // the two largest of twenty weights are opposite to their gradients, and 3 of the others; 4 have no gradient
        let weight = |i: usize| if i < 2 { -100.0 - i as f64 } else { 1.0 + i as f64 };
        let gradient = |i: usize| match i {
            0 | 1 => 1e-200,
            2..=4 => -1.0,
            5..=8 => 0.0,
            _ => 1.0,
        };
        let values =
            [Cpu::new(Shape::matrix(1, 20), (0..20).map(weight).collect()), Cpu::new(Shape::vector(1), vec![1.0])];
        let of = |sum: Cpu<f64>| ParameterReduced { sum: Some(sum), ..ParameterReduced::default() };
        let sum = Cpu::new(Shape::matrix(1, 20), (0..20).map(gradient).collect());
        let bias = Cpu::new(Shape::vector(1), vec![-1.0]);
        let reduced = Reduced { examples: 3, parameters: vec![of(sum), of(bias)] };
        let got = read(&Evidence::new(&network, &reduced).with_parameters(&values));
        let expected = [
            ("opposite_sign_share", 5.0 / 16.0),
            ("opposite_sign_share/0.weight", 5.0 / 16.0),
            ("opposite_sign_share_top", 1.0),
            ("opposite_sign_share_undefined", 0.2),
        ];
        assert_eq!(got, expected.map(|(name, value)| (name.to_owned(), Some(value))));
    }
}
