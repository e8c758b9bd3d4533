use consilience_nn::losses::{Loss, Targets};
use consilience_nn::{Precision, Tape};
use consilience_tensor::{Cpu, Tensor};

use crate::{GradientError, Request, reduce, signal};

/// The trace of the Fisher information of the softmax of the outputs, mean over examples.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct FisherTrace {
    /// `1/n sum_n sum_c p_c(x_n) |grad log p_c(x_n)|^2`.
    pub exact: f64,
    /// `1/n sum_n |grad log p_y(x_n)|^2` with one label `y` per example drawn from `p`: unbiased.
    pub sampled: f64,
}

/// One backward pass per class, and one for the labels that are drawn.
pub(super) fn measure<R: Precision>(tape: &Tape<Cpu<R>>, seed: u64) -> Result<FisherTrace, GradientError> {
    let outputs = &tape.output;
    let (examples, classes) = (outputs.shape().n, outputs.shape().c);
    let request = Request { sq_norms: true, ..Request::default() };
    let sq_norms = |labels: Vec<u32>| -> Result<Vec<f64>, GradientError> {
        let signal = Loss::SoftmaxCrossEntropy.signal(outputs, &Targets::Classes(labels))?;
        Ok(reduce(tape, signal, &request)?.sq_norms().unwrap_or_default())
    };
    let probabilities = outputs.clone().softmax();
    let mut exact = 0.0;
    for class in 0..classes {
        let norms = sq_norms(vec![class as u32; examples])?;
        let column = probabilities.as_slice().iter().skip(class).step_by(classes);
        exact += norms.iter().zip(column).map(|(norm, p)| p.f64() * norm).sum::<f64>();
    }
    let sampled = sq_norms(signal::sampled_labels(outputs, seed))?.iter().sum::<f64>();
    let n = examples as f64;
    Ok(FisherTrace { exact: exact / n, sampled: sampled / n })
}
