//! Quantities against what follows by their definitions from PyTorch's gradients.

use consilience_gradients::quantities::{Evidence, Needs};
use consilience_gradients::{ProbeBatch, ProbeSettings, Quantity, Request, measure_probe, reduce, signal};
use consilience_nn::Role;
use consilience_oracle::quantities::{Batch, OnProbe, Values, weight_gradient_correlation};
use consilience_tensor::{Cpu, Shape};

use crate::golden::directory;
use crate::golden::file::Golden;
use crate::golden::index::{Entry, Index};
use crate::golden::network::{Case, LOSS, case};

const SEED: u64 = 7;

#[test]
fn quantities_follow_from_the_golden_gradients() {
    let directory = directory();
    let mut compared = 0;
    for (name, entry) in &Index::read(&directory).files {
        if entry.trains_batch_norm() {
            continue;
        }
        let golden = Golden::read(&directory.join(name));
        let case = case::<f64>(entry, &golden, &mut Vec::new());
        let expected = [on_the_batch(&case, entry, &golden), on_the_probe(&case, entry, &golden)].concat();
        let got = measured(&case, entry, &golden);
        for (value, expected) in expected {
            let got = got.iter().find(|(known, _)| known == value).and_then(|(_, got)| *got).unwrap_or(f64::NAN);
            let error = (got - expected).abs() / expected.abs().max(1.0);
            // written so that a NaN fails
            assert!(error <= 1e-9, "{name}, {value}: {got}, expected {expected}");
            compared += 1;
        }
    }
    assert!(compared >= 250, "{compared} values were compared");
}

/// All quantities of the file's batch, which is the probe, too.
fn measured(case: &Case<f64>, entry: &Entry, golden: &Golden) -> Vec<(String, Option<f64>)> {
    let mut excluded = Needs::PROBE_HESSIAN_TRACE | Needs::PROBE_HESSIAN_TOP;
    if golden.get("J").is_none() {
        excluded |= Needs::PROBE_KERNEL;
    }
    let quantities = || Quantity::ALL.iter().filter(|quantity| !quantity.description().needs.intersects(excluded));
    let needs = quantities().fold(Needs::NONE, |needs, quantity| needs | quantity.description().needs);
    let mut request = Request::default();
    needs.add_to(&mut request, entry.micro_batch);
    let (network, parameters, buffers) = (&case.network, &case.parameters, &case.buffers);
    let tape = network.forward(parameters, buffers, case.input.clone(), case.mode).unwrap();
    let signal = LOSS.signal(&tape.output, &case.targets).unwrap();
    let reduced = reduce(&tape, signal, &request).unwrap();
    let settings = ProbeSettings { micro_batch: entry.micro_batch, ..ProbeSettings::new(SEED) };
    let batch = ProbeBatch { inputs: case.input.clone(), targets: &case.targets, loss: LOSS, settings };
    let probe = measure_probe(network, parameters, buffers, &batch, needs).unwrap();
    let evidence = Evidence::new(network, &reduced)
        .with_parameters(parameters)
        .with_classes(Some(&case.classes))
        .with_probe(Some(&probe));
    quantities().flat_map(|quantity| quantity.read(&evidence)).collect()
}

fn on_the_batch(case: &Case<f64>, entry: &Entry, golden: &Golden) -> Values {
    let gradients = golden.values("G");
    let rows: Vec<Vec<f64>> = gradients.chunks(entry.parameters).map(<[f64]>::to_vec).collect();
    let roles = case.network.parameters().iter();
    let is_weight: Vec<bool> =
        roles.flat_map(|parameter| vec![parameter.spec.role == Role::Weight; parameter.spec.shape.len()]).collect();
    let parameters = case.network.to_torch_vector(&case.parameters);
    let batch = Batch {
        gradients: &rows,
        parameters: &parameters,
        is_weight: &is_weight,
        classes: &case.classes,
        micro_batch: entry.micro_batch,
    };
    let mut values = batch.values();
    // gradients that only rounding keeps from zero have no sign, and no ratio to their spread
    let largest = consilience_oracle::largest(gradients);
    if gradients.iter().any(|g| *g != 0.0 && g.abs() < 1e-12 * largest) {
        values.retain(|(name, _)| {
            !["gsnr", "early", "sign_agreement", "opposite"].iter().any(|part| name.contains(part))
        });
    }
    let micro = golden.values("micro_norm2");
    values.push(("micro_batch_gradient_norm_squared", micro.iter().sum::<f64>() / micro.len() as f64));
    let change: Vec<f64> = golden.values("grad_norm2").iter().map(|twice| -0.5 * twice).collect();
    values.extend(weight_gradient_correlation(&parameters, &change, &is_weight));
    values
}

fn on_the_probe(case: &Case<f64>, entry: &Entry, golden: &Golden) -> Values {
    let Some(gradients) = golden.get("J") else { return Values::new() };
    let (examples, classes) = (entry.batch, entry.classes);
    let gradients: Vec<Vec<Vec<f64>>> = gradients
        .chunks(classes * entry.parameters)
        .map(|example| example.chunks(entry.parameters).map(<[f64]>::to_vec).collect())
        .collect();
    let logits = golden.values("logits");
    let outputs: Vec<Vec<f64>> = logits.chunks(classes).map(<[f64]>::to_vec).collect();
    let directions: Cpu<f64> = signal::random_unit(examples, classes, entry.micro_batch, SEED);
    let probe = OnProbe {
        gradients: &gradients,
        outputs: &outputs,
        classes: &case.classes,
        micro_batch: entry.micro_batch,
        sampled: &signal::sampled_labels(&Cpu::new(Shape::matrix(examples, classes), logits.to_vec()), SEED),
        directions: &directions.as_slice().chunks(classes).map(<[f64]>::to_vec).collect::<Vec<_>>(),
    };
    let mut values = probe.values();
    match golden.get("logdet_b_raw") {
        Some(logarithm) => values.push(("log_determinant_kernel", logarithm[0])),
        None => {
            values.retain(|(name, _)| !["log_determinant_kernel", "log_determinant_kernel_per_example"].contains(name));
        }
    }
    values
}
