use consilience_tensor::Real;

use super::evidence::rounding;
use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "two_batch_noise_scale",
    summary: "the simple noise scale, from gradient norms at two batch sizes",
    explanation: "Definition: B = S / |G|^2 with |G|^2 = (N |g_N|^2 - M |g_M|^2) / (N - M) and \
S = (|g_M|^2 - |g_N|^2) / (1/M - 1/N), where g_N is the mean gradient of the N examples of the batch and |g_M|^2 the mean over its \
micro-batches of M examples. A micro-batch is a run of [monitor] micro_batch consecutive examples; a shorter one at the end is left \
out. Both parts are unbiased, their ratio is not; for a smooth curve average both over steps (two_batch_noise_scale_trace_covariance, \
two_batch_noise_scale_sq_norm) and then divide, as the paper does.
Range: above 0.
Reading: that of simple_noise_scale, which uses single examples and is less noisy; this one also exists where batch normalisation \
couples the examples of a micro-batch.
Undefined: when a micro-batch holds the whole batch; when micro-batches are so alike that rounding has taken the difference; when the estimate of |G|^2 is not positive, or that of S is negative.
Cost: the sums of the micro-batches.
Source: McCandlish, Kaplan, Amodei et al. 2018 (arXiv 1812.06162), appendix A.1.",
    values: &[
        value("two_batch_noise_scale", "noise scale from two batch sizes (examples)"),
        value("two_batch_noise_scale_trace_covariance", "trace of the gradient covariance, from two batch sizes"),
        value("two_batch_noise_scale_sq_norm", "squared norm of the expected gradient, from two batch sizes"),
    ],
    needs: Needs::SUM.union(Needs::MICRO_BATCHES),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let estimates = estimates(evidence);
    let scale = estimates
        .filter(|&(covariance, square)| covariance >= 0.0 && square > 0.0)
        .and_then(|(covariance, square)| ratio(covariance, square));
    vec![
        ("two_batch_noise_scale".to_owned(), scale),
        ("two_batch_noise_scale_trace_covariance".to_owned(), estimates.map(|(covariance, _)| covariance)),
        ("two_batch_noise_scale_sq_norm".to_owned(), estimates.map(|(_, square)| square)),
    ]
}

/// `S` and `|G|^2`.
fn estimates<R: Real>(evidence: &Evidence<'_, R>) -> Option<(f64, f64)> {
    let micro_batches = evidence.micro_batches.as_ref()?;
    let (small, large) = (micro_batches.size as f64, evidence.examples as f64);
    let of_large = evidence.sq_norm_of_mean()?;
    let of_small = ratio(micro_batches.sq_norms.iter().sum(), micro_batches.sq_norms.len() as f64)?;
    if (of_small - of_large).abs() <= rounding::<R>(of_small) {
        return None;
    }
    let covariance = ratio(of_small - of_large, 1.0 / small - 1.0 / large)?;
    Some((covariance, ratio(large * of_large - small * of_small, large - small)?))
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
        // means of two (4, 1) and (2, 1), of four (3, 1): |g_2|^2 = 11, |g_4|^2 = 10
        let gradients = [[8.0, 0.0], [0.0, 2.0], [1.0, 1.0], [3.0, 1.0]];
        let (covariance, square) = (1.0 / 0.25, (40.0 - 22.0) / 2.0);
        assert_eq!(values(&gradients), [Some(covariance / square), Some(covariance), Some(square)]);
    }

    #[test]
    fn undefined_when_the_signal_is_not_there() {
        // means (1, 0) and (-1, 0): no signal
        assert_eq!(values(&[[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]]), [None, Some(4.0), Some(-1.0)]);
        assert_eq!(values(&[[1.0, 0.0], [1.0, 0.0]]), [None; 3], "one micro-batch is the batch");
    }
}
