//! What data there are and what can be done to them, for people: `list` and `explain` read these tables.

use crate::corruption::label_noise::LabelNoiseKind;
use crate::spec::Source;

/// A data source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceEntry {
    /// The source.
    pub source: Source,
    /// Its name in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Examples, their shape and the number of classes.
    pub size: &'static str,
    /// How to get it.
    pub obtain: &'static str,
    /// Its licence, as far as its authors state one.
    pub licence: &'static str,
    /// Whose it is.
    pub reference: &'static str,
}

/// A kind of label noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoiseEntry {
    /// The kind.
    pub kind: LabelNoiseKind,
    /// Its name in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What exactly happens.
    pub definition: &'static str,
    /// Where it comes from.
    pub reference: &'static str,
}

const STROKES: SourceEntry = SourceEntry {
    source: Source::Strokes,
    name: "strokes",
    summary: "28x28 grey digits drawn from pen strokes by a seeded generator",
    size: "any number (default 10000 training, 2000 test), 28x28x1, 10 classes",
    obtain: "built in: no file is needed",
    licence: "the licence of this program",
    reference: "this program",
};

const TWO_CIRCLES: SourceEntry = SourceEntry {
    source: Source::TwoCircles,
    name: "two_circles",
    summary: "two concentric circles with Gaussian noise, in the plane",
    size: "any number (default 100 training, 1000 test), 2 features, 2 classes",
    obtain: "built in: no file is needed",
    licence: "the licence of this program",
    reference: "as in section 3 of Szolnoky et al. 2022 (MGS); radii and noise are not published, defaults are ours",
};

const MNIST: SourceEntry = SourceEntry {
    source: Source::Mnist,
    name: "mnist",
    summary: "handwritten digits",
    size: "60000 training, 10000 test, 28x28x1, 10 classes",
    obtain: "download train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and \
             t10k-labels-idx1-ubyte.gz from https://ossci-datasets.s3.amazonaws.com/mnist/ into DATA_DIR/mnist",
    licence: "CC BY-SA 3.0, as commonly stated",
    reference: "LeCun, Bottou, Bengio and Haffner 1998",
};

const FASHION_MNIST: SourceEntry = SourceEntry {
    source: Source::FashionMnist,
    name: "fashion_mnist",
    summary: "articles of clothing, in the format of MNIST",
    size: "60000 training, 10000 test, 28x28x1, 10 classes",
    obtain: "download train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and \
             t10k-labels-idx1-ubyte.gz from http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/ into \
             DATA_DIR/fashion-mnist",
    licence: "MIT",
    reference: "Xiao, Rasul and Vollgraf 2017",
};

const CIFAR10: SourceEntry = SourceEntry {
    source: Source::Cifar10,
    name: "cifar10",
    summary: "colour photographs of animals and vehicles",
    size: "50000 training in 5 batches (fewer will do), 10000 test, 32x32x3, 10 classes",
    obtain: "download https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz and unpack it in DATA_DIR, \
             which makes DATA_DIR/cifar-10-batches-bin",
    licence: "none stated; its authors ask to be cited",
    reference: "Krizhevsky 2009",
};

/// All data sources.
pub static SOURCES: [SourceEntry; 5] = [STROKES, TWO_CIRCLES, MNIST, FASHION_MNIST, CIFAR10];

/// All kinds of label noise.
pub static LABEL_NOISES: [NoiseEntry; 3] = [
    NoiseEntry {
        kind: LabelNoiseKind::Permute,
        name: "permute",
        summary: "labels permuted among randomly selected examples; class counts are kept",
        definition: "each training example is selected with probability `fraction`, independently; the labels of the \
                     selected examples are permuted uniformly among them. About fraction * (C - 1) / C of the labels end \
                     up wrong for C balanced classes; examples that receive their own label again count as pristine",
        reference: "Chatterjee 2020 (Coherent Gradients), official code",
    },
    NoiseEntry {
        kind: LabelNoiseKind::UniformOther,
        name: "uniform_other",
        summary: "an exact share of the labels replaced by a random other class",
        definition: "exactly round(fraction * N) training examples, chosen at random, receive a label drawn uniformly from \
                     the C - 1 other classes, so that `fraction` of the labels are wrong",
        reference: "our reading of \"randomly flipped\" in Szolnoky et al. 2022 (MGS)",
    },
    NoiseEntry {
        kind: LabelNoiseKind::UniformAny,
        name: "uniform_any",
        summary: "an exact share of the labels drawn anew from all classes",
        definition: "exactly round(fraction * N) training examples, chosen at random, receive a label drawn uniformly from \
                     all C classes; about fraction * (C - 1) / C of the labels end up wrong",
        reference: "the other reading of Szolnoky et al. 2022 (MGS); Zielinski, Krishnan and Chatterjee 2020 (Weak and \
                    Strong Gradient Directions) re-draws labels so with a probability",
    },
];

/// The entry of a source.
pub const fn source(source: Source) -> &'static SourceEntry {
    match source {
        Source::Strokes => &STROKES,
        Source::TwoCircles => &TWO_CIRCLES,
        Source::Mnist => &MNIST,
        Source::FashionMnist => &FASHION_MNIST,
        Source::Cifar10 => &CIFAR10,
    }
}
