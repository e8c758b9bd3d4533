//! The settings of a configuration file, for `list`, `explain` and the book. A test finds those that are missing.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its dotted path, as `--set` takes it. A table has a path of its own, too.
    pub path: &'static str,
    /// One line.
    pub summary: &'static str,
    /// More, a line per part: `Value`, `Default`, and what else is to be known.
    pub explanation: &'static str,
    /// How a file says it.
    pub usage: &'static str,
}

const fn setting(path: &'static str, summary: &'static str, explanation: &'static str, usage: &'static str) -> Setting {
    Setting { path, summary, explanation, usage }
}

impl Setting {
    /// Its name within its table: `learning_rate` of `train.learning_rate`.
    pub fn key(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }
}

/// Every setting, table by table.
pub const SETTINGS: &[Setting] = &[
    // the run
    setting(
        "seed",
        "the seed from which everything random follows",
        "Value: a whole number of at least 0.\nDefault: 0.",
        "seed = 1",
    ),
    setting(
        "data_seed",
        "the seed of what is random in the data: the sub-sample, the label noise, what built-in sources \
         generate",
        "Value: a whole number of at least 0. Given apart where one initialisation is trained on several \
         data sets.\nDefault: `seed`.",
        "data_seed = 1",
    ),
    setting(
        "initialisation",
        "how parameters are drawn before training",
        "Value: a name of `consilience list initialisations`.\nDefault: `torch_default`.",
        "initialisation = \"torch_default\"",
    ),
    // [data]
    setting("data", "the table of the data", "Must be given, with its `source`.", "[data]\nsource = \"strokes\""),
    setting(
        "data.source",
        "where examples come from",
        "Value: a name of `consilience list data`. The built-in ones need no files.\nDefault: none, it must \
         be given.",
        "[data]\nsource = \"strokes\"",
    ),
    setting(
        "data.train",
        "how many training examples: a random part of the source's, or as many as are to be generated",
        "Value: a whole number of at least 1.\nDefault: all; 10,000 for `strokes`, 100 for `two_circles`, \
         200 for `product`.",
        "[data]\ntrain = 5000",
    ),
    setting(
        "data.test",
        "how many test examples",
        "Value: a whole number.\nDefault: all; 2,000 for `strokes`, 1,000 for `two_circles`, 10,000 for \
         `product`, a fifth of the faces for `facial_keypoints`.",
        "[data]\ntest = 1000",
    ),
    setting(
        "data.validation",
        "the last examples of the source's training set, set apart",
        "Default: none.",
        "[data]\nvalidation = { examples = 10000 }",
    ),
    setting(
        "data.validation.examples",
        "how many are set apart",
        "Value: a whole number of at least 1.",
        "[data.validation]\nexamples = 10000",
    ),
    setting(
        "data.validation.swap_with_test",
        "whether they take the place of the test set, and the test set theirs",
        "Default: `false`.",
        "[data.validation]\nexamples = 10000\nswap_with_test = true",
    ),
    setting(
        "data.normalisation",
        "how inputs are normalised, after pixels have been scaled to 0..1 and after any blur",
        "Value: `none`; `training_set`, per channel to mean 0 and standard deviation 1 of the training set; \
         or `{ fixed = { mean = [...], standard_deviation = [...] } }`, a number per channel.\nDefault: \
         `none`.",
        "[data]\nnormalisation = \"training_set\"",
    ),
    setting(
        "data.label_noise",
        "corruption of the training labels",
        "Value: a table of its `kind`, a name of `consilience list label_noise`, and its \
         `fraction`.\nDefault: none. Not together with `human_labels`.",
        "[data]\nlabel_noise = { kind = \"uniform_other\", fraction = 0.2 }",
    ),
    setting(
        "data.label_noise.kind",
        "which labels are corrupted, and how",
        "Value: a name of `consilience list label_noise`.",
        "[data.label_noise]\nkind = \"permute\"\nfraction = 0.2",
    ),
    setting(
        "data.label_noise.fraction",
        "the share of examples concerned",
        "Value: a number from 0 to 1.",
        "[data.label_noise]\nkind = \"permute\"\nfraction = 0.2",
    ),
    setting(
        "data.label_noise_on_test",
        "whether the test labels are corrupted in the same way, independently",
        "Default: `false`, the test labels stay true.",
        "[data]\nlabel_noise_on_test = true",
    ),
    setting(
        "data.human_labels",
        "training labels that people gave, from a file",
        "Default: none. Not together with `label_noise`.",
        "[data]\nhuman_labels = { file = \"cifar-10n/worse_label.npy\" }",
    ),
    setting(
        "data.human_labels.file",
        "the file: one whole number per example of the source's full training set, in its order",
        "Value: the name of a `.npy` file, which may be compressed (`.npy.gz`, `.npy.zst`), from the data \
         directory.",
        "[data.human_labels]\nfile = \"cifar-10n/worse_label.npy\"",
    ),
    setting(
        "data.target_noise",
        "noise on training targets that are values",
        "Default: none.",
        "[data]\ntarget_noise = { scale = 10.0 }",
    ),
    setting(
        "data.target_noise.scale",
        "the standard deviation of the noise, in the units of the targets",
        "Value: a number from 0 to 1e6.",
        "[data.target_noise]\nscale = 10.0",
    ),
    setting(
        "data.motion_blur",
        "motion blur of training images",
        "Default: none.",
        "[data]\nmotion_blur = { severity = 1 }",
    ),
    setting(
        "data.motion_blur.severity",
        "how strong it is, in five steps",
        "Value: 1 to 5; left out where `radius` and `sigma` are given.",
        "[data.motion_blur]\nseverity = 3",
    ),
    setting(
        "data.motion_blur.radius",
        "the length of the trail: 2 ceil(radius) pixels beside the pixel itself",
        "Value: above 0, at most 1000; together with `sigma`.",
        "[data.motion_blur]\nradius = 15\nsigma = 5",
    ),
    setting(
        "data.motion_blur.sigma",
        "the standard deviation of the Gaussian that fades the trail, in pixels",
        "Value: above 0, at most 1000; together with `radius`.",
        "[data.motion_blur]\nradius = 15\nsigma = 5",
    ),
    setting(
        "data.motion_blur.test",
        "whether test images are blurred as well",
        "Default: `false`.",
        "[data.motion_blur]\nseverity = 3\ntest = true",
    ),
    setting(
        "data.augmentation",
        "random transformations of training images, drawn anew in every epoch",
        "Default: none.",
        "[data]\naugmentation = { crop_padding = 4, horizontal_flip = true }",
    ),
    setting(
        "data.augmentation.crop_padding",
        "black pixels added on all four sides before a window of the image's own size is cut out at random",
        "Value: a whole number.\nDefault: 0, no crop.",
        "[data.augmentation]\ncrop_padding = 4",
    ),
    setting(
        "data.augmentation.horizontal_flip",
        "whether images are mirrored left to right with probability 1/2",
        "Default: `false`.",
        "[data.augmentation]\nhorizontal_flip = true",
    ),
    setting(
        "data.strokes",
        "settings of the source `strokes`",
        "Default: those of its keys.",
        "[data]\nsource = \"strokes\"\nstrokes = { variation = 0.5 }",
    ),
    setting(
        "data.strokes.variation",
        "scales the random wobble, rotation, shear, scale and shift",
        "Value: a number from 0 to 3.\nDefault: 1.",
        "[data]\nsource = \"strokes\"\nstrokes = { variation = 0.5 }",
    ),
    setting(
        "data.strokes.pixel_noise",
        "the standard deviation of the noise on every pixel",
        "Value: a number from 0 to 1.\nDefault: 0.1.",
        "[data]\nsource = \"strokes\"\nstrokes = { pixel_noise = 0.2 }",
    ),
    setting(
        "data.two_circles",
        "settings of the source `two_circles`",
        "Default: those of its keys.",
        "[data]\nsource = \"two_circles\"\ntwo_circles = { sigma = 0.2 }",
    ),
    setting(
        "data.two_circles.inner_radius",
        "the radius of the circle of class 1",
        "Value: a number from 0 to 1.\nDefault: 0.5.",
        "[data]\nsource = \"two_circles\"\ntwo_circles = { inner_radius = 0.6 }",
    ),
    setting(
        "data.two_circles.sigma",
        "the standard deviation of the noise",
        "Value: a number from 0 to 10.\nDefault: 0.1.",
        "[data]\nsource = \"two_circles\"\ntwo_circles = { sigma = 0.2 }",
    ),
    setting(
        "data.product",
        "settings of the source `product`",
        "Default: those of its keys.",
        "[data]\nsource = \"product\"\nproduct = { noise = 0.1 }",
    ),
    setting(
        "data.product.noise",
        "the largest noise either way",
        "Value: a number from 0 to 10.\nDefault: 0.01.",
        "[data]\nsource = \"product\"\nproduct = { noise = 0.1 }",
    ),
    setting(
        "data.cifar100",
        "settings of the source `cifar100`",
        "Default: those of its keys.",
        "[data]\nsource = \"cifar100\"\ncifar100 = { labels = \"coarse\" }",
    ),
    setting(
        "data.cifar100.labels",
        "which of its two labels an example has",
        "Value: `fine`, one of 100 classes, or `coarse`, one of 20.\nDefault: `fine`.",
        "[data]\nsource = \"cifar100\"\ncifar100 = { labels = \"coarse\" }",
    ),
    setting(
        "data.facial_keypoints",
        "settings of the source `facial_keypoints`",
        "Default: those of its keys.",
        "[data]\nsource = \"facial_keypoints\"\nfacial_keypoints = { missing = \"mask\" }",
    ),
    setting(
        "data.facial_keypoints.missing",
        "what becomes of faces with unknown coordinates",
        "Value: `drop`, they are left out, or `mask`, they are kept and their unknown targets count neither \
         in the loss nor in the gradient.\nDefault: `drop`.",
        "[data]\nsource = \"facial_keypoints\"\nfacial_keypoints = { missing = \"mask\" }",
    ),
    // [model]
    setting(
        "model",
        "the table of the network",
        "Must be given. Beside its `name` it has the settings of that model, which `consilience explain \
         NAME` shows.",
        "[model]\nname = \"mlp\"\nwidths = [64, 64]",
    ),
    setting(
        "model.name",
        "which network",
        "Value: a name of `consilience list models`, or `custom`, whose `layers` are listed.\nDefault: none, \
         it must be given.",
        "[model]\nname = \"lenet5\"",
    ),
    setting(
        "model.layers",
        "the layers of the model `custom`, first to last",
        "Value: a list of tables, each with a `kind` of `consilience list layers` and the settings of that \
         layer.",
        "[model]\nname = \"custom\"\nlayers = [{ kind = \"flatten\" }, { kind = \"linear\", features = 10 }]",
    ),
    // [train]
    setting(
        "train",
        "the table of the training",
        "Every key may be left out.",
        "[train]\nbatch_size = 50\nepochs = 20",
    ),
    setting(
        "train.batch_size",
        "examples per update",
        "Value: a whole number of at least 1, or `full` for all training examples.\nDefault: 100.",
        "[train]\nbatch_size = 50",
    ),
    setting(
        "train.epochs",
        "passes over the training data",
        "Value: a whole number of at least 1. Not together with `steps`.\nDefault: 10, unless `steps` is \
         given.",
        "[train]\nepochs = 20",
    ),
    setting(
        "train.steps",
        "updates, instead of `epochs`",
        "Value: a whole number of at least 1. Not together with `epochs`.\nDefault: as many as the epochs \
         take.",
        "[train]\nsteps = 1000",
    ),
    setting(
        "train.learning_rate",
        "the learning rate, or its schedule",
        "Value: a finite number above 0, or a table that says its `schedule`. With t the number of updates \
         made and T that of all:\nStep: `{ schedule = \"step\", start = 0.1, every = 1000, factor = 0.5 }` \
         is start * factor^floor(t / every).\nCosine: `{ schedule = \"cosine\", start = 0.1, end = 0.0, \
         warm_up = 100 }` rises linearly over the first `warm_up` updates (default 0) to `start`, and falls \
         along half a cosine to `end` (default 0).\nCyclical: `{ schedule = \"cyclical\", low = 0.01, high = \
         0.1, period = 200 }` goes linearly from `low` to `high` and back, over and over, in `period` \
         updates.\nDefault: 0.1.",
        "[train]\nlearning_rate = { schedule = \"cosine\", start = 0.1, warm_up = 100 }",
    ),
    setting(
        "train.momentum",
        "v <- momentum v + g, as in PyTorch",
        "Value: a number from 0 to below 1.\nDefault: 0.",
        "[train]\nmomentum = 0.9",
    ),
    setting(
        "train.weight_decay",
        "g <- g + weight_decay theta, as in PyTorch's SGD",
        "Value: a finite number of at least 0.\nDefault: 0.",
        "[train]\nweight_decay = 5e-4",
    ),
    setting(
        "train.optimizer",
        "transforms of the direction, in their order, after weight decay and momentum",
        "Value: a list of tables, each with a `kind` of `consilience list transforms` and the settings of \
         that.\nDefault: none, which is plain SGD.",
        "[train]\noptimizer = [{ kind = \"adam\" }]",
    ),
    setting(
        "train.penalty",
        "what is added to the loss",
        "Value: a list of tables. Which of their keys beside `kind`, `weight` and `over` a penalty takes, \
         its page says.\nDefault: nothing.",
        "[[train.penalty]]\nkind = \"gradient_norm\"\nweight = 0.01",
    ),
    setting(
        "train.penalty.kind",
        "which penalty",
        "Value: a name of `consilience list penalties`.",
        "[[train.penalty]]\nkind = \"gradient_norm\"\nweight = 0.01",
    ),
    setting(
        "train.penalty.weight",
        "what the penalty is multiplied with before it is added to the mean loss of the batch",
        "Value: a number of at least 0.",
        "[[train.penalty]]\nkind = \"gradient_norm\"\nweight = 0.01",
    ),
    setting(
        "train.penalty.over",
        "of which micro-batches (`train.micro_batch`) the penalty is taken",
        "Value: `all`, their average, or `one`, drawn at random at each step.\nDefault: `all`.",
        "[[train.penalty]]\nkind = \"gradient_norm\"\nweight = 0.01\nover = \"one\"",
    ),
    setting(
        "train.penalty.per_example",
        "whether every example counts as a micro-batch of its own",
        "Default: `false`.",
        "[[train.penalty]]\nkind = \"gradient_norm\"\nweight = 0.01\nper_example = true",
    ),
    setting(
        "train.penalty.step",
        "the length, in parameter space, of the step of a finite difference",
        "Default: none, exact derivatives.",
        "[[train.penalty]]\nkind = \"gradient_norm\"\nweight = 0.01\nstep = 0.01",
    ),
    setting(
        "train.penalty.outputs",
        "whether outputs are averaged or summed",
        "Value: `mean` or `sum`.\nDefault: `mean`.",
        "[[train.penalty]]\nkind = \"average_jacobian\"\nweight = 0.01\noutputs = \"sum\"",
    ),
    setting(
        "train.penalty.estimate",
        "whether one vector of random signs per example stands for the sum over outputs",
        "Default: `false`.",
        "[[train.penalty]]\nkind = \"kernel_trace\"\nweight = 0.01\nestimate = true",
    ),
    setting(
        "train.penalty.ridge",
        "the ridge of a determinant, relative to the mean of the diagonal",
        "Default: 1e-3.",
        "[[train.penalty]]\nkind = \"kernel_log_determinant\"\nweight = 0.01\nridge = 1e-2",
    ),
    setting(
        "train.penalty.radius",
        "how far uphill the loss is compared",
        "Default: 0.05.",
        "[[train.penalty]]\nkind = \"sharpness\"\nweight = 1.0\nradius = 0.1",
    ),
    setting(
        "train.frozen",
        "parameters that are not trained",
        "Value: a list of names, or of beginnings of names up to a dot: `\"0\"` for `0.weight` and \
         `0.bias`. They have no part in the length of an update; quantities, penalties and aggregator `clipped` \
         count their gradients all the same.\nDefault: none.",
        "[train]\nfrozen = [\"0\"]",
    ),
    setting(
        "train.aggregator",
        "what makes one direction out of per-example gradients",
        "Value: a table with a `kind` of `consilience list aggregators` and the settings of that.\nDefault: \
         `{ kind = \"mean\" }`.",
        "[train]\naggregator = { kind = \"winsorized\", percent = 2.0 }",
    ),
    setting(
        "train.loss",
        "the loss",
        "Value: a name of `consilience list losses`.\nDefault: `softmax_cross_entropy`.",
        "[train]\nloss = \"mean_squared_error\"",
    ),
    setting(
        "train.last_batch",
        "what happens to examples left over when the batch size does not divide their number",
        "Value: `keep`, they are a smaller batch, or `drop`.\nDefault: `keep`.",
        "[train]\nlast_batch = \"drop\"",
    ),
    setting(
        "train.micro_batch",
        "examples per forward and backward pass of a step: fewer need less memory",
        "Value: a whole number of at least 1, at most the batch size. The gradient of a batch is summed over \
         its micro-batches, each of which is normalised with its own batch statistics.\nDefault: the whole \
         batch at once.",
        "[train]\nmicro_batch = 25",
    ),
    setting(
        "train.evaluate_every",
        "after how many updates there is an evaluation",
        "Value: a number of updates of at least 1; `log`, after 1 to 9, 10 to 90 by 10, 100 to 900 by 100 \
         and so on; or a list. There is always one at the end.\nDefault: once an epoch.",
        "[train]\nevaluate_every = 100",
    ),
    setting(
        "train.evaluate_at_start",
        "whether to evaluate before the first update, too",
        "Default: `false`.",
        "[train]\nevaluate_at_start = true",
    ),
    setting(
        "train.evaluation_batch",
        "examples per pass of an evaluation: fewer need less memory",
        "Value: a whole number of at least 1.\nDefault: 1000.",
        "[train]\nevaluation_batch = 200",
    ),
    setting(
        "train.evaluate_train",
        "how many training examples, drawn once per run, are evaluated",
        "Value: a whole number of at least 1.\nDefault: all of them.",
        "[train]\nevaluate_train = 5000",
    ),
    // [monitor]
    setting(
        "monitor",
        "the table of what is measured while training",
        "Every key may be left out.",
        "[monitor]\nquantities = [\"gsnr\"]",
    ),
    setting(
        "monitor.quantities",
        "what is measured of the gradients",
        "Value: a list of names of `consilience list quantities`.\nDefault: none.",
        "[monitor]\nquantities = [\"gsnr\", \"m_coherence\"]",
    ),
    setting(
        "monitor.every",
        "at which steps quantities are measured",
        "Value: a number of steps; `log`, at steps 0 to 9, 10 to 90 by 10, 100 to 900 by 100 and so on; or a \
         list. The last step is always due.\nDefault: 10.",
        "[monitor]\nevery = \"log\"",
    ),
    setting(
        "monitor.probe",
        "examples of the fixed batch, drawn once per run, on which kernels of the outputs are measured",
        "Value: a whole number. Some quantities hold a number for each pair of them.\nDefault: 128.",
        "[monitor]\nprobe = 64",
    ),
    setting(
        "monitor.micro_batch",
        "examples per micro-batch, for quantities that compare micro-batches",
        "Value: a divisor of the batch size, or of `train.micro_batch`.\nDefault: those that training works in, \
         and an eighth of the batch when it works in none.",
        "[monitor]\nmicro_batch = 10",
    ),
    setting(
        "monitor.scores",
        "what is said of single training examples, in `examples.parquet`",
        "Value: a list of names of `consilience list scores`.\nDefault: none.",
        "[monitor]\nscores = [\"aum\"]",
    ),
    setting(
        "monitor.scores_every",
        "at which steps scores that are read from gradients are measured; those read from outputs see every \
         evaluation",
        "Value: as `monitor.every`, but of a list these steps alone.\nDefault: once an epoch.",
        "[monitor]\nscores = [\"agreement\"]\nscores_every = 100",
    ),
    setting(
        "monitor.shares",
        "the pristine and corrupt shares of the training set's gradient",
        "Value: a table; `{}` takes every default.\nDefault: none.",
        "[monitor]\nshares = { every = \"log\" }",
    ),
    setting(
        "monitor.shares.every",
        "at which steps they are measured",
        "Value: as `monitor.every`. The last step is always due.\nDefault: `log`.",
        "[monitor.shares]\nevery = 100",
    ),
    setting(
        "monitor.shares.null_worlds",
        "how many worlds with permuted tags they are compared with",
        "Value: a whole number.\nDefault: 3.",
        "[monitor.shares]\nnull_worlds = 10",
    ),
    setting(
        "monitor.shares.sample",
        "of which examples and parameters they are",
        "Value: `all`; `paper`, 400 training examples and 300 numbers of every weight; or `both`.\nDefault: \
         `all`.",
        "[monitor.shares]\nsample = \"both\"",
    ),
    // [checkpoints]
    setting(
        "checkpoints",
        "the table of when the state is saved from which `run --resume` goes on",
        "It changes no result. With the defaults a run of less than five minutes that is killed begins anew; \
         one that is interrupted (Ctrl-C) saves its state first, always.",
        "[checkpoints]\nminutes = 1",
    ),
    setting(
        "checkpoints.minutes",
        "minutes between two checkpoints",
        "Value: a finite number of at least 0; 0 for none but those of `checkpoints.every` and of an \
         interruption. Longer where writing one takes more than a hundredth of the time.\nDefault: 5.",
        "[checkpoints]\nminutes = 1",
    ),
    setting(
        "checkpoints.keep",
        "how many of these are kept while the run goes on; none once it is finished",
        "Value: a whole number of at least 1.\nDefault: 2.",
        "[checkpoints]\nkeep = 5",
    ),
    setting(
        "checkpoints.every",
        "steps before which a checkpoint is written that is kept for good",
        "Value: a number of steps of at least 1, `log`, or a list.\nDefault: none.",
        "[checkpoints]\nevery = 1000",
    ),
    // [record]
    setting(
        "record",
        "the table of what is written beside the metrics",
        "It changes no result.",
        "[record]\ntensorboard = false",
    ),
    setting(
        "record.tensorboard",
        "whether the numbers of the metrics are written to a TensorBoard event file, too",
        "Default: `true`.",
        "[record]\ntensorboard = false",
    ),
    // [[method]] and [sweep]
    setting(
        "method",
        "variants of the run, which a file lists: one run each",
        "Each has a `name` and what it sets.\nDefault: one run, named after the file.",
        "[[method]]\nname = \"winsorized\"\nset = { \"train.aggregator\" = { kind = \"winsorized\", percent \
         = 2.0 } }",
    ),
    setting(
        "method.name",
        "what the variant is called",
        "Value: a text. Its directory is named after it.",
        "[[method]]\nname = \"plain\"",
    ),
    setting(
        "method.set",
        "the settings of the variant that differ from the rest of the file",
        "Value: a table of settings by dotted path.\nDefault: nothing.",
        "[[method]]\nname = \"fast\"\nset = { \"train.learning_rate\" = 0.5 }",
    ),
    setting(
        "sweep",
        "the table of the settings that `consilience sweep` varies",
        "Its other keys are settings by dotted path: a list is an axis, all values of which are run; a table \
         says how it is drawn.\nDrawn: `{ uniform = [LOW, HIGH] }`, `{ log_uniform = [LOW, HIGH] }`, either \
         with `whole = true` for whole numbers, or `{ choice = [...] }`.",
        "[sweep]\nseed = [0, 1, 2]\n\"train.learning_rate\" = { log_uniform = [1e-3, 1.0] }\ndraws = 20",
    ),
    setting(
        "sweep.method",
        "which of `[[method]]` are run",
        "Value: a list of names.\nDefault: all of them.",
        "[sweep]\nmethod = [\"winsorized\"]",
    ),
    setting(
        "sweep.run",
        "settings that go together, one entry per run",
        "Value: a list of tables of settings by dotted path, each with a `name` if it should have one.",
        "[[sweep.run]]\nname = \"narrow\"\n\"model.widths\" = [16]",
    ),
    setting(
        "sweep.draws",
        "how often settings that are drawn at random are drawn",
        "Value: a whole number of at least 1. Must be given where some are.",
        "[sweep]\n\"train.momentum\" = { uniform = [0.0, 0.9] }\ndraws = 20",
    ),
    setting(
        "sweep.draw_seed",
        "the seed of what is drawn; more draws leave the first as they are",
        "Value: a whole number of at least 0.\nDefault: 0.",
        "[sweep]\n\"train.momentum\" = { uniform = [0.0, 0.9] }\ndraws = 20\ndraw_seed = 1",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_data::DataSpec;
    use consilience_run::{CheckpointSpec, Configuration, RecordSpec, RunSettings};
    use consilience_train::{MonitorSpec, PenaltySpec, TrainSpec};
    use std::collections::BTreeSet;

    /// The keys that a table may have, below `table`, by what is said of one that it may not have.
    fn keys<T>(table: &str, read: Result<T, toml::de::Error>) -> Vec<String> {
        let error = read.err().unwrap().message().to_owned();
        let known = error.split_once("expected").unwrap_or_else(|| panic!("{table}: {error}")).1;
        known.split('`').skip(1).step_by(2).map(|key| format!("{table}{key}")).collect()
    }

    #[test]
    fn every_key_of_a_configuration_file_is_here() {
        let mut known: BTreeSet<String> = keys("", toml::from_str::<RunSettings>("nonsense = 1")).into_iter().collect();
        known.extend(keys("data.", toml::from_str::<DataSpec>("nonsense = 1")));
        for table in [
            "validation",
            "label_noise",
            "human_labels",
            "target_noise",
            "motion_blur",
            "augmentation",
            "strokes",
            "two_circles",
            "product",
            "cifar100",
            "facial_keypoints",
        ] {
            let text = format!("source = \"strokes\"\n[{table}]\nnonsense = 1");
            known.extend(keys(&format!("data.{table}."), toml::from_str::<DataSpec>(&text)));
        }
        known.extend(keys("train.", toml::from_str::<TrainSpec>("nonsense = 1")));
        known.extend(keys("train.penalty.", toml::from_str::<PenaltySpec>("nonsense = 1")));
        known.extend(keys("monitor.", toml::from_str::<MonitorSpec>("nonsense = 1")));
        known.extend(keys("monitor.shares.", toml::from_str::<MonitorSpec>("[shares]\nnonsense = 1")));
        known.extend(keys("checkpoints.", toml::from_str::<CheckpointSpec>("nonsense = 1")));
        known.extend(keys("record.", toml::from_str::<RecordSpec>("nonsense = 1")));
        // whose keys depend on the name, or that are read by hand
        let others = ["model.", "method", "sweep"];
        let here: BTreeSet<String> = SETTINGS.iter().map(|setting| setting.path.to_owned()).collect();
        assert_eq!(here.len(), SETTINGS.len(), "a setting is here twice");
        let missing: Vec<&String> = known.difference(&here).collect();
        assert!(missing.is_empty(), "settings without an entry: {missing:?}");
        let is_other = |path: &&String| others.iter().any(|other| path.starts_with(other));
        let gone: Vec<&String> = here.difference(&known).filter(|path| !is_other(path)).collect();
        assert!(gone.is_empty(), "entries without a setting: {gone:?}");
    }

    #[test]
    fn every_usage_is_a_configuration_that_can_be_read() {
        let mut refused = Vec::new();
        for setting in SETTINGS {
            let written: toml::Table =
                setting.usage.parse().unwrap_or_else(|error| panic!("{}: {error}", setting.path));
            let mut steps = setting.path.split('.');
            let mut value = written.get(steps.next().unwrap()).unwrap_or_else(|| panic!("{}", setting.path));
            for step in steps {
                value = if value.is_array() { &value[0] } else { value };
                value = value.get(step).unwrap_or_else(|| panic!("{}: {}", setting.path, setting.usage));
            }
            // With the tables that must be given, all of it holds.
            let mut whole: toml::Table = "[data]\nsource = 'strokes'\n[model]\nname = 'mlp'".parse().unwrap();
            for (key, value) in written {
                match (whole.get_mut(&key), value) {
                    (Some(toml::Value::Table(known)), toml::Value::Table(table)) if key == "data" => {
                        known.extend(table);
                    }
                    (_, value) => drop(whole.insert(key, value)),
                }
            }
            let text = whole.to_string();
            let read = Configuration::parse("c", "c.toml", &text, &[])
                .and_then(|configuration| RunSettings::read(&configuration.drafts[0].document));
            refused.extend(read.err().map(|error| format!("{}: {}", setting.path, error.message)));
        }
        assert!(refused.is_empty(), "{}", refused.join("\n"));
    }
}
