use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "orthogonality_test",
    summary: "how much the examples' gradients differ across the mean gradient: the nu at which the orthogonality test passes",
    explanation: "Definition: sqrt(V / (N |g|^2)), with g the mean gradient of the N examples of the batch and \
V = 1/(N - 1) sum_n |g_n - (<g_n, g> / |g|^2) g|^2: the largest nu for which the orthogonality test still fails.
Range: 0 or more, at most norm_test.
Reading: above the nu one accepts (5.84 in the paper) the steps wander from side to side, and the batch should grow.
Undefined: with one example; when the gradients cancel exactly.
Cost: that of inner_product_test, and the norms of per-example gradients.
Source: Bollapragada, Byrd and Nocedal 2017 (arXiv 1710.11258), equation 3.3; as recorded by Cockpit (arXiv 2102.06604).",
    values: &[value("orthogonality_test", "orthogonality test nu")],
    needs: Needs::SUM.union(Needs::DOTS).union(Needs::SQ_NORMS),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    vec![("orthogonality_test".to_owned(), nu(evidence))]
}

fn nu<R: Real>(evidence: &Evidence<'_, R>) -> Option<f64> {
    let n = evidence.examples as f64;
    let square = evidence.sq_norm_of_mean()?;
    let pairs = evidence.dots.as_ref()?.iter().zip(evidence.sq_norms.as_ref()?);
    let orthogonal: f64 = pairs
        // rounding may leave the square of a length of zero below it
        .map(|(dot, sq_norm)| Some((ratio(*sq_norm, square)? - ratio(dot / n, square)?.powi(2)).max(0.0)))
        .sum::<Option<f64>>()?;
    (evidence.examples > 1).then(|| (orthogonal / (n - 1.0) / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};
    use crate::quantities::{inner_product_test, norm_test};

    #[test]
    fn by_hand() {
        let nu = |gradients: &[[f64; 2]]| {
            let (network, reduced) = (two_numbers(), reduce(gradients));
            read(&Evidence::new(&network, &reduced))[0].1
        };
        // mean (2, 0), orthogonal parts (0, 1) and (0, -1): sqrt(2 / (2 * 4))
        assert_eq!(nu(&[[3.0, 1.0], [1.0, -1.0]]), Some(0.5));
        assert_eq!(nu(&[[3.0, 0.0], [1.0, 0.0]]), Some(0.0), "all along the mean");
        assert_eq!(nu(&[[3.0, 0.0], [-3.0, 0.0]]), None, "cancelling");
        assert_eq!(nu(&[[3.0, 0.0]]), None, "one example");
    }

    #[test]
    fn the_two_tests_split_the_norm_test() {
        let (network, reduced) = (two_numbers(), reduce(&[[3.0, 0.5], [1.0, -1.5], [0.25, 2.0]]));
        let evidence = Evidence::new(&network, &reduced);
        let of = |values: Vec<Value>| values[0].1.unwrap().powi(2);
        let parts = of(read(&evidence)) + of(inner_product_test::read(&evidence));
        assert!((parts - of(norm_test::read(&evidence))).abs() < 1e-15);
    }
}
