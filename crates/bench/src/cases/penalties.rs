use anyhow::{Context, Result};
use consilience_gradients::second_order::{
    MeanLoss, Point, gradient_norm_gradient, gradient_norm_gradient_by_differences, kernel_trace_gradient,
    kernel_trace_gradient_estimate,
};
use consilience_gradients::{Request, reduce};
use consilience_nn::losses::Reduction;
use consilience_nn::{Mode, Model};
use consilience_tensor::{Cpu, Tensor};
use consilience_train::PenaltySpec;
use consilience_train::penalties::{PenaltyGradient, Site};

use super::steps::mean_gradient;
use super::{Output, Step};
use crate::problem::{ALPHA, DIFFERENCE_STEP, LAMBDA, LOSS, Net, Problem, Size};

/// How the gradient of tr K is computed.
#[derive(Clone, Copy, Debug)]
pub enum Trace {
    Exact,
    /// Unbiased, from random signs in one pass.
    Estimate,
}

/// The gradient of mean cross-entropy plus `alpha tr K`.
pub fn kernel_trace(size: Size, how: Trace) -> Result<Step> {
    let problem = Net::Lenet.problem(size, None)?;
    let mut seed = 0;
    Ok(Box::new(move || {
        seed += 1;
        let (_, gradient) = mean_gradient(&problem, Mode::EVALUATION)?;
        let point = point(&problem.model, Mode::EVALUATION);
        let (trace, penalty) = match how {
            Trace::Exact => kernel_trace_gradient(&point, &problem.input)?,
            Trace::Estimate => kernel_trace_gradient_estimate(&point, &problem.input, seed)?,
        };
        Ok(Output::default().number("trK", trace).arrays("grad_penalised", penalised(gradient, ALPHA, penalty)))
    }))
}

/// The gradient of mean cross-entropy plus a penalty, as the training loop computes it for the whole batch.
pub fn named(size: Size, spec: &PenaltySpec) -> Result<Step> {
    let problem = Net::Lenet.problem(size, None)?;
    let (penalty, weight) = (spec.build::<f32>(), spec.weight);
    let mut seed = 0;
    Ok(Box::new(move || {
        seed += 1;
        let Problem { model, input, targets } = &problem;
        let tape = model.forward(input.clone(), Mode::EVALUATION)?;
        let signal = LOSS.signal(&tape.output, targets)?.scale(Reduction::Mean.weight(targets.len()));
        let request = Request { sum: true, ..Request::default() };
        let reduced = reduce(&tape, signal, &request)?;
        let gradient = reduced.into_sum().context("the sum was asked for")?;
        let point = point(model, Mode::EVALUATION);
        let site = Site { point, input, output: &tape.output, targets, loss: LOSS, gradient: &gradient, seed };
        let PenaltyGradient { value, gradient: penalty } = penalty.gradient(&site)?;
        Ok(Output::default().number("penalty", value).arrays("grad_penalised", penalised(gradient, weight, penalty)))
    }))
}

/// How the gradient of the squared gradient norm is computed.
#[derive(Clone, Copy, Debug)]
pub enum Norm {
    Exact,
    FiniteDifference,
}

/// The gradient of mean cross-entropy plus `lambda |grad L|^2`.
pub fn gradient_norm(net: Net, size: Size, how: Norm) -> Result<Step> {
    let problem = net.problem(size, None)?;
    Ok(Box::new(move || {
        let point = point(&problem.model, Mode::training(0));
        let objective = MeanLoss { loss: LOSS, targets: &problem.targets };
        let norm = match how {
            Norm::Exact => gradient_norm_gradient(&point, &problem.input, &objective)?,
            Norm::FiniteDifference => {
                gradient_norm_gradient_by_differences(&point, &problem.input, &objective, DIFFERENCE_STEP)?
            }
        };
        let gradient = penalised(norm.gradient, LAMBDA, norm.penalty_gradient);
        Ok(Output::default().number("norm2", norm.sq_norm).arrays("grad_penalised", gradient))
    }))
}

fn point(model: &Model<f32>, mode: Mode) -> Point<'_, f32> {
    Point::new(model, mode)
}

/// `gradient + weight penalty`.
fn penalised(gradient: Vec<Cpu<f32>>, weight: f64, penalty: Vec<Cpu<f32>>) -> Vec<Cpu<f32>> {
    gradient.into_iter().zip(penalty).map(|(gradient, penalty)| gradient.add(&penalty.scale(weight))).collect()
}
