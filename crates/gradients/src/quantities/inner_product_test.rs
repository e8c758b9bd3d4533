use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "inner_product_test",
    summary: "how much the examples' gradients differ along the mean gradient: the theta at which the inner-product test passes",
    explanation: "Definition: sqrt(V / (N |g|^4)), with g the mean gradient of the N examples of the batch and \
V = 1/(N - 1) sum_n (<g_n, g> - |g|^2)^2 the variance of the projections: the largest theta for which the inner-product test still fails.
Range: 0 or more, at most norm_test.
Reading: above the theta one accepts (0.9 in the paper) too few examples agree that the step goes downhill, and the batch should grow.
Undefined: with one example; when the gradients cancel exactly.
Cost: the inner product of each example's gradient with the sum.
Source: Bollapragada, Byrd and Nocedal 2017 (arXiv 1710.11258), equation 2.6; as recorded by Cockpit (arXiv 2102.06604).",
    values: &[value("inner_product_test", "inner-product test theta")],
    needs: Needs::SUM.union(Needs::DOTS),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    vec![("inner_product_test".to_owned(), theta(evidence))]
}

fn theta<R: Real>(evidence: &Evidence<'_, R>) -> Option<f64> {
    let n = evidence.examples as f64;
    let square = evidence.sq_norm_of_mean()?;
    // relative to |g|^2, so that fourth powers neither overflow nor vanish
    let projections = evidence.dots.as_ref()?.iter().map(|dot| ratio(dot / n, square));
    let deviations: f64 = projections.map(|projection| Some((projection? - 1.0).powi(2))).sum::<Option<f64>>()?;
    (evidence.examples > 1).then(|| (deviations / (n - 1.0) / n).sqrt())
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
        // mean (2, 0), projections 6 and 2: variance 8, sqrt(8 / (2 * 16))
        assert_eq!(theta(&[[3.0, 1.0], [1.0, -1.0]]), Some(0.5));
        assert_eq!(theta(&[[2.0, 7.0], [2.0, -7.0]]), Some(0.0), "no difference along the mean");
        assert_eq!(theta(&[[3.0, 0.0], [-3.0, 0.0]]), None, "cancelling");
        assert_eq!(theta(&[[3.0, 0.0]]), None, "one example");
    }
}
