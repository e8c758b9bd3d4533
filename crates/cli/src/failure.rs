//! What the program says when it cannot do what it was asked to.

use consilience_data::DataError;
use consilience_experiments::ExperimentError;
use consilience_record::RecordError;
use consilience_run::{RunError, SettingsError};
use consilience_sweep::SweepError;
use consilience_train::TrainError;
use std::io;
use std::path::Path;

/// An error as a person sees it: one `error:` line, then `hint:` lines. The exit code is 1; the parser of the command line
/// reports misuse itself, with exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong: lower case, no final period.
    pub message: String,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure without hints.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    /// The same failure with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same failure with more hints.
    fn extended(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
    }
}

/// What to do when a file of a run cannot be read or written.
fn remedy(path: &Path, cause: &io::Error) -> String {
    let path = path.display();
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => format!("free some space where {path} is"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!("let this user write {path}"),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            format!("{path} is in the way: name another directory with --out")
        }
        io::ErrorKind::NotFound => {
            format!("{path}, or a directory on the way there, does not exist: is it spelt right?")
        }
        _ => format!("see to it that {path} can be read and written"),
    }
}

/// What to do when a run could not be written any further.
fn unwritten(error: &RecordError) -> Vec<String> {
    let RecordError::Io { path, cause, .. } = error else { return Vec::new() };
    let then = "what was recorded is kept: go on from there by the same command with --resume and --out";
    vec![remedy(path, cause), then.to_owned()]
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            RecordError::Exists { .. } => failure.hint("name another directory with --out, or replace it with --force"),
            RecordError::Io { path, cause, .. } => failure.hint(remedy(&path, &cause)),
            RecordError::NotReplaceable { .. } => failure.hint("name another directory with --out"),
            RecordError::Busy { process, .. } => {
                let end = process.map_or_else(String::new, |process| format!(", or end it (kill {process})"));
                failure.hint(format!("wait until it has finished{end}; what is recorded can be read meanwhile"))
            }
            _ => failure,
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(SettingsError { message, hints }: SettingsError) -> Self {
        Self { message, hints }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            RunError::Settings(error) => error.into(),
            RunError::Record(error) => error.into(),
            RunError::Data { error: DataError::MissingFile { file, .. }, .. } => {
                Self::new(format!("missing data file {}", file.display()))
            }
            RunError::Model { data, .. } => failure.hint(data),
            RunError::Weights { network, .. } => failure.hint(network),
            RunError::Memory { need, .. } => {
                let products = "for fewer products lower monitor.probe and train.batch_size, or leave out the quantities and \
                                penalties that compare all examples with each other";
                failure
                    .hint("for fewer activations lower train.micro_batch and train.evaluation_batch, for fewer data data.train")
                    .extended((need.products > 0).then(|| products.to_owned()))
            }
            RunError::Training { error, unrecorded, .. } => {
                let failure = match unrecorded {
                    Some(second) => failure.hint(format!("nor could this be recorded: {second}")),
                    None => failure,
                };
                match *error {
                    TrainError::Observer(reason) => {
                        failure.extended(reason.downcast_ref().map(unwritten).into_iter().flatten())
                    }
                    _ => failure,
                }
            }
            _ => failure,
        }
    }
}

impl From<ExperimentError> for Failure {
    fn from(error: ExperimentError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            ExperimentError::Run(error) => error.into(),
            ExperimentError::Exists { .. } => failure
                .hint("go on with it by --resume, which keeps finished runs, or name another directory with --out"),
            ExperimentError::CarryOut(error) => (*error).into(),
            _ => failure,
        }
    }
}

impl From<SweepError> for Failure {
    fn from(error: SweepError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            SweepError::Run(error) => error.into(),
            SweepError::Threads { .. } => failure.hint("ask for fewer with --threads"),
            SweepError::Claim { .. } => failure
                .hint("the directory must be writable, on a file system with locks (NFS has them from version 4 on)"),
            SweepError::Launcher { .. } => failure.hint("this must be done where jobs can be submitted"),
            SweepError::Refused { .. } => failure
                .hint("options of the cluster are passed on by --sbatch, for example --sbatch=--partition=main")
                .hint("where the array is too large for the cluster, --tasks N lets N tasks share the runs"),
            _ => failure,
        }
    }
}

/// Why a command ended without doing all it was asked to.
#[derive(Debug)]
pub enum Stop {
    /// Something went wrong.
    Failed(Failure),
    /// It was interrupted; the exit code is 130, as of a program that Ctrl-C ended.
    Interrupted(Failure),
    /// Nobody reads standard output any more, which is no error.
    NobodyReads,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<SettingsError> for Stop {
    fn from(error: SettingsError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<RecordError> for Stop {
    fn from(error: RecordError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<io::Error> for Stop {
    /// Of writing to standard output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Failed(Failure::new(format!("cannot write to standard output: {error}"))),
        }
    }
}
