use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value};
use crate::{Kernel, Probe};

pub(crate) const DESCRIPTION: Description = Description {
    name: "kernel_alignment",
    summary: "how well the outputs' kernel agrees with the targets",
    explanation: "Definition: <K, Y Y^T> / (|K| |Y Y^T|) with the inner product and norm of matrices, K the kernel of the outputs on a fixed \
probe batch and Y its targets, one row per example: classes as 0 and 1, so that Y Y^T is 1 for two examples of one class and 0 \
otherwise. kernel_alignment_centred is the same with rows and columns of both matrices centred.
Range: 0 to 1; the centred one -1 to 1, where 0 is no relation.
Reading: it rises when the network learns features that tell the targets apart.
Undefined: when K or Y Y^T is zero, or a target is unknown; the centred one also when all examples have one target.
Cost: that of log_determinant_kernel.
Source: Cristianini, Shawe-Taylor, Elisseeff and Kandola 2001; centred: Cortes, Mohri and Rostamizadeh 2012 (arXiv 1203.0550).",
    values: &[
        value("kernel_alignment", "alignment of K with the targets"),
        value("kernel_alignment_centred", "centred alignment of K with the targets"),
    ],
    needs: Needs::PROBE_KERNEL,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let alignments = evidence.probe.and_then(|probe| {
        let (kernel, targets) = (probe.kernel.as_ref().map(Kernel::values)?.to_vec(), target_products(probe));
        let plain = cosine(&kernel, &targets);
        let size = probe.examples;
        Some((plain, cosine(&centred(kernel, size), &centred(targets, size))))
    });
    let (plain, centred) = alignments.unwrap_or_default();
    vec![("kernel_alignment".to_owned(), plain), ("kernel_alignment_centred".to_owned(), centred)]
}

/// `Y Y^T`.
fn target_products(probe: &Probe) -> Vec<f64> {
    let rows = || probe.targets.chunks_exact(probe.outputs.max(1));
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum();
    rows().flat_map(|x| rows().map(move |y| product(x, y))).collect()
}

fn cosine(x: &[f64], y: &[f64]) -> Option<f64> {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    ratio(dot(x, y), dot(x, x).sqrt() * dot(y, y).sqrt())
}

/// Takes from every entry of a symmetric matrix the means of its row and column, and adds that of all. What is left of nothing but
/// rounding is zero.
fn centred(mut matrix: Vec<f64>, size: usize) -> Vec<f64> {
    let n = size as f64;
    let means: Vec<f64> = matrix.chunks_exact(size).map(|row| row.iter().sum::<f64>() / n).collect();
    let mean = means.iter().sum::<f64>() / n;
    let rounding = 4.0 * n * f64::EPSILON * matrix.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    for (i, row) in matrix.chunks_exact_mut(size).enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            *entry -= means[i] + means[j] - mean;
        }
    }
    if matrix.iter().all(|x| x.abs() <= rounding) {
        matrix.fill(0.0);
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{on_probe, probe_of_linear};

    #[test]
    fn by_hand() {
        // K = 3 [1 1; 1 2]; targets 0 and 1: Y Y^T is the identity
        let probe = probe_of_linear(&[[1.0, 0.0], [1.0, 1.0]], DESCRIPTION.needs);
        let values = on_probe(&probe, read);
        let expected = 3.0 / (7.0_f64.sqrt() * 2.0_f64.sqrt());
        assert!((values[0].unwrap() - expected).abs() < 1e-15);
        // centred, both are multiples of [1 -1; -1 1]
        assert!((values[1].unwrap() - 1.0).abs() < 1e-14);
        let by_label = probe.kernel.as_ref().unwrap().alignment(&[0, 1]).unwrap();
        assert!((values[0].unwrap() - by_label).abs() < 1e-15);
    }

    #[test]
    fn undefined_without_a_kernel_or_without_differences() {
        let zero = probe_of_linear(&[[0.0, 0.0], [0.0, 0.0]], DESCRIPTION.needs);
        assert_eq!(on_probe(&zero, read), [None, None]);
        let same = probe_of_linear(&[[0.1, 0.7], [0.1, 0.7]], DESCRIPTION.needs);
        assert_eq!(on_probe(&same, read)[1], None);
    }
}
