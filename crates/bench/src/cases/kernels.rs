use anyhow::{Result, bail};
use consilience_gradients::{LogDeterminant, Outputs, empirical_ntk, kernel_trace};
use consilience_nn::Mode;

use super::{Output, Step};
use crate::problem::{Net, Problem, RIDGE, Size};

/// `tr K`, without forming K.
pub fn trace(size: Size) -> Result<Step> {
    let Problem { model, input, .. } = Net::Lenet.problem(size, None)?;
    Ok(Box::new(move || {
        let tape = model.forward(input.clone(), Mode::EVALUATION)?;
        let diagonal = kernel_trace(&tape)?;
        Ok(Output::default().number("trK", diagonal.iter().sum()))
    }))
}

/// K with the outputs traced, `N x N`.
pub fn traced(size: Size) -> Result<Step> {
    let Problem { model, input, .. } = Net::Lenet.problem(size, None)?;
    Ok(Box::new(move || {
        let tape = model.forward(input.clone(), Mode::EVALUATION)?;
        let kernel = empirical_ntk(&tape, Outputs::Traced)?;
        Ok(Output::default().kernel("K_b", kernel))
    }))
}

/// The full K, `NC x NC`, and `log det (K + ridge I)`.
pub fn log_determinant(size: Size) -> Result<Step> {
    let Problem { model, input, .. } = Net::Lenet.problem(size, None)?;
    Ok(Box::new(move || {
        let tape = model.forward(input.clone(), Mode::EVALUATION)?;
        let kernel = empirical_ntk(&tape, Outputs::Full)?;
        let ridge = RIDGE * kernel.trace() / kernel.size() as f64;
        let LogDeterminant::Finite(value) = kernel.log_determinant(ridge) else {
            bail!("the kernel is singular in spite of its ridge of {ridge}");
        };
        Ok(Output::default().number("logdet", value).kernel("K_full", kernel))
    }))
}
