//! What a command that trains takes from around it: threads, the data directory, its own name and arguments.

use crate::failure::Failure;
use consilience_data::DataError;
use consilience_record::{Program, UtcTime};
use consilience_run::RunError;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

/// The environment variable that names the data directory when the command line does not.
const DATA_DIRECTORY_VARIABLE: &str = "CONSILIENCE_DATA_DIR";

/// Threads of one run, at most: more are a slip of the hand, and starting them takes longer than the run.
const MOST_THREADS: usize = 1024;

/// The data directory: as on the command line, else as in the environment, else `data`.
pub fn data_directory(named: Option<&Path>) -> PathBuf {
    let named = named.map(Path::to_owned).or_else(|| std::env::var_os(DATA_DIRECTORY_VARIABLE).map(PathBuf::from));
    named.unwrap_or_else(|| PathBuf::from("data"))
}

/// A directory of its own for what is called `name`, below `runs`: named after the time, and after this process as well where
/// another one took that name in the same second.
pub fn new_directory(name: &str) -> PathBuf {
    let named = format!("{name}-{}", UtcTime::now().compact());
    let directory = Path::new("runs").join(&named);
    if directory.exists() { Path::new("runs").join(format!("{named}-{}", std::process::id())) } else { directory }
}

/// As many threads as were asked for, or as there are cores.
pub fn threads(asked: Option<NonZeroUsize>) -> Result<usize, Failure> {
    match asked.map(NonZeroUsize::get) {
        Some(asked) if asked > MOST_THREADS => {
            Err(Failure::new(format!("--threads: expected at most {MOST_THREADS}, got {asked}")))
        }
        Some(asked) => Ok(asked),
        None => Ok(available_parallelism().map_or(1, NonZeroUsize::get)),
    }
}

/// A pool of as many threads as were asked for, or as there are cores.
pub fn pool(asked: Option<NonZeroUsize>) -> Result<ThreadPool, Failure> {
    let threads = threads(asked)?;
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Failure::new(format!("cannot start {threads} threads: {error}")).hint("ask for fewer with --threads")
    })
}

/// The machine in words: its processor, as far as the system tells, and how many cores there are.
pub fn machine() -> String {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned());
    format!("{model}, {cores} cores, {}", std::env::consts::OS)
}

/// This program, for the record.
pub fn program(threads: usize) -> Program {
    Program {
        name: env!("CARGO_BIN_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect(),
        threads,
    }
}

/// The failure that tells `error`. When a data file is missing, how to get it, and `otherwise` adds how to do without.
pub fn missing_data(error: RunError, data_dir: &Path, otherwise: impl FnOnce(Failure) -> Failure) -> Failure {
    let RunError::Data { error: DataError::MissingFile { also, origin, .. }, .. } = &error else { return error.into() };
    let also: Vec<String> = also.iter().map(|path| path.display().to_string()).collect();
    let how = origin.to_string().replace("DATA_DIR", &data_dir.display().to_string());
    let failure = Failure::from(error)
        .hint(how)
        .hint(format!("if the files are elsewhere, say so with --data-dir or {DATA_DIRECTORY_VARIABLE}"));
    let failure = otherwise(failure);
    if also.is_empty() { failure } else { failure.hint(format!("also looked for {}", also.join(", "))) }
}
