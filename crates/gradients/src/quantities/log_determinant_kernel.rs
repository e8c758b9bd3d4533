use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};
use crate::{Kernel, LogDeterminant};

/// The ridge, in units of the mean eigenvalue.
const RIDGE: f64 = 1e-6;

pub(crate) const DESCRIPTION: Description = Description {
    name: "log_determinant_kernel",
    summary: "log det K: how different a probe batch's output gradients are",
    explanation: "Definition: log det K with K[n, m] = sum_c <grad f_c(x_n), grad f_c(x_m)> over the n examples of a fixed probe batch, \
f_c the raw outputs; K is computed in double precision. log_determinant_kernel_per_example is 1/n log det K, the logarithm of the geometric \
mean of the eigenvalues; log_determinant_kernel_ridge is log det (K + eps I) with eps = 1e-6 tr K / n.
Range: any number. By Hadamard's inequality log det K / n is at most log (tr K / n), which trace_kernel gives.
Reading: the paper calls it det K. It falls behind the trace when examples' gradients become alike.
Undefined: when K is singular to working precision: with two equal examples, with more examples than parameters, with dead \
units. The one with the ridge is undefined only where K is zero.
Cost: one forward pass, C backward passes and the inner products of all pairs on the probe batch, shared by kernel_spectrum and \
kernel_alignment. In evaluation mode.
Source: Szolnoky, Andersson, Kulcsar and Jornsten 2022 (arXiv 2205.12642), section 2.3.",
    values: &[
        value("log_determinant_kernel", "log det K"),
        value("log_determinant_kernel_per_example", "log det K / n"),
        value("log_determinant_kernel_ridge", "log det (K + 1e-6 tr K / n)"),
    ],
    needs: Needs::PROBE_KERNEL,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let kernel = evidence.probe.and_then(|probe| probe.kernel.as_ref());
    let plain = kernel.and_then(|kernel| finite(kernel, 0.0));
    let per_example = kernel.zip(plain).map(|(kernel, plain)| plain / kernel.size() as f64);
    let ridge = kernel.and_then(|kernel| finite(kernel, RIDGE * kernel.trace() / kernel.size() as f64));
    vec![
        ("log_determinant_kernel".to_owned(), plain),
        ("log_determinant_kernel_per_example".to_owned(), per_example),
        ("log_determinant_kernel_ridge".to_owned(), ridge),
    ]
}

fn finite(kernel: &Kernel, ridge: f64) -> Option<f64> {
    match kernel.log_determinant(ridge) {
        LogDeterminant::Finite(value) => Some(value),
        LogDeterminant::Singular => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{on_probe, probe_of_linear};

    #[test]
    fn by_hand() {
        // of two inputs (1, 0) and (1, 1) and three outputs without bias: K = 3 [1 1; 1 2]
        let probe = probe_of_linear(&[[1.0, 0.0], [1.0, 1.0]], DESCRIPTION.needs);
        let values = on_probe(&probe, read);
        let expected = 9.0_f64.ln();
        let ridge = 1e-6 * 4.5;
        let with_ridge = ((3.0 + ridge) * (6.0 + ridge) - 9.0_f64).ln();
        for (got, expected) in values.iter().zip([expected, expected / 2.0, with_ridge]) {
            assert!((got.unwrap() - expected).abs() < 1e-14, "{values:?}");
        }
    }

    #[test]
    fn singular_is_undefined() {
        let twice = probe_of_linear(&[[1.0, 2.0], [1.0, 2.0]], DESCRIPTION.needs);
        let values = on_probe(&twice, read);
        assert_eq!(values[..2], [None, None]);
        // eigenvalues 30 + eps and eps, eps = 1.5e-5; a unit of K's entries is 1e-10 of eps
        let ridge = 1.5e-5_f64;
        assert!((values[2].unwrap() - ((30.0 + ridge) * ridge).ln()).abs() < 1e-8, "{values:?}");
        let zero = probe_of_linear(&[[0.0, 0.0], [0.0, 0.0]], DESCRIPTION.needs);
        assert_eq!(on_probe(&zero, read), [None; 3]);
    }
}
