use std::ops::Range;

use consilience_nn::Factor;
use consilience_tensor::{Cpu, Real, Tensor, sum_of_squares};

use super::dots::dot;
use super::moments::at_least_zero;
use crate::source::Source;
use crate::{GroupSums, Groups};

/// Sums over groups of consecutive examples: the sum of a factor that holds only these examples. Memory: one sum at a time,
/// or all of one parameter where they are kept or multiplied with each other.
///
/// `sum` is the sum over all examples where it is known: that of a group that holds them all.
pub(crate) fn reduce<R: Real>(factor: &Factor<Cpu<R>>, asked: Groups, sum: Option<&Cpu<R>>) -> GroupSums<R> {
    let mut result = GroupSums { examples: Vec::new(), sq_norms: Vec::new(), sums: Vec::new(), gram: None };
    let examples = factor.examples();
    for start in (0..examples).step_by(asked.size) {
        let group = start..examples.min(start.saturating_add(asked.size));
        result.examples.push(group.len());
        let sum = match sum {
            Some(sum) if group.len() == examples => sum.clone(),
            _ => slice(factor, group).sum(),
        };
        result.sq_norms.push(sum_of_squares(sum.as_slice()));
        if asked.keep_sums || asked.gram {
            result.sums.push(sum);
        }
    }
    if asked.gram {
        result.gram = Some(gram(&result.sums, &result.sq_norms));
    }
    if !asked.keep_sums {
        result.sums.clear();
    }
    result
}

/// Whether the Gram matrix of the examples costs less than the sums of the groups: `N^2 (I + O)` against `2 N I O` multiplications,
/// and no array of the parameter's size.
pub(crate) fn prefers_gram<R: Real>(source: &Source<'_, R>, examples: usize, asked: Groups) -> bool {
    match source {
        Source::RankOne { inputs, outputs, .. } => {
            !asked.keep_sums && asked.size < examples && examples * (inputs + outputs) < 2 * inputs * outputs
        }
        _ => false,
    }
}

/// Norms and inner products of the sums as the sums of blocks of the examples' Gram matrix, where it is known anyway.
pub(crate) fn from_gram<R: Real>(products: &[f64], examples: usize, asked: Groups) -> GroupSums<R> {
    let groups: Vec<_> =
        (0..examples).step_by(asked.size).map(|start| start..examples.min(start.saturating_add(asked.size))).collect();
    let block = |rows: &Range<usize>, columns: &Range<usize>| -> f64 {
        rows.clone().map(|row| products[row * examples..][columns.clone()].iter().sum::<f64>()).sum()
    };
    let gram = || groups.iter().flat_map(|rows| groups.iter().map(move |columns| block(rows, columns))).collect();
    GroupSums {
        examples: groups.iter().map(ExactSizeIterator::len).collect(),
        // rounding may leave the square of a length of zero below it
        sq_norms: groups.iter().map(|group| at_least_zero(block(group, group))).collect(),
        sums: Vec::new(),
        gram: asked.gram.then(gram),
    }
}

fn gram<R: Real>(sums: &[Cpu<R>], sq_norms: &[f64]) -> Vec<f64> {
    let size = sums.len();
    let mut gram = vec![0.0; size * size];
    for (i, x) in sums.iter().enumerate() {
        gram[i * size + i] = sq_norms[i];
        for (j, y) in sums.iter().enumerate().take(i) {
            let product = dot(x.as_slice(), y.as_slice());
            gram[i * size + j] = product;
            gram[j * size + i] = product;
        }
    }
    gram
}

fn slice<R: Real>(factor: &Factor<Cpu<R>>, examples: Range<usize>) -> Factor<Cpu<R>> {
    let part = |array: &Cpu<R>| array.examples(examples.clone());
    match factor {
        Factor::Weight { input, signal, conv } => {
            Factor::Weight { input: part(input), signal: part(signal), conv: *conv }
        }
        Factor::Scale { input, signal } => Factor::Scale { input: part(input), signal: part(signal) },
        Factor::Bias { signal } => Factor::Bias { signal: part(signal) },
    }
}
