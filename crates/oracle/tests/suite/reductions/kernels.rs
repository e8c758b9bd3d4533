use consilience_gradients::{LogDeterminant, Outputs, empirical_ntk, empirical_ntk_between, kernel_trace};
use consilience_nn::Precision;
use consilience_oracle::{Rows, cases, kernel};
use consilience_tensor::{Cpu, Tensor};

use crate::reductions::{Bound, Fast, assert_close};

#[test]
fn every_kernel_in_double_precision() {
    every_kernel::<f64>();
}

#[test]
fn every_kernel_in_single_precision() {
    every_kernel::<f32>();
}

fn every_kernel<R: Precision>() {
    for case in cases::independent().unwrap() {
        for examples in [1, 2, 7] {
            let input = case.batch(examples);
            let gradients = case.subject().output_gradients(&input).unwrap();
            let fast = Fast::<R>::new(&case, &input);
            let classes = case.network.outputs();
            let bound = Bound::new::<R>(&case, examples).of(2.0, case.network.parameter_count() + classes);
            // images as outputs make large kernels; a few of them do
            if examples * classes > 250 {
                continue;
            }
            let check = |outputs: Outputs, expected: Rows| {
                let what = format!("{}, {examples} examples, {outputs:?}", case.name);
                let own = empirical_ntk(&fast.tape, outputs).unwrap();
                assert_eq!(own.size(), expected.len(), "{what}");
                assert_close(&what, own.values(), &expected.concat(), bound);
                let trace: f64 = (0..expected.len()).map(|place| expected[place][place]).sum();
                assert!((own.trace() - trace).abs() <= bound * trace, "{what}: trace {}, {trace}", own.trace());
                let between = empirical_ntk_between(&fast.tape, &fast.tape, outputs).unwrap();
                assert_close(&format!("{what}, between"), &between, &expected.concat(), bound);
            };
            check(Outputs::Traced, kernel::traced(&gradients));
            check(Outputs::Full, kernel::full(&gradients));
            check(Outputs::Sum, kernel::summed(&gradients));
            for output in [0, classes - 1] {
                check(Outputs::One(output), kernel::one(&gradients, output));
            }
            let diagonal = kernel_trace(&fast.tape).unwrap();
            assert_close(case.name, &diagonal, &kernel::trace_per_example(&gradients), bound);
        }
    }
}

/// A kernel of a data set is put together from blocks between batches.
#[test]
fn blocks_between_batches_are_the_blocks_of_the_whole() {
    for case in cases::independent().unwrap() {
        let input = case.batch(5);
        if case.network.outputs() > 20 || case.mode.dropout.is_some() {
            continue;
        }
        let [first, second] = [0..2, 2..5].map(|range| Fast::<f64>::new(&case, &input.examples(range)));
        let whole = Fast::<f64>::new(&case, &input);
        for outputs in [Outputs::Traced, Outputs::Full, Outputs::One(0), Outputs::Sum] {
            let all = empirical_ntk(&whole.tape, outputs).unwrap();
            let block = empirical_ntk_between(&first.tape, &second.tape, outputs).unwrap();
            let per_example = all.size() / 5;
            let (rows, columns) = (2 * per_example, 3 * per_example);
            assert_eq!(block.len(), rows * columns);
            let expected: Vec<f64> =
                all.values().chunks_exact(all.size()).take(rows).flat_map(|row| row[rows..].to_vec()).collect();
            assert_close(&format!("{}, {outputs:?}", case.name), &block, &expected, 1e-12);
        }
    }
}

#[test]
fn log_determinants_are_those_of_elimination() {
    let cases = cases::independent().unwrap();
    for case in cases.iter().filter(|case| case.network.outputs() <= 20) {
        let input = case.batch(4);
        let gradients = case.subject().output_gradients(&input).unwrap();
        let fast = Fast::<f64>::new(case, &input);
        for (outputs, expected) in
            [(Outputs::Traced, kernel::traced(&gradients)), (Outputs::Full, kernel::full(&gradients))]
        {
            let own = empirical_ntk(&fast.tape, outputs).unwrap();
            for share in [1e-3, 1.0] {
                let ridge = share * own.trace() / own.size() as f64;
                let LogDeterminant::Finite(got) = own.log_determinant(ridge) else {
                    panic!("{}: singular with ridge {ridge}", case.name)
                };
                let expected = kernel::log_determinant(&expected, ridge);
                // entries off by 1e-13 of the trace move the logarithm by at most that times the trace of the inverse
                let bound = 1e-13 * own.size() as f64 * own.size() as f64 / share;
                assert!((got - expected).abs() <= bound, "{}, {outputs:?}: {got}, {expected}", case.name);
            }
        }
    }
}

/// Two equal examples make equal rows: the determinant is zero, and nothing else than minus infinity may come of it.
#[test]
fn the_kernel_of_duplicates_is_singular() {
    let cases = cases::independent().unwrap();
    for case in cases.iter().filter(|case| case.network.outputs() <= 20 && case.mode.dropout.is_none()) {
        let one = case.batch(1);
        let shape = one.shape();
        let twice = Cpu::new(shape.with_n(2), one.as_slice().repeat(2));
        let fast = Fast::<f64>::new(case, &twice);
        for outputs in [Outputs::Traced, Outputs::Full, Outputs::Sum] {
            let kernel = empirical_ntk(&fast.tape, outputs).unwrap();
            let determinant = kernel.log_determinant(0.0);
            assert_eq!(determinant, LogDeterminant::Singular, "{}, {outputs:?}", case.name);
            assert_eq!(determinant.value(), f64::NEG_INFINITY);
        }
    }
}
