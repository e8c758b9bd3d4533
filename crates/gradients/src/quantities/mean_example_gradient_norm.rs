use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "mean_example_gradient_norm",
    summary: "mean length of the gradients of single examples",
    explanation: "Definition: 1/N sum_n |g_n|, the mean over the N examples of the Euclidean length of the gradient of the example's own \
loss (never divided by N), over all parameters. The length of one example's gradient is its GraNd score.
Range: mean_gradient_norm or more; equal to it when all gradients point the same way.
Reading: how much the examples pull, whether or not they agree; compare with mean_gradient_norm. Examples that are fitted \
stop pulling.
Undefined: never.
Cost: the norms of per-example gradients, without forming them.
Source: Paul, Ganguli and Dziugaite 2021 (GraNd).",
    values: &[value("mean_example_gradient_norm", "mean norm of per-example gradients")],
    needs: Needs::SQ_NORMS,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let norms = evidence.sq_norms.as_ref().map(|squares| squares.iter().map(|square| square.sqrt()).sum::<f64>());
    vec![("mean_example_gradient_norm".to_owned(), norms.and_then(|norms| ratio(norms, evidence.examples as f64)))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    #[test]
    fn by_hand() {
        let (network, reduced) = (two_numbers(), reduce(&[[3.0, 4.0], [0.0, -1.0]]));
        assert_eq!(read(&Evidence::new(&network, &reduced)), [("mean_example_gradient_norm".to_owned(), Some(3.0))]);
    }
}
