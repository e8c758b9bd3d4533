use consilience_nn::Role;
use consilience_tensor::{Real, simd};
use rayon::prelude::*;

use super::largest_tenth::least_of_largest_tenth;
use super::{Description, Evidence, Needs, ParameterEvidence, Value, ratio, value, value_per_parameter};

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

/// How many weights have the opposite sign of their gradient, and how many the same.
#[derive(Clone, Copy, Default)]
struct Counts {
    opposite: usize,
    same: usize,
}

impl Counts {
    fn add(self, other: Self) -> Self {
        Self { opposite: self.opposite + other.opposite, same: self.same + other.same }
    }

    fn share(self) -> Option<f64> {
        ratio(self.opposite as f64, (self.opposite + self.same) as f64)
    }
}

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let weights: Vec<_> = evidence.parameters.iter().filter_map(weights_and_gradients).collect();
    // of no weights there is none that it could be
    let arrays: Vec<&[R]> = weights.iter().map(|(_, values, _)| *values).collect();
    let least = least_of_largest_tenth(&arrays).unwrap_or_default();
    let each: Vec<[Counts; 2]> = weights.iter().map(|(_, values, sum)| counts(values, sum, least)).collect();
    let [whole, top] = each
        .iter()
        .fold(Default::default(), |[whole, top]: [Counts; 2], [all, large]| [whole.add(*all), top.add(*large)]);
    let mut values = vec![("opposite_sign_share".to_owned(), whole.share())];
    for ((name, ..), [counts, _]) in weights.iter().zip(&each) {
        values.push((format!("opposite_sign_share/{name}"), counts.share()));
    }
    let all: usize = weights.iter().map(|(_, values, _)| values.len()).sum();
    let undefined = all - whole.opposite - whole.same;
    values.push(("opposite_sign_share_top".to_owned(), top.share()));
    values.push(("opposite_sign_share_undefined".to_owned(), ratio(undefined as f64, all as f64)));
    values
}

/// The name, the values and the summed gradient of a weight; `None` of other parameters.
fn weights_and_gradients<'a, R: Real>(parameter: &ParameterEvidence<'a, R>) -> Option<(&'a str, &'a [R], &'a [R])> {
    let (values, sum) = parameter.values.zip(parameter.sum)?;
    (parameter.role == Role::Weight).then_some((parameter.name, values, sum))
}

/// Of all weights, and of those whose magnitude is at least `least`.
fn counts<R: Real>(values: &[R], sum: &[R], least: R) -> [Counts; 2] {
    const CHUNK: usize = 1 << 15;
    let chunks = values.par_chunks(CHUNK).zip(sum.par_chunks(CHUNK));
    let counts = chunks.map(|(values, sum)| counts_of_chunk(values, sum, least));
    counts.reduce(Default::default, |[a, b], [c, d]| [a.add(c), b.add(d)])
}

fn counts_of_chunk<R: Real>(values: &[R], sum: &[R], least: R) -> [Counts; 2] {
    simd(
        #[inline(always)]
        || {
            let mut lanes = [Lanes::default(), Lanes::default()];
            let ((values, last_values), (sum, last_sum)) = (values.as_chunks::<LANES>(), sum.as_chunks::<LANES>());
            values.iter().zip(sum).for_each(|(values, sum)| add(&mut lanes, values, sum, least));
            add(&mut lanes, last_values, last_sum, least);
            lanes.map(Lanes::total)
        },
    )
}

/// Numbers that are looked at together.
const LANES: usize = 16;

/// Counts of the numbers that are looked at at the same place.
#[derive(Default)]
struct Lanes {
    opposite: [u32; LANES],
    same: [u32; LANES],
}

impl Lanes {
    fn total(self) -> Counts {
        let total = |lanes: [u32; LANES]| lanes.iter().map(|&count| count as usize).sum();
        Counts { opposite: total(self.opposite), same: total(self.same) }
    }
}

#[inline(always)]
fn add<R: Real>([all, large]: &mut [Lanes; 2], values: &[R], sum: &[R], least: R) {
    let all = all.opposite.iter_mut().zip(&mut all.same);
    let lanes = all.zip(large.opposite.iter_mut().zip(&mut large.same));
    for ((&weight, &gradient), ((opposite, same), (large_opposite, large_same))) in values.iter().zip(sum).zip(lanes) {
        // of signs, because a product may vanish
        let sign = |x: R| i32::from(x > R::zero()) - i32::from(x < R::zero());
        let product = sign(weight) * sign(gradient);
        let is_large = u32::from(weight.abs() >= least);
        *opposite += u32::from(product < 0);
        *same += u32::from(product > 0);
        *large_opposite += u32::from(product < 0) & is_large;
        *large_same += u32::from(product > 0) & is_large;
    }
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
