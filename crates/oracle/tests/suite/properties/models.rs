//! Whole models by name, in double precision.

use consilience_gradients::second_order::{MeanLoss, Point, hessian_vector_product};
use consilience_gradients::{Dots, Request, reduce};
use consilience_nn::losses::{Loss, Targets};
use consilience_nn::models::{GsnrCnn, LeNet5, ModelSpec, Norm, ResNet20};
use consilience_nn::{Initialisation, Mode, Model, Statistics};
use consilience_oracle::{Subject, relative_error, statistics};
use consilience_tensor::{Cpu, Shape, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LOSS: Loss = Loss::SoftmaxCrossEntropy;
const EXAMPLES: usize = 3;
const CLASSES: usize = 10;

fn models() -> Vec<(&'static str, ModelSpec, Shape, Mode)> {
    let resnet = |norm| ModelSpec::Resnet20(ResNet20 { norm, width: 4, ..ResNet20::default() });
    let training = Mode { statistics: Statistics::Batch, dropout: None };
    let (grey, colour) = (Shape::new(1, 28, 28, 1), Shape::new(1, 16, 16, 3));
    vec![
        ("lenet5", ModelSpec::Lenet5(LeNet5::default()), grey, Mode::EVALUATION),
        ("gsnr_cnn", ModelSpec::GsnrCnn(GsnrCnn { channels: 6 }), grey, Mode::EVALUATION),
        ("resnet20 with group normalisation", resnet(Norm::Group), colour, Mode::EVALUATION),
        ("resnet20 with frozen statistics", resnet(Norm::Batch), colour, Mode::EVALUATION),
        ("resnet20 with batch statistics", resnet(Norm::Batch), colour, training),
    ]
}

struct Run {
    name: &'static str,
    model: Model<f64>,
    input: Cpu<f64>,
    targets: Targets,
    mode: Mode,
}

fn runs() -> Vec<Run> {
    let run = |(name, spec, shape, mode): (&'static str, ModelSpec, Shape, Mode)| {
        let network = spec.build(shape, CLASSES).unwrap();
        let model = Model::init(network, Initialisation::HeNormal, 1);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let shape = shape.with_n(EXAMPLES);
        let input = Cpu::new(shape, (0..shape.len()).map(|_| rng.random_range(-1.0..1.0)).collect());
        let targets = Targets::Classes((0..EXAMPLES as u32).collect());
        Run { name, model, input, targets, mode }
    };
    models().into_iter().map(run).collect()
}

impl Run {
    fn reduce(&self, parameters: &[Cpu<f64>], request: &Request<f64>) -> consilience_gradients::Reduced<f64> {
        let (network, buffers) = (&self.model.network, &self.model.buffers);
        let tape = network.forward(parameters, buffers, self.input.clone(), self.mode).unwrap();
        let signal = LOSS.signal(&tape.output, &self.targets).unwrap();
        reduce(&tape, signal, request).unwrap()
    }
}

fn flat(arrays: &[Cpu<f64>]) -> Vec<f64> {
    arrays.iter().flat_map(|array| array.as_slice().to_vec()).collect()
}

#[test]
fn dual_numbers_are_the_limit_of_differences() {
    for run in runs() {
        let model = &run.model;
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let direction: Vec<Cpu<f64>> = model
            .parameters
            .iter()
            .map(|p| Cpu::new(p.shape(), (0..p.shape().len()).map(|_| rng.random_range(-1.0..1.0)).collect()))
            .collect();
        let length = flat(&direction).iter().map(|x| x * x).sum::<f64>().sqrt();
        let direction: Vec<_> = direction.into_iter().map(|v| v.scale(1.0 / length)).collect();
        let gradient = |step: f64| {
            let pairs = model.parameters.iter().zip(&direction);
            let moved: Vec<_> = pairs.map(|(p, v)| p.clone().add(&v.clone().scale(step))).collect();
            flat(&run.reduce(&moved, &Request { sum: true, ..Request::default() }).into_sum().unwrap())
        };
        // rounding, 1e-14 of a gradient over h, and too short a step to cross a kink
        let h = 1e-6;
        let (ahead, behind) = (gradient(h), gradient(-h));
        let scale = 1.0 / (2.0 * h * EXAMPLES as f64);
        let expected: Vec<f64> = ahead.iter().zip(&behind).map(|(a, b)| (a - b) * scale).collect();
        let point =
            Point { network: &model.network, parameters: &model.parameters, buffers: &model.buffers, mode: run.mode };
        let objective = MeanLoss { loss: LOSS, targets: &run.targets };
        let exact = hessian_vector_product(&point, &run.input, &objective, &direction).unwrap().product;
        let error = relative_error(&flat(&exact), &expected);
        assert!(error <= 1e-6, "{}: relative error {error:.2e}", run.name);
    }
}

#[test]
fn norms_and_products_are_those_of_the_oracle() {
    for run in runs().into_iter().filter(|run| run.mode == Mode::EVALUATION) {
        let model = &run.model;
        let subject =
            Subject { network: &model.network, parameters: &model.parameters, buffers: &model.buffers, mode: run.mode };
        let rows = subject.loss_gradients(&run.input, LOSS, &run.targets).unwrap();
        let request = Request { sum: true, sq_norms: true, dots: Some(Dots::Sum), gram: true, ..Request::default() };
        let reduced = run.reduce(&model.parameters, &request);
        let sum = statistics::sum(&rows);
        for (what, got, expected) in [
            ("sq_norms", reduced.sq_norms().unwrap(), statistics::sq_norms(&rows)),
            ("dots", reduced.dots().unwrap(), statistics::dots(&rows, &sum)),
            ("gram", reduced.gram().unwrap(), statistics::gram(&rows).concat()),
            ("sum", flat(&reduced.into_sum().unwrap()), sum),
        ] {
            let error = relative_error(&got, &expected);
            assert!(error <= 1e-11, "{}, {what}: relative error {error:.2e}", run.name);
        }
    }
}
