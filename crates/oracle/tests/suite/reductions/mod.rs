//! Every reduction against the oracle: layer x reduction x number of examples, in both precisions, together and alone.

#![allow(clippy::unwrap_used)]

mod agreement;
mod coupling;
mod kernels;
mod large;
mod moments;
mod threads;
mod winsorized;

use consilience_gradients::{GradientError, Reduced, Request, reduce};
use consilience_nn::losses::Loss;
use consilience_nn::{Precision, Tape};
use consilience_oracle::cases::Case;
use consilience_oracle::{longest_path, relative_error};
use consilience_tensor::{Cpu, Real, Tensor};

/// The loss of all cases.
const LOSS: Loss = Loss::SoftmaxCrossEntropy;

/// A case in one precision.
struct Fast<'a, R: Real> {
    case: &'a Case,
    parameters: Vec<Cpu<R>>,
    buffers: Vec<Cpu<R>>,
    tape: Tape<Cpu<R>>,
}

impl<'a, R: Precision> Fast<'a, R> {
    fn new(case: &'a Case, input: &Cpu<f64>) -> Self {
        let parameters: Vec<Cpu<R>> = case.parameters.iter().map(Cpu::cast).collect();
        let buffers: Vec<Cpu<R>> = case.buffers.iter().map(Cpu::cast).collect();
        let tape = case.network.forward(&parameters, &buffers, input.cast(), case.mode).unwrap();
        Self { case, parameters, buffers, tape }
    }

    fn loss_signal(&self) -> Cpu<R> {
        LOSS.signal(&self.tape.output, &self.case.targets(self.tape.output.shape().n)).unwrap()
    }

    fn try_reduce(&self, signal: Cpu<R>, request: &Request<R>) -> Result<Reduced<R>, GradientError> {
        reduce(&self.tape, signal, request)
    }

    fn reduce(&self, signal: Cpu<R>, request: &Request<R>) -> Reduced<R> {
        self.try_reduce(signal, request).unwrap()
    }
}

/// How far results may be off, relative to the largest: 1e-9 in double precision, and in single precision the unit
/// roundoff times the rounded operations behind a number.
struct Bound {
    single: bool,
    path: f64,
}

impl Bound {
    fn new<R: Real>(case: &Case, examples: usize) -> Self {
        Self { single: R::NAME == "f32", path: longest_path(&case.network) + examples as f64 }
    }

    /// For a number behind which there are `times` longest paths and `more` operations.
    fn of(&self, times: f64, more: usize) -> f64 {
        if self.single { (times * self.path + more as f64) * consilience_oracle::SINGLE } else { 1e-9 }
    }
}

fn assert_close(what: &str, got: &[f64], expected: &[f64], bound: f64) {
    let error = relative_error(got, expected);
    // written so that a NaN fails
    assert!(error <= bound, "{what}: relative error {error:.2e}, at most {bound:.2e}");
}

/// All numbers of arrays, one after the other, in double precision.
fn flat<'a, R: Real>(arrays: impl IntoIterator<Item = &'a Cpu<R>>) -> Vec<f64> {
    arrays.into_iter().flat_map(|array| array.as_slice().iter().map(|x| x.f64())).collect()
}
