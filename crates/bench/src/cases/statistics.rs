use anyhow::{Context, Result};
use consilience_gradients::{Moments, Reduced, Request, Signs, reduce};
use consilience_nn::Mode;
use consilience_tensor::{Cpu, Shape, Tensor};

use super::{Output, Step};
use crate::problem::{self, LOSS, Net, Problem, Size};

/// Which statistics of per-example gradients.
#[derive(Clone, Copy, Debug)]
pub struct What {
    /// Mean and (biased) variance.
    pub moments: bool,
    /// The share of examples whose gradient has the sign of the majority; zeros count for neither sign.
    pub signs: bool,
}

/// Statistics of one batch.
pub fn batch(size: Size, what: What) -> Result<Step> {
    let problem = Net::Cnn.problem(size, None)?;
    Ok(Box::new(move || {
        let mut statistics = Statistics::default();
        statistics.add(pass(&problem, 0..problem.examples(), &what.request())?);
        Ok(statistics.finish(problem.examples()))
    }))
}

/// Statistics of a data set that is passed through in chunks.
pub fn data_set(size: Size) -> Result<Step> {
    let (examples, chunk) = problem::data_set(size);
    let problem = Net::Cnn.problem(size, Some(examples))?;
    let request = What { moments: true, signs: true }.request();
    Ok(Box::new(move || {
        let mut statistics = Statistics::default();
        for start in (0..examples).step_by(chunk) {
            statistics.add(pass(&problem, start..start + chunk, &request)?);
        }
        Ok(statistics.finish(examples))
    }))
}

/// The mean gradient of a data set that is passed through in chunks.
pub fn plain_data_set(size: Size) -> Result<Step> {
    let (examples, chunk) = problem::data_set(size);
    let problem = Net::Cnn.problem(size, Some(examples))?;
    let request = Request { sum: true, ..Request::default() };
    Ok(Box::new(move || {
        let mut total: Option<Vec<Cpu<f32>>> = None;
        for start in (0..examples).step_by(chunk) {
            let sum = pass(&problem, start..start + chunk, &request)?.into_sum().context("the sum was asked for")?;
            total = Some(match total {
                Some(total) => total.into_iter().zip(&sum).map(|(total, sum)| total.add(sum)).collect(),
                None => sum,
            });
        }
        let share = 1.0 / examples as f64;
        let mean = total.into_iter().flatten().map(|array| array.scale(share)).collect();
        Ok(Output::default().arrays("mean", mean))
    }))
}

/// One forward and backward pass of the summed loss over some examples.
fn pass(problem: &Problem, examples: std::ops::Range<usize>, request: &Request<f32>) -> Result<Reduced<f32>> {
    let Problem { model, input, targets } = problem;
    let indices: Vec<usize> = examples.clone().collect();
    let targets = targets.select(&indices).context("the examples are those of the batch")?;
    let input = if examples.len() == problem.examples() { input.clone() } else { input.examples(examples) };
    let tape = model.forward(input, Mode::EVALUATION)?;
    let signal = LOSS.signal(&tape.output, &targets)?;
    Ok(reduce(&tape, signal, request)?)
}

impl What {
    fn request(self) -> Request<f32> {
        Request { moments: self.moments, signs: self.signs, ..Request::default() }
    }
}

/// What was seen so far; one entry per parameter.
#[derive(Default)]
struct Statistics {
    moments: Vec<Moments<f32>>,
    signs: Vec<Signs>,
}

impl Statistics {
    fn add(&mut self, reduced: Reduced<f32>) {
        let (mut moments, mut signs) = (Vec::new(), Vec::new());
        for parameter in reduced.parameters {
            moments.extend(parameter.moments);
            signs.extend(parameter.signs);
        }
        if self.moments.is_empty() {
            self.moments = moments;
        } else {
            let before = std::mem::take(&mut self.moments);
            self.moments = before.into_iter().zip(&moments).map(|(before, new)| before.merge(new)).collect();
        }
        if self.signs.is_empty() {
            self.signs = signs;
        } else {
            let before = std::mem::take(&mut self.signs);
            self.signs = before.into_iter().zip(&signs).map(|(before, new)| before.merge(new)).collect();
        }
    }

    fn finish(self, examples: usize) -> Output {
        let share = 1.0 / examples as f32;
        let mut output = Output::default();
        if !self.moments.is_empty() {
            let (mut means, mut variances) = (Vec::new(), Vec::new());
            for mut moments in self.moments {
                moments.square_deviations.as_mut_slice().iter_mut().for_each(|square| *square *= share);
                means.push(moments.mean);
                variances.push(moments.square_deviations);
            }
            output = output.arrays("mean", means).arrays("var", variances);
        }
        if !self.signs.is_empty() {
            let share_of = |(positive, negative): (&u32, &u32)| *positive.max(negative) as f32 * share;
            let of = |signs: Signs| {
                let shares = signs.positive.iter().zip(signs.negative.iter()).map(share_of);
                Cpu::new(Shape::vector(signs.positive.len()), shares.collect())
            };
            output = output.arrays("majority", self.signs.into_iter().map(of).collect());
        }
        output
    }
}
