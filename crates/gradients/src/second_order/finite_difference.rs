use consilience_nn::Precision;
use consilience_tensor::{Cpu, Tensor, sq_norm};

use super::hessian::{GradientNorm, HessianVector, check_vector};
use super::{Objective, Point};
use crate::GradientError;

/// `H v` by one forward difference of gradients, `(grad s(theta + h v) - grad s(theta)) / h`, where `|h v| = step`.
///
/// When it is best: two plain gradients instead of three or more, and only one when the gradient at `theta` is known. Risk:
/// the error is of order `step` (curvature) plus rounding over `step`; at a kink (ReLU, max-pool) the difference steps
/// across. Exact: [`hessian_vector_product`](super::hessian_vector_product).
///
/// # Errors
/// When shapes do not fit, or the step is not positive.
pub fn hessian_vector_product_by_differences<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
    vector: &[Cpu<R>],
    step: f64,
) -> Result<HessianVector<R>, GradientError> {
    check_vector(point, vector)?;
    let here = point.gradient(input, objective)?;
    Ok(HessianVector { product: difference(point, input, objective, &here, vector, step)? })
}

/// The gradient of `|grad s|^2` by one forward difference along the gradient (Geiping et al. 2022): `2 H grad s`.
///
/// Cost: two plain gradients. Error and risk as for [`hessian_vector_product_by_differences`].
///
/// # Errors
/// As for [`hessian_vector_product_by_differences`].
pub fn gradient_norm_gradient_by_differences<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
    step: f64,
) -> Result<GradientNorm<R>, GradientError> {
    gradient_norm_gradient_by_differences_at(point, input, objective, point.gradient(input, objective)?, step)
}

/// As [`gradient_norm_gradient_by_differences`], where the objective's gradient is known already: one plain gradient.
///
/// # Errors
/// As for [`hessian_vector_product_by_differences`].
pub fn gradient_norm_gradient_by_differences_at<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
    gradient: Vec<Cpu<R>>,
    step: f64,
) -> Result<GradientNorm<R>, GradientError> {
    check_vector(point, &gradient)?;
    let product = difference(point, input, objective, &gradient, &gradient, step)?;
    Ok(GradientNorm::new(gradient, product))
}

fn difference<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
    here: &[Cpu<R>],
    vector: &[Cpu<R>],
    step: f64,
) -> Result<Vec<Cpu<R>>, GradientError> {
    if step.is_nan() || step <= 0.0 {
        let expected = "a positive number".into();
        return Err(GradientError::Mismatch { what: "step of a finite difference", expected, got: step.to_string() });
    }
    let length = sq_norm(vector).sqrt();
    if length == 0.0 {
        return Ok(vector.to_vec());
    }
    let h = step / length;
    let moved = point.parameters.iter().zip(vector).map(|(value, v)| value.clone().add(&v.clone().scale(h)));
    let moved: Vec<_> = moved.collect();
    let there = Point { parameters: &moved, ..*point }.gradient(input, objective)?;
    Ok(there.into_iter().zip(here).map(|(there, here)| there.sub(here).scale(1.0 / h)).collect())
}
