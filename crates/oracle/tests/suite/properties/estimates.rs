//! Estimates from random signs are unbiased.

use consilience_gradients::second_order::{Point, kernel_trace_gradient, kernel_trace_gradient_estimate};
use consilience_gradients::{Outputs, empirical_ntk, kernel_trace, kernel_trace_estimate};
use consilience_nn::layers::{Activate, Linear};
use consilience_nn::{Block, Tape};
use consilience_oracle::cases::Case;
use consilience_tensor::{Activation, Cpu, Shape};

const EXAMPLES: usize = 6;

fn case(outputs: usize) -> (Case, Cpu<f64>) {
    let layers = [
        Block::layer(Linear::new(4, 7)),
        Block::layer(Activate(Activation::Tanh)),
        Block::layer(Linear::new(7, outputs)),
    ];
    let case = Case::new("estimates", Shape::matrix(1, 4), &layers).unwrap();
    let input = case.batch(EXAMPLES);
    (case, input)
}

fn tape(case: &Case, input: &Cpu<f64>) -> Tape<Cpu<f64>> {
    case.network.forward(&case.parameters, &case.buffers, input.clone(), case.mode).unwrap()
}

fn estimate(tape: &Tape<Cpu<f64>>, seed: u64) -> Vec<f64> {
    kernel_trace_estimate(tape, seed).unwrap()
}

fn flat(arrays: &[Cpu<f64>]) -> Vec<f64> {
    arrays.iter().flat_map(|array| array.as_slice().to_vec()).collect()
}

/// With one output, both signs give the same square.
#[test]
fn with_one_output_the_estimates_are_exact() {
    let (case, input) = case(1);
    let tape = tape(&case, &input);
    let exact = kernel_trace(&tape).unwrap();
    let point = Point { network: &case.network, parameters: &case.parameters, buffers: &case.buffers, mode: case.mode };
    let (_, gradient) = kernel_trace_gradient(&point, &input).unwrap();
    for seed in 0..20 {
        for (got, exact) in estimate(&tape, seed).iter().zip(&exact) {
            assert!((got - exact).abs() <= 1e-13 * exact);
        }
        let (_, estimated) = kernel_trace_gradient_estimate(&point, &input, seed).unwrap();
        for (got, exact) in flat(&estimated).iter().zip(flat(&gradient)) {
            assert!((got - exact).abs() <= 1e-12 * (1.0 + exact.abs()));
        }
    }
}

/// With two outputs, an example's estimate is its trace plus or minus twice the kernel between its two outputs, each
/// half of the time and independently of the other examples: the mean of the two is exact.
#[test]
fn with_two_outputs_the_estimate_takes_two_values_equally_often() {
    let (case, input) = case(2);
    let tape = tape(&case, &input);
    let exact = kernel_trace(&tape).unwrap();
    let full = empirical_ntk(&tape, Outputs::Full).unwrap();
    let between = |n: usize| full.values()[2 * n * full.size() + 2 * n + 1];
    let seeds = 500;
    let mut above = [0; EXAMPLES];
    let mut together = 0;
    for seed in 0..seeds {
        let signs: Vec<bool> = estimate(&tape, seed)
            .iter()
            .enumerate()
            .map(|(n, &got)| {
                let [same, opposite] = [1.0, -1.0].map(|sign| exact[n] + sign * 2.0 * between(n));
                let is_same = (got - same).abs() <= 1e-12 * exact[n];
                assert!(
                    is_same || (got - opposite).abs() <= 1e-12 * exact[n],
                    "{got} is neither {same} nor {opposite}"
                );
                is_same
            })
            .collect();
        above.iter_mut().zip(&signs).for_each(|(count, &is_same)| *count += u64::from(is_same));
        together += u64::from(signs[0] == signs[1]);
    }
    // a fair coin thrown 500 times lies within 4.5 standard deviations but for one time in 150,000
    let bound = 4.5 * (seeds as f64).sqrt() / 2.0;
    for count in above.into_iter().chain([together]) {
        assert!((count as f64 - seeds as f64 / 2.0).abs() <= bound, "{count} of {seeds}");
    }
}

/// Means over seeds, within five of their own standard errors.
#[test]
fn with_many_outputs_the_means_of_estimates_are_exact() {
    let (case, input) = case(5);
    let tape = tape(&case, &input);
    let seeds = 400;
    let traces: Vec<Vec<f64>> = (0..seeds).map(|seed| estimate(&tape, seed)).collect();
    let exact = kernel_trace(&tape).unwrap();
    assert_unbiased(&traces, &exact);

    let point = Point { network: &case.network, parameters: &case.parameters, buffers: &case.buffers, mode: case.mode };
    let gradients: Vec<Vec<f64>> = (0..seeds)
        .map(|seed| {
            let (trace, gradient) = kernel_trace_gradient_estimate(&point, &input, seed).unwrap();
            let same = traces[seed as usize].iter().sum::<f64>();
            assert!((trace - same).abs() <= 1e-12 * same, "the same seed draws the same signs");
            flat(&gradient)
        })
        .collect();
    let (_, exact) = kernel_trace_gradient(&point, &input).unwrap();
    assert_unbiased(&gradients, &flat(&exact));
}

fn assert_unbiased(samples: &[Vec<f64>], exact: &[f64]) {
    let count = samples.len() as f64;
    for (at, exact) in exact.iter().enumerate() {
        let column: Vec<f64> = samples.iter().map(|sample| sample[at]).collect();
        let mean = column.iter().sum::<f64>() / count;
        let variance = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let bound = 5.0 * (variance / count).sqrt() + 1e-12 * exact.abs();
        assert!((mean - exact).abs() <= bound, "number {at}: mean {mean}, exact {exact}, bound {bound}");
    }
}
