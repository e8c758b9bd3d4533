use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "simple_noise_scale",
    summary: "the batch size at which gradient noise and signal are equal",
    explanation: "Definition: B = tr Sigma / |G|^2, with Sigma the covariance of per-example gradients and G the expected gradient. \
Estimator from the N examples of one batch: tr Sigma = (sum_n |g_n|^2 - |sum_n g_n|^2 / N) / (N - 1) and \
|G|^2 = |1/N sum_n g_n|^2 - tr Sigma / N. Both are unbiased, their ratio is not; for a smooth curve average both over \
steps (simple_noise_scale_trace_covariance, simple_noise_scale_sq_norm) and then divide, as the paper does.
Range: above 0.
Reading: batches much smaller than B are mostly noise, much larger ones waste examples.
Undefined: with one example; when the estimate of |G|^2 is not positive (the batch cannot tell the signal from 0); when \
tr Sigma is lost to rounding because the gradients are all but identical.
Cost: that of m_coherence.
Source: McCandlish, Kaplan, Amodei et al. 2018 (arXiv 1812.06162), equation 2.9 and appendix A.1.",
    values: &[
        value("simple_noise_scale", "simple noise scale (examples)"),
        value("simple_noise_scale_trace_covariance", "trace of the gradient covariance"),
        value("simple_noise_scale_sq_norm", "squared norm of the expected gradient, unbiased"),
    ],
    needs: Needs::SUM.union(Needs::SQ_NORMS),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let covariance = evidence.trace_covariance();
    let n = evidence.examples as f64;
    let square = covariance.zip(evidence.sq_norm_of_mean()).map(|(trace, mean)| mean - trace / n);
    let scale = covariance.zip(square.filter(|&square| square > 0.0)).and_then(|(trace, square)| ratio(trace, square));
    vec![
        ("simple_noise_scale".to_owned(), scale),
        ("simple_noise_scale_trace_covariance".to_owned(), covariance),
        ("simple_noise_scale_sq_norm".to_owned(), square),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    fn values(gradients: &[[f64; 2]]) -> [Option<f64>; 3] {
        let (network, reduced) = (two_numbers(), reduce(gradients));
        let values = read(&Evidence::new(&network, &reduced));
        [values[0].1, values[1].1, values[2].1]
    }

    #[test]
    fn by_hand() {
        // mean (2, 0); deviations (1, 1) and (-1, -1): trace 4, squared norm 4 - 4/2 = 2
        assert_eq!(values(&[[3.0, 1.0], [1.0, -1.0]]), [Some(2.0), Some(4.0), Some(2.0)]);
    }

    #[test]
    fn undefined_when_the_signal_is_not_there() {
        // mean (0, 0): the estimate of the squared norm is negative
        assert_eq!(values(&[[1.0, 1.0], [-1.0, -1.0]]), [None, Some(4.0), Some(-2.0)]);
        assert_eq!(values(&[[1.0, 1.0]]), [None, None, None], "one example has no variance");
        assert_eq!(values(&[[0.1, 0.3]; 3]), [None, None, None], "identical gradients leave rounding only");
    }
}
