use consilience_nn::{Precision, Tape};
use consilience_tensor::{Cpu, Tensor};

use crate::{GradientError, Request, reduce, signal};

/// The diagonal of the kernel, `sum_c |grad f_c(x_n)|^2` for each example, without forming the kernel; its sum is `tr K`.
///
/// Cost: one backward pass with squared norms per output. Peak memory: that of one pass.
///
/// # Errors
/// When the tape was recorded with batch statistics.
pub fn kernel_trace<R: Precision>(tape: &Tape<Cpu<R>>) -> Result<Vec<f64>, GradientError> {
    let (n, classes) = (tape.output.shape().n, tape.output.shape().c);
    let mut trace = vec![0.0; n];
    for output in 0..classes {
        let signal = signal::one_output(n, classes, output);
        add_sq_norms(&mut trace, tape, signal)?;
    }
    Ok(trace)
}

/// An unbiased estimate of [`kernel_trace`] from one backward pass: `|grad <v_n, f(x_n)>|^2` for a vector of independent random
/// signs `v_n` per example.
///
/// # Errors
/// When the tape was recorded with batch statistics.
pub fn kernel_trace_estimate<R: Precision>(tape: &Tape<Cpu<R>>, seed: u64) -> Result<Vec<f64>, GradientError> {
    let (n, classes) = (tape.output.shape().n, tape.output.shape().c);
    let mut trace = vec![0.0; n];
    let signs = signal::random_signs(n, classes, 1, seed);
    add_sq_norms(&mut trace, tape, signs)?;
    Ok(trace)
}

fn add_sq_norms<R: Precision>(trace: &mut [f64], tape: &Tape<Cpu<R>>, signal: Cpu<R>) -> Result<(), GradientError> {
    let request = Request { sq_norms: true, ..Request::default() };
    let norms = reduce(tape, signal, &request)?.sq_norms().unwrap_or_default();
    trace.iter_mut().zip(norms).for_each(|(trace, norm)| *trace += norm);
    Ok(())
}
