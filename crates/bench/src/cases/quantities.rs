use consilience_gradients::quantities::{Evidence, Needs, Value};
use consilience_gradients::{GradientError, ProbeBatch, ProbeSettings, Quantity, Reduced, Request, measure_probe};
use consilience_nn::Model;
use rayon::prelude::*;

use crate::problem::{LOSS, Problem};

/// The seed of what the measurement of a probe draws.
const SEED: u64 = 0;

/// Quantities that are read at every step.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    quantities: Vec<Quantity>,
    needs: Needs,
}

impl Watched {
    pub fn new(quantities: Vec<Quantity>) -> Self {
        let needs = quantities.iter().fold(Needs::NONE, |needs, quantity| needs.union(quantity.description().needs));
        Self { quantities, needs }
    }

    /// Those that are read from the backward pass of the step itself.
    pub fn first_order() -> Self {
        let of_step = |quantity: &Quantity| !quantity.description().needs.of_probe();
        Self::new(Quantity::ALL.iter().copied().filter(of_step).collect())
    }

    /// Adds to the request of the step what they need, with eight micro-batches.
    pub fn request(&self, examples: usize, request: &mut Request<f32>) {
        self.needs.add_to(request, examples.div_ceil(8));
    }

    /// Their values. The batch of the step serves as the probe.
    pub fn read(
        &self,
        model: &Model<f32>,
        problem: &Problem,
        reduced: &Reduced<f32>,
    ) -> Result<Vec<Value>, GradientError> {
        let Model { network, parameters, buffers } = model;
        let probe = if self.needs.of_probe() {
            let settings = ProbeSettings { micro_batch: problem.examples().div_ceil(8), ..ProbeSettings::new(SEED) };
            let (inputs, targets) = (problem.input.clone(), &problem.targets);
            let batch = ProbeBatch { inputs, targets, loss: LOSS, settings };
            Some(measure_probe(network, parameters, buffers, &batch, self.needs)?)
        } else {
            None
        };
        let classes = if self.needs.contains(Needs::CLASSES) { problem.targets.classes() } else { None };
        let evidence = Evidence::new(network, reduced)
            .with_parameters(parameters)
            .with_classes(classes.as_deref())
            .with_probe(probe.as_ref());
        let values: Vec<Vec<Value>> = self.quantities.par_iter().map(|quantity| quantity.read(&evidence)).collect();
        Ok(values.into_iter().flatten().collect())
    }
}
