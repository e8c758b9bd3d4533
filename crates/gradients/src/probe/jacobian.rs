use consilience_nn::{Precision, Tape};
use consilience_tensor::{Cpu, Tensor};

use crate::quantities::MicroBatches;
use crate::{GradientError, Groups, Request, reduce, signal};

/// Squared norms of gradients of the mean outputs of micro-batches, mean over the micro-batches of full size.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct JacobianNorms {
    /// Of `1/M sum_n sum_c f_c(x_n)`.
    pub sum: f64,
    /// Of `1/M sum_n <u, f(x_n)>` with one random `u` of length 1 per micro-batch.
    pub unit: f64,
}

/// Two backward passes.
pub(super) fn measure<R: Precision>(
    tape: &Tape<Cpu<R>>,
    micro_batch: usize,
    seed: u64,
) -> Result<JacobianNorms, GradientError> {
    let (examples, outputs) = (tape.output.shape().n, tape.output.shape().c);
    let size = micro_batch.clamp(1, examples);
    let request = Request { groups: Some(Groups { size, keep_sums: false, gram: false }), ..Request::default() };
    let mean = |signal: Cpu<R>| -> Result<f64, GradientError> {
        let norms = MicroBatches::new(&reduce(tape, signal, &request)?).map(|micro| micro.sq_norms).unwrap_or_default();
        Ok(norms.iter().sum::<f64>() / norms.len().max(1) as f64)
    };
    Ok(JacobianNorms {
        sum: mean(signal::sum_of_outputs(examples, outputs))?,
        unit: mean(signal::random_unit(examples, outputs, size, seed))?,
    })
}
