use anyhow::{Context, Result};
use consilience_gradients::{Dots, Request, reduce};
use consilience_nn::Mode;

use super::{Output, Step};
use crate::problem::{LOSS, Net, Problem, Size};

/// Each example's `<G_n, mean gradient>` and `|G_n|`; batch-norm with frozen statistics.
pub fn dots_and_norms(net: Net, size: Size) -> Result<Step> {
    let problem = net.problem(size, None)?;
    let request = Request { dots: Some(Dots::Sum), sq_norms: true, ..Request::default() };
    Ok(Box::new(move || {
        let Problem { model, input, targets } = &problem;
        let tape = model.forward(input.clone(), Mode::EVALUATION)?;
        let signal = LOSS.signal(&tape.output, targets)?;
        let reduced = reduce(&tape, signal, &request)?;
        let share = 1.0 / problem.examples() as f64;
        let dots = reduced.dots().context("dot products were asked for")?;
        let norms = reduced.sq_norms().context("norms were asked for")?;
        let dots = dots.into_iter().map(|dot| dot * share).collect();
        let norms = norms.into_iter().map(f64::sqrt).collect();
        Ok(Output::default().numbers("dots", dots).numbers("norms", norms))
    }))
}
