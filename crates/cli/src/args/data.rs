//! `consilience data`.

use super::DATA_DIR_HELP;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  consilience data list
      which data sets there are, where from, how large, under which licence, and which are here
  consilience data fetch mnist cifar10 --data-dir ~/data
      downloaded, verified and unpacked; the same command goes on after an interruption
  consilience data info ~/data/mnist
      what a file or folder holds, and what is wrong with it";

const FETCH_EXAMPLES: &str = "\
Examples:
  consilience data fetch mnist
  consilience data fetch cifar10 --data-dir ~/data
  consilience data fetch svhn --mirror http://files.example.org/svhn/
      from another address; the checksums stay the published ones

An archive that was brought into the data directory by other means is verified and unpacked without a network.";

const INFO_EXAMPLES: &str = "\
Examples:
  consilience data info data/mnist
  consilience data info data/cifar-10-batches-bin/data_batch_1.bin
  consilience data info data
      which data sets a data directory holds";

const LIST_EXAMPLES: &str = "\
Examples:
  consilience data list
  consilience data list --data-dir ~/data";

/// Arguments of `data`.
#[derive(Debug, clap::Args)]
pub struct DataArgs {
    /// What to do
    #[command(subcommand)]
    pub action: DataAction,
}

/// What can be done about data.
#[derive(Debug, clap::Subcommand)]
pub enum DataAction {
    /// List the data sets: where from, how large, licence, checksums, and whether they are here
    #[command(after_help = LIST_EXAMPLES)]
    List(DataListArgs),
    /// Download data sets, verify and unpack them
    #[command(after_help = FETCH_EXAMPLES)]
    Fetch(DataFetchArgs),
    /// Look at a file or folder: format, counts, shapes, labels, statistics, problems
    #[command(after_help = INFO_EXAMPLES)]
    Info(DataInfoArgs),
}

/// Arguments of `data list`.
#[derive(Debug, clap::Args)]
pub struct DataListArgs {
    #[arg(long, value_name = "DIR", help = DATA_DIR_HELP)]
    pub data_dir: Option<PathBuf>,
}

/// Arguments of `data fetch`.
#[derive(Debug, clap::Args)]
pub struct DataFetchArgs {
    /// The names of data sets, as in `data list`
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    #[arg(long, value_name = "DIR", help = DATA_DIR_HELP)]
    pub data_dir: Option<PathBuf>,
    /// The address of a folder that holds the files, to be used instead of the published ones
    #[arg(long, value_name = "URL", value_parser = parse_address)]
    pub mirror: Option<String>,
    /// Fetch files again that are there already
    #[arg(long)]
    pub force: bool,
    /// Say nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `data info`.
#[derive(Debug, clap::Args)]
pub struct DataInfoArgs {
    /// A data file, the folder of a data set, or a data directory
    pub path: PathBuf,
}

fn parse_address(argument: &str) -> Result<String, String> {
    if argument.starts_with("http://") || argument.starts_with("https://") {
        return Ok(argument.to_owned());
    }
    Err("expected an address that begins with http:// or https://".to_owned())
}
