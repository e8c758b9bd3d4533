use consilience_tensor::Real;

use super::ratios::Ratios;
use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "early_stopping",
    summary: "evidence-based criterion: above 0 the gradient is no longer told from noise",
    explanation: "Definition: 1 - N mean_q k_q^2 / rho_q^2, with k_q the mean and rho_q^2 = 1/(N - 1) sum_n (g_nq - k_q)^2 the variance of \
the gradient of number q of the parameters over the N examples of the batch: 1 - N gsnr_mean.
Range: at most 1. Gradients of pure noise give about 0.
Reading: training should stop when it is above 0. It holds for gradient descent without momentum.
Undefined: when no number has a variance. Numbers whose variance is exactly 0 are left out: no epsilon is added, where Cockpit adds 1e-5 \
to the variance, which is often larger than the variance itself.
Cost: that of gsnr.
Source: Mahsereci, Balles, Lassner and Hennig 2017 (arXiv 1703.09580), equation 7; as recorded by Cockpit (arXiv 2102.06604).",
    values: &[value("early_stopping", "evidence-based stopping criterion")],
    needs: Needs::MOMENTS,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let criterion = evidence.ratios.as_deref().and_then(Ratios::mean).map(|mean| 1.0 - evidence.examples as f64 * mean);
    vec![("early_stopping".to_owned(), criterion)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    #[test]
    fn by_hand() {
        let criterion = |gradients: &[[f64; 2]]| {
            let (network, reduced) = (two_numbers(), reduce(gradients));
            read(&Evidence::new(&network, &reduced))[0].1
        };
        // ratios 2 and 0.5, mean 1.25: 1 - 2 * 1.25
        assert_eq!(criterion(&[[3.0, 6.0], [1.0, 0.0]]), Some(-1.5));
        assert_eq!(criterion(&[[3.0, 6.0], [-3.0, 6.0]]), Some(1.0), "no mean; the second has no variance");
        assert_eq!(criterion(&[[3.0, 6.0]]), None, "one example");
    }
}
