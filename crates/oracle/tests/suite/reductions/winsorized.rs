use consilience_gradients::{GradientError, Request};
use consilience_nn::layers::{Conv2d, Linear};
use consilience_nn::{Block, Precision};
use consilience_oracle::cases::Case;
use consilience_oracle::{Rows, statistics};
use consilience_tensor::{Cpu, Real, Shape, Window};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::reductions::{Fast, flat};

/// Inputs and outputs of a linear layer: around the width of a register on either side, with few rows and many, and
/// longer than a piece of a row.
const SIZES: [(usize, usize); 9] =
    [(1, 1), (3, 15), (9, 16), (5, 17), (20, 33), (2, 1100), (1100, 2), (7, 130), (130, 7)];

fn linear(inputs: usize, outputs: usize) -> Case {
    Case::new("linear", Shape::matrix(1, inputs), &[Block::layer(Linear::new(inputs, outputs))]).unwrap()
}

/// Numbers between -1 and 1, of which the given share is zero.
fn draw(n: usize, size: usize, zeros: f64, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut number = || if rng.random_bool(zeros) { 0.0 } else { f64::from(rng.random_range(-1.0_f32..1.0)) };
    (0..n * size).map(|_| number()).collect()
}

/// Winsorized sums by every count, `[k][P]`, and the oracle's rows.
fn run<R: Precision>(case: &Case, input: &Cpu<f64>, signal: &Cpu<f64>, counts: &[usize]) -> (Vec<Vec<f64>>, Rows) {
    let rows = case.subject().gradients(input, signal).unwrap();
    let request = Request { winsorized: counts.to_vec(), ..Request::default() };
    let reduced = Fast::<R>::new(case, input).reduce(signal.cast(), &request);
    let of = |index: usize| flat(reduced.parameters.iter().map(|parameter| &parameter.winsorized[index]));
    ((0..counts.len()).map(of).collect(), rows)
}

/// Compares entry by entry: a sum of N numbers, each a product rounded once, errs by at most `(N + 2) u` of the sum of
/// their magnitudes, where none is larger than what was kept. `terms` is what each gradient is itself a sum of.
fn assert_winsorized<R: Real>(what: &str, got: &[Vec<f64>], rows: &Rows, counts: &[usize], terms: usize) {
    let unit = 0.5 * R::epsilon().f64();
    for (got, &k) in got.iter().zip(counts) {
        let expected = statistics::winsorized(rows, k);
        assert_eq!(got.len(), expected.len());
        for at in 0..got.len() {
            let mut column: Vec<f64> = rows.iter().map(|row| row[at]).collect();
            column.sort_by(f64::total_cmp);
            let (low, high) = (column[k], column[column.len() - 1 - k]);
            let magnitude: f64 = column.iter().map(|x| x.clamp(low, high).abs()).sum();
            let bound = (rows.len() + 2 + terms) as f64 * unit * magnitude;
            let error = (got[at] - expected[at]).abs();
            assert!(error <= bound, "{what}, k = {k}, parameter {at}: {}, expected {}", got[at], expected[at]);
        }
    }
}

fn every_size_and_count<R: Precision>() {
    for (inputs, outputs) in SIZES {
        let case = linear(inputs, outputs);
        for (n, zeros) in
            [(1, 0.0), (2, 0.0), (7, 0.0), (7, 0.6), (24, 0.5), (40, 0.0), (40, 0.9), (100, 0.0), (83, 0.6)]
        {
            // all counts that the batch allows; beyond 600 products a few of them
            let most = (n - 1) / 2;
            let counts: Vec<usize> = if inputs * outputs < 600 {
                (0..=most).collect()
            } else {
                [0, 1, 2, 5, 10, 11, most].into_iter().filter(|&k| k <= most).collect()
            };
            let input = Cpu::new(Shape::matrix(n, inputs), draw(n, inputs, zeros, 1));
            let signal = Cpu::new(Shape::matrix(n, outputs), draw(n, outputs, zeros, 2));
            let (got, rows) = run::<R>(&case, &input, &signal, &counts);
            let what = format!("{inputs} x {outputs}, {n} examples, {zeros} zeros");
            assert_winsorized::<R>(&what, &got, &rows, &counts, 0);
        }
    }
}

#[test]
fn every_size_and_count_in_double_precision() {
    every_size_and_count::<f64>();
}

#[test]
fn every_size_and_count_in_single_precision() {
    every_size_and_count::<f32>();
}

/// Gradients of 1e6 among gradients of 1e-3: once the outliers are cut off, nothing of them is left in the digits.
#[test]
fn outliers_leave_no_trace() {
    let n = 30;
    for outliers in 1..=4 {
        let large = |row: usize| if row % 7 == 3 && row / 7 < outliers { 1e6 } else { 1e-3 };
        let signal_of = |outputs: usize| {
            let elements = draw(n, outputs, 0.0, 5).into_iter().enumerate();
            let elements = elements.map(|(at, x)| f64::from((x * large(at / outputs)) as f32));
            Cpu::new(Shape::matrix(n, outputs), elements.collect())
        };
        let counts: Vec<usize> = (outliers..14).collect();
        for (inputs, outputs) in [(3, 15), (9, 16), (20, 33)] {
            let case = linear(inputs, outputs);
            let input = Cpu::new(Shape::matrix(n, inputs), draw(n, inputs, 0.2, 4));
            let (got, rows) = run::<f32>(&case, &input, &signal_of(outputs), &counts);
            assert_winsorized::<f32>("outliers in outer products", &got, &rows, &counts, 0);
            let most = got.iter().flatten().fold(0.0_f64, |m, x| m.max(x.abs()));
            assert!(most < 0.05, "a sum of {n} gradients of 1e-3 is at most 0.03, got {most}");
        }
    }
}

#[test]
fn outliers_leave_no_trace_over_positions() {
    let n = 30;
    let window = Window::square(2, 1, 0);
    let case = Case::new("conv2d", Shape::new(1, 3, 3, 2), &[Block::layer(Conv2d::new(2, 5, window))]).unwrap();
    let (positions, outputs) = (4, 20);
    let input = Cpu::new(Shape::new(n, 3, 3, 2), draw(n, 18, 0.2, 6));
    let elements = draw(n, outputs, 0.0, 7).into_iter().enumerate().map(|(at, x)| {
        let size = if at / outputs % 11 == 5 { 1e6 } else { 1e-3 };
        f64::from((x * size) as f32)
    });
    let signal = Cpu::new(Shape::matrix(n, outputs), elements.collect());
    let counts: Vec<usize> = (3..15).collect();
    let (got, rows) = run::<f32>(&case, &input, &signal, &counts);
    // a gradient is a sum over positions of numbers up to 1e-3, and may be much smaller than these
    for (got, &k) in got.iter().zip(&counts) {
        let expected = statistics::winsorized(&rows, k);
        let bound = n as f64 * positions as f64 * 1e-3 * (n + positions + 2) as f64 * consilience_oracle::SINGLE;
        for (at, (got, expected)) in got.iter().zip(&expected).enumerate() {
            assert!((got - expected).abs() <= bound, "k = {k}, parameter {at}: {got}, expected {expected}");
        }
    }
}

/// A gradient that is not a number makes its parameters' sums not numbers, wherever it stands in the batch.
#[test]
fn a_nan_stays_visible() {
    let n = 12;
    for (inputs, outputs) in [(3, 15), (9, 16), (5, 33)] {
        let case = linear(inputs, outputs);
        let input = Cpu::new(Shape::matrix(n, inputs), draw(n, inputs, 0.3, 8));
        let clean = draw(n, outputs, 0.0, 9);
        for example in 0..n {
            let mut elements = clean.clone();
            elements[example * outputs + 2] = f64::NAN;
            let signal = Cpu::new(Shape::matrix(n, outputs), elements);
            let counts: Vec<usize> = (0..=5).collect();
            let (got, rows) = run::<f32>(&case, &input, &signal, &counts);
            for (got, k) in got.iter().zip(&counts) {
                for (at, got) in got.iter().enumerate() {
                    let poisoned = rows.iter().any(|row| row[at].is_nan());
                    assert_eq!(
                        got.is_nan(),
                        poisoned,
                        "{inputs} x {outputs}, NaN in example {example}, k = {k}, parameter {at}: {got}"
                    );
                }
            }
        }
    }
}

#[test]
fn infinite_gradients_are_outliers_like_others() {
    let (n, inputs, outputs) = (9, 3, 4);
    let case = linear(inputs, outputs);
    let input = Cpu::new(Shape::matrix(n, inputs), draw(n, inputs, 0.0, 10));
    let mut elements = draw(n, outputs, 0.0, 11);
    elements[2 * outputs..3 * outputs].fill(f64::INFINITY);
    let signal = Cpu::new(Shape::matrix(n, outputs), elements);
    let counts = [1, 2, 4];
    let (got, rows) = run::<f64>(&case, &input, &signal, &counts);
    assert_winsorized::<f64>("infinite gradients", &got, &rows, &counts, 0);
}

#[test]
fn a_count_that_leaves_nothing_is_refused() {
    let case = linear(2, 2);
    let input = Cpu::new(Shape::matrix(4, 2), draw(4, 2, 0.0, 12));
    let fast = Fast::<f64>::new(&case, &input);
    for count in [2, 3, 100] {
        let request = Request { winsorized: vec![0, count], ..Request::default() };
        let refused = fast.try_reduce(input.clone(), &request).unwrap_err();
        assert_eq!(refused, GradientError::Winsorized { count, examples: 4 });
    }
}
