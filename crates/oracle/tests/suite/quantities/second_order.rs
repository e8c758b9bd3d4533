use consilience_gradients::quantities::Needs;
use consilience_gradients::{Probe, ProbeSettings};
use consilience_oracle::cases::{self, Case};
use consilience_oracle::quantities::{top_eigenvalue, weight_gradient_correlation};
use consilience_oracle::statistics::{dot, mean};
use consilience_oracle::{Rows, Subject, differences};
use consilience_tensor::{Cpu, Tensor};

use crate::quantities::{LOSS, Measured, assert_values};

const EXAMPLES: usize = 6;

/// Smooth networks in evaluation mode, which probes are measured in.
fn cases() -> Vec<Case> {
    cases::tiny().unwrap().into_iter().map(|case| case.in_mode(consilience_nn::Mode::EVALUATION)).collect()
}

fn measured(case: &Case, settings: ProbeSettings) -> Measured<'_> {
    Measured { case, input: case.batch(EXAMPLES), targets: case.targets(EXAMPLES), settings }
}

/// The gradient of the mean loss at other parameters.
fn gradient(measured: &Measured<'_>, parameters: &[Cpu<f64>]) -> Vec<f64> {
    let subject = Subject { parameters, ..measured.case.subject() };
    mean(&subject.loss_gradients(&measured.input, LOSS, &measured.targets).unwrap())
}

/// The Hessian of the mean loss, column by column, by finite differences of gradients.
fn hessian(measured: &Measured<'_>) -> Rows {
    let parameters = &measured.case.parameters;
    let sizes = parameters.iter().enumerate().flat_map(|(array, p)| (0..p.shape().len()).map(move |i| (array, i)));
    sizes
        .map(|(array, element)| {
            let mut direction: Vec<Cpu<f64>> = parameters.iter().map(|p| Cpu::zeros(p.shape())).collect();
            direction[array].as_mut_slice()[element] = 1.0;
            differences::derivative(parameters, &direction, |moved| gradient(measured, moved))
        })
        .collect()
}

#[test]
fn the_hessian_by_finite_differences() {
    for case in cases() {
        let settings = ProbeSettings {
            hessian_samples: 400,
            power_iterations: 20_000,
            power_tolerance: 1e-14,
            ..ProbeSettings::new(3)
        };
        let measured = measured(&case, settings);
        let hessian = hessian(&measured);
        let probe: Probe = measured.probe::<f64>(Needs::PROBE_HESSIAN_TRACE | Needs::PROBE_HESSIAN_TOP);

        let exact: f64 = (0..hessian.len()).map(|i| hessian[i][i]).sum();
        let trace = probe.hessian_trace.unwrap();
        let error = trace.standard_error.unwrap();
        // the variance of <v, H v> is twice the sum of the squares off the diagonal
        let squares: f64 = hessian.iter().map(|row| dot(row, row)).sum();
        let diagonal: f64 = (0..hessian.len()).map(|i| hessian[i][i].powi(2)).sum();
        let expected = (2.0 * (squares - diagonal) / 400.0).sqrt();
        assert!((error / expected - 1.0).abs() < 0.25, "{}: standard error {error}, expected {expected}", case.name);
        assert!((trace.mean - exact).abs() < 5.0 * expected, "{}: {trace:?}, exact {exact}", case.name);

        let (top, exact) = (probe.hessian_top.unwrap(), top_eigenvalue(&hessian));
        assert!((top.eigenvalue - exact).abs() < 1e-6 * exact.abs(), "{}: {top:?}, exact {exact}", case.name);
        assert!(top.residual < 1e-4 * exact.abs(), "{}: {top:?}", case.name);
    }
}

#[test]
fn power_iteration_stops_at_the_tolerance_or_the_limit() {
    let case = &cases()[0];
    let top = |settings| measured(case, settings).probe::<f64>(Needs::PROBE_HESSIAN_TOP).hessian_top.unwrap();
    let limited = top(ProbeSettings { power_iterations: 3, power_tolerance: 0.0, ..ProbeSettings::new(3) });
    assert_eq!(limited.iterations, 3);
    let loose = top(ProbeSettings::new(3));
    let tight = top(ProbeSettings { power_tolerance: 1e-8, ..ProbeSettings::new(3) });
    assert!(loose.iterations < tight.iterations && tight.residual < loose.residual, "{loose:?} {tight:?}");
}

#[test]
fn weights_and_the_change_of_their_gradients() {
    for case in cases() {
        let measured = measured(&case, ProbeSettings::new(3));
        let hessian = hessian(&measured);
        let gradient = gradient(&measured, &case.parameters);
        let change: Vec<f64> = hessian.iter().map(|row| -dot(row, &gradient)).collect();
        let (parameters, is_weight) = measured.flat();
        let expected = weight_gradient_correlation(&parameters, &change, &is_weight);
        let got = measured.values::<f64>(|needs| needs.contains(Needs::PROBE_GRADIENT_CHANGE));
        // differences of gradients, to nine digits of the largest
        assert_values(case.name, &got, &expected, 1e-7);
    }
}

#[test]
fn sharpness_is_the_rise_of_the_loss() {
    for case in cases() {
        let measured = measured(&case, ProbeSettings { sharpness_radius: 0.3, ..ProbeSettings::new(3) });
        let gradient = gradient(&measured, &case.parameters);
        let length = dot(&gradient, &gradient).sqrt();
        let mut place = 0;
        let moved = case.parameters.iter().map(|array| {
            let mut array = array.clone();
            for x in array.as_mut_slice() {
                *x += 0.3 * gradient[place] / length;
                place += 1;
            }
            array
        });
        let moved: Vec<_> = moved.collect();
        let loss = |parameters: &[Cpu<f64>]| {
            let subject = Subject { parameters, ..case.subject() };
            subject.batch_losses(&measured.input, LOSS, &measured.targets).unwrap().iter().sum::<f64>()
        };
        let expected = (loss(&moved) - loss(&case.parameters)) / EXAMPLES as f64;
        let got = measured.values::<f64>(|needs| needs == Needs::PROBE_SHARPNESS);
        assert!(expected > 0.0);
        assert_values(case.name, &got, &[("sharpness", expected)], 1e-12);
    }
}
