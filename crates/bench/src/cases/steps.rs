use anyhow::{Context, Result};
use consilience_gradients::{Request, reduce};
use consilience_nn::Mode;
use consilience_nn::losses::Reduction;
use consilience_tensor::{Cpu, Tensor};
use consilience_train::AggregatorSpec;
use consilience_train::optimizers::{Chain, Scale};

use super::quantities::Watched;
use super::{Output, Step};
use crate::problem::{LEARNING_RATE, LOSS, Net, Problem, Size};

/// The training loop's own step: forward, mean cross-entropy, backward, and the SGD update of all parameters.
pub fn plain(net: Net, size: Size) -> Result<Step> {
    step(net, size, AggregatorSpec::Mean {}, Watched::default())
}

/// As [`plain`], with quantities read at every step.
pub fn watched(net: Net, size: Size, watched: Watched) -> Result<Step> {
    step(net, size, AggregatorSpec::Mean {}, watched)
}

/// As [`plain`], with the winsorized mean: of each parameter's per-example gradients the `count` largest and the `count` smallest
/// are replaced by the nearest that is kept.
pub fn winsorized(size: Size, count: usize) -> Result<Step> {
    step(Net::Mlp3, size, AggregatorSpec::Winsorized { percent: None, count: Some(count) }, Watched::default())
}

fn step(net: Net, size: Size, spec: AggregatorSpec, watched: Watched) -> Result<Step> {
    let problem = net.problem(size, None)?;
    let mut model = problem.model.clone();
    let examples = problem.examples();
    spec.check_batch(examples)?;
    let mut aggregator = spec.build(0.0);
    let mut optimizer = Chain::new(vec![Box::new(Scale::constant(LEARNING_RATE))], &model.parameters);
    Ok(Box::new(move || {
        let mut request = Request::default();
        aggregator.request(examples, &mut request);
        watched.request(examples, &mut request);
        let tape = model.forward(problem.input.clone(), Mode::training(0))?;
        let loss = mean(&LOSS.per_example(&tape.output, &problem.targets)?);
        let signal = LOSS.signal(&tape.output, &problem.targets)?;
        let reduced = reduce(&tape, signal, &request)?;
        let values = watched.read(&model, &problem, &reduced)?;
        model.commit_buffers(&tape);
        let (direction, weight) = aggregator
            .direction(reduced, &model.parameters)
            .and_then(|direction| direction.into_arrays(examples))
            .context("what the aggregator asked for was reduced")?;
        let updated = optimizer.update(0, &model.parameters, direction, weight, None);
        model.parameters = updated.context("the update is not finite")?;
        let output = Output::default().number("loss", loss).updated(&model.parameters);
        let defined: Vec<f64> = values.into_iter().filter_map(|(_, value)| value).collect();
        Ok(if defined.is_empty() { output } else { output.numbers("quantities", defined) })
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

/// The mean loss of the batch and its gradient.
pub(super) fn mean_gradient(problem: &Problem, mode: Mode) -> Result<(f64, Vec<Cpu<f32>>)> {
    let Problem { model, input, targets } = problem;
    let tape = model.forward(input.clone(), mode)?;
    let loss = mean(&LOSS.per_example(&tape.output, targets)?);
    let share = Reduction::Mean.weight(problem.examples());
    let signal = LOSS.signal(&tape.output, targets)?.scale(share);
    let request = Request { sum: true, ..Request::default() };
    let reduced = reduce(&tape, signal, &request)?;
    Ok((loss, reduced.into_sum().context("the sum was asked for")?))
}

fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}
