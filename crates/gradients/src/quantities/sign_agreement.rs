use consilience_tensor::{Real, simd};

use super::{Description, Evidence, Needs, Value, ratio, value, value_per_parameter};
use crate::Signs;

pub(crate) const DESCRIPTION: Description = Description {
    name: "sign_agreement",
    summary: "share of examples whose gradient has the more frequent sign, mean over parameters",
    explanation: "Definition: for each number of the parameters max(#+, #-) / (#+ + #-), with #+ and #- the examples of the batch whose \
gradient is positive or negative there; the mean over all numbers for which it is defined. Called p_same_sign in the paper.
Range: 0.5 to 1. Random signs among n examples give about 0.5 + 0.4 / sqrt(n), not 0.5.
Reading: 1 means that all examples want to move a number in the same direction.
Undefined: for a number to which no example has a gradient (behind a dead unit); gradients of exactly zero are left out of \
the counts, or dead units would count as agreement. sign_agreement_undefined is the share of such numbers.
Cost: counting signs, one product of sign matrices per linear layer. Also given for each parameter.
Source: Liu et al. 2020 (GSNR), section 3 and figure 2.",
    values: &[
        value_per_parameter("sign_agreement", "sign agreement (share of examples)"),
        value("sign_agreement_undefined", "share of parameters without any gradient"),
    ],
    needs: Needs::SIGNS,
};

/// The sum of the agreement of the numbers for which it is defined, how many they are, and how many there are.
#[derive(Default)]
struct Agreement {
    sum: f64,
    defined: usize,
    all: usize,
}

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let each: Option<Vec<Agreement>> =
        evidence.parameters.iter().map(|parameter| parameter.signs.map(agreement::<R>)).collect();
    let mut whole = Agreement::default();
    for part in each.iter().flatten() {
        whole.sum += part.sum;
        whole.defined += part.defined;
        whole.all += part.all;
    }
    let mean = |a: &Agreement| ratio(a.sum, a.defined as f64);
    let mut values = vec![("sign_agreement".to_owned(), mean(&whole))];
    for (parameter, part) in evidence.parameters.iter().zip(each.iter().flatten()) {
        values.push((format!("sign_agreement/{}", parameter.name), mean(part)));
    }
    values.push(("sign_agreement_undefined".to_owned(), ratio((whole.all - whole.defined) as f64, whole.all as f64)));
    values
}

fn agreement<R: Real>(signs: &Signs) -> Agreement {
    let (sum, defined) = simd(
        #[inline(always)]
        || {
            let mut lanes = Lanes::default();
            let (positive, last_positive) = signs.positive.as_chunks::<LANES>();
            let (negative, last_negative) = signs.negative.as_chunks::<LANES>();
            positive.iter().zip(negative).for_each(|(positive, negative)| add::<R>(&mut lanes, positive, negative));
            add::<R>(&mut lanes, last_positive, last_negative);
            (lanes.sums.iter().sum(), lanes.defined.iter().map(|&count| count as usize).sum())
        },
    );
    Agreement { sum, defined, all: signs.positive.len() }
}

/// Numbers that are looked at together.
const LANES: usize = 16;

/// The sums and the numbers of the shares that are defined, at each place of the numbers that are looked at together.
#[derive(Default)]
struct Lanes {
    sums: [f64; LANES],
    defined: [u32; LANES],
}

/// The shares are of the precision of the gradients, their sum is of double precision.
#[inline(always)]
fn add<R: Real>(lanes: &mut Lanes, positive: &[u32], negative: &[u32]) {
    let lanes = lanes.sums.iter_mut().zip(&mut lanes.defined);
    for ((&positive, &negative), (sum, defined)) in positive.iter().zip(negative).zip(lanes) {
        // of no examples 0 / 1
        let count = positive + negative;
        let share = R::of(f64::from(positive.max(negative))) / R::of(f64::from(count.max(1)));
        *sum += share.f64();
        *defined += u32::from(count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    fn values(gradients: &[[f64; 2]]) -> Vec<Option<f64>> {
        let (network, reduced) = (two_numbers(), reduce(gradients));
        read(&Evidence::new(&network, &reduced)).into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn by_hand() {
        // first number: 3 of 4 positive; second: 1 of 2 that are not zero
        let gradients = [[1.0, 0.0], [2.0, -1.0], [-0.5, 0.0], [3.0, 4.0]];
        assert_eq!(values(&gradients), [Some(0.625), Some(0.625), Some(0.0)]);
    }

    #[test]
    fn numbers_without_gradient_are_left_out_and_counted() {
        assert_eq!(values(&[[1.0, 0.0], [2.0, 0.0]]), [Some(1.0), Some(1.0), Some(0.5)]);
        assert_eq!(values(&[[0.0, 0.0]]), [None, None, Some(1.0)]);
    }
}
