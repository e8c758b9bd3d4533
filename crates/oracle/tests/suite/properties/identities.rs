use consilience_gradients::second_order::{MeanLoss, Point, hessian_vector_product};
use consilience_gradients::{
    Dots, Groups, Kernel, Moments, Outputs, ParameterReduced, Reduced, Request, empirical_ntk, reduce,
};
use consilience_nn::losses::{Loss, Targets};
use consilience_oracle::cases::{self, Case};
use consilience_oracle::{relative_error, statistics};
use consilience_tensor::{Cpu, Shape, Tensor};
use proptest::prelude::*;

const LOSS: Loss = Loss::SoftmaxCrossEntropy;

/// Double precision: sums of at most a few thousand terms in another order.
const TOLERANCE: f64 = 1e-11;

fn run(case: &Case, input: &Cpu<f64>, targets: &Targets, request: &Request<f64>) -> Reduced<f64> {
    let tape = case.network.forward(&case.parameters, &case.buffers, input.clone(), case.mode).unwrap();
    let signal = LOSS.signal(&tape.output, targets).unwrap();
    reduce(&tape, signal, request).unwrap()
}

fn select(input: &Cpu<f64>, order: &[usize]) -> Cpu<f64> {
    let elements = order.iter().flat_map(|&example| input.example(example).to_vec());
    Cpu::new(input.shape().with_n(order.len()), elements.collect())
}

fn flat(arrays: &[Cpu<f64>]) -> Vec<f64> {
    arrays.iter().flat_map(|array| array.as_slice().to_vec()).collect()
}

fn arrays(reduced: &Reduced<f64>, of: impl Fn(&ParameterReduced<f64>) -> Vec<f64>) -> Vec<f64> {
    reduced.parameters.iter().flat_map(of).collect()
}

fn moments(reduced: &Reduced<f64>) -> Vec<Moments<f64>> {
    reduced.parameters.iter().map(|parameter| parameter.moments.clone().unwrap()).collect()
}

fn same(what: &str, got: &[f64], expected: &[f64]) -> Result<(), TestCaseError> {
    let error = relative_error(got, expected);
    prop_assert!(error <= TOLERANCE, "{what}: relative error {error:.2e}");
    Ok(())
}

/// One of the cases without dropout (whose mask depends on the place in the batch), by its place in the list.
fn case() -> impl Strategy<Value = Case> {
    let mut all = cases::independent().unwrap();
    all.extend(cases::tiny().unwrap());
    all.retain(|case| case.mode.dropout.is_none() && case.network.outputs() <= 20);
    proptest::sample::select(all)
}

fn batch(case: &Case, examples: usize) -> (Cpu<f64>, Targets) {
    (case.batch(examples), case.targets(examples))
}

fn shuffled() -> impl Strategy<Value = Vec<usize>> {
    (1_usize..12).prop_flat_map(|examples| Just((0..examples).collect::<Vec<_>>()).prop_shuffle())
}

fn a_few(cases: u32) -> ProptestConfig {
    // the same cases in every run: a failure is a failure of this commit
    ProptestConfig {
        cases,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Rows of three numbers.
fn rows() -> impl Strategy<Value = Vec<Vec<f64>>> {
    proptest::collection::vec(proptest::collection::vec(-1e3..1e3_f64, 3), 1..20)
}

proptest! {
    #![proptest_config(a_few(48))]

    #[test]
    fn the_order_of_examples_does_not_matter(case in case(), order in shuffled()) {
        order_does_not_matter(&case, &order)?;
    }

    #[test]
    fn micro_batches_are_batches_of_their_own(case in case(), n in 1_usize..12, size in 1_usize..6) {
        micro_batches(&case, n, size)?;
    }

    #[test]
    fn moments_merge_in_any_grouping(values in rows(), first in 0_usize..20, second in 0_usize..20) {
        moments_merge(&values, first, second)?;
    }

    #[test]
    fn kernels_are_positive_semi_definite_and_agree(case in case(), n in 1_usize..7) {
        kernels(&case, n)?;
    }

    #[test]
    fn the_hessian_is_symmetric_and_linear(case in case(), n in 1_usize..6, seed in 0_u64..1000) {
        hessian(&case, n, seed)?;
    }

    #[test]
    fn dual_numbers_are_the_limit_of_differences(case in case(), n in 1_usize..6, seed in 0_u64..1000) {
        dual_numbers(&case, n, seed)?;
    }
}

fn order_does_not_matter(case: &Case, order: &[usize]) -> Result<(), TestCaseError> {
    let n = order.len();
    let (input, targets) = batch(case, n);
    let request = Request {
        sum: true,
        sq_norms: true,
        dots: Some(Dots::Sum),
        gram: true,
        moments: true,
        signs: true,
        winsorized: vec![(n - 1) / 2],
        median: true,
        groups: None,
    };
    let here = run(case, &input, &targets, &request);
    let there = run(case, &select(&input, order), &targets.select(order).unwrap(), &request);
    let array = |array: &Option<Cpu<f64>>| array.as_ref().unwrap().as_slice().to_vec();
    same("sum", &arrays(&there, |p| array(&p.sum)), &arrays(&here, |p| array(&p.sum)))?;
    same("median", &arrays(&there, |p| array(&p.median)), &arrays(&here, |p| array(&p.median)))?;
    let winsorized = |p: &ParameterReduced<f64>| p.winsorized[0].as_slice().to_vec();
    same("winsorized", &arrays(&there, winsorized), &arrays(&here, winsorized))?;
    let mean = |p: &ParameterReduced<f64>| p.moments.as_ref().unwrap().mean.as_slice().to_vec();
    same("mean", &arrays(&there, mean), &arrays(&here, mean))?;
    let squares = |p: &ParameterReduced<f64>| p.moments.as_ref().unwrap().square_deviations.as_slice().to_vec();
    same("square deviations", &arrays(&there, squares), &arrays(&here, squares))?;
    let signs = |reduced: &Reduced<f64>| -> Vec<_> { reduced.parameters.iter().map(|p| p.signs.clone()).collect() };
    prop_assert_eq!(signs(&here), signs(&there));
    let permuted = |values: Vec<f64>| -> Vec<f64> { order.iter().map(|&example| values[example]).collect() };
    same("sq_norms", &there.sq_norms().unwrap(), &permuted(here.sq_norms().unwrap()))?;
    same("dots", &there.dots().unwrap(), &permuted(here.dots().unwrap()))?;
    let gram = here.gram().unwrap();
    let entries = order.iter().flat_map(|row| order.iter().map(move |column| row * n + column));
    same("gram", &there.gram().unwrap(), &entries.map(|at| gram[at]).collect::<Vec<_>>())
}

fn micro_batches(case: &Case, n: usize, size: usize) -> Result<(), TestCaseError> {
    let (input, targets) = batch(case, n);
    let groups = Some(Groups { size, keep_sums: true, gram: false });
    let request = Request { sum: true, moments: true, groups, ..Request::default() };
    let whole = run(case, &input, &targets, &request);
    let sum_of = |reduced: &Reduced<f64>| arrays(reduced, |p| p.sum.as_ref().unwrap().as_slice().to_vec());
    let mut merged: Option<Vec<Moments<f64>>> = None;
    let mut total = vec![0.0; case.network.parameter_count()];
    for (index, first) in (0..n).step_by(size).enumerate() {
        let examples: Vec<usize> = (first..(first + size).min(n)).collect();
        let part = run(case, &select(&input, &examples), &targets.select(&examples).unwrap(), &request);
        let sum = sum_of(&part);
        let group = arrays(&whole, |p| p.groups.as_ref().unwrap().sums[index].as_slice().to_vec());
        same("sum of a group", &group, &sum)?;
        let norm = statistics::dot(&sum, &sum);
        same("norm of a group", &[whole.group_sq_norms().unwrap()[index]], &[norm])?;
        total.iter_mut().zip(&sum).for_each(|(total, x)| *total += x);
        merged = Some(match merged {
            None => moments(&part),
            Some(so_far) => so_far.into_iter().zip(&moments(&part)).map(|(a, b)| a.merge(b)).collect(),
        });
    }
    same("sum", &sum_of(&whole), &total)?;
    let (merged, whole) = (merged.unwrap(), moments(&whole));
    prop_assert!(merged.iter().all(|moments| moments.count == n));
    let all = |moments: &[Moments<f64>], of: fn(&Moments<f64>) -> &Cpu<f64>| -> Vec<f64> {
        moments.iter().flat_map(|moments| of(moments).as_slice().to_vec()).collect()
    };
    same("mean", &all(&merged, |m| &m.mean), &all(&whole, |m| &m.mean))?;
    same("square deviations", &all(&merged, |m| &m.square_deviations), &all(&whole, |m| &m.square_deviations))
}

fn moments_merge(values: &[Vec<f64>], first: usize, second: usize) -> Result<(), TestCaseError> {
    let array = |elements| Cpu::new(Shape::vector(3), elements);
    let of = |rows: &[Vec<f64>]| {
        if rows.is_empty() {
            return Moments { count: 0, mean: array(vec![0.0; 3]), square_deviations: array(vec![0.0; 3]) };
        }
        let (mean, square_deviations) = (statistics::mean(rows), statistics::square_deviations(rows));
        Moments { count: rows.len(), mean: array(mean), square_deviations: array(square_deviations) }
    };
    let (first, second) = (first.min(second).min(values.len()), first.max(second).min(values.len()));
    let [a, b, c] = &[&values[..first], &values[first..second], &values[second..]].map(of);
    let whole = of(values);
    // sets without examples are neutral
    for merged in [a.clone().merge(b).merge(c), a.clone().merge(&b.clone().merge(c)), c.clone().merge(a).merge(b)] {
        prop_assert_eq!(merged.count, values.len());
        same("mean", merged.mean.as_slice(), whole.mean.as_slice())?;
        same("square deviations", merged.square_deviations.as_slice(), whole.square_deviations.as_slice())?;
    }
    Ok(())
}

fn kernels(case: &Case, n: usize) -> Result<(), TestCaseError> {
    let tape = case.network.forward(&case.parameters, &case.buffers, case.batch(n), case.mode).unwrap();
    let kernel = |outputs| empirical_ntk(&tape, outputs).unwrap();
    let (traced, full, sum) = (kernel(Outputs::Traced), kernel(Outputs::Full), kernel(Outputs::Sum));
    let entry = |kernel: &Kernel, i: usize, j: usize| kernel.values()[i * kernel.size() + j];
    for kernel in [&traced, &full, &sum, &kernel(Outputs::One(0))] {
        let size = kernel.size();
        prop_assert!((0..size).all(|i| (0..size).all(|j| entry(kernel, i, j) == entry(kernel, j, i))), "symmetric");
        let eigenvalues = kernel.eigenvalues().unwrap();
        prop_assert!(eigenvalues.is_sorted());
        // rounding moves eigenvalues by about the unit roundoff times the largest
        prop_assert!(eigenvalues[0] >= -1e-12 * eigenvalues[size - 1], "{eigenvalues:?}");
        same("the sum of eigenvalues", &[eigenvalues.iter().sum::<f64>()], &[kernel.trace()])?;
    }
    let classes = case.network.outputs();
    let pairs = || (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
    let in_block = |(i, j): (usize, usize), c: usize, d: usize| entry(&full, i * classes + c, j * classes + d);
    let traces = pairs().map(|block| (0..classes).map(|c| in_block(block, c, c)).sum());
    same("the trace of each block", traced.values(), &traces.collect::<Vec<f64>>())?;
    let outputs = || (0..classes).flat_map(|c| (0..classes).map(move |d| (c, d)));
    let sums = pairs().map(|block| outputs().map(|(c, d)| in_block(block, c, d)).sum());
    same("the sum of each block", sum.values(), &sums.collect::<Vec<f64>>())
}

fn point(case: &Case) -> Point<'_, f64> {
    Point { network: &case.network, parameters: &case.parameters, buffers: &case.buffers, mode: case.mode }
}

fn hessian(case: &Case, n: usize, seed: u64) -> Result<(), TestCaseError> {
    let (input, targets) = batch(case, n);
    let objective = MeanLoss { loss: LOSS, targets: &targets };
    let product = |v: &[Cpu<f64>]| hessian_vector_product(&point(case), &input, &objective, v).unwrap().product;
    let (u, v) = (case.direction(seed), case.direction(seed + 1000));
    let (hu, hv) = (flat(&product(&u)), flat(&product(&v)));
    let (flat_u, flat_v) = (flat(&u), flat(&v));
    // relative to the vectors: the two sides may be small by cancellation
    let scale = (statistics::dot(&flat_u, &flat_u) * statistics::dot(&hv, &hv)).sqrt();
    let difference = (statistics::dot(&flat_u, &hv) - statistics::dot(&flat_v, &hu)).abs();
    prop_assert!(difference <= 1e-12 * scale, "{}: <u, H v> and <v, H u> differ by {difference:e}", case.name);
    let mix: Vec<_> = u.iter().zip(&v).map(|(u, v)| u.clone().scale(2.0).add(&v.clone().scale(-0.5))).collect();
    let expected: Vec<f64> = hu.iter().zip(&hv).map(|(hu, hv)| 2.0 * hu - 0.5 * hv).collect();
    same("H (2 u - v / 2)", &flat(&product(&mix)), &expected)
}

fn dual_numbers(case: &Case, n: usize, seed: u64) -> Result<(), TestCaseError> {
    let (input, targets) = batch(case, n);
    let direction = case.direction(seed);
    let gradient = |step: f64| -> Vec<f64> {
        let pairs = case.parameters.iter().zip(&direction);
        let parameters = pairs.map(|(p, v)| p.clone().add(&v.clone().scale(step))).collect();
        let moved = Case { parameters, ..case.clone() };
        let sum = run(&moved, &input, &targets, &Request { sum: true, ..Request::default() }).into_sum().unwrap();
        flat(&sum).iter().map(|x| x / n as f64).collect()
    };
    // off by h^2 / 6 times a third derivative along the direction, plus rounding over h; too short to cross a kink
    let h = 1e-5;
    let expected: Vec<f64> = gradient(h).iter().zip(gradient(-h)).map(|(a, b)| (a - b) / (2.0 * h)).collect();
    let objective = MeanLoss { loss: LOSS, targets: &targets };
    let exact = hessian_vector_product(&point(case), &input, &objective, &direction).unwrap().product;
    let error = relative_error(&flat(&exact), &expected);
    prop_assert!(error <= 1e-6, "{}: relative error {error:.2e}", case.name);
    Ok(())
}
