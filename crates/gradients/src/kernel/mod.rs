//! The kernel of output gradients, `K = J J^T` (Szolnoky et al. 2022; Jacot et al. 2018).
//!
//! Not to be confused with the Gram matrix of *loss* gradients, which is [`Request::gram`](crate::Request::gram).

mod matrix;
mod trace;

use consilience_nn::{Factor, Precision, Tape};
use consilience_tensor::{Buffer, Cpu, Real, Shape, Tensor};

pub use matrix::{Kernel, LogDeterminant};
pub use trace::{kernel_trace, kernel_trace_estimate};

use crate::pass::{factors, refuse_coupling};
use crate::reductions::gram;
use crate::source::Source;
use crate::{GradientError, Request, reduce, signal};

/// What becomes of the `C` outputs of each example in a kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outputs {
    /// Traced: `K[n, m] = sum_c <grad f_c(x_n), grad f_c(x_m)>`, of size `N`. (Neural Tangents' default divides by `C`.)
    Traced,
    /// Kept: `K[n C + c, m C + d] = <grad f_c(x_n), grad f_d(x_m)>`, of size `N C`.
    Full,
    /// One of them: `K[n, m] = <grad f_c(x_n), grad f_c(x_m)>`.
    One(usize),
    /// Added: the kernel of `sum_c f_c`.
    Sum,
}

/// The empirical neural tangent kernel of a batch.
///
/// Cost: `C` backward passes for `Traced` and `Full`, one for `One` and `Sum`, and the products. Peak memory: the kernel, and
/// for `Full` the back-propagated signals of all outputs, `C` times the activations, or the gradients where these are smaller.
///
/// # Errors
/// When the tape was recorded with batch statistics, or there is no such output.
pub fn empirical_ntk<R: Precision>(tape: &Tape<Cpu<R>>, outputs: Outputs) -> Result<Kernel, GradientError> {
    if outputs == Outputs::Traced {
        return traced(tape);
    }
    let factors = output_factors(tape, outputs, smaller)?;
    Ok(factors.kernel(outputs))
}

/// The traced kernel of a batch, one output at a time: each pass streams.
fn traced<R: Precision>(tape: &Tape<Cpu<R>>) -> Result<Kernel, GradientError> {
    let (n, classes) = (tape.output.shape().n, tape.output.shape().c);
    let mut kernel = vec![0.0; n * n];
    let request = Request { gram: true, ..Request::default() };
    for output in 0..classes {
        let signal = signal::one_output(n, classes, output);
        let gram = reduce(tape, signal, &request)?.gram().unwrap_or_default();
        kernel.iter_mut().zip(gram).for_each(|(sum, gram)| *sum += gram);
    }
    Ok(Kernel::new(kernel, n))
}

/// The block of the kernel between the examples of one tape (rows) and of another (columns), row-major: how the kernel of a
/// data set is built that does not fit one batch.
///
/// # Errors
/// As for [`empirical_ntk`].
pub fn empirical_ntk_between<R: Precision>(
    rows: &Tape<Cpu<R>>,
    cols: &Tape<Cpu<R>>,
    outputs: Outputs,
) -> Result<Vec<f64>, GradientError> {
    let rows = output_factors(rows, outputs, smaller)?;
    let cols = output_factors(cols, outputs, smaller)?;
    Ok(product(&rows, &cols, outputs))
}

/// The factors of every parameter for each back-propagated output.
pub(crate) struct OutputFactors<R: Real> {
    /// What was back-propagated.
    pub signals: Vec<Cpu<R>>,
    /// `passes[signal][parameter]`.
    pub passes: Vec<Vec<Factor<Cpu<R>>>>,
    examples: usize,
}

impl<R: Real> OutputFactors<R> {
    fn rows_per_example(&self, outputs: Outputs) -> usize {
        if outputs == Outputs::Full { self.passes.len() } else { 1 }
    }

    pub fn kernel(&self, outputs: Outputs) -> Kernel {
        Kernel::new(product(self, self, outputs), self.examples * self.rows_per_example(outputs))
    }
}

/// The same gradients in the smaller of their forms: as rows, like those of a vector, where a weight has fewer numbers than
/// its outputs have for one example.
fn smaller<R: Real>(factor: Factor<Cpu<R>>) -> Factor<Cpu<R>> {
    let (examples, size) = (factor.examples(), factor.parameter_shape().len());
    match &factor {
        Factor::Weight { signal, .. } if signal.shape().per_example() > size => {}
        _ => return factor,
    }
    let mut rows = Buffer::stale(examples * size);
    Source::new(&factor).for_columns(examples, size, |columns, tile| {
        for (row, tile) in rows.chunks_exact_mut(size).zip(tile.chunks_exact(columns.len())) {
            row[columns.clone()].copy_from_slice(tile);
        }
    });
    Factor::Bias { signal: Cpu::from_buffer(Shape::matrix(examples, size), rows) }
}

/// The factors of all outputs that a kernel asks for, each as `keep` leaves it.
///
/// # Errors
/// When the tape was recorded with batch statistics, or there is no such output.
pub(crate) fn output_factors<R: Precision>(
    tape: &Tape<Cpu<R>>,
    outputs: Outputs,
    keep: impl Fn(Factor<Cpu<R>>) -> Factor<Cpu<R>>,
) -> Result<OutputFactors<R>, GradientError> {
    refuse_coupling(tape)?;
    let (n, classes) = (tape.output.shape().n, tape.output.shape().c);
    let signals: Vec<Cpu<R>> = match outputs {
        Outputs::Traced | Outputs::Full => (0..classes).map(|c| signal::one_output(n, classes, c)).collect(),
        Outputs::One(c) if c < classes => vec![signal::one_output(n, classes, c)],
        Outputs::One(c) => {
            let expected = format!("less than {classes}");
            return Err(GradientError::Mismatch { what: "output index", expected, got: c.to_string() });
        }
        Outputs::Sum => vec![signal::sum_of_outputs(n, classes)],
    };
    let pass = |signal: &Cpu<R>| {
        let factors = factors(tape, signal.clone())?;
        Ok::<_, GradientError>(factors.into_iter().map(&keep).collect())
    };
    let passes = signals.iter().map(pass).collect::<Result<_, _>>()?;
    Ok(OutputFactors { signals, passes, examples: n })
}

/// Sums the products of gradients over parameters.
fn product<R: Real>(rows: &OutputFactors<R>, cols: &OutputFactors<R>, outputs: Outputs) -> Vec<f64> {
    let full = outputs == Outputs::Full;
    let (height, width) =
        (rows.examples * rows.rows_per_example(outputs), cols.examples * cols.rows_per_example(outputs));
    let mut total = vec![0.0; height * width];
    for parameter in 0..rows.passes.first().map_or(0, Vec::len) {
        let of = |side: &OutputFactors<R>| -> Vec<Factor<Cpu<R>>> {
            side.passes.iter().map(|pass| pass[parameter].clone()).collect()
        };
        let (row_factors, col_factors) = (of(rows), of(cols));
        let size = row_factors[0].parameter_shape().len();
        if full {
            add_stacked(&mut total, &row_factors, rows.examples, &col_factors, cols.examples, size);
        } else {
            for (row, col) in row_factors.iter().zip(&col_factors) {
                let (row, col) = (Source::new(row), Source::new(col));
                gram::add_between(&mut total, &row, rows.examples, &col, cols.examples, size);
            }
        }
    }
    total
}

/// Adds the products of all outputs' gradients of one parameter; rows and columns are ordered example, then output.
fn add_stacked<R: Real>(
    total: &mut [f64],
    rows: &[Factor<Cpu<R>>],
    row_examples: usize,
    cols: &[Factor<Cpu<R>>],
    col_examples: usize,
    size: usize,
) {
    let (row_outputs, col_outputs) = (rows.len(), cols.len());
    if let (Source::RankOne { input, inputs, outputs, .. }, Source::RankOne { input: other_input, .. }) =
        (Source::new(&rows[0]), Source::new(&cols[0]))
    {
        let inputs_gram = gram::products(input, row_examples, other_input, col_examples, inputs);
        let (d, other) = (interleaved(rows, outputs), interleaved(cols, outputs));
        let (height, width) = (row_examples * row_outputs, col_examples * col_outputs);
        gram::for_products(&d, height, &other, width, outputs, |row, signals| {
            let inputs = &inputs_gram[row / row_outputs * col_examples..][..col_examples];
            let result = &mut total[row * width..(row + 1) * width];
            let columns = result.chunks_exact_mut(col_outputs).zip(signals.chunks_exact(col_outputs)).zip(inputs);
            for ((result, signals), input) in columns {
                for (result, signal) in result.iter_mut().zip(signals) {
                    *result += input.f64() * signal.f64();
                }
            }
        });
        return;
    }
    let (row_source, col_source) = (stack(rows, size), stack(cols, size));
    gram::add_between(total, &row_source, row_examples * row_outputs, &col_source, col_examples * col_outputs, size);
}

/// One source whose rows are ordered example, then signal.
fn stack<R: Real>(factors: &[Factor<Cpu<R>>], size: usize) -> Source<'_, R> {
    match &factors[0] {
        Factor::Weight { input, conv, .. } => {
            let signals = factors.iter().filter_map(|factor| match factor {
                Factor::Weight { signal, .. } => Some(signal),
                _ => None,
            });
            Source::Positions { input, signals: signals.collect(), conv: *conv }
        }
        _ => Source::Vectors(interleaved(factors, size).into()),
    }
}

/// The rows of several factors' signals (for a vector: its gradients), ordered example, then factor.
fn interleaved<R: Real>(factors: &[Factor<Cpu<R>>], width: usize) -> Vec<R> {
    let sources: Vec<Source<'_, R>> = factors.iter().map(Source::new).collect();
    let rows: Vec<&[R]> = sources
        .iter()
        .map(|source| match source {
            Source::RankOne { signal, .. } => signal,
            Source::Vectors(rows) => rows.as_ref(),
            Source::Positions { .. } => &[],
        })
        .collect();
    let examples = factors[0].examples();
    let row = |n: usize| rows.iter().flat_map(move |rows| &rows[n * width..(n + 1) * width]);
    (0..examples).flat_map(row).copied().collect()
}
