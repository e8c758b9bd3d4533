use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "sharpness",
    summary: "how far the loss rises within a small step uphill: what SAM minimises",
    explanation: "Definition: L(theta + rho g / |g|) - L(theta) with L the mean loss on a fixed probe batch, g its gradient and rho = 0.05.
Range: about 0 or more; rho |g| + rho^2/2 times the curvature along g, to second order.
Reading: flat minima are less sharp. It contains the slope, so it is small only where the gradient is, too.
Undefined: where the gradient is exactly zero, or the loss uphill is not finite.
Cost: two forward passes and one backward pass over the probe batch. In evaluation mode.
Source: Foret, Kleiner, Mobahi and Neyshabur 2021 (SAM, arXiv 2010.01412), equation 2.",
    values: &[value("sharpness", "sharpness (SAM, radius 0.05)")],
    needs: Needs::PROBE_SHARPNESS,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let sharpness = evidence.probe.and_then(|probe| probe.sharpness).filter(|sharpness| sharpness.is_finite());
    vec![("sharpness".to_owned(), sharpness)]
}
