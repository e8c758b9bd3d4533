use consilience_nn::{Factor, Precision, Tape};
use consilience_tensor::{Cpu, Dual, Real, Tensor};

use super::{Objective, Point, complete, tangent_of_sum};
use crate::GradientError;
use crate::reductions::dots;

/// The sum over objectives of how the gradient of each changes along its own direction.
///
/// A backward pass is linear in what it back-propagates, and all objectives share its coefficients, the values of one forward
/// pass. So a pass on dual numbers takes out, at every value of the network, what the direction adds to the gradient there, and
/// goes on with the gradient alone; the sum over objectives of what was taken out is back-propagated once, by a plain pass.
pub(super) struct SharedDerivative<'a, R: Real> {
    point: &'a Point<'a, R>,
    tape: Tape<Cpu<R>>,
    /// What was taken out, by value of the network.
    taken: Vec<Option<Cpu<R>>>,
    /// By parameter.
    of_gradient: Vec<Option<Cpu<R>>>,
    slope: f64,
}

impl<'a, R: Precision> SharedDerivative<'a, R> {
    /// `tape` is that of a plain pass.
    pub fn new(point: &'a Point<'a, R>, tape: Tape<Cpu<R>>) -> Self {
        let taken = vec![None; point.network.nodes().len() + 1];
        Self { point, tape, taken, of_gradient: vec![None; point.parameters.len()], slope: 0.0 }
    }

    /// The plain pass.
    pub const fn tape(&self) -> &Tape<Cpu<R>> {
        &self.tape
    }

    /// Adds objectives, each with one direction of the parameters. They share one forward pass.
    pub fn add(
        &mut self,
        parameters: Vec<Dual<Cpu<R>>>,
        input: &Cpu<R>,
        objectives: &[impl Objective],
    ) -> Result<(), GradientError> {
        let Self { point, taken, of_gradient, slope, .. } = self;
        let (network, buffers) = (point.network, point.constant_buffers());
        let tape = network.forward(&parameters, &buffers, Dual::constant(input.clone()), point.mode)?;
        drop(parameters);
        // the directions of the first layers are large, and nothing is back-propagated through these
        let tape = tape.map_parameters(|index, parameter| {
            let goes_on = network.nodes()[network.parameters()[index].node].passes_gradients_on();
            if goes_on { parameter } else { Dual::constant(parameter.value().clone()) }
        });
        for (index, objective) in objectives.iter().enumerate() {
            let tape = tape.map(|array| array.direction(index));
            let signal = objective.signal(&tape.output)?;
            *slope += tape.output.tangent().map_or(0.0, |t| dots::dot(signal.value().as_slice(), t.as_slice()));
            let mut visit = |parameter: usize, factor: Factor<Dual<Cpu<R>>>| {
                accumulate(&mut of_gradient[parameter], tangent_of_sum(&factor));
            };
            let mut take_out = |value: usize, gradient: Dual<Cpu<R>>| {
                let (gradient, tangent) = gradient.into_parts();
                accumulate(&mut taken[value], tangent);
                Dual::constant(gradient)
            };
            tape.backward_through(signal, false, &mut visit, &mut take_out)?;
        }
        Ok(())
    }

    /// What the objectives themselves change by.
    pub const fn slope(&self) -> f64 {
        self.slope
    }

    /// The sum of the changes of the gradients, one array per parameter.
    pub fn of_gradient(self) -> Result<Vec<Cpu<R>>, GradientError> {
        let Self { point, tape, mut taken, mut of_gradient, .. } = self;
        let nothing = Cpu::zeros(tape.output.shape());
        let mut visit = |parameter: usize, factor: Factor<Cpu<R>>| {
            accumulate(&mut of_gradient[parameter], Some(factor.sum()));
        };
        let mut put_back = |value: usize, gradient: Cpu<R>| match taken[value].take() {
            Some(taken) => gradient.add(&taken),
            None => gradient,
        };
        tape.backward_through(nothing, false, &mut visit, &mut put_back)?;
        Ok(complete(of_gradient, point.parameters))
    }
}

fn accumulate<R: Real>(sum: &mut Option<Cpu<R>>, array: Option<Cpu<R>>) {
    *sum = match (sum.take(), array) {
        (Some(sum), Some(array)) => Some(sum.add(&array)),
        (sum, array) => sum.or(array),
    };
}
