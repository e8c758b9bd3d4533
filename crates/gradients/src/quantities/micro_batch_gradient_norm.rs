use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "micro_batch_gradient_norm",
    summary: "mean length of the gradients of micro-batches, and mean squared length",
    explanation: "Definition: the means of |g_M| and (micro_batch_gradient_norm_squared) of |g_M|^2 over the micro-batches of the batch, \
with g_M = 1/M sum_n g_n over the M examples of one. A micro-batch is a run of [monitor] micro_batch consecutive examples, or the \
whole batch where it is smaller; a shorter one at the end is left out. Where batch normalisation uses the statistics of the \
batch, the micro-batches are those that the training loop runs ([train] micro_batch), each with its own statistics.
Range: 0 or more. E |g_M|^2 = |G|^2 + tr Sigma / M.
Reading: small-batch training keeps it small where large-batch training does not; the paper's curves (\"average micro-batch gradient \
norm\") show the mean of the squares, which its penalty is, too.
Undefined: never.
Cost: the sums of the micro-batches: about another product of weight gradients.
Source: Novack et al. 2022 (arXiv 2211.15853), equation 1 and figures 1 to 3.",
    values: &[
        value("micro_batch_gradient_norm", "mean norm of micro-batch gradients"),
        value("micro_batch_gradient_norm_squared", "mean squared norm of micro-batch gradients"),
    ],
    needs: Needs::MICRO_BATCHES,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let mean = |of: fn(f64) -> f64| {
        let squares = &evidence.micro_batches.as_ref()?.sq_norms;
        ratio(squares.iter().copied().map(of).sum(), squares.len() as f64)
    };
    vec![
        ("micro_batch_gradient_norm".to_owned(), mean(f64::sqrt)),
        ("micro_batch_gradient_norm_squared".to_owned(), mean(|square| square)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    #[test]
    fn by_hand() {
        let values = |gradients: &[[f64; 2]]| {
            let (network, reduced) = (two_numbers(), reduce(gradients));
            let values = read(&Evidence::new(&network, &reduced));
            (values[0].1, values[1].1)
        };
        // means (3, 4) and (0, -1); the fifth example is left over
        let gradients = [[2.0, 8.0], [4.0, 0.0], [0.0, 1.0], [0.0, -3.0], [9.0, 9.0]];
        assert_eq!(values(&gradients), (Some(3.0), Some(13.0)));
        assert_eq!(values(&[[3.0, 4.0]]), (Some(5.0), Some(25.0)), "a batch that is smaller");
    }
}
