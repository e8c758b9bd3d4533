use consilience_nn::Precision;
use consilience_tensor::{Cpu, Tensor, sq_norm};

use super::{Pass, ProbeBatch};
use crate::{GradientError, Request};

/// One backward pass and a forward pass at the displaced parameters. `None` where the gradient is zero or not finite.
pub(super) fn measure<R: Precision>(
    pass: &Pass<'_, R>,
    batch: &ProbeBatch<'_, R>,
) -> Result<Option<f64>, GradientError> {
    let signal = batch.loss.signal(&pass.tape.output, batch.targets)?;
    let request = Request { sum: true, ..Request::default() };
    let gradient = pass.reduce(signal, &request)?.into_sum().unwrap_or_default();
    let length = sq_norm(&gradient).sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return Ok(None);
    }
    let step = batch.settings.sharpness_radius / length;
    let moved: Vec<_> =
        pass.parameters.iter().zip(gradient).map(|(value, g)| value.clone().add(&g.scale(step))).collect();
    let total = |outputs: &Cpu<R>| -> Result<f64, GradientError> {
        Ok(batch.loss.per_example(outputs, batch.targets)?.iter().sum())
    };
    let before = total(&pass.tape.output)?;
    let after = total(&pass.network.predict(&moved, pass.buffers, batch.inputs.clone())?)?;
    Ok(Some((after - before) / batch.targets.len() as f64))
}
