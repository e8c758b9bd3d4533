use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "mean_gradient_norm",
    summary: "length of the mean gradient of the batch",
    explanation:
        "Definition: |1/N sum_n g_n|, the Euclidean length of the mean of the gradients g_n of the N examples' own \
losses, over all parameters. It is the length of the plain mini-batch gradient, whatever aggregator makes the update.
Range: 0 or more.
Reading: how steep the loss of the batch is. It contains noise: at a minimum of the expected loss it is about \
sqrt(tr Sigma / N), not 0.
Undefined: never.
Cost: one sweep over the summed gradient.
Source: textbook; Novack et al. 2022 penalise its square per micro-batch.",
    values: &[value("mean_gradient_norm", "norm of the mean gradient")],
    needs: Needs::SUM,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let norm = evidence.sq_norm_of_sum().map(|square| square.sqrt() / evidence.examples as f64);
    vec![("mean_gradient_norm".to_owned(), norm)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    #[test]
    fn by_hand() {
        let (network, reduced) = (two_numbers(), reduce(&[[4.0, 5.0], [2.0, 3.0]]));
        // the mean is (3, 4)
        assert_eq!(read(&Evidence::new(&network, &reduced)), [("mean_gradient_norm".to_owned(), Some(5.0))]);
    }
}
