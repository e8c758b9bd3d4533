//! `consilience measure`.

use super::DATA_DIR_HELP;
use super::run::parse_override;
use consilience_run::Override;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience measure runs/demo/plain-sgd
      what the network has come to on its own training data
  consilience measure runs/mnist --data fashion_mnist --part test --quantities gsnr,m_coherence,trace_kernel
      the same network on other data
  consilience measure lenet.safetensors --model lenet5 --data mnist --quantities all --examples 2000 --json
      weights that another program saved, with PyTorch's names and shapes";

/// Arguments of `measure`.
#[derive(Debug, clap::Args)]
pub struct MeasureArgs {
    /// A run directory, whose final weights are meant, or a safetensors file: of a run, or of any origin
    #[arg(value_name = "RUN|FILE.safetensors")]
    pub model_path: PathBuf,
    /// The data: a source as in `list`, whole and uncorrupted, normalised as in the run [default: the data of the run]
    #[arg(long, value_name = "SOURCE")]
    pub data: Option<String>,
    /// Which part of the data
    #[arg(long, value_enum, default_value = "train")]
    pub part: Part,
    /// Measure on so many of the examples, drawn at random [default: all]
    #[arg(long, value_name = "N", value_parser = super::at_least_1, allow_negative_numbers = true)]
    pub examples: Option<NonZeroUsize>,
    /// The quantities, separated by commas, or `all`
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = DEFAULT_QUANTITIES)]
    pub quantities: Vec<String>,
    /// Examples in a pass; beyond rounding, results do not depend on it
    #[arg(long, value_name = "N", value_parser = super::at_least_1, default_value = "128", allow_negative_numbers = true)]
    pub batch_size: NonZeroUsize,
    /// A configuration file that says what the network, data and loss are, for weights without a run
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
    /// The network: a model as in `list`, or a table such as '{ name = "mlp", widths = [300] }'
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Override a setting, for instance `train.loss=hinge`; VALUE is TOML, or text if it does not read as TOML. May
    /// be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_override)]
    pub set: Vec<Override>,
    #[arg(long, value_name = "DIR", help = DATA_DIR_HELP)]
    pub data_dir: Option<PathBuf>,
    /// Threads to compute on; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = super::at_least_1, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Print JSON, with the values of single parameters, too
    #[arg(long)]
    pub json: bool,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// First-order quantities that are cheap together, and the kernel's trace.
const DEFAULT_QUANTITIES: &str =
    "mean_gradient_norm,m_coherence,gsnr,osgr,sign_agreement,simple_noise_scale,trace_kernel";

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The training examples, with their given labels
    Train,
    /// The test examples
    Test,
    /// The examples that `data.validation` sets apart
    Validation,
}
