//! Micro-batches of a batch, and its gradients from theirs.

use std::ops::Range;

use consilience_gradients::{GroupSums, ParameterReduced, Reduced};
use consilience_tensor::{Cpu, Real, Tensor, sum_of_squares};

/// Cuts a batch into `parts` micro-batches as equal in size as they can be, or into ones of `size` examples, of which the last
/// has what remains; with neither, the batch is the only one.
pub fn micro_batches(indices: &[usize], parts: Option<usize>, size: Option<usize>) -> Vec<&[usize]> {
    let Some(parts) = parts else { return indices.chunks(size.unwrap_or(indices.len()).max(1)).collect() };
    (0..parts).map(|part| &indices[share(indices.len(), parts, part)]).filter(|share| !share.is_empty()).collect()
}

/// Which of `examples` examples are those of micro-batch `part` of `parts`.
pub const fn share(examples: usize, parts: usize, part: usize) -> Range<usize> {
    examples * part / parts..examples * (part + 1) / parts
}

/// The reductions of two batches together: sums and signs are added, moments merged, norms of examples and sums of
/// micro-batches listed one after the other. Reductions that do not follow from their parts are left out; no aggregator or
/// quantity that needs one of them runs over micro-batches.
pub fn merge<R: Real>(first: Reduced<R>, second: Reduced<R>) -> Reduced<R> {
    let examples = first.examples + second.examples;
    let parameters = first.parameters.into_iter().zip(second.parameters).map(|(a, b)| ParameterReduced {
        sum: both(a.sum, b.sum, |a, b| <Cpu<R> as Tensor>::add(a, &b)),
        sq_norms: both(a.sq_norms, b.sq_norms, |mut a, b| {
            a.extend(b);
            a
        }),
        moments: both(a.moments, b.moments, |a, b| a.merge(&b)),
        signs: both(a.signs, b.signs, |a, b| a.merge(&b)),
        groups: both(a.groups, b.groups, GroupSums::merge),
        ..ParameterReduced::default()
    });
    Reduced { examples, parameters: parameters.collect() }
}

/// Makes the sum over a micro-batch that had a pass of its own its only group, so that merging lists the micro-batches, and
/// their inner products where `gram`.
pub fn group<R: Real>(reduced: &mut Reduced<R>, gram: bool) {
    let examples = reduced.examples;
    for parameter in &mut reduced.parameters {
        parameter.groups = parameter.sum.as_ref().map(|sum| {
            let sq_norm = sum_of_squares(sum.as_slice());
            GroupSums {
                examples: vec![examples],
                sq_norms: vec![sq_norm],
                sums: vec![sum.clone()],
                gram: gram.then(|| vec![sq_norm]),
            }
        });
    }
}

fn both<V>(a: Option<V>, b: Option<V>, merge: impl FnOnce(V, V) -> V) -> Option<V> {
    a.zip(b).map(|(a, b)| merge(a, b))
}

#[cfg(test)]
mod tests {
    use super::micro_batches;

    #[test]
    fn batches_are_cut_evenly_or_into_full_ones() {
        let indices: Vec<usize> = (0..10).collect();
        let sizes =
            |parts, size| micro_batches(&indices, parts, size).iter().map(|part| part.len()).collect::<Vec<_>>();
        assert_eq!(sizes(None, None), [10]);
        assert_eq!(sizes(None, Some(4)), [4, 4, 2]);
        assert_eq!(sizes(Some(3), None), [3, 3, 4]);
        assert_eq!(sizes(Some(8), None), [1, 1, 1, 2, 1, 1, 1, 2]);
        assert_eq!(micro_batches(&indices, Some(3), None).concat(), indices);
    }
}
