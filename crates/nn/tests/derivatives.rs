//! First derivatives of every layer against central finite differences of values, second derivatives (dual numbers through
//! forward and backward) against central finite differences of gradients, in double precision.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use consilience_nn::layers::{
    Activate, AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, GlobalAvgPool, GroupNorm, LayerNorm, Linear, MaxPool2d,
};
use consilience_nn::{Block, Factor, Mode, Network, Number, Statistics};
use consilience_tensor::{Activation, Cpu, Dual, Shape, Tensor, Window};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Central differences with this step err by `STEP^2 f''' / 6 + 1e-16 |f| / STEP`, about 1e-10 for numbers of order 1 to 10
/// and third derivatives up to 10.
const STEP: f64 = 1e-5;
const TOLERANCE: f64 = 2e-8;

struct Case {
    name: &'static str,
    network: Network,
    batch: Shape,
    mode: Mode,
}

fn case(name: &'static str, batch: Shape, blocks: Vec<Block>) -> Case {
    Case { name, network: Network::new(batch, &blocks).unwrap(), batch, mode: Mode::EVALUATION }
}

fn cases() -> Vec<Case> {
    let image = Shape::new(3, 6, 5, 4);
    let rectangle = Window { kernel: (3, 2), stride: (2, 1), padding: (1, 1) };
    let training = Mode { statistics: Statistics::Batch, dropout: Some(3) };
    let mut cases = vec![
        case("linear", Shape::matrix(3, 5), vec![Block::layer(Linear::new(5, 4))]),
        case("linear without bias", Shape::matrix(1, 5), vec![Block::layer(Linear::new(5, 4).without_bias())]),
        case("linear on tokens", Shape::new(2, 3, 1, 4), vec![Block::layer(Linear::new(4, 3))]),
        case("conv2d", image, vec![Block::layer(Conv2d::new(4, 3, Window::square(3, 1, 1)))]),
        case("conv2d strided", image, vec![Block::layer(Conv2d::new(4, 3, rectangle))]),
        case(
            "conv2d in groups",
            image,
            vec![Block::layer(Conv2d::new(4, 6, Window::square(2, 2, 0)).with_groups(2).without_bias())],
        ),
        case("conv2d depthwise", image, vec![Block::layer(Conv2d::new(4, 4, rectangle).with_groups(4))]),
        case("conv2d point strided", image, vec![Block::layer(Conv2d::new(4, 2, Window::square(1, 2, 0)))]),
        case("batch_norm2d frozen", image, vec![Block::layer(BatchNorm2d::new(4))]),
        case("group_norm", image, vec![Block::layer(GroupNorm::new(2, 4))]),
        case("group_norm of one group", image, vec![Block::layer(GroupNorm::new(1, 4))]),
        case("group_norm per channel", image, vec![Block::layer(GroupNorm::new(4, 4))]),
        case("group_norm of three", Shape::new(2, 2, 3, 6), vec![Block::layer(GroupNorm::new(3, 6))]),
        case("layer_norm", Shape::matrix(3, 5), vec![Block::layer(LayerNorm::new(5))]),
        case("layer_norm on tokens", Shape::new(2, 3, 1, 5), vec![Block::layer(LayerNorm::new(5))]),
        case("max_pool2d", image, vec![Block::layer(MaxPool2d(Window::square(2, 2, 0)))]),
        case("max_pool2d overlapping", image, vec![Block::layer(MaxPool2d(Window::square(3, 2, 1)))]),
        case("avg_pool2d", image, vec![Block::layer(AvgPool2d(Window::square(2, 2, 0)))]),
        case("avg_pool2d overlapping", image, vec![Block::layer(AvgPool2d(rectangle))]),
        case("global_avg_pool", image, vec![Block::layer(GlobalAvgPool)]),
        case("flatten", image, vec![Block::layer(Flatten)]),
        case("dropout off", image, vec![Block::layer(Dropout::new(0.5, 0).unwrap())]),
        Case { mode: training, ..case("dropout", image, vec![Block::layer(Dropout::new(0.5, 0).unwrap())]) },
        Case { mode: training, ..case("batch_norm2d", image, vec![Block::layer(BatchNorm2d::new(4))]) },
        case(
            "residual",
            image,
            vec![
                Block::Residual {
                    main: vec![
                        Block::layer(Conv2d::new(4, 6, Window::square(3, 2, 1))),
                        Block::layer(Activate(Activation::Tanh)),
                        Block::layer(GroupNorm::new(3, 6)),
                    ],
                    short: vec![Block::layer(Conv2d::new(4, 6, Window::square(1, 2, 0)))],
                },
                Block::Residual { main: vec![Block::layer(Activate(Activation::Silu))], short: vec![] },
                Block::layer(GlobalAvgPool),
                Block::layer(Linear::new(6, 2)),
            ],
        ),
    ];
    for (name, activation) in [
        ("relu", Activation::Relu),
        ("tanh", Activation::Tanh),
        ("sigmoid", Activation::Sigmoid),
        ("gelu", Activation::Gelu),
        ("silu", Activation::Silu),
        ("softplus", Activation::Softplus),
    ] {
        cases.push(case(name, Shape::new(2, 2, 3, 4), vec![Block::layer(Activate(activation))]));
    }
    cases
}

/// A point, a direction and a signal: the input first, then the parameters.
struct Point {
    at: Vec<Cpu<f64>>,
    along: Vec<Cpu<f64>>,
    buffers: Vec<Cpu<f64>>,
    signal: Cpu<f64>,
}

fn random(shape: Shape, random: &mut ChaCha8Rng) -> Cpu<f64> {
    Cpu::from_vec(shape, (0..shape.len()).map(|_| random.random_range(-1.5..1.5)).collect())
}

impl Case {
    fn point(&self) -> Point {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let shapes: Vec<Shape> =
            std::iter::once(self.batch).chain(self.network.parameters().iter().map(|p| p.spec.shape)).collect();
        let at = shapes.iter().map(|&shape| random(shape, &mut rng)).collect();
        let along = shapes.iter().map(|&shape| random(shape, &mut rng)).collect();
        let buffers = self.network.buffers().iter().map(|b| {
            // running variances are positive
            let values = random(b.spec.shape, &mut rng).values().iter().map(|v| v.abs() + 0.3).collect();
            Cpu::from_vec(b.spec.shape, values)
        });
        let buffers = buffers.collect();
        let signal = random(Shape::matrix(self.batch.n, self.network.outputs()), &mut rng);
        Point { at, along, buffers, signal }
    }

    /// `<signal, outputs>`.
    fn value(&self, point: &Point, at: &[Cpu<f64>]) -> f64 {
        let tape = self.network.forward(&at[1..], &point.buffers, at[0].clone(), self.mode).unwrap();
        tape.output.values().iter().zip(point.signal.values().iter()).map(|(y, r)| y * r).sum()
    }

    /// The gradient of [`Case::value`] with respect to the input and every parameter.
    fn gradient<T: Number>(&self, at: &[T], buffers: &[T], signal: T) -> Vec<T> {
        let tape = self.network.forward(&at[1..], buffers, at[0].clone(), self.mode).unwrap();
        let mut gradients: Vec<T> = at.to_vec();
        let mut visited = 0;
        let mut visit = |parameter: usize, factor: Factor<T>| {
            assert_eq!(factor.examples(), self.batch.n);
            assert_eq!(factor.parameter_shape(), at[parameter + 1].shape(), "{}", self.name);
            gradients[parameter + 1] = factor.sum();
            visited += 1;
        };
        let input = tape.backward(signal, true, &mut visit).unwrap();
        assert_eq!(visited, at.len() - 1, "{}: every parameter is visited once", self.name);
        gradients[0] = input.unwrap();
        gradients
    }

    fn constants(arrays: &[Cpu<f64>]) -> Vec<Dual<Cpu<f64>>> {
        arrays.iter().cloned().map(Dual::constant).collect()
    }
}

fn moved(at: &[Cpu<f64>], along: &[Cpu<f64>], step: f64) -> Vec<Cpu<f64>> {
    at.iter().zip(along).map(|(at, along)| at.clone().add(&along.clone().scale(step))).collect()
}

fn close(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() <= TOLERANCE * (1.0 + expected.abs()), "{what}: got {got}, expected {expected}");
}

#[test]
fn first_derivatives_are_those_of_finite_differences() {
    for case in cases() {
        let point = case.point();
        let gradients = case.gradient(&point.at, &point.buffers, point.signal.clone());
        for (array, gradient) in gradients.iter().enumerate() {
            for (element, &got) in gradient.values().iter().enumerate() {
                let at = |step: f64| {
                    let mut at = point.at.clone();
                    let mut values = at[array].values().to_vec();
                    values[element] += step;
                    at[array] = Cpu::from_vec(at[array].shape(), values);
                    case.value(&point, &at)
                };
                let expected = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                close(got, expected, &format!("{}, array {array}, element {element}", case.name));
            }
        }
    }
}

#[test]
fn second_derivatives_are_those_of_finite_differences() {
    for case in cases() {
        let point = case.point();
        let duals: Vec<_> =
            point.at.iter().zip(&point.along).map(|(at, along)| Dual::new(at.clone(), along.clone())).collect();
        let gradients = case.gradient(&duals, &Case::constants(&point.buffers), Dual::constant(point.signal.clone()));
        let at = |step| case.gradient(&moved(&point.at, &point.along, step), &point.buffers, point.signal.clone());
        let (plus, minus, here) = (at(STEP), at(-STEP), at(0.0));
        for array in 0..gradients.len() {
            let (value, tangent) = gradients[array].clone().into_parts();
            for element in 0..value.shape().len() {
                let what = format!("{}, array {array}, element {element}", case.name);
                let (plus, minus) = (plus[array].values()[element], minus[array].values()[element]);
                let got = tangent.as_ref().map_or(0.0, |t| t.values()[element]);
                close(got, (plus - minus) / (2.0 * STEP), &what);
                let (value, here) = (value.values()[element], here[array].values()[element]);
                assert!((value - here).abs() <= 1e-12 * (1.0 + here.abs()), "{what}: value {value}, plain {here}");
            }
        }
    }
}

/// A direction per example of scales, shifts and biases gives what each example gives alone with its own direction.
#[test]
fn directions_per_example_act_on_their_example_only() {
    for case in cases().into_iter().filter(|case| case.network.coupling_layer(case.mode).is_none()) {
        let point = case.point();
        let n = case.batch.n;
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let along: Vec<Option<Cpu<f64>>> = std::iter::once(None)
            .chain(case.network.parameters().iter().map(|parameter| {
                let shape = parameter.spec.shape;
                (shape.rows() == 1).then(|| random(shape.with_n(n), &mut rng))
            }))
            .collect();
        if along.iter().all(Option::is_none) || case.mode.dropout.is_some() {
            continue;
        }
        let duals = |examples: std::ops::Range<usize>| -> Vec<Dual<Cpu<f64>>> {
            let seeded = point.at.iter().zip(&along).skip(1).map(|(at, along)| match along {
                Some(along) => Dual::new(at.clone(), along.examples(examples.clone())),
                None => Dual::constant(at.clone()),
            });
            std::iter::once(Dual::constant(point.at[0].examples(examples.clone()))).chain(seeded).collect()
        };
        let run = |examples: std::ops::Range<usize>| {
            let at = duals(examples.clone());
            let buffers = Case::constants(&point.buffers);
            let tape = case.network.forward(&at[1..], &buffers, at[0].clone(), case.mode).unwrap();
            let signal = Dual::constant(point.signal.examples(examples));
            let mut gradients = Vec::new();
            let input = tape.backward(signal, true, &mut |_, factor| gradients.push(factor.sum())).unwrap().unwrap();
            (tape.output, input, gradients)
        };
        let tangent = |dual: &Dual<Cpu<f64>>| match dual.tangent() {
            Some(tangent) => tangent.values().to_vec(),
            None => vec![0.0; dual.shape().len()],
        };
        let (outputs, inputs, gradients) = run(0..n);
        let (mut alone_outputs, mut alone_inputs) = (Vec::new(), Vec::new());
        let mut alone_gradients: Vec<Vec<f64>> = gradients.iter().map(|g| vec![0.0; g.shape().len()]).collect();
        for example in 0..n {
            let (output, input, gradients) = run(example..example + 1);
            alone_outputs.extend(tangent(&output));
            alone_inputs.extend(tangent(&input));
            for (sum, gradient) in alone_gradients.iter_mut().zip(&gradients) {
                sum.iter_mut().zip(tangent(gradient)).for_each(|(sum, g)| *sum += g);
            }
        }
        let same = |got: &[f64], expected: &[f64]| {
            assert_eq!(got.len(), expected.len(), "{}", case.name);
            for (got, expected) in got.iter().zip(expected) {
                assert!((got - expected).abs() <= 1e-12 * (1.0 + expected.abs()), "{}: {got} {expected}", case.name);
            }
        };
        assert!(alone_outputs.iter().any(|t| t.abs() > 0.1), "{}", case.name);
        same(&tangent(&outputs), &alone_outputs);
        same(&tangent(&inputs), &alone_inputs);
        for (gradient, alone) in gradients.iter().zip(&alone_gradients) {
            same(&tangent(gradient), alone);
        }
    }
}

#[test]
fn gradients_do_not_flow_to_the_input_unless_asked_for() {
    let case = case("linear", Shape::matrix(3, 5), vec![Block::layer(Linear::new(5, 4))]);
    let point = case.point();
    let tape = case.network.forward(&point.at[1..], &[], point.at[0].clone(), case.mode).unwrap();
    let mut order = Vec::new();
    let input = tape.backward(point.signal, false, &mut |parameter, _| order.push(parameter)).unwrap();
    assert!(input.is_none());
    assert_eq!(order, [0, 1]);
}
