//! Every penalty's gradient against central differences of its value, in double precision.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_gradients::second_order::Point;
use consilience_gradients::{Request, reduce};
use consilience_nn::layers::{Activate, AvgPool2d, BatchNorm2d, Conv2d, Flatten, GroupNorm, Linear};
use consilience_nn::losses::{Loss, Targets};
use consilience_nn::{Block, Initialisation, Mode, Model, Network};
use consilience_tensor::{Activation, Cpu, Shape, Tensor, Window};
use consilience_train::PenaltySpec;
use consilience_train::penalties::{OverOutputs, PenaltyGradient, PenaltyKind, Site};

const CLASSES: usize = 3;
const EXAMPLES: usize = 4;

/// A small network, smooth so that differences converge.
fn network(norm: Block) -> Model<f64> {
    let blocks = [
        Block::layer(Conv2d::new(1, 2, Window::square(3, 1, 0))),
        norm,
        Block::layer(Activate(Activation::Tanh)),
        Block::layer(AvgPool2d(Window::square(2, 2, 0))),
        Block::layer(Flatten),
        Block::layer(Linear::new(2 * 2 * 2, CLASSES)),
    ];
    Model::init(Network::new(Shape::new(1, 6, 6, 1), &blocks).unwrap(), Initialisation::TorchDefault, 1)
}

fn inputs() -> Cpu<f64> {
    let shape = Shape::new(EXAMPLES, 6, 6, 1);
    Cpu::new(shape, (0..shape.len()).map(|i| (1.3 * i as f64).sin()).collect())
}

/// What is known at the point where a penalty is evaluated.
struct Known {
    output: Cpu<f64>,
    gradient: Vec<Cpu<f64>>,
}

fn known(model: &Model<f64>, parameters: &[Cpu<f64>], targets: &Targets, mode: Mode) -> Known {
    let tape = model.network.forward(parameters, &model.buffers, inputs(), mode).unwrap();
    let signal = Loss::SoftmaxCrossEntropy.signal(&tape.output, targets).unwrap().scale(1.0 / EXAMPLES as f64);
    let request = Request { sum: true, ..Request::default() };
    let reduced = reduce(&tape, signal, &request).unwrap();
    Known { output: tape.output.clone(), gradient: reduced.into_sum().unwrap() }
}

fn at(
    spec: &PenaltySpec,
    model: &Model<f64>,
    parameters: &[Cpu<f64>],
    mode: Mode,
    known: &Known,
) -> PenaltyGradient<f64> {
    let targets = &Targets::Classes(vec![0, 2, 1, 1]);
    let point = Point { network: &model.network, parameters, buffers: &model.buffers, mode };
    let (output, gradient, loss) = (&known.output, known.gradient.as_slice(), Loss::SoftmaxCrossEntropy);
    spec.build().gradient(&Site { point, input: &inputs(), output, targets, loss, gradient, seed: 9 }).unwrap()
}

/// The largest difference between gradient and central differences, relative to the largest entry.
fn error(spec: &PenaltySpec, model: &Model<f64>, mode: Mode) -> f64 {
    const STEP: f64 = 1e-5;
    let targets = &Targets::Classes(vec![0, 2, 1, 1]);
    let here = known(model, &model.parameters, targets, mode);
    let exact = at(spec, model, &model.parameters, mode, &here).gradient;
    let value = |parameters: &[Cpu<f64>]| {
        let mut there = known(model, parameters, targets, mode);
        match spec.kind {
            // the labels stay those that were drawn
            PenaltyKind::FisherTrace => there.output = here.output.clone(),
            // the direction uphill is not differentiated
            PenaltyKind::Sharpness => there.gradient.clone_from(&here.gradient),
            _ => {}
        }
        at(spec, model, parameters, mode, &there).value
    };
    let (mut largest, mut error) = (0.0_f64, 0.0_f64);
    for (index, gradient) in exact.iter().enumerate() {
        for (element, &exact) in gradient.as_slice().iter().enumerate() {
            let moved = |by: f64| {
                let mut parameters = model.parameters.clone();
                let mut elements = parameters[index].as_slice().to_vec();
                elements[element] += by;
                parameters[index] = Cpu::new(parameters[index].shape(), elements);
                value(&parameters)
            };
            let difference = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            largest = largest.max(exact.abs());
            error = error.max((exact - difference).abs());
        }
    }
    assert!(largest > 1e-3, "{spec:?} has a gradient to compare");
    error / largest
}

/// Central differences of step h are off by about h^2 of third derivatives and 1e-16 / h of rounding, relative to values of
/// order one.
const TOLERANCE: f64 = 1e-7;

#[test]
fn gradients_are_those_of_the_values() {
    let model = network(Block::layer(GroupNorm::new(1, 2)));
    for kind in PenaltyKind::ALL {
        let mut spec = PenaltySpec::new(kind, 1.0);
        let mut tolerance = TOLERANCE;
        if kind == PenaltyKind::KernelLogDeterminant {
            // held constant, the ridge contributes a share that falls with its size
            (spec.ridge, tolerance) = (Some(1e-6), 1e-4);
            let full = PenaltySpec { outputs: Some(OverOutputs::Full), ..spec.clone() };
            let error = error(&full, &model, Mode::training(0));
            assert!(error < tolerance, "{full:?}: {error}");
        }
        let error = error(&spec, &model, Mode::training(0));
        assert!(error < tolerance, "{kind:?}: {error}");
    }
}

#[test]
fn options_keep_gradient_and_value_together() {
    let model = network(Block::layer(GroupNorm::new(1, 2)));
    for text in [
        "kind = 'gradient_norm'\nper_example = true",
        "kind = 'fisher_trace'\nper_example = true",
        "kind = 'average_jacobian'\noutputs = 'sum'",
        "kind = 'average_jacobian'\nper_example = true",
        "kind = 'unit_jacobian'\nper_example = true",
        "kind = 'kernel_trace'\noutputs = 'sum'",
        "kind = 'kernel_trace'\nestimate = true",
        "kind = 'sharpness'\nradius = 0.5",
    ] {
        let spec: PenaltySpec = toml::from_str(&format!("{text}\nweight = 1.0")).unwrap();
        let error = error(&spec, &model, Mode::training(0));
        assert!(error < TOLERANCE, "{text}: {error}");
    }
}

#[test]
fn batch_statistics_are_differentiated_through() {
    let model = network(Block::layer(BatchNorm2d::new(2)));
    for kind in PenaltyKind::ALL {
        let spec = PenaltySpec::new(kind, 1.0);
        if spec.is_per_example() {
            continue;
        }
        let error = error(&spec, &model, Mode::training(0));
        // one over the spread of a channel enters three times
        assert!(error < 10.0 * TOLERANCE, "{kind:?}: {error}");
    }
}

#[test]
fn finite_differences_come_near_the_exact_gradient() {
    let model = network(Block::layer(GroupNorm::new(1, 2)));
    let targets = Targets::Classes(vec![0, 2, 1, 1]);
    let known = known(&model, &model.parameters, &targets, Mode::EVALUATION);
    for kind in [PenaltyKind::GradientNorm, PenaltyKind::FisherTrace, PenaltyKind::AverageJacobian] {
        let of = |step| {
            let spec = PenaltySpec { step, ..PenaltySpec::new(kind, 1.0) };
            at(&spec, &model, &model.parameters, Mode::EVALUATION, &known)
        };
        let (exact, near) = (of(None), of(Some(1e-6)));
        assert!((exact.value - near.value).abs() < 1e-12);
        for (exact, near) in exact.gradient.iter().zip(&near.gradient) {
            for (exact, near) in exact.as_slice().iter().zip(near.as_slice()) {
                // a forward difference is off by its step times a third derivative of order one
                assert!((exact - near).abs() < 1e-5, "{kind:?}: {exact} {near}");
            }
        }
    }
}

#[test]
fn scalings_are_those_of_the_definitions() {
    let model = network(Block::layer(GroupNorm::new(1, 2)));
    let targets = Targets::Classes(vec![0, 2, 1, 1]);
    let mode = Mode::EVALUATION;
    let known = known(&model, &model.parameters, &targets, mode);
    let value = |text: &str| {
        let spec: PenaltySpec = toml::from_str(&format!("{text}\nweight = 1.0")).unwrap();
        at(&spec, &model, &model.parameters, mode, &known).value
    };
    let tape = model.network.forward(&model.parameters, &model.buffers, inputs(), mode).unwrap();
    let kernel = consilience_gradients::empirical_ntk(&tape, consilience_gradients::Outputs::Traced).unwrap();
    let trace = kernel.trace();
    let (n, classes) = (EXAMPLES as f64, CLASSES as f64);
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-10 * b.abs().max(1.0), "{a} {b}");
    near(value("kind = 'kernel_trace'\noutputs = 'sum'"), trace / n);
    near(value("kind = 'kernel_trace'"), trace / n / classes);
    let eigenvalues = kernel.eigenvalues().unwrap();
    let ridge = 1e-3 * trace / n;
    let logs: f64 = eigenvalues.iter().map(|&x| ((x + ridge) / classes).ln()).sum();
    near(value("kind = 'kernel_log_determinant'"), logs / n);
    let full = consilience_gradients::empirical_ntk(&tape, consilience_gradients::Outputs::Full).unwrap();
    let rows = n * classes;
    let ridge = 1e-3 * full.trace() / rows;
    let logs: f64 = full.eigenvalues().unwrap().iter().map(|&x| (x + ridge).ln()).sum();
    near(value("kind = 'kernel_log_determinant'\noutputs = 'full'"), logs / rows);
    near(value("kind = 'average_jacobian'\noutputs = 'sum'"), classes * classes * value("kind = 'average_jacobian'"));
}
