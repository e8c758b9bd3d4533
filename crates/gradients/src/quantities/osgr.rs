use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "osgr",
    summary: "one-step generalisation ratio that the gradients predict: the share of a step's progress that is not noise",
    explanation: "Definition: R = 1 - tr Sigma / (N |g|^2), with g = 1/N sum_n g_n the mean gradient of the N examples and \
tr Sigma = 1/(N - 1) sum_n |g_n - g|^2: the right side of equation 17, estimated from one set of examples. For M training sets sum \
both parts over the sets before dividing, as equation 22 does: osgr_sq_norm is |g|^2, osgr_trace_covariance is tr Sigma. \
|g|^2 estimates the E k^2 of equation 17 without bias. The unbiased estimate of the signal, |g|^2 - tr Sigma / N, divided by |g|^2 is \
the same R: equation 20 agrees with equation 17 when its GSNR is estimated without bias, and counts the noise twice when equation 23 \
is put in.
Range: at most 1. With m = m_coherence it is (1 - 1/m) N / (N - 1): identical gradients give 1, orthogonal gradients 0, gradients that \
cancel any negative number.
Reading: the expected decrease of the test loss over that of the training loss in one small step of gradient descent, as long \
as the network does not fit its training set better than others.
Undefined: with one example; when the gradients cancel exactly; when tr Sigma is lost to rounding because the gradients are all but \
identical.
Cost: that of m_coherence.
Source: Liu et al. 2020 (GSNR, arXiv 2001.07384), equations 17 and 22.",
    values: &[
        value("osgr", "one-step generalisation ratio"),
        value("osgr_sq_norm", "squared norm of the mean gradient"),
        value("osgr_trace_covariance", "trace of the gradient covariance"),
    ],
    needs: Needs::SUM.union(Needs::SQ_NORMS),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    vec![
        ("osgr".to_owned(), evidence.noise_to_signal().map(|noise| 1.0 - noise)),
        ("osgr_sq_norm".to_owned(), evidence.sq_norm_of_mean()),
        ("osgr_trace_covariance".to_owned(), evidence.trace_covariance()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};
    use crate::quantities::m_coherence;

    fn values(gradients: &[[f64; 2]]) -> [Option<f64>; 3] {
        let (network, reduced) = (two_numbers(), reduce(gradients));
        let values = read(&Evidence::new(&network, &reduced));
        [values[0].1, values[1].1, values[2].1]
    }

    #[test]
    fn by_hand() {
        // mean (2, 0), trace 4: 1 - 4 / (2 * 4)
        assert_eq!(values(&[[3.0, 1.0], [1.0, -1.0]]), [Some(0.5), Some(4.0), Some(4.0)]);
        assert_eq!(values(&[[3.0, 0.0], [0.0, 1.0]])[0], Some(0.0), "orthogonal");
        // mean (0.5, 0), trace 12.5
        assert_eq!(values(&[[3.0, 0.0], [-2.0, 0.0]]), [Some(-24.0), Some(0.25), Some(12.5)]);
        assert_eq!(values(&[[1.0, 2.0], [-1.0, -2.0]])[0], None, "cancelling");
        assert_eq!(values(&[[1.0, 2.0]]), [None, Some(5.0), None], "one example");
    }

    #[test]
    fn it_is_a_function_of_m_coherence() {
        let (network, reduced) = (two_numbers(), reduce(&[[3.0, 0.5], [1.0, -1.5], [0.25, 2.0]]));
        let evidence = Evidence::new(&network, &reduced);
        let m = m_coherence::read(&evidence)[0].1.unwrap();
        let expected = (1.0 - 1.0 / m) * 3.0 / 2.0;
        assert!((read(&evidence)[0].1.unwrap() - expected).abs() < 8.0 * f64::EPSILON);
    }

    /// Equation 20 with the GSNR of equation 1 estimated without bias is equation 17; with equation 23 it is not.
    #[test]
    fn equation_20_needs_the_unbiased_signal() {
        let gradients = [[3.0, 0.5], [1.0, -1.5], [0.25, 2.0]];
        let n = 3.0;
        let (mut unbiased, mut biased, mut total) = (0.0, 0.0, 0.0);
        for q in 0..2 {
            let mean = gradients.iter().map(|g| g[q]).sum::<f64>() / n;
            let variance = gradients.iter().map(|g| (g[q] - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let r = mean * mean / variance;
            total += mean * mean;
            unbiased += mean * mean / (r - 1.0 / n + 1.0 / n) / n;
            biased += mean * mean / (r + 1.0 / n) / n;
        }
        let osgr = values(&gradients)[0].unwrap();
        assert!((osgr - (1.0 - unbiased / total)).abs() < 1e-14);
        assert!(1.0 - biased / total > osgr + 0.1);
    }
}
