//! What is measured beside the sum does not change the sum by a bit: watching a run is free of consequences.

#![allow(clippy::unwrap_used, reason = "tests")]

use consilience_gradients::{Dots, Request, reduce, signal};
use consilience_nn::layers::{Activate, Conv2d, Flatten, GroupNorm, Linear, MaxPool2d};
use consilience_nn::{Block, Initialisation, Mode, Model, Network};
use consilience_tensor::{Activation, Cpu, Shape, Tensor, Window};

#[test]
fn the_sum_is_the_same_bytes_whatever_is_measured_beside_it() {
    let blocks = [
        Block::layer(Conv2d::new(1, 6, Window::square(3, 1, 1))),
        Block::layer(GroupNorm::new(2, 6)),
        Block::layer(Activate(Activation::Relu)),
        Block::layer(MaxPool2d(Window::square(2, 2, 0))),
        Block::layer(Flatten),
        Block::layer(Linear::new(96, 20)),
        Block::layer(Activate(Activation::Tanh)),
        Block::layer(Linear::new(20, 3)),
    ];
    let network = Network::new(Shape::new(1, 8, 8, 1), &blocks).unwrap();
    let model: Model<f32> = Model::init(network.clone(), Initialisation::TorchDefault, 1);
    let examples = 13;
    let pixels = (0..examples * 64).map(|i| ((i * 37 % 101) as f32 - 50.0) / 29.0).collect();
    let tape = model.forward(Cpu::new(Shape::new(examples, 8, 8, 1), pixels), Mode::EVALUATION).unwrap();
    let sums = |request: &Request<f32>| -> Vec<u32> {
        let signal = signal::random_unit(examples, 3, 1, 2);
        let reduced = reduce(&tape, signal, request).unwrap();
        let sums = reduced.into_sum().unwrap();
        sums.iter().flat_map(|sum| sum.values().iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect()
    };
    let alone = sums(&Request { sum: true, ..Request::default() });
    let watched = [
        Request { moments: true, ..Request::default() },
        Request { signs: true, ..Request::default() },
        Request { sq_norms: true, ..Request::default() },
        Request { dots: Some(Dots::Sum), sq_norms: true, ..Request::default() },
        Request { moments: true, signs: true, gram: true, winsorized: vec![2], median: true, ..Request::default() },
    ];
    for request in watched {
        assert_eq!(sums(&Request { sum: true, ..request.clone() }), alone, "{request:?}");
    }
}
