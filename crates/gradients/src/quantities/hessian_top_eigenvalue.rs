use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "hessian_top_eigenvalue",
    summary: "eigenvalue of largest magnitude of the Hessian of the loss",
    explanation: "Definition: power iteration v <- H v / |H v| from a random vector, with H the Hessian of the mean loss on a fixed probe batch; \
the products are exact, on dual numbers. It stops when <v, H v> changes by at most a thousandth, or after 100 products \
(hessian_top_eigenvalue_iterations). hessian_top_eigenvalue_residual is |H v - l v|: some eigenvalue is no further from l.
Range: any number; negative where the strongest curvature is downwards.
Reading: with full batches and learning rate r it tends to rise to about 2 / r.
Undefined: where a product is not finite.
Cost: up to 100 passes on dual numbers over the probe batch, each about three plain passes. In evaluation mode.
Source: Yao, Gholami, Keutzer and Mahoney 2020 (PyHessian, arXiv 1912.07145), whose tolerance and limit these are.",
    values: &[
        value("hessian_top_eigenvalue", "top eigenvalue of the Hessian"),
        value("hessian_top_eigenvalue_residual", "distance of the top eigenvalue to the spectrum, at most"),
        value("hessian_top_eigenvalue_iterations", "products with the Hessian"),
    ],
    needs: Needs::PROBE_HESSIAN_TOP,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let top = evidence.probe.and_then(|probe| probe.hessian_top).filter(|top| top.residual.is_finite());
    vec![
        ("hessian_top_eigenvalue".to_owned(), top.map(|top| top.eigenvalue)),
        ("hessian_top_eigenvalue_residual".to_owned(), top.map(|top| top.residual)),
        ("hessian_top_eigenvalue_iterations".to_owned(), top.map(|top| top.iterations as f64)),
    ]
}
