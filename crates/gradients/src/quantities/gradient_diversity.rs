use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "gradient_diversity",
    summary: "how far the examples' gradients differ: the inverse of m-coherence",
    explanation: "Definition: sum_n |g_n|^2 / |sum_n g_n|^2 over the N examples of the batch, the inverse of m_coherence. \
gradient_diversity_batch_bound is N times it.
Range: 1/N or more. Identical gradients give 1/N, orthogonal gradients 1.
Reading: large values mean that the examples pull in different directions. Mini-batches up to the batch bound cost no more \
passes over the data than single examples.
Undefined: when the gradients cancel or all are zero.
Cost: that of m_coherence.
Source: Yin et al. 2018 (arXiv 1706.05699), definitions 2 and 3.",
    values: &[
        value("gradient_diversity", "gradient diversity"),
        value("gradient_diversity_batch_bound", "batch size bound (examples)"),
    ],
    needs: Needs::SUM.union(Needs::SQ_NORMS),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let diversity = evidence.sum_of_sq_norms().zip(evidence.sq_norm_of_sum()).and_then(|(each, sum)| ratio(each, sum));
    let bound = diversity.map(|diversity| evidence.examples as f64 * diversity);
    vec![("gradient_diversity".to_owned(), diversity), ("gradient_diversity_batch_bound".to_owned(), bound)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    #[test]
    fn by_hand() {
        let diversity = |gradients: &[[f64; 2]]| {
            let (network, reduced) = (two_numbers(), reduce(gradients));
            let values = read(&Evidence::new(&network, &reduced));
            (values[0].1, values[1].1)
        };
        assert_eq!(diversity(&[[1.0, 2.0]; 4]), (Some(0.25), Some(1.0)), "identical");
        assert_eq!(diversity(&[[1.0, 0.0], [0.0, 2.0]]), (Some(1.0), Some(2.0)), "orthogonal");
        assert_eq!(diversity(&[[1.0, 3.0], [-1.0, -3.0]]), (None, None), "cancelling");
    }
}
