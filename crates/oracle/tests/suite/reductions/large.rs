//! Batches that cross the boundaries of chunks and tiles.

use consilience_gradients::{Dots, Groups, Outputs, Request, empirical_ntk};
use consilience_nn::layers::{Conv2d, LayerNorm, Linear};
use consilience_nn::{Block, Precision};
use consilience_oracle::cases::Case;
use consilience_oracle::statistics;
use consilience_tensor::{Shape, Tensor, Window};

use crate::reductions::agreement::Check;
use crate::reductions::{Bound, Fast, assert_close};

/// A parameter of more than a million numbers over the batch, which is not a multiple of any tile.
fn cases() -> Vec<(Case, usize)> {
    let conv = Conv2d::new(16, 32, Window::square(3, 1, 1));
    let tokens = Shape::new(1, 3, 1, 48);
    vec![
        (Case::new("conv2d", Shape::new(1, 3, 3, 16), &[Block::layer(conv)]).unwrap(), 257),
        (Case::new("linear", Shape::matrix(1, 60), &[Block::layer(Linear::new(60, 41))]).unwrap(), 433),
        (Case::new("linear on tokens", tokens, &[Block::layer(Linear::new(48, 50))]).unwrap(), 439),
        (Case::new("layer_norm", Shape::matrix(1, 2100), &[Block::layer(LayerNorm::new(2100))]).unwrap(), 501),
    ]
}

#[test]
fn every_reduction_in_double_precision() {
    every_reduction::<f64>();
}

#[test]
fn every_reduction_in_single_precision() {
    every_reduction::<f32>();
}

fn every_reduction<R: Precision>() {
    for (case, examples) in cases() {
        let largest = case.parameters.iter().map(|parameter| parameter.shape().len()).max().unwrap();
        assert!(examples * largest > 1 << 20, "{}: {examples} x {largest}", case.name);
        let input = case.batch(examples);
        let fast = Fast::<R>::new(&case, &input);
        // the loss of so many outputs has gradients of very different sizes; random numbers are as large everywhere
        let signal = Case::new("signal", Shape::matrix(1, case.network.outputs()), &[]).unwrap().batch(examples);
        let rows = case.subject().gradients(&input, &signal).unwrap();
        let all = Request {
            sum: true,
            sq_norms: true,
            dots: Some(Dots::Sum),
            moments: true,
            signs: true,
            winsorized: vec![3, 12],
            median: true,
            groups: Some(Groups { size: 50, keep_sums: true, gram: false }),
            ..Request::default()
        };
        let few = Request { sq_norms: true, dots: Some(Dots::Sum), ..Request::default() };
        for request in [all, few] {
            let reduced = fast.reduce(signal.cast(), &request);
            let bound = Bound::new::<R>(&case, examples);
            Check { case: &case, rows: &rows, request: &request, reduced: &reduced, bound }.everything();
        }
        // all pairs of so many examples are too many for the oracle
        let gram = fast.reduce(signal.cast(), &Request { gram: true, ..Request::default() }).gram().unwrap();
        let bound = Bound::new::<R>(&case, examples).of(2.0, rows[0].len());
        for row in [0, 1, examples / 2, examples - 1] {
            let expected = statistics::dots(&rows, &rows[row]);
            assert_close(case.name, &gram[row * examples..(row + 1) * examples], &expected, bound);
        }
    }
}

#[test]
fn a_full_kernel_of_several_tiles() {
    let layers = [
        Block::layer(Conv2d::new(8, 16, Window::square(3, 1, 0))),
        Block::layer(consilience_nn::layers::GlobalAvgPool),
        Block::layer(Linear::new(16, 10)),
    ];
    let case = Case::new("conv2d", Shape::new(1, 4, 4, 8), &layers).unwrap();
    let examples = 93;
    assert!(examples * 10 * 8 * 9 * 16 > 1 << 20);
    let input = case.batch(examples);
    let fast = Fast::<f64>::new(&case, &input);
    let kernel = empirical_ntk(&fast.tape, Outputs::Full).unwrap();
    let rows = case.subject().output_gradients(&input).unwrap().concat();
    let size = examples * 10;
    assert_eq!(kernel.size(), size);
    for row in [0, 9, 10, size / 2 + 3, size - 1] {
        let expected = statistics::dots(&rows, &rows[row]);
        assert_close(&format!("row {row}"), &kernel.values()[row * size..(row + 1) * size], &expected, 1e-12);
    }
}
