//! The same inputs give the same bytes on one thread and on two.

use consilience_gradients::second_order::{
    MeanLoss, Point, TotalLoss, gradient_norm_gradient, hessian_vector_product, kernel_trace_gradient,
    log_determinant_gradient, sq_norms_gradient,
};
use consilience_gradients::{Dots, Groups, Outputs, Request, empirical_ntk, kernel_trace, kernel_trace_estimate};
use consilience_nn::layers::{Activate, Conv2d, Flatten, GroupNorm, LayerNorm, Linear, MaxPool2d};
use consilience_nn::{Block, Precision};
use consilience_oracle::cases::{self, Case};
use consilience_tensor::{Activation, Cpu, Real, Shape, Window};

use crate::reductions::{Fast, LOSS};

fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

/// Bits of results, with what they are.
#[derive(Default)]
struct Bits(Vec<(String, Vec<u64>)>);

impl Bits {
    fn arrays<R: Real>(&mut self, what: impl Into<String>, arrays: &[Cpu<R>]) {
        let numbers = arrays.iter().flat_map(|array| array.as_slice().iter().map(|x| x.f64()));
        self.numbers(what, numbers);
    }

    fn numbers(&mut self, what: impl Into<String>, numbers: impl IntoIterator<Item = f64>) {
        // in double precision the bits of single precision are told apart as well
        self.0.push((what.into(), numbers.into_iter().map(f64::to_bits).collect()));
    }
}

/// Large enough that every operation has several tasks.
fn large() -> Vec<(Case, usize)> {
    let image = Shape::new(1, 10, 10, 6);
    let conv = [
        Block::layer(Conv2d::new(6, 24, Window::square(3, 1, 1))),
        Block::layer(GroupNorm::new(4, 24)),
        Block::layer(Activate(Activation::Relu)),
        Block::layer(MaxPool2d(Window::square(2, 2, 0))),
        Block::layer(Conv2d::new(24, 32, Window::square(3, 2, 1))),
        Block::layer(Flatten),
        Block::layer(Linear::new(288, 5)),
    ];
    let mlp = [
        Block::layer(Linear::new(300, 260)),
        Block::layer(LayerNorm::new(260)),
        Block::layer(Activate(Activation::Tanh)),
        Block::layer(Linear::new(260, 9)),
    ];
    vec![
        (Case::new("large convolutions", image, &conv).unwrap(), 70),
        (Case::new("large linear layers", Shape::matrix(1, 300), &mlp).unwrap(), 110),
    ]
}

fn first_order<R: Precision>(case: &Case, examples: usize) -> Bits {
    let input = case.batch(examples);
    let fast = Fast::<R>::new(case, &input);
    let mut bits = Bits::default();
    bits.arrays("outputs", std::slice::from_ref(&fast.tape.output));
    let all = Request {
        sum: true,
        sq_norms: true,
        dots: Some(Dots::Sum),
        gram: true,
        moments: true,
        signs: true,
        winsorized: vec![0, (examples - 1) / 4, (examples - 1) / 2],
        median: true,
        groups: Some(Groups { size: 3, keep_sums: true, gram: false }),
    };
    let nothing = Request::<R>::default;
    for request in [
        all.clone(),
        Request { sum: true, ..nothing() },
        Request { sq_norms: true, ..nothing() },
        Request { dots: Some(Dots::With(case.direction(3).iter().map(Cpu::cast).collect())), ..nothing() },
        Request { moments: true, ..nothing() },
    ] {
        let reduced = fast.reduce(fast.loss_signal(), &request);
        for (place, parameter) in reduced.parameters.into_iter().enumerate() {
            let arrays = parameter.sum.iter().chain(&parameter.winsorized).chain(&parameter.median);
            let groups = parameter.groups.iter().flat_map(|groups| &groups.sums);
            bits.arrays(format!("arrays of {place}"), &arrays.chain(groups).cloned().collect::<Vec<_>>());
            let numbers = [&parameter.sq_norms, &parameter.dots, &parameter.gram];
            bits.numbers(format!("products of {place}"), numbers.into_iter().flatten().flatten().copied());
            if let Some(moments) = parameter.moments {
                let numbers =
                    moments.mean.as_slice().iter().chain(moments.square_deviations.as_slice()).map(|x| x.f64());
                bits.numbers(format!("moments of {place}"), numbers);
            }
            if let Some(signs) = parameter.signs {
                let numbers = signs.positive.iter().chain(signs.negative.iter()).map(|&count| f64::from(count));
                bits.numbers(format!("signs of {place}"), numbers);
            }
            if let Some(groups) = parameter.groups {
                bits.numbers(format!("norms of groups of {place}"), groups.sq_norms);
            }
        }
    }
    let tape = &fast.tape;
    bits.numbers("trace", kernel_trace(tape).unwrap());
    bits.numbers("estimated trace", kernel_trace_estimate(tape, 5).unwrap());
    for outputs in [Outputs::Traced, Outputs::Full, Outputs::One(0), Outputs::Sum] {
        let kernel = empirical_ntk(tape, outputs).unwrap();
        bits.numbers(format!("{outputs:?}"), kernel.values().iter().copied());
        bits.numbers(format!("{outputs:?}, determinant"), [kernel.log_determinant(kernel.trace() * 0.01).value()]);
    }
    bits
}

fn second_order<R: Precision>(case: &Case, examples: usize) -> Bits {
    let cast = |arrays: &[Cpu<f64>]| -> Vec<Cpu<R>> { arrays.iter().map(Cpu::cast).collect() };
    let (parameters, buffers) = (cast(&case.parameters), cast(&case.buffers));
    let point = Point { network: &case.network, parameters: &parameters, buffers: &buffers, mode: case.mode };
    let (input, targets) = (case.batch(examples).cast(), case.targets(examples));
    let objective = MeanLoss { loss: LOSS, targets: &targets };
    let total = TotalLoss { loss: LOSS, targets: &targets };
    let mut bits = Bits::default();
    let direction = cast(&case.direction(3));
    bits.arrays("Hv", &hessian_vector_product(&point, &input, &objective, &direction).unwrap().product);
    bits.arrays("gradient norm", &gradient_norm_gradient(&point, &input, &objective).unwrap().penalty_gradient);
    bits.arrays("squared norms", &sq_norms_gradient(&point, &input, &total).unwrap().1);
    let (trace, gradient) = kernel_trace_gradient(&point, &input).unwrap();
    bits.arrays("trace", &gradient);
    for outputs in [Outputs::Traced, Outputs::Full] {
        let (value, gradient) =
            log_determinant_gradient(&point, &input, outputs, 0.1 * trace / examples as f64).unwrap();
        bits.numbers(format!("{outputs:?} determinant"), [value]);
        bits.arrays(format!("{outputs:?} determinant's gradient"), &gradient);
    }
    bits
}

fn assert_same(case: &Case, run: impl Fn() -> Bits + Sync) {
    let [one, two] = [1, 2].map(|threads| on_threads(threads, &run));
    assert_eq!(one.0.len(), two.0.len());
    for ((what, one), (_, two)) in one.0.iter().zip(&two.0) {
        assert!(one == two, "{}: {what} depends on the number of threads", case.name);
    }
}

#[test]
fn reductions_do_not_depend_on_the_number_of_threads() {
    for (case, examples) in large() {
        assert_same(&case, || first_order::<f32>(&case, examples));
        assert_same(&case, || first_order::<f64>(&case, examples));
    }
    for case in cases::independent().unwrap().iter().filter(|case| case.network.outputs() <= 20) {
        assert_same(case, || first_order::<f32>(case, 7));
    }
}

#[test]
fn second_derivatives_do_not_depend_on_the_number_of_threads() {
    for (case, examples) in large() {
        assert_same(&case, || second_order::<f32>(&case, examples / 4));
    }
    for case in cases::independent().unwrap().iter().filter(|case| case.network.outputs() <= 20) {
        assert_same(case, || second_order::<f64>(case, 3));
    }
}
