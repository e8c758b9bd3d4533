//! Exact second derivatives by dual numbers: a forward and a backward pass on [`Dual`] numbers seeded with a direction. The
//! forward pass alone gives the derivatives of outputs.

mod finite_difference;
mod hessian;
mod input_gradient;
mod kernel;
mod objective;
mod outputs;
mod shared;

pub use finite_difference::{
    gradient_norm_gradient_by_differences, gradient_norm_gradient_by_differences_at,
    hessian_vector_product_by_differences,
};
pub use hessian::{
    GradientNorm, HessianVector, gradient_norm_gradient, gradient_norm_gradient_at, hessian_vector_product,
};
pub use input_gradient::input_gradient_norm_gradient;
pub use kernel::{
    Ridge, kernel_trace_gradient, kernel_trace_gradient_estimate, log_determinant_gradient, sq_norms_gradient,
};
pub use objective::{LinearOutput, MeanLoss, Objective, TotalLoss};
pub use outputs::{output_derivative, output_derivative_along_own};

use consilience_nn::{Factor, Mode, Model, Network, Precision};
use consilience_tensor::{Cpu, Dual, Real, Tensor};

use crate::GradientError;
use crate::reductions::dots;

/// A network with the state it is evaluated at; what every function of this module starts from.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a, R: Real> {
    /// The network.
    pub network: &'a Network,
    /// Its parameters.
    pub parameters: &'a [Cpu<R>],
    /// Its buffers, which are held constant.
    pub buffers: &'a [Cpu<R>],
    /// How forward passes are run.
    pub mode: Mode,
}

impl<'a, R: Precision> Point<'a, R> {
    /// Where a model stands.
    pub fn new(model: &'a Model<R>, mode: Mode) -> Self {
        Self { network: &model.network, parameters: &model.parameters, buffers: &model.buffers, mode }
    }

    fn constant_buffers(&self) -> Vec<Dual<Cpu<R>>> {
        self.buffers.iter().cloned().map(Dual::constant).collect()
    }

    /// The gradient of the objective, one array per parameter: one plain pass.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn gradient(&self, input: &Cpu<R>, objective: &impl Objective) -> Result<Vec<Cpu<R>>, GradientError> {
        let tape = self.network.forward(self.parameters, self.buffers, input.clone(), self.mode)?;
        let signal = objective.signal(&tape.output)?;
        Ok(tape.gradient(signal)?)
    }

    /// A pass on dual numbers: what the gradient of the objective changes by along the parameters' tangents.
    fn derivative(
        &self,
        parameters: &[Dual<Cpu<R>>],
        input: &Cpu<R>,
        objective: &impl Objective,
    ) -> Result<Vec<Cpu<R>>, GradientError> {
        let buffers = self.constant_buffers();
        let tape = self.network.forward(parameters, &buffers, Dual::constant(input.clone()), self.mode)?;
        let signal = objective.signal(&tape.output)?;
        let mut of_gradient: Vec<Option<Cpu<R>>> = vec![None; parameters.len()];
        tape.backward(signal, false, &mut |index, factor| {
            of_gradient[index] = tangent_of_sum(&factor);
        })?;
        Ok(complete(of_gradient, self.parameters))
    }
}

/// The tangent of [`Factor::sum`] alone: its value, a third of the work, is not needed.
fn tangent_of_sum<R: Real>(factor: &Factor<Dual<Cpu<R>>>) -> Option<Cpu<R>> {
    let shape = factor.parameter_shape();
    match factor {
        Factor::Weight { input, signal, conv } => product_rule(input, signal, |x, d| x.conv_weight_grad(d, conv)),
        Factor::Scale { input, signal } => product_rule(input, signal, |x, d| x.dot_to(d, shape)),
        Factor::Bias { signal } => signal.tangent().map(|tangent| tangent.sum_to(shape)),
    }
}

/// The tangent of a bilinear function.
fn product_rule<R: Real>(x: &Dual<Cpu<R>>, y: &Dual<Cpu<R>>, f: impl Fn(&Cpu<R>, &Cpu<R>) -> Cpu<R>) -> Option<Cpu<R>> {
    let along_x = x.tangent().map(|tangent| f(tangent, y.value()));
    let along_y = y.tangent().map(|tangent| f(x.value(), tangent));
    match (along_x, along_y) {
        (Some(a), Some(b)) => Some(a.add(&b)),
        (a, b) => a.or(b),
    }
}

/// Fills in zeros for parameters that nothing flowed to.
fn complete<R: Real>(arrays: Vec<Option<Cpu<R>>>, parameters: &[Cpu<R>]) -> Vec<Cpu<R>> {
    let pairs = arrays.into_iter().zip(parameters);
    pairs.map(|(array, parameter)| array.unwrap_or_else(|| Cpu::zeros(parameter.shape()))).collect()
}

/// `sum_p <x_p, y_p>` over all parameters.
pub(crate) fn dot<R: Real>(x: &[Cpu<R>], y: &[Cpu<R>]) -> f64 {
    x.iter().zip(y).map(|(x, y)| dots::dot(x.as_slice(), y.as_slice())).sum()
}
