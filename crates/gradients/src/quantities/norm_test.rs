use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "norm_test",
    summary: "how noisy the mean gradient is against its length: the theta at which the norm test passes",
    explanation: "Definition: sqrt(tr Sigma / (N |g|^2)), with g the mean gradient of the N examples of the batch and \
tr Sigma = 1/(N - 1) sum_n |g_n - g|^2: the largest theta for which the norm test still fails.
Range: 0 or more. Its square is 1 - osgr, and the sum of the squares of inner_product_test and orthogonality_test.
Reading: above the theta one accepts (0.9 in the paper) the batch should grow.
Undefined: with one example; when the gradients cancel exactly; when tr Sigma is lost to rounding.
Cost: that of m_coherence.
Source: Byrd, Chin, Nocedal and Wu 2012; as recorded by Schneider, Dangel and Hennig 2021 (Cockpit, arXiv 2102.06604).",
    values: &[value("norm_test", "norm test theta")],
    needs: Needs::SUM.union(Needs::SQ_NORMS),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    vec![("norm_test".to_owned(), evidence.noise_to_signal().map(f64::sqrt))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    #[test]
    fn by_hand() {
        let theta = |gradients: &[[f64; 2]]| {
            let (network, reduced) = (two_numbers(), reduce(gradients));
            read(&Evidence::new(&network, &reduced))[0].1
        };
        // mean (0.5, 0), trace 12.5: sqrt(12.5 / 0.5)
        assert_eq!(theta(&[[3.0, 0.0], [-2.0, 0.0]]), Some(5.0));
        assert_eq!(theta(&[[3.0, 0.0], [0.0, 2.0]]), Some(1.0), "orthogonal");
        assert_eq!(theta(&[[3.0, 0.0], [-3.0, 0.0]]), None, "cancelling");
        assert_eq!(theta(&[[3.0, 0.0]]), None, "one example");
    }
}
