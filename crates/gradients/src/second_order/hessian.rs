use consilience_nn::Precision;
use consilience_tensor::{Cpu, Dual, Real, Tensor, sq_norm};

use super::{Objective, Point};
use crate::GradientError;

/// The Hessian of an objective times a vector.
#[derive(Clone, Debug)]
pub struct HessianVector<R> {
    /// `H v`, one array per parameter.
    pub product: Vec<Cpu<R>>,
}

/// The squared norm of an objective's gradient and its own gradient.
#[derive(Clone, Debug)]
pub struct GradientNorm<R> {
    /// The objective's gradient `g`, one array per parameter.
    pub gradient: Vec<Cpu<R>>,
    /// `|g|^2`.
    pub sq_norm: f64,
    /// The gradient of `|g|^2`, which is `2 H g`.
    pub penalty_gradient: Vec<Cpu<R>>,
}

/// `H v` for the Hessian of the objective at a batch, exactly, through every layer: the tangent of a backward pass on dual
/// numbers. With batch statistics it is the Hessian of the batch's own function.
///
/// Cost: about three plain gradients. Peak memory: twice that of a plain gradient.
///
/// # Errors
/// When shapes do not fit.
pub fn hessian_vector_product<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
    vector: &[Cpu<R>],
) -> Result<HessianVector<R>, GradientError> {
    check_vector(point, vector)?;
    let parameters = point.parameters.iter().zip(vector);
    let parameters: Vec<_> = parameters.map(|(value, v)| Dual::new(value.clone(), v.clone())).collect();
    Ok(HessianVector { product: point.derivative(&parameters, input, objective)? })
}

/// The gradient of `|grad s|^2` for an objective `s`: `2 H grad s`, exactly (double back-propagation; Drucker and LeCun 1992
/// for parameters). With the mean loss of a micro-batch it is the penalty GN of Novack et al. 2023; with sampled labels FT;
/// with linear outputs AJ and UJ.
///
/// Cost: a plain gradient and a pass on dual numbers, under four plain gradients.
///
/// # Errors
/// When shapes do not fit.
pub fn gradient_norm_gradient<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
) -> Result<GradientNorm<R>, GradientError> {
    gradient_norm_gradient_at(point, input, objective, point.gradient(input, objective)?)
}

/// As [`gradient_norm_gradient`], where the objective's gradient is known already: saves the plain pass.
///
/// # Errors
/// When shapes do not fit.
pub fn gradient_norm_gradient_at<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
    gradient: Vec<Cpu<R>>,
) -> Result<GradientNorm<R>, GradientError> {
    let product = hessian_vector_product(point, input, objective, &gradient)?.product;
    Ok(GradientNorm::new(gradient, product))
}

impl<R: Real> GradientNorm<R> {
    /// From the gradient and its product with the Hessian.
    pub(super) fn new(gradient: Vec<Cpu<R>>, product: Vec<Cpu<R>>) -> Self {
        let penalty_gradient = product.into_iter().map(|array| <Cpu<R> as Tensor>::scale(array, 2.0)).collect();
        let sq_norm = sq_norm(&gradient);
        Self { gradient, sq_norm, penalty_gradient }
    }
}

/// # Errors
/// When the vector is not one array per parameter, of its shape.
pub(super) fn check_vector<R: Real>(point: &Point<'_, R>, vector: &[Cpu<R>]) -> Result<(), GradientError> {
    let what = "direction in parameter space";
    if vector.len() != point.parameters.len() {
        let expected = format!("{} arrays", point.parameters.len());
        return Err(GradientError::Mismatch { what, expected, got: vector.len().to_string() });
    }
    let mut pairs = point.parameters.iter().zip(vector);
    match pairs.find(|(parameter, v)| parameter.shape() != v.shape()) {
        Some((parameter, v)) => {
            let (expected, got) = (parameter.shape().to_string(), v.shape().to_string());
            Err(GradientError::Mismatch { what, expected, got })
        }
        None => Ok(()),
    }
}
