//! What there is to choose from: the names that configuration files use, with a line about each.

/// One thing that can be named in a configuration file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// What it is, in a sentence, with its options.
    pub summary: &'static str,
    /// Where it comes from.
    pub reference: &'static str,
}

const fn entry(name: &'static str, summary: &'static str, reference: &'static str) -> Entry {
    Entry { name, summary, reference }
}

/// The models of [`ModelSpec`](crate::models::ModelSpec).
pub const MODELS: &[Entry] = &[
    entry("logistic", "one linear layer on the flattened example", "Cox 1958"),
    entry(
        "mlp",
        "linear layers with a non-linearity between them; widths = [256, 256, 256], activation = \"relu\", dropout = 0",
        "Chatterjee 2020, section 3 (the default widths)",
    ),
    entry(
        "lenet5",
        "two 5x5 convolutions with pooling and three linear layers; activation = \"relu\", pool = \"max\" or \"average\", dropout = 0",
        "LeCun, Bottou, Bengio and Haffner 1998",
    ),
    entry(
        "gsnr_cnn",
        "two 5x5 convolutions of p and int(2.5 p) channels with pooling and two linear layers; channels = p",
        "Liu et al. 2020, appendix A",
    ),
    entry(
        "alexnet",
        "five 3x3 convolutions, three max-pools and three linear layers, for 28x28 and 32x32; width = 64, hidden = 4096, dropout = 0.5",
        "Krizhevsky, Sutskever and Hinton 2012",
    ),
    entry(
        "resnet18",
        "four stages of two basic blocks, the form for CIFAR; norm = \"batch\", \"group\" or \"none\", width = 64",
        "He, Zhang, Ren and Sun 2016",
    ),
    entry(
        "resnet20",
        "three stages of three basic blocks; norm = \"batch\", \"group\" or \"none\", width = 16, dropout = 0",
        "He, Zhang, Ren and Sun 2016, section 4.2",
    ),
    entry(
        "vgg11",
        "eight 3x3 convolutions, five max-pools and three linear layers, for 32x32, without normalisation and dropout",
        "Simonyan and Zisserman 2015, column A",
    ),
    entry(
        "vgg16_bn",
        "thirteen 3x3 convolutions, five max-pools and three linear layers, for 32x32; norm = \"batch\", hidden = 4096, dropout = 0.5",
        "Simonyan and Zisserman 2015, column D; Ioffe and Szegedy 2015",
    ),
    entry("custom", "any layers, written out: layers = [{ kind = \"conv2d\", channels = 20, kernel = 5 }, ...]", ""),
];

/// The layers of a custom model, [`LayerSpec`](crate::models::LayerSpec).
pub const LAYERS: &[Entry] = &[
    entry("linear", "y = x W^T + b at every position; features, bias = true", ""),
    entry(
        "conv2d",
        "cross-correlation with zero padding; channels, kernel, stride = 1, padding = 0, groups = 1, bias = true",
        "LeCun et al. 1989",
    ),
    entry(
        "batch_norm2d",
        "standardises each channel over the batch, or with running statistics",
        "Ioffe and Szegedy 2015",
    ),
    entry("group_norm", "standardises groups of channels of each example; groups", "Wu and He 2018"),
    entry("layer_norm", "standardises the channels at each position", "Ba, Kiros and Hinton 2016"),
    entry("relu", "max(0, x)", "Nair and Hinton 2010"),
    entry("tanh", "hyperbolic tangent", ""),
    entry("sigmoid", "1 / (1 + exp(-x))", ""),
    entry("gelu", "x Phi(x), exact", "Hendrycks and Gimpel 2016"),
    entry("silu", "x sigmoid(x), also called swish", "Elfwing, Uchibe and Doya 2018"),
    entry("softplus", "log(1 + exp(x))", "Dugas et al. 2001"),
    entry("max_pool2d", "the largest element under each window; kernel, stride = kernel, padding = 0", ""),
    entry("avg_pool2d", "the mean under each window; kernel, stride = kernel, padding = 0", ""),
    entry("global_avg_pool", "the mean of each channel over all pixels", "Lin, Chen and Yan 2014"),
    entry("flatten", "a vector per example, in PyTorch's order", ""),
    entry("dropout", "zeroes numbers at random in training passes; p", "Srivastava et al. 2014"),
    entry(
        "residual",
        "main(x) + short(x); main = [layers], short = [layers] (empty: the identity)",
        "He, Zhang, Ren and Sun 2016",
    ),
];

/// The losses, [`Loss`](crate::losses::Loss).
pub const LOSSES: &[Entry] = &[
    entry("softmax_cross_entropy", "log sum exp(z) - z_y; takes classes or soft labels", ""),
    entry("mean_squared_error", "the mean over outputs of (z - t)^2; takes values, soft labels or classes", ""),
    entry(
        "hinge",
        "(1/C) sum over other classes of max(0, 1 - z_y + z_j); with logistic, the linear support vector machine",
        "Weston and Watkins 1999",
    ),
];

/// The initialisations, [`Initialisation`](crate::Initialisation).
pub const INITIALISATIONS: &[Entry] = &[
    entry("glorot_normal", "normal with variance 2 / (in + out), biases 0", "Glorot and Bengio 2010"),
    entry("glorot_uniform", "uniform within sqrt(6 / (in + out)), biases 0", "Glorot and Bengio 2010"),
    entry("he_normal", "normal with variance 2 / in, biases 0", "He, Zhang, Ren and Sun 2015"),
    entry("he_uniform", "uniform within sqrt(6 / in), biases 0", "He, Zhang, Ren and Sun 2015"),
    entry(
        "coherent_gradients",
        "normal with standard deviation 2 / sqrt(in + out), biases 0",
        "code of Chatterjee 2020",
    ),
    entry("torch_default", "uniform within 1 / sqrt(in), weights and biases", "PyTorch's nn.Linear and nn.Conv2d"),
];
