//! Named and written-out models: parameter counts, names, orders, initialisation, and refusals.

#![allow(clippy::unwrap_used)]

use consilience_nn::losses::Loss;
use consilience_nn::models::{LayerSpec, ModelSpec};
use consilience_nn::registry::{INITIALISATIONS, LAYERS, LOSSES, MODELS};
use consilience_nn::{Initialisation, Mode, Model, Network, NetworkError, Role, from_torch_order, to_torch_order};
use consilience_tensor::{Cpu, Shape, Tensor};

const MNIST: Shape = Shape::new(1, 28, 28, 1);
const CIFAR: Shape = Shape::new(1, 32, 32, 3);

fn spec(text: &str) -> ModelSpec {
    toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn build(text: &str, input: Shape) -> Network {
    spec(text).build(input, 10).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn parameter_counts_are_those_of_pytorch() {
    let cases = [
        ("name = 'logistic'", MNIST, 7_850),
        ("name = 'mlp'", MNIST, 335_114),
        ("name = 'mlp'\nwidths = [2048]\nactivation = 'tanh'", MNIST, 784 * 2048 + 2048 + 20_490),
        ("name = 'lenet5'", MNIST, 61_706),
        ("name = 'lenet5'\npool = 'average'\nactivation = 'tanh'", Shape::new(1, 32, 32, 1), 61_706),
        // p = 6, q = 15: 5x5 weights 150 + 2250, biases 21, linear 240 x 150 + 150 and 150 x 10 + 10
        ("name = 'gsnr_cnn'\nchannels = 6", MNIST, 150 + 6 + 2_250 + 15 + 36_150 + 1_510),
        ("name = 'resnet18'", CIFAR, 11_173_962),
        // group-norm has as many parameters as batch-norm
        ("name = 'resnet18'\nnorm = 'group'", CIFAR, 11_173_962),
        ("name = 'resnet20'", CIFAR, 272_474),
        // 9 * 64 * 3 + 9 * 64 * 192 + 9 * 192 * 384 + 9 * 384 * 256 + 9 * 256 * 256 and biases, then 1024-4096-4096-10
        ("name = 'alexnet'", CIFAR, 2_250_432 + 1_152 + 1024 * 4096 + 4096 * 4096 + 8_192 + 40_970),
        ("name = 'vgg11'", CIFAR, 9_750_922),
        // torchvision's 14,723,136 convolution and norm parameters less 4,224 biases, then 512-4096-4096-10
        ("name = 'vgg16_bn'", CIFAR, 14_723_136 - 4_224 + 512 * 4096 + 4096 * 4096 + 8_192 + 40_970),
    ];
    for (text, input, count) in cases {
        assert_eq!(build(text, input).parameter_count(), count, "{text}");
    }
}

#[test]
fn a_norm_free_residual_network_has_biases_instead() {
    let with = build("name = 'resnet20'", CIFAR).parameter_count();
    let without = build("name = 'resnet20'\nnorm = 'none'", CIFAR).parameter_count();
    // 7 convolutions of 16 channels, 7 of 32, 7 of 64 (shortcuts included, which the first stage has not)
    assert_eq!(with - without, 7 * 16 + 7 * 32 + 7 * 64);
}

#[test]
fn alexnet_takes_both_image_sizes_and_runs() {
    let text = "name = 'alexnet'\nhidden = 8";
    for (input, features) in [(MNIST, 256), (CIFAR, 1024)] {
        let network = build(text, input);
        let linear = network.parameters().iter().find(|p| p.spec.shape.n == 8).unwrap();
        assert_eq!(linear.spec.shape, Shape::matrix(8, features));
        let model = Model::<f32>::init(network, Initialisation::HeNormal, 1);
        let tape = model.forward(Cpu::full(input.with_n(2), 0.5), Mode::training(3)).unwrap();
        assert_eq!(tape.output.shape(), Shape::matrix(2, 10));
        assert!(tape.output.values().iter().all(|y| y.is_finite()));
        let gradient = tape.gradient(Cpu::full(Shape::matrix(2, 10), 1.0)).unwrap();
        assert_eq!(gradient.last().unwrap().values().to_vec(), [2.0; 10]);
    }
}

/// What a named model is when its dropout is written out.
const WITH_DROPOUT: [(&str, Shape, &str); 3] = [
    (
        "name = 'mlp'\nwidths = [300, 100]",
        MNIST,
        "{ kind = 'flatten' }, { kind = 'linear', features = 300 }, { kind = 'relu' }, { kind = 'dropout', p = 0.25 },
         { kind = 'linear', features = 100 }, { kind = 'relu' }, { kind = 'dropout', p = 0.25 },
         { kind = 'linear', features = 10 }",
    ),
    (
        "name = 'lenet5'",
        MNIST,
        "{ kind = 'conv2d', channels = 6, kernel = 5, padding = 2 }, { kind = 'relu' }, { kind = 'max_pool2d', kernel = 2 },
         { kind = 'conv2d', channels = 16, kernel = 5 }, { kind = 'relu' }, { kind = 'max_pool2d', kernel = 2 },
         { kind = 'flatten' }, { kind = 'linear', features = 120 }, { kind = 'relu' }, { kind = 'dropout', p = 0.25 },
         { kind = 'linear', features = 84 }, { kind = 'relu' }, { kind = 'dropout', p = 0.25 },
         { kind = 'linear', features = 10 }",
    ),
    ("name = 'resnet20'\nwidth = 4", CIFAR, ""),
];

#[test]
fn dropout_is_an_option_of_named_models() {
    for (text, input, written) in WITH_DROPOUT {
        let dropping = spec(&format!("{text}\ndropout = 0.25"));
        let layers = dropping.layers(input, 10);
        if written.is_empty() {
            let [.., before, last] = layers.as_slice() else { panic!("{text}") };
            assert_eq!((before, last), (&LayerSpec::Dropout { p: 0.25 }, &LayerSpec::linear(10)));
        } else {
            assert_eq!(layers, spec(&format!("name = 'custom'\nlayers = [{written}]")).layers(input, 10), "{text}");
        }
        let plain = spec(text);
        assert_eq!(plain, spec(&format!("{text}\ndropout = 0")));
        assert!(!toml::to_string(&plain).unwrap().contains("dropout"), "what is not there is not written");
        assert_eq!(spec(&toml::to_string(&dropping).unwrap()), dropping);

        // it acts in training and not in evaluation, and has no parameters
        let network = dropping.build(input, 10).unwrap();
        assert_eq!(network.parameter_count(), plain.build(input, 10).unwrap().parameter_count());
        let model = Model::<f32>::init(network, Initialisation::HeNormal, 1);
        let inputs = Cpu::full(input.with_n(2), 0.5);
        let outputs = |dropout| {
            let mode = Mode { dropout, ..Mode::EVALUATION };
            model.forward(inputs.clone(), mode).unwrap().output.values().to_vec()
        };
        assert_ne!(outputs(Some(1)), outputs(Some(2)), "{text}");
        assert_eq!(outputs(None), model.predict(inputs.clone()).unwrap().values().to_vec());

        let error = spec(&format!("{text}\ndropout = 1.5")).build(input, 10).unwrap_err().to_string();
        assert!(error.contains("expected a dropout probability in [0, 1), got 1.5"), "{error}");
    }
}

#[test]
fn written_out_models_infer_their_inputs() {
    let text = r"
        name = 'custom'
        layers = [
            { kind = 'conv2d', channels = 20, kernel = 5 },
            { kind = 'relu' },
            { kind = 'max_pool2d', kernel = 2 },
            { kind = 'conv2d', channels = 50, kernel = [5, 5], bias = false },
            { kind = 'group_norm', groups = 10 },
            { kind = 'residual', main = [{ kind = 'conv2d', channels = 8, kernel = 3, padding = 1 }, { kind = 'silu' }],
              short = [{ kind = 'conv2d', channels = 8, kernel = 1 }] },
            { kind = 'avg_pool2d', kernel = 2, stride = 1, padding = 1 },
            { kind = 'dropout', p = 0.1 },
            { kind = 'flatten' },
            { kind = 'layer_norm' },
            { kind = 'linear', features = 10 },
        ]";
    let network = build(text, MNIST);
    let names: Vec<&str> = network.parameters().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "0.weight",
            "0.bias",
            "3.weight",
            "4.weight",
            "4.bias",
            "5.main.0.weight",
            "5.main.0.bias",
            "5.short.0.weight",
            "5.short.0.bias",
            "9.weight",
            "9.bias",
            "10.weight",
            "10.bias"
        ]
    );
    assert_eq!(network.torch_shape(2), Some(vec![50, 20, 5, 5]));
    assert_eq!(network.torch_shape(7), Some(vec![8, 50, 1, 1]));
    assert_eq!(network.torch_shape(11), Some(vec![10, 648]));
    assert_eq!(network.torch_shape(12), Some(vec![10]));
    assert_eq!(network.torch_shape(13), None);
    let written = toml::to_string(&spec(text)).unwrap();
    assert_eq!(spec(&written), spec(text));
}

#[test]
fn descriptions_that_make_no_sense_are_refused() {
    let parse = |text: &str| toml::from_str::<ModelSpec>(text).unwrap_err().to_string();
    assert!(parse("name = 'mlp'\nwidth = 3").contains("unknown field `width`"));
    assert!(parse("name = 'mpl'").contains("unknown variant `mpl`, expected one of `logistic`"));
    assert!(parse("name = 'logistic'\nwidths = [3]").contains("unknown field"));
    assert!(parse("name = 'mlp'\nwidths = [-3]").contains("-3"));
    let layers = |layers: &str| format!("name = 'custom'\nlayers = [{layers}]");
    assert!(parse(&layers("{ kind = 'relu', p = 1 }")).contains("unknown field `p`"));
    assert!(parse(&layers("{ kind = 'max_pool2d', kernel = 2, p = 1 }")).contains("unknown field `p`"));
    assert!(parse(&layers("{ kind = 'max_pool2d', kernel = 'two' }")).contains("a pair of them"));
    assert!(parse(&layers("{ kind = 'conv3d' }")).contains("unknown variant `conv3d`"));
    let refuse = |text: &str, input| spec(text).build(input, 10).unwrap_err();
    let error = refuse(&layers("{ kind = 'flatten' }, { kind = 'linear', features = 9 }"), MNIST);
    assert!(error.to_string().contains("9 outputs per example, the data need 10"), "{error}");
    let error = refuse("name = 'vgg11'", MNIST);
    assert_eq!(
        error.to_string(),
        "layer 20 (max_pool2d): expected at least 2x2 pixels for the kernel of 2x2, got an input of 1x1x512 (height x width x channels)"
    );
    let error = refuse(&layers("{ kind = 'residual', main = [{ kind = 'group_norm', groups = 2 }] }"), CIFAR);
    assert!(error.to_string().starts_with("layer 0.main.0 (group_norm): "), "{error}");
    assert!(matches!(refuse(&layers("{ kind = 'dropout', p = 1.0 }"), MNIST), NetworkError::Description(_)));
    assert!(matches!(refuse("name = 'logistic'", Shape::new(1, 0, 28, 1)), NetworkError::Description(_)));
    for text in ["name = 'gsnr_cnn'\nchannels = 9223372036854775807", "name = 'resnet18'\nwidth = 9223372036854775807"]
    {
        assert!(matches!(refuse(text, MNIST), NetworkError::Shape { .. }), "{text}");
    }
}

#[test]
fn flat_vectors_in_pytorch_order_round_trip() {
    // one output of 2 x 1 pixels and 3 channels: (h0: c0 c1 c2) (h1: c0 c1 c2) becomes c0: (h0 h1), c1, c2
    let shape = Shape::new(1, 2, 1, 3);
    assert_eq!(to_torch_order(shape, &[0, 1, 2, 3, 4, 5]), [0, 3, 1, 4, 2, 5]);
    assert_eq!(from_torch_order(shape, &[0, 3, 1, 4, 2, 5]), [0, 1, 2, 3, 4, 5]);
    let network = build("name = 'resnet20'\nwidth = 4", CIFAR);
    let flat: Vec<f32> = (0..network.parameter_count()).map(|i| i as f32).collect();
    let parameters = network.from_torch_vector(&flat).unwrap();
    assert_ne!(parameters[0].values().to_vec(), flat[..parameters[0].shape().len()]);
    assert_eq!(network.to_torch_vector(&parameters), flat);
    assert!(matches!(network.from_torch_vector(&flat[1..]), Err(NetworkError::State { .. })));
}

#[test]
fn initialisations_have_their_moments() {
    // 200 x 300 numbers: the sample variance has a relative standard deviation of at most sqrt(2 / 60000) = 0.6 %
    let text = "name = 'custom'\nlayers = [{ kind = 'linear', features = 200 }, { kind = 'layer_norm' }, { kind = 'linear', features = 10 }]";
    let network = build(text, Shape::vector(300));
    let variance = |initialisation| match initialisation {
        Initialisation::GlorotNormal | Initialisation::GlorotUniform => 2.0 / 500.0,
        Initialisation::HeNormal | Initialisation::HeUniform => 2.0 / 300.0,
        Initialisation::CoherentGradients => 4.0 / 500.0,
        Initialisation::TorchDefault => 1.0 / 900.0,
        other => panic!("the variance of {other:?} is not worked out here"),
    };
    for initialisation in Initialisation::ALL {
        let model = Model::<f64>::init(network.clone(), initialisation, 4);
        let weight = model.parameters[0].values();
        let squares = weight.iter().map(|w| w * w).sum::<f64>() / weight.len() as f64;
        let expected: f64 = variance(initialisation);
        assert!((squares / expected - 1.0).abs() < 0.03, "{initialisation:?}: {squares} {expected}");
        let mean = weight.iter().sum::<f64>() / weight.len() as f64;
        assert!(mean.abs() < 5.0 * (expected / 60_000.0).sqrt(), "{initialisation:?}: {mean}");
        for (named, values) in network.parameters().iter().zip(&model.parameters) {
            let values = values.values();
            match named.spec.role {
                Role::Scale => assert!(values.iter().all(|&v| v == 1.0)),
                Role::Shift => assert!(values.iter().all(|&v| v == 0.0)),
                Role::Bias if initialisation == Initialisation::TorchDefault => {
                    let bound = (named.spec.fan_in as f64).sqrt().recip();
                    assert!(values.iter().all(|v| v.abs() <= bound && *v != 0.0));
                }
                Role::Bias => assert!(values.iter().all(|&v| v == 0.0)),
                Role::Weight => {}
            }
        }
        let single = Model::<f32>::init(network.clone(), initialisation, 4);
        let rounded: Vec<f32> = weight.iter().map(|&w| w as f32).collect();
        assert_eq!(single.parameters[0].values().to_vec(), rounded);
        let other = Model::<f64>::init(network.clone(), initialisation, 5);
        assert_ne!(other.parameters[0].values(), model.parameters[0].values());
    }
}

#[test]
fn registries_name_what_there_is() {
    for entry in MODELS.iter().filter(|entry| entry.name != "custom") {
        spec(&format!("name = '{}'", entry.name));
    }
    let variants = |error: String| error.matches('`').count() / 2 - 1;
    let models = toml::from_str::<ModelSpec>("name = 'none'").unwrap_err().to_string();
    let models = models.lines().last().unwrap().to_owned();
    assert_eq!(variants(models), MODELS.len());
    let layers = toml::from_str::<ModelSpec>("name = 'custom'\nlayers = [{ kind = 'none' }]").unwrap_err().to_string();
    for entry in LAYERS {
        assert!(layers.contains(&format!("`{}`", entry.name)), "{}", entry.name);
    }
    assert_eq!(variants(layers.lines().last().unwrap().to_owned()), LAYERS.len());
    assert!(LOSSES.iter().map(|entry| entry.name).eq(Loss::ALL.map(Loss::name)));
    assert!(INITIALISATIONS.iter().map(|entry| entry.name).eq(Initialisation::ALL.map(Initialisation::name)));
    for loss in Loss::ALL {
        assert_eq!(toml::Value::try_from(loss).unwrap().as_str(), Some(loss.name()));
    }
    for initialisation in Initialisation::ALL {
        assert_eq!(toml::Value::try_from(initialisation).unwrap().as_str(), Some(initialisation.name()));
    }
}
