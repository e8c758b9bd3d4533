use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "kernel_spectrum",
    summary: "the eigenvalues of the outputs' kernel: the largest, and over how many directions they spread",
    explanation: "Definition: of the eigenvalues l_1 >= ... >= l_n of K[n, m] = sum_c <grad f_c(x_n), grad f_c(x_m)> on a fixed probe batch \
(computed in double precision): the five largest; the participation ratio (sum l)^2 / sum l^2; the effective rank \
exp(-sum p log p) with p = l / sum l; the condition number l_1 / l_n.
Range: the two ranks 1 to n; the condition number 1 or more.
Reading: a kernel of few large eigenvalues treats most examples alike; one of rank n tells them all apart.
Undefined: the ranks when K is zero; the condition number when l_n is zero to working precision; eigenvalues beyond the n-th.
Cost: that of log_determinant_kernel, and the eigenvalues.
Source: Szolnoky et al. 2022 (arXiv 2205.12642), section 2.3; effective rank: Roy and Vetterli 2007.",
    values: &[
        value("kernel_spectrum_top_1", "largest eigenvalue of K"),
        value("kernel_spectrum_top_2", "second eigenvalue of K"),
        value("kernel_spectrum_top_3", "third eigenvalue of K"),
        value("kernel_spectrum_top_4", "fourth eigenvalue of K"),
        value("kernel_spectrum_top_5", "fifth eigenvalue of K"),
        value("kernel_spectrum_participation_ratio", "participation ratio of K's eigenvalues"),
        value("kernel_spectrum_effective_rank", "effective rank of K"),
        value("kernel_spectrum_condition_number", "condition number of K"),
    ],
    needs: Needs::PROBE_KERNEL,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let eigenvalues = evidence.probe.and_then(|probe| probe.kernel.as_ref()?.eigenvalues()).unwrap_or_default();
    // rounding may leave an eigenvalue of zero below it
    let spectrum: Vec<f64> = eigenvalues.iter().rev().map(|eigenvalue| eigenvalue.max(0.0)).collect();
    let sum: f64 = spectrum.iter().sum();
    let squares: f64 = spectrum.iter().map(|x| (x / sum).powi(2)).sum();
    let entropy: f64 = spectrum.iter().map(|x| x / sum).filter(|&p| p > 0.0).map(|p| -p * p.ln()).sum();
    let defined = sum > 0.0;
    let condition = spectrum.first().zip(spectrum.last()).and_then(|(&first, &last)| {
        let rounding = first * spectrum.len() as f64 * f64::EPSILON;
        (last > rounding).then(|| first / last)
    });
    let mut values: Vec<Value> =
        (0..5).map(|place| (format!("kernel_spectrum_top_{}", place + 1), spectrum.get(place).copied())).collect();
    values.push(("kernel_spectrum_participation_ratio".to_owned(), ratio(1.0, squares).filter(|_| defined)));
    values.push(("kernel_spectrum_effective_rank".to_owned(), Some(entropy.exp()).filter(|_| defined)));
    values.push(("kernel_spectrum_condition_number".to_owned(), condition));
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{on_probe, probe_of_linear};

    #[test]
    fn by_hand() {
        // inputs of squared lengths 3 and 1 at right angles, three outputs: eigenvalues 9 and 3
        let probe = probe_of_linear(&[[3.0_f64.sqrt(), 0.0], [0.0, 1.0]], DESCRIPTION.needs);
        let values = on_probe(&probe, read);
        let entropy = -(0.75 * 0.75_f64.ln() + 0.25 * 0.25_f64.ln());
        let expected = [Some(9.0), Some(3.0), None, None, None, Some(144.0 / 90.0), Some(entropy.exp()), Some(3.0)];
        for (got, expected) in values.iter().zip(expected) {
            assert_eq!(got.is_some(), expected.is_some());
            assert!((got.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-14, "{values:?}");
        }
    }

    #[test]
    fn undefined_when_singular() {
        let twice = probe_of_linear(&[[1.0, 2.0], [1.0, 2.0]], DESCRIPTION.needs);
        let values = on_probe(&twice, read);
        assert!((values[5].unwrap() - 1.0).abs() < 1e-12 && values[7].is_none(), "{values:?}");
        let zero = probe_of_linear(&[[0.0, 0.0], [0.0, 0.0]], DESCRIPTION.needs);
        assert_eq!(on_probe(&zero, read)[5..], [None; 3]);
    }
}
