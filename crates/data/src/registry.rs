//! What data there are and what can be done to them, for people: `list` and `explain` read these tables.

use crate::corruption::label_noise::LabelNoiseKind;
use crate::origin::{Archive, ArchiveFormat, ByHand, Download, Origin, RemoteFile};
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
    /// Settings of its own, in a table of its name; empty where there are none.
    pub settings: &'static str,
    /// Where its files come from.
    pub origin: Origin,
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
    settings: "variation (default 1): scales the random differences between images; pixel_noise (default 0.1): standard \
               deviation of the noise on every pixel",
    origin: Origin::BuiltIn,
    licence: "the licence of this program",
    reference: "this program",
};

const TWO_CIRCLES: SourceEntry = SourceEntry {
    source: Source::TwoCircles,
    name: "two_circles",
    summary: "two concentric circles with Gaussian noise, in the plane",
    size: "any number (default 100 training, 1000 test), 2 features, 2 classes",
    settings: "inner_radius (default 0.5) of class 1; sigma (default 0.1): standard deviation of the noise",
    origin: Origin::BuiltIn,
    licence: "the licence of this program",
    reference: "as in section 3 of Szolnoky et al. 2022 (MGS); radii and noise are not published, defaults are ours",
};

/// The files of MNIST, and of data sets in its format.
const IDX_FILES: [&str; 4] =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

const MNIST: SourceEntry = SourceEntry {
    source: Source::Mnist,
    name: "mnist",
    summary: "handwritten digits",
    size: "60000 training, 10000 test, 28x28x1, 10 classes",
    settings: "",
    origin: Origin::Download(Download {
        name: "mnist",
        folder: "mnist",
        wanted: &IDX_FILES,
        addresses: &[
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ],
        files: &[
            RemoteFile {
                name: "train-images-idx3-ubyte.gz",
                bytes: 9_912_422,
                sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                archive: None,
            },
            RemoteFile {
                name: "train-labels-idx1-ubyte.gz",
                bytes: 28_881,
                sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                archive: None,
            },
            RemoteFile {
                name: "t10k-images-idx3-ubyte.gz",
                bytes: 1_648_877,
                sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                archive: None,
            },
            RemoteFile {
                name: "t10k-labels-idx1-ubyte.gz",
                bytes: 4_542,
                sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                archive: None,
            },
        ],
    }),
    licence: "CC BY-SA 3.0, as commonly stated",
    reference: "LeCun, Bottou, Bengio and Haffner 1998",
};

const FASHION_MNIST: SourceEntry = SourceEntry {
    source: Source::FashionMnist,
    name: "fashion_mnist",
    summary: "articles of clothing, in the format of MNIST",
    size: "60000 training, 10000 test, 28x28x1, 10 classes",
    settings: "",
    origin: Origin::Download(Download {
        name: "fashion_mnist",
        folder: "fashion-mnist",
        wanted: &IDX_FILES,
        addresses: &[
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ],
        files: &[
            RemoteFile {
                name: "train-images-idx3-ubyte.gz",
                bytes: 26_421_880,
                sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                archive: None,
            },
            RemoteFile {
                name: "train-labels-idx1-ubyte.gz",
                bytes: 29_515,
                sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                archive: None,
            },
            RemoteFile {
                name: "t10k-images-idx3-ubyte.gz",
                bytes: 4_422_102,
                sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                archive: None,
            },
            RemoteFile {
                name: "t10k-labels-idx1-ubyte.gz",
                bytes: 5_148,
                sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                archive: None,
            },
        ],
    }),
    licence: "MIT",
    reference: "Xiao, Rasul and Vollgraf 2017",
};

const CIFAR10: SourceEntry = SourceEntry {
    source: Source::Cifar10,
    name: "cifar10",
    summary: "colour photographs of animals and vehicles",
    size: "50000 training in 5 batches (fewer will do), 10000 test, 32x32x3, 10 classes",
    settings: "",
    origin: Origin::Download(Download {
        name: "cifar10",
        folder: "cifar-10-batches-bin",
        wanted: &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
            "test_batch.bin",
        ],
        addresses: &["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"],
        files: &[RemoteFile {
            name: "cifar-10-binary.tar.gz",
            bytes: 170_052_171,
            sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            archive: Some(Archive { format: ArchiveFormat::TarGz, most_bytes: 1 << 28, most_entries: 100 }),
        }],
    }),
    licence: "none stated; its authors ask to be cited",
    reference: "Krizhevsky 2009",
};

const CIFAR100: SourceEntry = SourceEntry {
    source: Source::Cifar100,
    name: "cifar100",
    summary: "colour photographs of a hundred kinds of things",
    size: "50000 training, 10000 test, 32x32x3, 100 fine or 20 coarse classes",
    settings: "labels: \"fine\" (default) or \"coarse\"",
    origin: Origin::Download(Download {
        name: "cifar100",
        folder: "cifar-100-binary",
        wanted: &["train.bin", "test.bin"],
        addresses: &["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"],
        files: &[RemoteFile {
            name: "cifar-100-binary.tar.gz",
            bytes: 168_513_733,
            sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
            archive: Some(Archive { format: ArchiveFormat::TarGz, most_bytes: 1 << 28, most_entries: 100 }),
        }],
    }),
    licence: "none stated; its authors ask to be cited",
    reference: "Krizhevsky 2009",
};

const SVHN: SourceEntry = SourceEntry {
    source: Source::Svhn,
    name: "svhn",
    summary: "house numbers photographed from the street, one digit in the middle of each image",
    size: "73257 training, 26032 test, 32x32x3, 10 classes",
    settings: "",
    origin: Origin::Download(Download {
        name: "svhn",
        folder: "svhn",
        wanted: &["train_32x32.mat", "test_32x32.mat"],
        addresses: &["http://ufldl.stanford.edu/housenumbers/"],
        files: &[
            RemoteFile {
                name: "train_32x32.mat",
                bytes: 182_040_794,
                sha256: "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
                archive: None,
            },
            RemoteFile {
                name: "test_32x32.mat",
                bytes: 64_275_384,
                sha256: "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
                archive: None,
            },
        ],
    }),
    licence: "for non-commercial use only, by its authors",
    reference: "Netzer, Wang, Coates, Bissacco, Wu and Ng 2011",
};

const TINY_IMAGENET: SourceEntry = SourceEntry {
    source: Source::TinyImagenet,
    name: "tiny_imagenet",
    summary: "small colour photographs of two hundred classes of ImageNet",
    size: "100000 training (fewer will do), 10000 test (the official validation set), 64x64x3, 200 classes; all training \
           images take 5 GB of memory, `train` = N chooses N of them before they are read",
    settings: "",
    origin: Origin::Download(Download {
        name: "tiny_imagenet",
        folder: "tiny-imagenet-200",
        wanted: &["wnids.txt", "train", "val/val_annotations.txt", "val/images"],
        addresses: &["http://cs231n.stanford.edu/"],
        files: &[RemoteFile {
            name: "tiny-imagenet-200.zip",
            bytes: 248_100_043,
            sha256: "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821",
            archive: Some(Archive { format: ArchiveFormat::Zip, most_bytes: 1 << 30, most_entries: 200_000 }),
        }],
    }),
    licence: "that of ImageNet: non-commercial research",
    reference: "Le and Yang 2015",
};

const FACIAL_KEYPOINTS: SourceEntry = SourceEntry {
    source: Source::FacialKeypoints,
    name: "facial_keypoints",
    summary: "grey faces with the places of eyes, eyebrows, nose and mouth: a regression",
    size: "7049 faces of which 2140 have all 15 points, split at random by the seed into a test set (default a fifth) and a \
           training set, 96x96x1, 30 values in pixels",
    settings: "missing: \"drop\" (default) leaves out faces with unknown points; \"mask\" keeps them and counts no loss for \
               the unknown ones",
    origin: Origin::ByHand(ByHand {
        folder: "facial-keypoints",
        wanted: &["training.csv"],
        reason: "Kaggle gives it only to people with an account who have accepted the rules of the competition",
        steps: "download training.zip of https://www.kaggle.com/c/facial-keypoints-detection/data (an account is needed) and put \
                its training.csv (or training.csv.gz, training.csv.zst) into DATA_DIR/facial-keypoints",
    }),
    licence: "the rules of the competition",
    reference: "Kaggle, Facial Keypoints Detection 2013; data by Yoshua Bengio",
};

const PRODUCT: SourceEntry = SourceEntry {
    source: Source::Product,
    name: "product",
    summary: "the product of two uniform numbers with a little noise: a regression",
    size: "any number (default 200 training, 10000 test), 2 features, 1 value",
    settings: "noise (default 0.01): y = x0 x1 + eps with x0, x1 uniform in -1 to 1, eps uniform in -noise to noise",
    origin: Origin::BuiltIn,
    licence: "the licence of this program",
    reference: "Liu et al. 2020 (GSNR), the data of figure 3",
};

/// All data sources.
pub static SOURCES: [SourceEntry; 10] =
    [STROKES, TWO_CIRCLES, PRODUCT, MNIST, FASHION_MNIST, CIFAR10, CIFAR100, SVHN, TINY_IMAGENET, FACIAL_KEYPOINTS];

/// Labels that people gave to the examples of a source, for the treatment `human_labels`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelEntry {
    /// Its name.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// How many labels there are.
    pub size: &'static str,
    /// One of its files, as `human_labels` names it.
    pub file: &'static str,
    /// Where its files come from.
    pub origin: Origin,
    /// Its licence.
    pub licence: &'static str,
    /// Whose it is.
    pub reference: &'static str,
}

/// All sets of labels.
pub static LABELS: [LabelEntry; 1] = [LabelEntry {
    name: "cifar10n",
    summary: "labels that people gave to the training images of CIFAR-10",
    size: "50000 labels in six versions, from aggre_label (9 % wrong) to worse_label (40 % wrong)",
    file: "cifar-10n/worse_label.npy",
    origin: Origin::ByHand(ByHand {
        folder: "cifar-10n",
        wanted: &["aggre_label.npy", "worse_label.npy"],
        reason: "it is published as Python objects, which cannot be read without running what they say",
        steps: "download data/CIFAR-10_human.pt from https://github.com/UCSC-REAL/cifar-10-100n and save its arrays into \
                DATA_DIR/cifar-10n: python3 -c \"import numpy, torch; labels = torch.load('CIFAR-10_human.pt', weights_only=False); \
                [numpy.save('DATA_DIR/cifar-10n/' + name, labels[name].astype('uint8')) for name in ('aggre_label', \
                'worse_label')]\"",
    }),
    licence: "CC BY-NC 4.0",
    reference: "Wei, Zhu, Cheng, Liu, Niu and Liu 2022 (CIFAR-10N)",
}];

/// What can be done to the examples of any source that fits, beside label noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreatmentEntry {
    /// The key in the `[data]` table.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// An example of its value in a configuration file.
    pub usage: &'static str,
    /// What exactly happens.
    pub definition: &'static str,
    /// Where it comes from.
    pub reference: &'static str,
}

/// All treatments of examples.
pub static TREATMENTS: [TreatmentEntry; 5] = [
    TreatmentEntry {
        name: "motion_blur",
        summary: "training images blurred along a line, each at a random angle",
        usage: "{ severity = 1 }",
        definition: "y[row, column] = sum_i w_i x[row + ceil(i sin(angle) - 1/2), column + ceil(i cos(angle) - 1/2)] for i = 0 to \
                     2 ceil(radius), with w_i proportional to exp(-i^2 / (2 sigma^2)), sum 1; pixels beyond the border are as \
                     those at the border, results are cut to 0..1, and the angle of each image is uniform in -45 to 45 \
                     degrees. Severities 1 to 5 (default 1) have radius, sigma 10, 3; 15, 5; 15, 8; 15, 12; 20, 15. Instead of \
                     severity: radius = R, sigma = S. With test = true test images are blurred as well",
        reference: "Mu and Gilmer 2019 (MNIST-C); MotionBlurImage of ImageMagick; section 5 of Szolnoky et al. 2022 (MGS), which \
                    blurs training images only and does not state the severity",
    },
    TreatmentEntry {
        name: "target_noise",
        summary: "Gaussian noise on training targets that are values",
        usage: "{ scale = 10.0 }",
        definition: "independent noise from N(0, scale^2) is added to every target of every training example, in the units of the \
                     targets; scale is the standard deviation",
        reference: "section 5 of Szolnoky et al. 2022 (MGS)",
    },
    TreatmentEntry {
        name: "human_labels",
        summary: "training labels that people gave, from a NumPy file",
        usage: "{ file = \"cifar-10n/worse_label.npy\" }",
        definition: "the given label of a training example is the integer at its place in the full training set in the file (.npy, \
                     one dimension; .npy.gz and .npy.zst will do), which must hold one for each; the official labels stay as \
                     the true ones. A path is relative to the data directory. Not together with label_noise",
        reference: "such as Wei et al. 2022 (CIFAR-10N)",
    },
    TreatmentEntry {
        name: "augmentation",
        summary: "random crops and flips of training images, new in every epoch",
        usage: "{ crop_padding = 4, horizontal_flip = true }",
        definition: "crop_padding = P: P black pixels are added on all sides and a window of the image's size is cut out at a \
                     uniformly random place; horizontal_flip = true: the result is mirrored left to right with probability \
                     1/2. What is drawn follows from the seed, the epoch and the example. Test images, probes and \
                     evaluations of the training set see the images as they are. For data with classes only",
        reference: "official code of Novack et al. 2022 (Disentangling), crop_padding = 4 and horizontal_flip on CIFAR",
    },
    TreatmentEntry {
        name: "validation",
        summary: "the last training examples of the source, set apart",
        usage: "{ examples = 10000 }",
        definition: "the last examples of the source's training set, in its own order, are not trained on; training examples are \
                     drawn from the others. With swap_with_test = true they take the place of the test set",
        reference: "official code of Novack et al. 2022 (Disentangling): examples = 10000 of CIFAR's 50000, for CIFAR-10 with \
                    final accuracies on them (swap_with_test)",
    },
];

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
        Source::Cifar100 => &CIFAR100,
        Source::Svhn => &SVHN,
        Source::TinyImagenet => &TINY_IMAGENET,
        Source::FacialKeypoints => &FACIAL_KEYPOINTS,
        Source::Product => &PRODUCT,
    }
}
