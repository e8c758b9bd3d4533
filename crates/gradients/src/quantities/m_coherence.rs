use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value_per_parameter};

pub(crate) const DESCRIPTION: Description = Description {
    name: "m_coherence",
    summary: "how many examples' gradients agree with each other, counted in examples",
    explanation: "Definition: |sum_n g_n|^2 / sum_n |g_n|^2 over the N examples of the batch; the pairs of an example with itself \
are included. N alpha, with alpha = |E g|^2 / E |g|^2.
Range: 0 to N. Identical gradients give N, orthogonal gradients 1, gradients that cancel 0.
Reading: the number of examples that one example's step helps, itself included. It stays near 1 while a network memorises. \
Examples with a gradient of zero dilute it, and it depends on the size of the batch.
Undefined: when every gradient is zero.
Cost: the summed gradient and the norms of per-example gradients. Also given for each parameter: its own gradients only.
Source: Chatterjee and Zielinski 2020 (arXiv 2008.01217); its inverse is the gradient diversity of Yin et al. 2018.",
    values: &[value_per_parameter("m_coherence", "m-coherence (examples)")],
    needs: Needs::SUM.union(Needs::SQ_NORMS),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let coherence = |sum: Option<f64>, each: Option<f64>| ratio(sum?, each?);
    let whole = coherence(evidence.sq_norm_of_sum(), evidence.sum_of_sq_norms());
    let mut values = vec![("m_coherence".to_owned(), whole)];
    values.extend(evidence.parameters.iter().map(|parameter| {
        (format!("m_coherence/{}", parameter.name), coherence(parameter.sq_norm_of_sum, parameter.sum_of_sq_norms))
    }));
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    fn coherence(gradients: &[[f64; 2]]) -> Option<f64> {
        let (network, reduced) = (two_numbers(), reduce(gradients));
        let values = read(&Evidence::new(&network, &reduced));
        assert_eq!(values[1].0, "m_coherence/0.weight");
        assert_eq!(values[0].1, values[1].1, "with one parameter it is the whole");
        values[0].1
    }

    #[test]
    fn by_hand() {
        assert_eq!(coherence(&[[1.0, 2.0]; 3]), Some(3.0), "identical");
        assert_eq!(coherence(&[[1.0, 0.0], [0.0, 2.0]]), Some(1.0), "orthogonal");
        assert_eq!(coherence(&[[1.0, 3.0], [-1.0, -3.0]]), Some(0.0), "cancelling");
        // |(3, 1)|^2 = 10 over 1 + 5
        assert_eq!(coherence(&[[1.0, 0.0], [2.0, 1.0]]), Some(10.0 / 6.0));
        assert_eq!(coherence(&[[0.0, 0.0], [0.0, 0.0]]), None, "no gradient");
    }
}
