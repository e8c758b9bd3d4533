use consilience_nn::Precision;
use consilience_tensor::{Cpu, Real, Tensor, sq_norm};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::ProbeBatch;
use crate::GradientError;
use crate::second_order::{MeanLoss, Point, dot, hessian_vector_product};

/// Hutchinson's estimate of the trace of the Hessian of the mean loss.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct HessianTrace {
    /// The mean of `<v, H v>` over vectors `v` of random signs: unbiased.
    pub mean: f64,
    /// The standard error of that mean; `None` for one vector.
    pub standard_error: Option<f64>,
}

/// The eigenvalue of largest magnitude of the Hessian of the mean loss, by power iteration.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct HessianTop {
    /// `<v, H v>` for the last vector `v` of length 1.
    pub eigenvalue: f64,
    /// `|H v - eigenvalue v|`: some eigenvalue is no further away.
    pub residual: f64,
    /// How many products with the Hessian were taken.
    pub iterations: usize,
}

/// One dual pass per random vector.
pub(super) fn trace<R: Precision>(
    point: &Point<'_, R>,
    batch: &ProbeBatch<'_, R>,
) -> Result<HessianTrace, GradientError> {
    let mut rng = ChaCha8Rng::seed_from_u64(batch.settings.seed);
    let samples = batch.settings.hessian_samples.max(1);
    let mut products = Vec::with_capacity(samples);
    for _ in 0..samples {
        let signs = random(point, || if rng.random::<bool>() { 1.0 } else { -1.0 });
        products.push(dot(&signs, &times_hessian(point, batch, &signs)?));
    }
    let count = samples as f64;
    let mean = products.iter().sum::<f64>() / count;
    let squares = products.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    let standard_error = (samples > 1).then(|| (squares / (count - 1.0) / count).sqrt());
    Ok(HessianTrace { mean, standard_error })
}

/// One dual pass per iteration.
pub(super) fn top<R: Precision>(point: &Point<'_, R>, batch: &ProbeBatch<'_, R>) -> Result<HessianTop, GradientError> {
    let mut rng = ChaCha8Rng::seed_from_u64(batch.settings.seed);
    let mut vector = random(point, || StandardNormal.sample(&mut rng));
    let length = sq_norm(&vector).sqrt();
    vector = scaled(vector, if length > 0.0 { 1.0 / length } else { 0.0 });
    let mut last: Option<f64> = None;
    let mut iterations = 0;
    loop {
        let product = times_hessian(point, batch, &vector)?;
        iterations += 1;
        let eigenvalue = dot(&product, &vector);
        let length = sq_norm(&product).sqrt();
        let settled =
            last.is_some_and(|last| (eigenvalue - last).abs() <= batch.settings.power_tolerance * eigenvalue.abs());
        // nor does a Hessian of zero, or one that is not finite, leave anywhere to go
        if settled || iterations >= batch.settings.power_iterations || length == 0.0 || !length.is_finite() {
            let differences =
                product.into_iter().zip(&vector).map(|(product, v)| product.sub(&v.clone().scale(eigenvalue)));
            let differences: Vec<_> = differences.collect();
            return Ok(HessianTop { eigenvalue, residual: sq_norm(&differences).sqrt(), iterations });
        }
        last = Some(eigenvalue);
        vector = scaled(product, 1.0 / length);
    }
}

fn times_hessian<R: Precision>(
    point: &Point<'_, R>,
    batch: &ProbeBatch<'_, R>,
    vector: &[Cpu<R>],
) -> Result<Vec<Cpu<R>>, GradientError> {
    let objective = MeanLoss { loss: batch.loss, targets: batch.targets };
    Ok(hessian_vector_product(point, &batch.inputs, &objective, vector)?.product)
}

fn random<R: Real>(point: &Point<'_, R>, mut draw: impl FnMut() -> f64) -> Vec<Cpu<R>> {
    let shapes = point.parameters.iter().map(Tensor::shape);
    shapes.map(|shape| Cpu::new(shape, (0..shape.len()).map(|_| R::of(draw())).collect())).collect()
}

fn scaled<R: Real>(arrays: Vec<Cpu<R>>, factor: f64) -> Vec<Cpu<R>> {
    arrays.into_iter().map(|array| array.scale(factor)).collect()
}
