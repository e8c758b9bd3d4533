use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "hessian_trace",
    summary: "trace of the Hessian of the loss: its mean curvature, summed over parameters",
    explanation: "Definition: the mean of <v, H v> over vectors v of independent random signs, H the Hessian of the mean loss on a fixed probe \
batch: Hutchinson's unbiased estimate of tr H. The products are exact, on dual numbers. 32 vectors, the same at every step; \
hessian_trace_standard_error is the standard error of their mean.
Range: any number; about tr of the Gauss-Newton matrix where the loss is small.
Reading: flat minima have a small trace.
Undefined: where a product is not finite.
Cost: 32 passes on dual numbers over the probe batch, about a hundred plain passes. In evaluation mode.
Source: Yao, Gholami, Keutzer and Mahoney 2020 (PyHessian, arXiv 1912.07145), which stops at a relative change of 1e-3 instead.",
    values: &[
        value("hessian_trace", "trace of the Hessian"),
        value("hessian_trace_standard_error", "standard error of the Hessian's trace"),
    ],
    needs: Needs::PROBE_HESSIAN_TRACE,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let trace = evidence.probe.and_then(|probe| probe.hessian_trace).filter(|trace| trace.mean.is_finite());
    vec![
        ("hessian_trace".to_owned(), trace.map(|trace| trace.mean)),
        ("hessian_trace_standard_error".to_owned(), trace.and_then(|trace| trace.standard_error)),
    ]
}
