use anyhow::{Context, Result};
use consilience_gradients::{Request, reduce};
use consilience_nn::Mode;
use consilience_nn::losses::{Loss, Reduction};
use consilience_tensor::{Cpu, Tensor};
use rayon::prelude::*;

use super::{Output, Step};
use crate::problem::{LEARNING_RATE, Net, Problem, Size};

/// The loss of every workload.
pub(super) const LOSS: Loss = Loss::SoftmaxCrossEntropy;

/// Forward, mean cross-entropy, backward, and the SGD update of all parameters in place.
pub fn plain(net: Net, size: Size) -> Result<Step> {
    let mut problem = net.problem(size, None)?;
    Ok(Box::new(move || {
        let (loss, gradient) = mean_gradient(&problem, Mode::training(0))?;
        descend(&mut problem.model.parameters, &gradient, LEARNING_RATE);
        Ok(Output::default().number("loss", loss).updated(&problem.model.parameters))
    }))
}

/// Forward, mean cross-entropy, backward; with `training`, batch-norm standardises with the statistics of the batch.
pub fn plain_gradient(net: Net, training: bool, size: Size) -> Result<Step> {
    let problem = net.problem(size, None)?;
    let mode = if training { Mode::training(0) } else { Mode::EVALUATION };
    Ok(Box::new(move || {
        let (loss, gradient) = mean_gradient(&problem, mode)?;
        Ok(Output::default().number("loss", loss).arrays("mean", gradient))
    }))
}

/// As [`plain`], with the winsorized mean: of each parameter's per-example gradients the `count` largest and the `count` smallest
/// are replaced by the nearest that is kept.
pub fn winsorized(size: Size, count: usize) -> Result<Step> {
    let mut problem = Net::Mlp3.problem(size, None)?;
    let request = Request { winsorized: vec![count], ..Request::default() };
    Ok(Box::new(move || {
        let Problem { model, input, targets } = &problem;
        let tape = model.forward(input.clone(), Mode::EVALUATION)?;
        let loss = mean(&LOSS.per_example(&tape.output, targets)?);
        let signal = LOSS.signal(&tape.output, targets)?;
        let reduced = reduce(&model.network, &model.parameters, &model.buffers, &tape, signal, &request)?;
        let sum = reduced.into_winsorized(0).context("one winsorized sum was asked for")?;
        let rate = LEARNING_RATE / problem.examples() as f32;
        descend(&mut problem.model.parameters, &sum, rate);
        Ok(Output::default().number("loss", loss).updated(&problem.model.parameters))
    }))
}

/// The mean loss of the batch and its gradient.
pub(super) fn mean_gradient(problem: &Problem, mode: Mode) -> Result<(f64, Vec<Cpu<f32>>)> {
    let Problem { model, input, targets } = problem;
    let tape = model.forward(input.clone(), mode)?;
    let loss = mean(&LOSS.per_example(&tape.output, targets)?);
    let share = Reduction::Mean.weight(problem.examples());
    let signal = LOSS.signal(&tape.output, targets)?.scale(share);
    let request = Request { sum: true, ..Request::default() };
    let reduced = reduce(&model.network, &model.parameters, &model.buffers, &tape, signal, &request)?;
    Ok((loss, reduced.into_sum().context("the sum was asked for")?))
}

fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}

/// `theta <- theta - rate direction`.
fn descend(parameters: &mut [Cpu<f32>], direction: &[Cpu<f32>], rate: f32) {
    // what a core reads and writes in some microseconds
    const PIECE: usize = 1 << 14;
    for (parameter, direction) in parameters.iter_mut().zip(direction) {
        let pieces = parameter.as_mut_slice().par_chunks_mut(PIECE).zip(direction.as_slice().par_chunks(PIECE));
        pieces.for_each(|(parameter, direction)| {
            for (parameter, direction) in parameter.iter_mut().zip(direction) {
                *parameter -= rate * direction;
            }
        });
    }
}
