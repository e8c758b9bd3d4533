use consilience_nn::Factor;
use consilience_tensor::{Cpu, Real, Tensor};

use super::dots::dot;
use crate::{GroupSums, Groups};

/// Sums over groups of consecutive examples: the sum of a factor that holds only these examples. Memory: one sum at a time,
/// or all of them when they are kept.
pub(crate) fn reduce<R: Real>(factor: &Factor<Cpu<R>>, asked: Groups) -> GroupSums<R> {
    let mut result = GroupSums { sq_norms: Vec::new(), sums: Vec::new() };
    let examples = factor.examples();
    for start in (0..examples).step_by(asked.size) {
        let group = start..(start + asked.size).min(examples);
        let sum = slice(factor, group).sum();
        result.sq_norms.push(dot(sum.as_slice(), sum.as_slice()));
        if asked.keep_sums {
            result.sums.push(sum);
        }
    }
    result
}

fn slice<R: Real>(factor: &Factor<Cpu<R>>, examples: std::ops::Range<usize>) -> Factor<Cpu<R>> {
    let part = |array: &Cpu<R>| array.examples(examples.clone());
    match factor {
        Factor::Weight { input, signal, conv } => {
            Factor::Weight { input: part(input), signal: part(signal), conv: *conv }
        }
        Factor::Scale { input, signal } => Factor::Scale { input: part(input), signal: part(signal) },
        Factor::Bias { signal } => Factor::Bias { signal: part(signal) },
    }
}
