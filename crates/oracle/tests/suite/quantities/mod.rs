//! Every quantity against its definition on the oracle's rows of gradients, on random networks.

#![allow(clippy::unwrap_used)]

mod first_order;
mod second_order;

use consilience_gradients::quantities::{Evidence, Needs};
use consilience_gradients::{Probe, ProbeBatch, ProbeSettings, Quantity, Request, measure_probe, reduce};
use consilience_nn::losses::{Loss, Targets};
use consilience_nn::{Precision, Role};
use consilience_oracle::cases::Case;
use consilience_tensor::Cpu;

const LOSS: Loss = Loss::SoftmaxCrossEntropy;

/// What quantities are measured on.
struct Measured<'a> {
    case: &'a Case,
    input: Cpu<f64>,
    targets: Targets,
    settings: ProbeSettings,
}

impl Measured<'_> {
    fn probe<R: Precision>(&self, needs: Needs) -> Probe {
        let cast = |arrays: &[Cpu<f64>]| arrays.iter().map(Cpu::cast).collect::<Vec<Cpu<R>>>();
        let (parameters, buffers) = (cast(&self.case.parameters), cast(&self.case.buffers));
        let batch =
            ProbeBatch { inputs: self.input.cast::<R>(), targets: &self.targets, loss: LOSS, settings: self.settings };
        measure_probe(&self.case.network, &parameters, &buffers, &batch, needs).unwrap()
    }

    /// The values of all quantities whose needs `select` accepts, from one pass and one probe.
    fn values<R: Precision>(&self, select: impl Fn(Needs) -> bool) -> Vec<(String, Option<f64>)> {
        let cast = |arrays: &[Cpu<f64>]| arrays.iter().map(Cpu::cast).collect::<Vec<Cpu<R>>>();
        let (parameters, buffers) = (cast(&self.case.parameters), cast(&self.case.buffers));
        let quantities: Vec<Quantity> =
            Quantity::ALL.iter().copied().filter(|quantity| select(quantity.description().needs)).collect();
        let needs = quantities.iter().fold(Needs::NONE, |needs, quantity| needs | quantity.description().needs);
        let mut request = Request::default();
        needs.add_to(&mut request, self.settings.micro_batch);
        let tape = self.case.network.forward(&parameters, &buffers, self.input.cast(), self.case.mode).unwrap();
        let signal = LOSS.signal(&tape.output, &self.targets).unwrap();
        let reduced = reduce(&tape, signal, &request).unwrap();
        let probe = needs.of_probe().then(|| self.probe::<R>(needs));
        let classes = self.targets.classes().unwrap();
        let evidence = Evidence::new(&self.case.network, &reduced)
            .with_parameters(&parameters)
            .with_classes(Some(&classes))
            .with_probe(probe.as_ref());
        quantities.iter().flat_map(|quantity| quantity.read(&evidence)).collect()
    }

    /// The parameters one after the other, and which of them are weights.
    fn flat(&self) -> (Vec<f64>, Vec<bool>) {
        let values = self.case.parameters.iter().flat_map(Cpu::as_slice).copied().collect();
        let roles = self.case.network.parameters().iter();
        let is_weight = roles.flat_map(|p| vec![p.spec.role == Role::Weight; p.spec.shape.len()]).collect();
        (values, is_weight)
    }
}

fn value(values: &[(String, Option<f64>)], name: &str) -> Option<f64> {
    values.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no value {name}")).1
}

/// Compares each expected value with the measured one of its name.
fn assert_values(what: &str, got: &[(String, Option<f64>)], expected: &[(&'static str, f64)], tolerance: f64) {
    for &(name, expected) in expected {
        let got = value(got, name).unwrap_or(f64::NAN);
        // written so that a NaN fails
        assert!(
            (got - expected).abs() <= tolerance * expected.abs().max(1.0),
            "{what}, {name}: {got}, expected {expected}"
        );
    }
}
