//! Gradients of a batch from those of its micro-batches.

use consilience_gradients::{GroupSums, ParameterReduced, Reduced, Signs};
use consilience_tensor::{Cpu, Real, Tensor};

/// The reductions of two batches together: sums and signs are added, moments merged, norms of examples and sums of
/// micro-batches listed one after the other. Reductions that do not follow from their parts are left out; no aggregator or quantity that needs one of them runs
/// over micro-batches.
pub fn merge<R: Real>(first: Reduced<R>, second: Reduced<R>) -> Reduced<R> {
    let examples = first.examples + second.examples;
    let parameters = first.parameters.into_iter().zip(second.parameters).map(|(a, b)| ParameterReduced {
        sum: both(a.sum, b.sum, |a, b| <Cpu<R> as Tensor>::add(a, &b)),
        sq_norms: both(a.sq_norms, b.sq_norms, |mut a, b| {
            a.extend(b);
            a
        }),
        moments: both(a.moments, b.moments, |a, b| a.merge(&b)),
        signs: both(a.signs, b.signs, |a, b| Signs {
            positive: add(a.positive, &b.positive),
            negative: add(a.negative, &b.negative),
        }),
        groups: both(a.groups, b.groups, |mut a, b| {
            a.sq_norms.extend(b.sq_norms);
            a.sums.extend(b.sums);
            a
        }),
        ..ParameterReduced::default()
    });
    Reduced { examples, parameters: parameters.collect() }
}

/// Makes the sum over a micro-batch that had a pass of its own its only group, so that merging lists the micro-batches.
pub fn group<R: Real>(reduced: &mut Reduced<R>) {
    for parameter in &mut reduced.parameters {
        parameter.groups = parameter.sum.as_ref().map(|sum| GroupSums {
            sq_norms: vec![<Cpu<R> as Tensor>::mul(sum.clone(), sum).as_slice().iter().map(|x| x.f64()).sum()],
            sums: vec![sum.clone()],
        });
    }
}

fn both<V>(a: Option<V>, b: Option<V>, merge: impl FnOnce(V, V) -> V) -> Option<V> {
    a.zip(b).map(|(a, b)| merge(a, b))
}

fn add(mut a: Vec<u32>, b: &[u32]) -> Vec<u32> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    a
}
