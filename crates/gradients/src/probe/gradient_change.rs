use consilience_nn::Precision;

use super::ProbeBatch;
use crate::GradientError;
use crate::second_order::{MeanLoss, Point, gradient_norm_gradient};

/// `-H g`: one backward pass and one dual pass.
pub(super) fn measure<R: Precision>(
    point: &Point<'_, R>,
    batch: &ProbeBatch<'_, R>,
) -> Result<Vec<Vec<f64>>, GradientError> {
    let objective = MeanLoss { loss: batch.loss, targets: batch.targets };
    let twice = gradient_norm_gradient(point, &batch.inputs, &objective)?.penalty_gradient;
    Ok(twice.iter().map(|array| array.as_slice().iter().map(|x| -0.5 * x.f64()).collect()).collect())
}
