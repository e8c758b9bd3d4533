use consilience_nn::{Factor, Precision};
use consilience_tensor::{Cpu, DirectionTerm, Directions, Dual, Matrix, MatrixMut, Real, Shape, Tensor, gemm};
use rayon::prelude::*;

use super::shared::SharedDerivative;
use super::{LinearOutput, Objective, Point};
use crate::kernel::{OutputFactors, Outputs, output_factors};
use crate::pass::{factors, refuse_coupling};
use crate::source::Source;
use crate::{GradientError, Kernel, signal};

/// `tr K` for a batch (summed, not divided by `N` or `C`) and its exact gradient, `2 sum_{n,c} H_{n,c} grad f_c(x_n)`, where
/// the direction differs from example to example (Szolnoky et al. 2022).
///
/// Cost: for each output a backward pass, the derivative of a forward pass and part of that of a backward pass; for all of them
/// together a forward and a backward pass. Peak memory: for every thread, signals and derivatives of 64 pairs of an output and an
/// example, or of as many examples as have together as many activations as there are parameters; with dropout, those of one
/// output for the whole batch.
///
/// # Errors
/// When the mode couples examples, or shapes do not fit.
pub fn kernel_trace_gradient<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
) -> Result<(f64, Vec<Cpu<R>>), GradientError> {
    let (n, classes) = (input.shape().n, point.network.outputs());
    let outputs: Vec<_> = (0..classes).map(|c| signal::one_output(n, classes, c)).collect();
    in_chunks(point, input, &outputs)
}

/// An unbiased estimate of [`kernel_trace_gradient`] from one pass on dual numbers: independent random signs `v_n` per example
/// stand for all outputs, as `E |grad <v_n, f(x_n)>|^2 = sum_c |grad f_c(x_n)|^2`.
///
/// # Errors
/// As for [`kernel_trace_gradient`].
pub fn kernel_trace_gradient_estimate<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    seed: u64,
) -> Result<(f64, Vec<Cpu<R>>), GradientError> {
    let coefficients = signal::random_signs(input.shape().n, point.network.outputs(), 1, seed);
    in_chunks(point, input, &[coefficients])
}

/// The sum of squared per-example gradient norms, `sum_n |grad s_n|^2`, and its exact gradient `2 sum_n H_n grad s_n`, for an
/// objective `s = sum_n s_n` whose term `s_n` reads example `n` alone. With [`TotalLoss`](super::TotalLoss) it is the trace
/// of the Gram matrix of loss gradients; at sampled labels, `N` times the trace of the Fisher information.
///
/// Cost: one plain pass and one on dual numbers. Peak memory: three times that of a plain gradient.
///
/// # Errors
/// When the mode couples examples, or shapes do not fit.
pub fn sq_norms_gradient<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objective: &impl Objective,
) -> Result<(f64, Vec<Cpu<R>>), GradientError> {
    of_examples(point, input, std::slice::from_ref(&objective))
}

/// The sum of [`of_examples`] over chunks of the batch, with the trace's memory that of one chunk for every thread.
fn in_chunks<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    coefficients: &[Cpu<R>],
) -> Result<(f64, Vec<Cpu<R>>), GradientError> {
    let n = input.shape().n;
    let examples = examples_at_once(point, n, coefficients.len());
    let one = |&start: &usize| {
        let range = start..(start + examples).min(n);
        let objective = |all: &Cpu<R>| LinearOutput { coefficients: all.examples(range.clone()) };
        let objectives: Vec<_> = coefficients.iter().map(objective).collect();
        of_examples(point, &input.examples(range.clone()), &objectives)
    };
    let zero = || Ok((0.0, zeros(point)));
    let add = |sum: Result<_, _>, share: Result<_, _>| Ok(plus(sum?, &share?));
    // an empty batch is one chunk, so that the network refuses it
    let starts: Vec<usize> = (0..n.max(1)).step_by(examples).collect();
    let per_share = starts.len().div_ceil(shares(point));
    let shares: Vec<_> = starts.par_chunks(per_share).map(|starts| starts.iter().map(one).fold(zero(), add)).collect();
    shares.into_iter().fold(zero(), add)
}

/// The sum of two values with their gradients.
fn plus<R: Real>(a: (f64, Vec<Cpu<R>>), b: &(f64, Vec<Cpu<R>>)) -> (f64, Vec<Cpu<R>>) {
    (a.0 + b.0, a.1.into_iter().zip(&b.1).map(|(a, b)| a.add(b)).collect())
}

/// Into how many sums, one for a thread at a time, the chunks of a batch are shared out. The arrays of a chunk of a small
/// network are too short for all threads to work at each of them; a large network has no room for several gradients.
fn shares<R: Real>(point: &Point<'_, R>) -> usize {
    (SUMS / point.network.parameter_count().max(1)).clamp(1, 8)
}

/// Numbers of gradients that are summed up beside each other.
const SUMS: usize = 1 << 19;

/// Objectives times examples whose derivatives are held at a time: few enough for the second-level cache, enough to share the
/// work that does not depend on the objective.
const ROWS: usize = 64;

/// How many examples of a batch a trace over some outputs is differentiated for at a time.
fn examples_at_once<R: Real>(point: &Point<'_, R>, examples: usize, outputs: usize) -> usize {
    // masks are drawn for a batch as a whole
    if point.mode.dropout.is_some() {
        return examples.max(1);
    }
    let activations: usize = point.network.nodes().iter().map(|node| node.output.per_example()).sum();
    // so many that adding up the gradients of chunks stays cheap beside making them
    let worth = point.network.parameter_count() / activations.max(1);
    (ROWS / outputs.max(1)).clamp(4, 16).max(worth).min(examples.max(1))
}

/// `sum_o sum_n |grad s_on|^2` over some objectives and all examples of the input, and its gradient.
fn of_examples<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    objectives: &[impl Objective],
) -> Result<(f64, Vec<Cpu<R>>), GradientError> {
    let tape = point.network.forward(point.parameters, point.buffers, input.clone(), point.mode)?;
    refuse_coupling(&tape)?;
    let mut derivative = SharedDerivative::new(point, tape);
    for objectives in objectives.chunks((ROWS / input.shape().n).max(1)) {
        let mut passes = Vec::with_capacity(objectives.len());
        for objective in objectives {
            let signal = objective.signal(&derivative.tape().output)?;
            passes.push(factors(derivative.tape(), signal)?);
        }
        let along_gradients = |p: usize| {
            let directions: Vec<Vec<Mixed<'_, R>>> = passes.iter().map(|pass| vec![(&pass[p], None)]).collect();
            moving(&point.parameters[p], &directions)
        };
        let parameters: Vec<_> = (0..point.parameters.len()).map(along_gradients).collect();
        drop(passes);
        derivative.add(parameters, input, objectives)?;
    }
    // along its own gradient, a term of the objective rises by the squared norm of that gradient
    let total = derivative.slope();
    Ok((total, derivative.of_gradient()?.into_iter().map(|array| array.scale(2.0)).collect()))
}

/// What is added to the diagonal of a kernel before its determinant is taken.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Ridge {
    /// This number.
    Absolute(f64),
    /// This multiple of the mean of the diagonal, which is held constant under differentiation.
    OfMeanDiagonal(f64),
}

impl Ridge {
    fn of(self, kernel: &Kernel) -> f64 {
        match self {
            Self::Absolute(ridge) => ridge,
            Self::OfMeanDiagonal(share) => share * kernel.trace() / kernel.size() as f64,
        }
    }
}

impl From<f64> for Ridge {
    fn from(ridge: f64) -> Self {
        Self::Absolute(ridge)
    }
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
pub fn log_determinant_gradient<R: Precision>(
    point: &Point<'_, R>,
    input: &Cpu<R>,
    outputs: Outputs,
    ridge: impl Into<Ridge>,
) -> Result<(f64, Vec<Cpu<R>>), GradientError> {
    let tape = point.network.forward(point.parameters, point.buffers, input.clone(), point.mode)?;
    let factors = output_factors(&tape, outputs, |factor| factor)?;
    let kernel = factors.kernel(outputs);
    let ridge = ridge.into().of(&kernel);
    let OutputFactors { signals, passes, .. } = &factors;
    let (value, inverse) = kernel
        .log_determinant_and_inverse(ridge)
        .ok_or_else(|| GradientError::Singular { size: kernel.size(), ridge })?;
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
    let mut derivative = SharedDerivative::new(point, tape);
    for (c, signal) in signals.iter().enumerate() {
        let mixes: Vec<(usize, Cpu<R>)> = (0..signals.len()).filter_map(|d| Some((d, mix(c, d)?))).collect();
        let along_mixes = |p: usize| {
            let terms = mixes.iter().map(|(d, mix)| (&passes[*d][p], Some(mix))).collect();
            moving(&point.parameters[p], &[terms])
        };
        let parameters: Vec<_> = (0..point.parameters.len()).map(along_mixes).collect();
        derivative.add(parameters, input, &[LinearOutput { coefficients: signal.clone() }])?;
    }
    Ok((value, derivative.of_gradient()?.into_iter().map(|array| array.scale(2.0)).collect()))
}

/// Per-example gradients, and how they are mixed over examples; `None` is the identity.
pub(super) type Mixed<'a, R> = (&'a Factor<Cpu<R>>, Option<&'a Cpu<R>>);

/// A parameter that moves, for each example, along mixes of per-example gradients: a list of terms for each direction.
pub(super) fn moving<R: Real>(value: &Cpu<R>, directions: &[Vec<Mixed<'_, R>>]) -> Dual<Cpu<R>> {
    if let Some(Factor::Weight { input, .. }) = directions.first().and_then(|terms| Some(terms.first()?.0)) {
        let term = |(factor, mix): &Mixed<'_, R>| match factor {
            Factor::Weight { signal, .. } => Some(DirectionTerm { signal: signal.clone(), mix: mix.cloned() }),
            _ => None,
        };
        let terms = directions.iter().map(|terms| terms.iter().filter_map(term).collect()).collect();
        return Dual::per_example(value.clone(), Directions { input: input.clone(), terms });
    }
    let along = |terms: &Vec<Mixed<'_, R>>| {
        let gradients = terms.iter().filter_map(|(factor, mix)| {
            let Source::Vectors(rows) = Source::new(factor) else { return None };
            let gradients = Cpu::new(Shape::matrix(factor.examples(), value.shape().len()), rows.into_owned());
            Some(mix.map_or(gradients.clone(), |mix| matrix_product(mix, &gradients)))
        });
        gradients.reduce(|sum, gradients| sum.add(&gradients)).unwrap_or_else(|| Cpu::zeros(value.shape()))
    };
    Dual::along(value.clone(), directions.iter().map(along).collect())
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

fn zeros<R: Real>(point: &Point<'_, R>) -> Vec<Cpu<R>> {
    point.parameters.iter().map(|parameter| Cpu::zeros(parameter.shape())).collect()
}
