//! What layers compute, by numbers that can be checked by hand, and what they refuse.

#![allow(clippy::unwrap_used)]

use consilience_nn::layers::{
    Activate, AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, GlobalAvgPool, GroupNorm, LayerNorm, Linear, MaxPool2d,
};
use consilience_nn::{Block, Initialisation, Mode, Model, Network, NetworkError, Statistics};
use consilience_tensor::{Activation, Cpu, Shape, Tensor, Window};

fn model(input: Shape, blocks: &[Block]) -> Model<f64> {
    Model::init(Network::new(input, blocks).unwrap(), Initialisation::TorchDefault, 0)
}

fn array(shape: Shape, values: &[f64]) -> Cpu<f64> {
    Cpu::from_vec(shape, values.to_vec())
}

fn assert_near(got: &Cpu<f64>, expected: &[f64]) {
    let got = got.values();
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-12, "{got} {expected}");
    }
}

fn refusal(input: Shape, block: Block) -> String {
    let blocks = [Block::layer(Activate(Activation::Relu)), block];
    let error = Network::new(input, &blocks).unwrap_err();
    assert!(matches!(error, NetworkError::Shape { .. }));
    let text = error.to_string();
    assert!(text.starts_with("layer 1 ("), "{text}");
    text
}

#[test]
fn linear_acts_on_the_channels_of_every_token() {
    let mut model = model(Shape::new(1, 2, 1, 2), &[Block::layer(Linear::new(2, 3))]);
    model.parameters[0] = array(Shape::matrix(3, 2), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    model.parameters[1] = array(Shape::vector(3), &[0.5, 0.0, -0.5]);
    let output = model.predict(array(Shape::new(1, 2, 1, 2), &[1.0, 0.0, 1.0, 1.0])).unwrap();
    assert_eq!(output.shape(), Shape::matrix(1, 6));
    assert_near(&output, &[1.5, 3.0, 4.5, 3.5, 7.0, 10.5]);
}

#[test]
fn conv2d_cross_correlates() {
    let mut model = model(Shape::new(1, 2, 3, 1), &[Block::layer(Conv2d::new(1, 1, Window::square(2, 1, 0)))]);
    model.parameters[0] = array(Shape::new(1, 2, 2, 1), &[1.0, 2.0, 3.0, 4.0]);
    model.parameters[1] = array(Shape::vector(1), &[0.5]);
    let output = model.predict(array(Shape::new(1, 2, 3, 1), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).unwrap();
    // 1*1 + 2*2 + 3*4 + 4*5 and 1*2 + 2*3 + 3*5 + 4*6
    assert_near(&output, &[37.5, 47.5]);
}

#[test]
fn batch_norm2d_uses_batch_statistics_and_keeps_running_ones() {
    let mut model = model(Shape::new(1, 1, 2, 1), &[Block::layer(BatchNorm2d::new(1))]);
    let input = array(Shape::new(2, 1, 2, 1), &[1.0, 2.0, 3.0, 6.0]);
    let tape = model.forward(input.clone(), Mode::training(0)).unwrap();
    // mean 3, biased variance (4 + 1 + 0 + 9) / 4
    let deviation = (3.5_f64 + 1e-5).sqrt();
    assert_near(&tape.output, &[-2.0 / deviation, -1.0 / deviation, 0.0, 3.0 / deviation]);
    assert_eq!(model.buffers[0].values()[0], 0.0);
    model.commit_buffers(&tape);
    assert_near(&model.buffers[0], &[0.3]);
    assert_near(&model.buffers[1], &[0.9 + 0.1 * 14.0 / 3.0]);
    let frozen = model.forward(input, Mode::EVALUATION).unwrap();
    assert!(frozen.new_buffers.is_empty());
    let deviation = (0.9 + 1.4 / 3.0 + 1e-5_f64).sqrt();
    assert_near(&frozen.output, &[0.7 / deviation, 1.7 / deviation, 2.7 / deviation, 5.7 / deviation]);
}

#[test]
fn batch_norm2d_couples_examples_with_batch_statistics_only() {
    let network = Network::new(Shape::new(1, 2, 2, 3), &[Block::layer(Flatten), Block::layer(BatchNorm2d::new(12))]);
    let network = network.unwrap();
    assert_eq!(network.coupling_layer(Mode::training(0)), Some(("1", "batch_norm2d")));
    assert_eq!(network.coupling_layer(Mode { statistics: Statistics::Frozen, dropout: Some(1) }), None);
}

#[test]
fn one_number_per_channel_leaves_running_statistics_finite() {
    let model = model(Shape::vector(1), &[Block::layer(BatchNorm2d::new(1))]);
    let tape = model.forward(array(Shape::SCALAR, &[5.0]), Mode::training(0)).unwrap();
    assert_near(&tape.new_buffers[1].1, &[0.9]);
}

#[test]
fn group_norm_standardises_groups_of_one_example() {
    let model = model(Shape::new(1, 1, 2, 4), &[Block::layer(GroupNorm::new(2, 4))]);
    // channels 0 and 1: 1, 3, 1, 3; channels 2 and 3: 0, 0, 4, 4
    let output = model.predict(array(Shape::new(1, 1, 2, 4), &[1.0, 3.0, 0.0, 0.0, 1.0, 3.0, 4.0, 4.0])).unwrap();
    let (a, b) = (1.0 / (1.0 + 1e-5_f64).sqrt(), 2.0 / (4.0 + 1e-5_f64).sqrt());
    assert_near(&output, &[-a, a, -b, -b, -a, a, b, b]);
}

#[test]
fn layer_norm_standardises_each_position() {
    let model = model(Shape::new(1, 2, 1, 2), &[Block::layer(LayerNorm::new(2))]);
    let output = model.predict(array(Shape::new(1, 2, 1, 2), &[1.0, 3.0, 10.0, 6.0])).unwrap();
    let (a, b) = (1.0 / (1.0 + 1e-5_f64).sqrt(), 2.0 / (4.0 + 1e-5_f64).sqrt());
    assert_near(&output, &[-a, a, b, -b]);
}

#[test]
fn pools_flatten_and_means() {
    let input = array(Shape::new(1, 2, 2, 2), &[1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, -4.0]);
    let predict = |block| model(Shape::new(1, 2, 2, 2), &[block]).predict(input.clone()).unwrap();
    assert_near(&predict(Block::layer(MaxPool2d(Window::square(2, 2, 0)))), &[4.0, -1.0]);
    assert_near(&predict(Block::layer(AvgPool2d(Window::square(2, 2, 0)))), &[2.5, -2.5]);
    assert_near(&predict(Block::layer(GlobalAvgPool)), &[2.5, -2.5]);
    assert_near(&predict(Block::layer(Flatten)), &[1.0, 2.0, 3.0, 4.0, -1.0, -2.0, -3.0, -4.0]);
}

#[test]
fn dropout_is_seeded_salted_and_inverted() {
    let shape = Shape::matrix(4, 1000);
    let run = |p: f64, salt, seed| {
        let blocks = [Block::layer(Dropout::new(p, salt).unwrap())];
        let mode = Mode { statistics: Statistics::Frozen, dropout: seed };
        model(shape, &blocks).forward(Cpu::full(shape, 1.0), mode).unwrap().output.values().to_vec()
    };
    assert!(run(0.25, 0, None).iter().all(|&y| y == 1.0));
    let mask = run(0.25, 0, Some(7));
    assert!(mask.iter().all(|&y| y == 0.0 || (y - 4.0 / 3.0).abs() < 1e-15));
    let dropped = mask.iter().filter(|&&y| y == 0.0).count();
    // 4000 draws of probability 1/4: mean 1000, standard deviation 27.4; five of them
    assert!(dropped.abs_diff(1000) < 137, "{dropped}");
    assert_eq!(mask, run(0.25, 0, Some(7)));
    assert_ne!(mask, run(0.25, 1, Some(7)));
    assert_ne!(mask, run(0.25, 0, Some(8)));
    for p in [-0.1, 1.0, f64::NAN] {
        assert!(Dropout::new(p, 0).is_err());
    }
}

#[test]
fn refusals_name_the_layer_and_the_shape() {
    let image = Shape::new(1, 4, 4, 3);
    assert_eq!(
        refusal(image, Block::layer(Linear::new(5, 2))),
        "layer 1 (linear): expected 5 features, got an input of 4x4x3 (height x width x channels)"
    );
    let conv = |window, groups| Block::layer(Conv2d::new(3, 4, window).with_groups(groups));
    assert!(refusal(image, conv(Window::square(7, 1, 1), 1)).contains("at least 5x5 pixels for the kernel of 7x7"));
    assert!(refusal(image, conv(Window::square(3, 1, 0), 2)).contains("groups (2) that divide"));
    assert!(refusal(image, conv(Window::square(3, 1, 0), 0)).contains("groups (0)"));
    assert!(refusal(image, conv(Window::square(3, 0, 0), 1)).contains("a kernel and stride of 1 to"));
    assert!(refusal(image, conv(Window::square(3, 1, usize::MAX), 1)).contains("padding of at most"));
    assert!(refusal(image, Block::layer(Conv2d::new(2, 4, Window::POINT))).contains("expected 2 channels"));
    assert!(refusal(image, Block::layer(Linear::new(3, usize::MAX))).contains("a weight of at most"));
    assert!(refusal(image, Block::layer(Linear::new(3, 0))).contains("at least one number"));
    assert!(refusal(image, Block::layer(BatchNorm2d::new(4))).contains("expected 4 channels"));
    assert!(refusal(image, Block::layer(GroupNorm::new(2, 3))).contains("divisible by the 2 groups"));
    assert!(refusal(image, Block::layer(GroupNorm::new(0, 3))).contains("divisible by the 0 groups"));
    assert!(refusal(image, Block::layer(LayerNorm::new(2))).contains("expected 2 features"));
    assert!(refusal(image, Block::layer(MaxPool2d(Window::square(5, 5, 0)))).contains("at least 5x5 pixels"));
    assert!(refusal(image, Block::layer(AvgPool2d(Window::square(3, 1, 2)))).contains("at most half the kernel"));
}

#[test]
fn a_batch_of_another_shape_is_refused() {
    let model = model(Shape::vector(3), &[Block::layer(Linear::new(3, 2))]);
    assert!(matches!(model.predict(Cpu::full(Shape::matrix(2, 4), 0.0)), Err(NetworkError::Input { .. })));
    assert_eq!(model.predict(Cpu::full(Shape::matrix(0, 3), 0.0)).unwrap_err(), NetworkError::EmptyBatch);
}

#[test]
fn residual_branches_must_fit() {
    let main = vec![Block::layer(Conv2d::new(3, 4, Window::square(3, 1, 1)))];
    let error = Network::new(Shape::new(1, 4, 4, 3), &[Block::Residual { main, short: vec![] }]).unwrap_err();
    assert!(matches!(error, NetworkError::Residual { .. }));
}
