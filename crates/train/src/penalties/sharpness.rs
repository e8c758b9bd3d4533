use consilience_gradients::{GradientError, Request, reduce};
use consilience_nn::Precision;
use consilience_tensor::{Cpu, Tensor, sq_norm};

use super::{Penalty, PenaltyEntry, PenaltyGradient, Site};

pub(super) const ENTRY: PenaltyEntry = PenaltyEntry {
    name: "sharpness",
    summary: "how much the loss rises one step uphill; with weight 1, sharpness-aware minimisation (SAM)",
    explanation: "Definition: R = L_M(theta + radius g / |g|) - L_M(theta) with g = grad L_M(theta); its gradient, as in SAM without the \
derivative of the direction, is grad L_M at the point uphill minus g. Added with weight 1 to the loss, the update is SAM's; \
over micro-batches, m-SAM's.
Options: radius, above 0, default 0.05; over.
Cost: one plain gradient of the micro-batches it is evaluated at.
Source: Foret et al. 2021 (arXiv 2010.01412).",
};

/// `L(theta + radius g / |g|) - L(theta)`.
#[derive(Clone, Copy, Debug)]
pub struct Sharpness {
    /// The length of the step uphill, above 0.
    pub radius: f64,
}

impl Sharpness {
    /// The default radius.
    pub const RADIUS: f64 = 0.05;
}

impl<R: Precision> Penalty<R> for Sharpness {
    fn gradient(&self, site: &Site<'_, R>) -> Result<PenaltyGradient<R>, GradientError> {
        let point = &site.point;
        let length = sq_norm(site.gradient).sqrt();
        let factor = if length > 0.0 { self.radius / length } else { 0.0 };
        let uphill = point.parameters.iter().zip(site.gradient).map(|(at, g)| at.clone().add(&g.clone().scale(factor)));
        let uphill: Vec<Cpu<R>> = uphill.collect();
        let tape = point.network.forward(&uphill, point.buffers, site.input.clone(), point.mode)?;
        let share = 1.0 / tape.output.shape().n as f64;
        let rise = |outputs: &Cpu<R>| -> Result<f64, GradientError> {
            Ok(site.loss.per_example(outputs, site.targets)?.iter().sum::<f64>() * share)
        };
        let value = rise(&tape.output)? - rise(site.output)?;
        let signal = site.loss.signal(&tape.output, site.targets)?.scale(share);
        let request = Request { sum: true, ..Request::default() };
        let there = reduce(&tape, signal, &request)?.into_sum().unwrap_or_default();
        let gradient = there.into_iter().zip(site.gradient).map(|(there, here)| there.sub(here)).collect();
        Ok(PenaltyGradient { value, gradient })
    }
}
