use consilience_nn::{Precision, Tape};
use consilience_tensor::{Cpu, Tensor, sq_norm};

use super::ProbeBatch;
use crate::{GradientError, Request, reduce};

/// One backward pass and a forward pass at the displaced parameters. `None` where the gradient is zero or not finite.
pub(super) fn measure<R: Precision>(
    tape: &Tape<Cpu<R>>,
    batch: &ProbeBatch<'_, R>,
) -> Result<Option<f64>, GradientError> {
    let signal = batch.loss.signal(&tape.output, batch.targets)?;
    let request = Request { sum: true, ..Request::default() };
    let gradient = reduce(tape, signal, &request)?.into_sum().unwrap_or_default();
    let length = sq_norm(&gradient).sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return Ok(None);
    }
    let step = batch.settings.sharpness_radius / length;
    let moved: Vec<_> =
        tape.parameters().iter().zip(gradient).map(|(value, g)| value.clone().add(&g.scale(step))).collect();
    let total = |outputs: &Cpu<R>| -> Result<f64, GradientError> {
        Ok(batch.loss.per_example(outputs, batch.targets)?.iter().sum())
    };
    let before = total(&tape.output)?;
    let after = total(&tape.network().predict(&moved, tape.buffers(), batch.inputs.clone())?)?;
    Ok(Some((after - before) / batch.targets.len() as f64))
}
