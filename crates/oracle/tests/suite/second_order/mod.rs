//! Hessian-vector products and penalty gradients against finite differences, in every parameter, of quantities that the
//! oracle computes naively.

#![allow(clippy::unwrap_used)]

use consilience_gradients::second_order::{
    LinearOutput, MeanLoss, Point, TotalLoss, gradient_norm_gradient, gradient_norm_gradient_by_differences,
    hessian_vector_product, hessian_vector_product_by_differences, kernel_trace_gradient, log_determinant_gradient,
    sq_norms_gradient,
};
use consilience_gradients::{GradientError, Outputs};
use consilience_nn::losses::Loss;
use consilience_nn::{Precision, Tape};
use consilience_oracle::cases::{self, Case};
use consilience_oracle::{Rows, Subject, differences, kernel, longest_path, relative_error, statistics};
use consilience_tensor::{Cpu, Shape, Tensor};

/// Networks are smooth, so differences of the fourth order with steps of 1e-3 are off by about 1e-12 times their fifth
/// derivatives, which chains of exponentials and a softmax make large.
const TOLERANCE: f64 = 1e-8;

const EXAMPLES: usize = 4;
const LOSSES: [Loss; 2] = [Loss::SoftmaxCrossEntropy, Loss::MeanSquaredError];

fn point(case: &Case) -> Point<'_, f64> {
    Point { network: &case.network, parameters: &case.parameters, buffers: &case.buffers, mode: case.mode }
}

fn at<'a>(case: &'a Case, parameters: &'a [Cpu<f64>]) -> Subject<'a> {
    Subject { parameters, ..case.subject() }
}

fn flat(arrays: &[Cpu<f64>]) -> Vec<f64> {
    arrays.iter().flat_map(|array| array.as_slice().to_vec()).collect()
}

fn assert_close(what: &str, got: &[f64], expected: &[f64], bound: f64) {
    let error = relative_error(got, expected);
    assert!(error <= bound, "{what}: relative error {error:.2e}, at most {bound:.2e}");
}

/// Networks whose examples are independent, and networks whose examples are not.
fn all() -> Vec<Case> {
    let mut all = cases::tiny().unwrap();
    all.extend(cases::coupled().unwrap());
    all
}

#[test]
fn hessian_vector_products() {
    for case in all() {
        let (input, targets, direction) = (case.batch(EXAMPLES), case.targets(EXAMPLES), case.direction(1));
        for loss in LOSSES {
            let objective = MeanLoss { loss, targets: &targets };
            let got = hessian_vector_product(&point(&case), &input, &objective, &direction).unwrap().product;
            let gradient = |parameters: &[Cpu<f64>]| -> Vec<f64> {
                let sum = at(&case, parameters).batch_gradient(&input, loss, &targets).unwrap();
                sum.iter().map(|x| x / EXAMPLES as f64).collect()
            };
            let expected = differences::derivative(&case.parameters, &direction, gradient);
            assert_close(&format!("{}, {}", case.name, loss.name()), &flat(&got), &expected, TOLERANCE);
        }
    }
}

#[test]
fn gradients_of_the_squared_gradient_norm() {
    for case in all() {
        let (input, targets) = (case.batch(EXAMPLES), case.targets(EXAMPLES));
        for loss in LOSSES {
            let objective = MeanLoss { loss, targets: &targets };
            let got = gradient_norm_gradient(&point(&case), &input, &objective).unwrap();
            let sq_norm = |parameters: &[Cpu<f64>]| {
                let sum = at(&case, parameters).batch_gradient(&input, loss, &targets).unwrap();
                statistics::dot(&sum, &sum) / (EXAMPLES * EXAMPLES) as f64
            };
            let what = format!("{}, {}", case.name, loss.name());
            assert_close(&what, &[got.sq_norm], &[sq_norm(&case.parameters)], 1e-12);
            let expected = differences::gradient(&case.parameters, sq_norm);
            assert_close(&what, &flat(&got.penalty_gradient), &expected, TOLERANCE);
        }
    }
}

/// A linear mix of outputs has no curvature of its own; all of it is the network's.
#[test]
fn gradients_of_the_squared_gradient_norm_of_outputs() {
    for case in cases::tiny().unwrap() {
        let input = case.batch(EXAMPLES);
        let outputs = Shape::matrix(EXAMPLES, case.network.outputs());
        let mix: Vec<f64> = (0..outputs.len()).map(|at| (at as f64 * 0.7).sin()).collect();
        let coefficients = Cpu::new(outputs, mix);
        let got = gradient_norm_gradient(&point(&case), &input, &LinearOutput { coefficients: coefficients.clone() });
        let sq_norm = |parameters: &[Cpu<f64>]| {
            let sum = statistics::sum(&at(&case, parameters).gradients(&input, &coefficients).unwrap());
            statistics::dot(&sum, &sum)
        };
        let expected = differences::gradient(&case.parameters, sq_norm);
        assert_close(case.name, &flat(&got.unwrap().penalty_gradient), &expected, TOLERANCE);
    }
}

#[test]
fn gradients_of_the_sum_of_squared_norms() {
    for case in cases::tiny().unwrap() {
        let (input, targets) = (case.batch(EXAMPLES), case.targets(EXAMPLES));
        for loss in LOSSES {
            let objective = TotalLoss { loss, targets: &targets };
            let (value, got) = sq_norms_gradient(&point(&case), &input, &objective).unwrap();
            let total = |parameters: &[Cpu<f64>]| -> f64 {
                let rows = at(&case, parameters).loss_gradients(&input, loss, &targets).unwrap();
                statistics::sq_norms(&rows).iter().sum()
            };
            let what = format!("{}, {}", case.name, loss.name());
            assert_close(&what, &[value], &[total(&case.parameters)], 1e-12);
            assert_close(&what, &flat(&got), &differences::gradient(&case.parameters, total), TOLERANCE);
        }
    }
}

#[test]
fn gradients_of_the_trace_of_the_kernel() {
    for case in cases::tiny().unwrap() {
        for examples in [1, EXAMPLES] {
            let input = case.batch(examples);
            let (value, got) = kernel_trace_gradient(&point(&case), &input).unwrap();
            let trace = |parameters: &[Cpu<f64>]| -> f64 {
                kernel::trace_per_example(&at(&case, parameters).output_gradients(&input).unwrap()).iter().sum()
            };
            assert_close(case.name, &[value], &[trace(&case.parameters)], 1e-12);
            assert_close(case.name, &flat(&got), &differences::gradient(&case.parameters, trace), TOLERANCE);
        }
    }
}

#[test]
fn gradients_of_the_log_determinant_of_the_kernel() {
    for case in cases::tiny().unwrap() {
        for examples in [1, EXAMPLES] {
            let input = case.batch(examples);
            for outputs in [Outputs::Traced, Outputs::Full, Outputs::Sum, Outputs::One(1)] {
                let form = |gradients: &[Rows]| match outputs {
                    Outputs::Traced => kernel::traced(gradients),
                    Outputs::Full => kernel::full(gradients),
                    Outputs::Sum => kernel::summed(gradients),
                    Outputs::One(output) => kernel::one(gradients, output),
                };
                let here = form(&case.subject().output_gradients(&input).unwrap());
                let trace: f64 = (0..here.len()).map(|place| here[place][place]).sum();
                let ridge = 0.05 * trace / here.len() as f64;
                let (value, got) = log_determinant_gradient(&point(&case), &input, outputs, ridge).unwrap();
                let determinant = |parameters: &[Cpu<f64>]| {
                    let gradients = at(&case, parameters).output_gradients(&input).unwrap();
                    kernel::log_determinant(&form(&gradients), ridge)
                };
                let what = format!("{}, {examples} examples, {outputs:?}", case.name);
                assert!((value - determinant(&case.parameters)).abs() <= 1e-11 * (1.0 + value.abs()), "{what}");
                assert_close(&what, &flat(&got), &differences::gradient(&case.parameters, determinant), TOLERANCE);
            }
        }
    }
}

#[test]
fn the_log_determinant_of_a_singular_kernel_is_refused() {
    let case = &cases::tiny().unwrap()[0];
    let one = case.batch(1);
    let twice = Cpu::new(one.shape().with_n(2), one.as_slice().repeat(2));
    let refused = log_determinant_gradient(&point(case), &twice, Outputs::Traced, 0.0).unwrap_err();
    assert_eq!(refused, GradientError::Singular { size: 2, ridge: 0.0 });
    assert!(log_determinant_gradient(&point(case), &twice, Outputs::Traced, 1e-3).is_ok());
}

/// One forward difference errs by half the third derivative along the direction times the step.
#[test]
fn finite_differences_approach_the_exact_products() {
    for case in all() {
        let (input, targets, direction) = (case.batch(EXAMPLES), case.targets(EXAMPLES), case.direction(1));
        let objective = MeanLoss { loss: Loss::SoftmaxCrossEntropy, targets: &targets };
        let exact = flat(&hessian_vector_product(&point(&case), &input, &objective, &direction).unwrap().product);
        let norm = gradient_norm_gradient(&point(&case), &input, &objective).unwrap();
        let errors = [1e-3, 1e-4, 1e-5].map(|step| {
            let product =
                hessian_vector_product_by_differences(&point(&case), &input, &objective, &direction, step).unwrap();
            let penalty = gradient_norm_gradient_by_differences(&point(&case), &input, &objective, step).unwrap();
            assert_eq!(penalty.sq_norm, norm.sq_norm, "{}", case.name);
            [
                relative_error(&flat(&product.product), &exact),
                relative_error(&flat(&penalty.penalty_gradient), &flat(&norm.penalty_gradient)),
            ]
        });
        for which in 0..2 {
            let [coarse, middle, fine] = errors.map(|error| error[which]);
            assert!(fine < 1e-3, "{}: {errors:?}", case.name);
            // first order: a tenth of the step, a tenth of the error
            for ratio in [coarse / middle, middle / fine] {
                assert!((8.0..12.5).contains(&ratio), "{}: {errors:?}", case.name);
            }
        }
        for step in [0.0, -1.0, f64::NAN] {
            let refused = hessian_vector_product_by_differences(&point(&case), &input, &objective, &direction, step);
            assert!(matches!(refused.unwrap_err(), GradientError::Mismatch { .. }));
        }
    }
}

/// The trace is a sum over examples, so its gradient over a batch whose per-example weights fill several blocks is the
/// sum of those over its parts.
#[test]
fn trace_gradients_of_large_batches_add_up() {
    use consilience_nn::Block;
    use consilience_nn::layers::{Activate, Conv2d, GlobalAvgPool, Linear};
    use consilience_tensor::{Activation, Window};
    let layers = [
        Block::layer(Conv2d::new(6, 20, Window::square(3, 1, 1))),
        Block::layer(Activate(Activation::Tanh)),
        Block::layer(Conv2d::new(20, 24, Window::square(3, 2, 1)).with_groups(2)),
        Block::layer(GlobalAvgPool),
        Block::layer(Linear::new(24, 2)),
    ];
    let case = Case::new("blocks", Shape::new(1, 5, 5, 6), &layers).unwrap();
    let examples = 1013;
    assert!(examples * 20 * 9 * 6 > 1 << 20);
    let input = case.batch(examples);
    let (whole, gradient) = kernel_trace_gradient(&point(&case), &input).unwrap();
    let (mut total, mut sum) = (0.0, vec![0.0; case.network.parameter_count()]);
    for first in (0..examples).step_by(100) {
        let part = input.examples(first..(first + 100).min(examples));
        let (trace, gradient) = kernel_trace_gradient(&point(&case), &part).unwrap();
        total += trace;
        sum.iter_mut().zip(flat(&gradient)).for_each(|(sum, x)| *sum += x);
    }
    assert!((whole - total).abs() <= 1e-12 * total, "{whole}, {total}");
    assert_close("gradient", &flat(&gradient), &sum, 1e-12);
}

/// Single precision against double, within `4 L + P` rounded operations: a pass on dual numbers takes every product
/// twice, along directions that are gradients themselves.
#[test]
fn single_precision() {
    for case in all() {
        let (input, targets) = (case.batch(EXAMPLES), case.targets(EXAMPLES));
        let path = longest_path(&case.network) + EXAMPLES as f64;
        let bound = (4.0 * path + case.network.parameter_count() as f64) * consilience_oracle::SINGLE;
        let (single, double) = (everything::<f32>(&case, &input, &targets), everything::<f64>(&case, &input, &targets));
        assert_eq!(single.len(), double.len());
        for ((what, single), (_, double)) in single.iter().zip(&double) {
            assert_close(&format!("{}, {what}", case.name), single, double, bound);
        }
    }
}

fn everything<R: Precision>(
    case: &Case,
    input: &Cpu<f64>,
    targets: &consilience_nn::losses::Targets,
) -> Vec<(&'static str, Vec<f64>)> {
    let cast = |arrays: &[Cpu<f64>]| -> Vec<Cpu<R>> { arrays.iter().map(Cpu::cast).collect() };
    let flat = |arrays: &[Cpu<R>]| -> Vec<f64> {
        arrays.iter().flat_map(|array| array.as_slice().iter().map(|x| x.f64()).collect::<Vec<_>>()).collect()
    };
    let (parameters, buffers, direction) = (cast(&case.parameters), cast(&case.buffers), cast(&case.direction(1)));
    let point = Point { network: &case.network, parameters: &parameters, buffers: &buffers, mode: case.mode };
    let input = input.cast();
    let loss = Loss::SoftmaxCrossEntropy;
    let objective = MeanLoss { loss, targets };
    let norm = gradient_norm_gradient(&point, &input, &objective).unwrap();
    let mut results = vec![
        ("product", flat(&hessian_vector_product(&point, &input, &objective, &direction).unwrap().product)),
        ("gradient", flat(&norm.gradient)),
        ("squared norm", vec![norm.sq_norm]),
        ("penalty", flat(&norm.penalty_gradient)),
    ];
    let tape: Tape<Cpu<R>> = case.network.forward(&parameters, &buffers, input.clone(), case.mode).unwrap();
    if case.network.coupling_layer(tape.mode()).is_none() {
        let (trace, gradient) = kernel_trace_gradient(&point, &input).unwrap();
        results.extend([("trace", vec![trace]), ("trace gradient", flat(&gradient))]);
        let total = TotalLoss { loss, targets };
        let (norms, gradient) = sq_norms_gradient(&point, &input, &total).unwrap();
        results.extend([("norms", vec![norms]), ("norms gradient", flat(&gradient))]);
    }
    results
}
