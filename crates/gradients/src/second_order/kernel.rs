use consilience_nn::{Factor, Number};
use consilience_tensor::{Cpu, Direction, DirectionTerm, Dual, Matrix, MatrixMut, Real, Shape, Tensor, gemm};

use super::{LinearOutput, Objective, Point};
use crate::kernel::{OutputFactors, Outputs, output_factors};
use crate::pass::{factors, refuse_coupling};
use crate::source::Source;
use crate::{GradientError, LogDeterminant, signal};

/// `tr K` for a batch (summed, not divided by `N` or `C`) and its exact gradient, `2 sum_{n,c} H_{n,c} grad f_c(x_n)`, where
/// the direction differs from example to example (Szolnoky et al. 2022).
///
/// Cost: one pass on dual numbers per output. Peak memory: twice that of a plain gradient, and one block of per-example
/// weights of at most `max(2^20, N * patch)` numbers.
///
/// # Errors
/// When the mode couples examples, or shapes do not fit.
pub fn kernel_trace_gradient<R: Real>(point: &Point<'_, R>, input: &Cpu<R>) -> Result<(f64, Vec<Cpu<R>>), GradientError>
where
    Cpu<R>: Number,
    Dual<Cpu<R>>: Number,
{
    let (n, classes) = (input.shape().n, point.network.outputs());
    let outputs = (0..classes).map(|c| LinearOutput { coefficients: signal::one_output(n, classes, c) });
    sum_of_sq_norms_gradient(point, input, outputs)
}

/// An unbiased estimate of [`kernel_trace_gradient`] from one pass on dual numbers: independent random signs `v_n` per example
/// stand for all outputs, as `E |grad <v_n, f(x_n)>|^2 = sum_c |grad f_c(x_n)|^2`.
///
/// # Errors
/// As for [`kernel_trace_gradient`].
pub fn kernel_trace_gradient_estimate<R: Real>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    seed: u64,
) -> Result<(f64, Vec<Cpu<R>>), GradientError>
where
    Cpu<R>: Number,
    Dual<Cpu<R>>: Number,
{
    let coefficients = signal::random_signs(input.shape().n, point.network.outputs(), 1, seed);
    sum_of_sq_norms_gradient(point, input, std::iter::once(LinearOutput { coefficients }))
}

/// The sum of squared per-example gradient norms, `sum_n |grad s_n|^2`, and its exact gradient `2 sum_n H_n grad s_n`, for an
/// objective `s = sum_n s_n` whose term `s_n` reads example `n` alone. With [`TotalLoss`](super::TotalLoss) it is the trace
/// of the Gram matrix of loss gradients; at sampled labels, `N` times the trace of the Fisher information.
///
/// Cost: one plain pass and one on dual numbers. Peak memory: as for [`kernel_trace_gradient`].
///
/// # Errors
/// When the mode couples examples, or shapes do not fit.
pub fn sq_norms_gradient<R: Real>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
) -> Result<(f64, Vec<Cpu<R>>), GradientError>
where
    Cpu<R>: Number,
    Dual<Cpu<R>>: Number,
{
    sum_of_sq_norms_gradient(point, input, std::iter::once(objective))
}

fn sum_of_sq_norms_gradient<R: Real>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objectives: impl Iterator<Item = impl Objective>,
) -> Result<(f64, Vec<Cpu<R>>), GradientError>
where
    Cpu<R>: Number,
    Dual<Cpu<R>>: Number,
{
    let tape = point.network.forward(point.parameters, point.buffers, input.clone(), point.mode)?;
    refuse_coupling(point.network, &tape)?;
    let mut total = 0.0;
    let mut gradient = None;
    for objective in objectives {
        let signal = objective.signal(&tape.output)?;
        let factors = factors(point.network, point.parameters, point.buffers, &tape, signal)?;
        let directions = (0..factors.len()).map(|p| direction(&[(&factors[p], None)], &point.parameters[p]));
        let parameters: Vec<_> = directions.collect();
        let derivative = point.derivative(&parameters, input, &objective)?;
        // along its own gradient, a term of the objective rises by the squared norm of that gradient
        total += derivative.slope;
        accumulate(&mut gradient, derivative.of_gradient);
    }
    Ok((total, doubled(gradient, point.parameters)))
}

/// `log det (K + ridge I)` for a batch and its exact gradient at a fixed ridge,
/// `2 sum_{n,c} H_{n,c} sum_m M[n, m] grad f_c(x_m)` with `M = (K + ridge I)^-1` (and for [`Outputs::Full`] a sum over the
/// outputs of `m` as well).
///
/// Cost: one pass on dual numbers per output, with per-example gradients mixed by `M`; the full kernel mixes `C` times as
/// many. Peak memory: the kernel, the signals of all outputs, and one block of per-example weights.
///
/// # Errors
/// When the kernel with its ridge is singular, the mode couples examples, or shapes do not fit.
pub fn log_determinant_gradient<R: Real>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    outputs: Outputs,
    ridge: f64,
) -> Result<(f64, Vec<Cpu<R>>), GradientError>
where
    Cpu<R>: Number,
    Dual<Cpu<R>>: Number,
{
    let tape = point.network.forward(point.parameters, point.buffers, input.clone(), point.mode)?;
    let factors = output_factors(point.network, point.parameters, point.buffers, &tape, outputs, |factor| factor)?;
    let kernel = factors.kernel(outputs);
    let OutputFactors { signals, passes, .. } = &factors;
    let (LogDeterminant::Finite(value), Some(inverse)) = (kernel.log_determinant(ridge), kernel.inverse(ridge)) else {
        return Err(GradientError::Singular { size: kernel.size(), ridge });
    };
    let (n, classes) = (input.shape().n, point.network.outputs());
    // how gradients of output `d` enter the direction of output `c`
    let mix = |c: usize, d: usize| -> Option<Cpu<R>> {
        let stride = kernel.size();
        let block = |i: usize, j: usize| match outputs {
            Outputs::Full => Some(inverse[(i * classes + c) * stride + j * classes + d]),
            _ => (c == d).then(|| inverse[i * stride + j]),
        };
        let elements: Option<Vec<R>> =
            (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| block(i, j).map(R::of)).collect();
        elements.map(|elements| Cpu::new(Shape::matrix(n, n), elements))
    };
    let mut gradient = None;
    for (c, signal) in signals.iter().enumerate() {
        let mixes: Vec<(usize, Cpu<R>)> = (0..signals.len()).filter_map(|d| Some((d, mix(c, d)?))).collect();
        let parameters: Vec<_> = point
            .parameters
            .iter()
            .enumerate()
            .map(|(p, value)| {
                let terms: Vec<_> = mixes.iter().map(|(d, mix)| (&passes[*d][p], Some(mix))).collect();
                direction(&terms, value)
            })
            .collect();
        let objective = LinearOutput { coefficients: signal.clone() };
        accumulate(&mut gradient, point.derivative(&parameters, input, &objective)?.of_gradient);
    }
    Ok((value, doubled(gradient, point.parameters)))
}

/// Per-example gradients, and how they are mixed over examples; `None` is the identity.
type Mixed<'a, R> = (&'a Factor<Cpu<R>>, Option<&'a Cpu<R>>);

/// A parameter that moves, for each example, along a mix of per-example gradients.
fn direction<R: Real>(terms: &[Mixed<'_, R>], value: &Cpu<R>) -> Dual<Cpu<R>> {
    if let Factor::Weight { input, .. } = terms[0].0 {
        let terms = terms.iter().filter_map(|(factor, mix)| match factor {
            Factor::Weight { signal, .. } => Some(DirectionTerm { signal: signal.clone(), mix: mix.cloned() }),
            _ => None,
        });
        let direction = Direction { input: input.clone(), terms: terms.collect() };
        return Dual::per_example(value.clone(), direction);
    }
    let mut sum: Option<Cpu<R>> = None;
    for (factor, mix) in terms {
        let Source::Vectors(rows) = Source::new(factor) else { continue };
        let shape = Shape::matrix(factor.examples(), value.shape().len());
        let gradients = Cpu::new(shape, rows.into_owned());
        let mixed = match mix {
            None => gradients,
            Some(mix) => matrix_product(mix, &gradients),
        };
        sum = Some(match sum {
            None => mixed,
            Some(sum) => sum.add(&mixed),
        });
    }
    match sum {
        Some(tangent) => Dual::new(value.clone(), tangent),
        None => Dual::constant(value.clone()),
    }
}

fn matrix_product<R: Real>(mix: &Cpu<R>, gradients: &Cpu<R>) -> Cpu<R> {
    let (n, size) = (gradients.shape().n, gradients.shape().c);
    let mut mixed = vec![R::zero(); n * size];
    gemm(
        MatrixMut::new(&mut mixed, n, size, size),
        R::zero(),
        Matrix::new(mix.as_slice(), n, n, n),
        Matrix::new(gradients.as_slice(), n, size, size),
        R::one(),
    );
    Cpu::new(gradients.shape(), mixed)
}

fn accumulate<R: Real>(sum: &mut Option<Vec<Cpu<R>>>, arrays: Vec<Cpu<R>>) {
    *sum = Some(match sum.take() {
        None => arrays,
        Some(sum) => sum.into_iter().zip(&arrays).map(|(sum, array)| sum.add(array)).collect(),
    });
}

fn doubled<R: Real>(sum: Option<Vec<Cpu<R>>>, parameters: &[Cpu<R>]) -> Vec<Cpu<R>> {
    match sum {
        Some(sum) => sum.into_iter().map(|array| array.scale(2.0)).collect(),
        None => parameters.iter().map(|parameter| Cpu::zeros(parameter.shape())).collect(),
    }
}
