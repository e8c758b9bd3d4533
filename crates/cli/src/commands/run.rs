//! `consilience run`: trains every method of a configuration file and compares them.

use crate::args::RunArgs;
use crate::failure::{Failure, Stop};
use crate::printer::{MethodResult, Printer, Talk, compare};
use crate::progress::Progress;
use crate::recorder::Recorder;
use crate::settings::{Method, Override, Plan};
use crate::weights;
use consilience_data::{DataError, DataSpec, Split, load};
use consilience_nn::{Model, Network};
use consilience_record::{
    DataDescription, IfExists, Program, RunDescription, RunReader, RunWriter, UtcTime, check_target,
};
use consilience_tensor::Shape;
use consilience_train::train;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

/// The environment variable that names the data directory when the command line does not.
const DATA_DIRECTORY_VARIABLE: &str = "CONSILIENCE_DATA_DIR";

/// Everything a method needs to start, checked.
struct Prepared<'a> {
    method: &'a Method,
    data: Arc<Split>,
    network: Arc<Network>,
    directory: PathBuf,
}

/// Trains every method. Whatever can be refused is refused before the first one starts.
pub fn run(args: &RunArgs) -> Result<(), Stop> {
    let talk = Talk::new(args.quiet);
    let if_exists = if args.force { IfExists::Replace } else { IfExists::Refuse };
    let mut overrides = args.set.clone();
    overrides.extend(args.seed.map(|seed| Override { path: vec!["seed".to_owned()], value: seed.to_string() }));
    let plan = Plan::read(args.config.as_deref(), &overrides)?;
    let out = args.out.clone().unwrap_or_else(|| default_directory(&plan));
    let directories = directories(&plan, &out, if_exists)?;
    let pool = pool(args.threads)?;
    let prepared = pool.install(|| prepare(&plan, directories, &data_directory(args)))?;
    for line in about_data(&prepared) {
        talk.say(&line);
    }

    let mut results = Vec::new();
    let mut stopped = Vec::new();
    for prepared in &prepared {
        let result = pool.install(|| execute(prepared, if_exists, pool.current_num_threads(), talk))?;
        stopped.extend(result.outcome.stopped_early.map(|reason| format!("method `{}`: {reason}", result.name)));
        results.push(result);
    }

    talk.say(&format!("written to {}", out.display()));
    let mut printer = Printer::new();
    let (table, reading) = compare(&results, printer.width());
    printer.line(&table)?;
    printer.line("")?;
    printer.paragraph(&reading, 0)?;
    if stopped.is_empty() {
        return Ok(());
    }
    Err(Failure::new(stopped.join("; ")).hint(format!("what was recorded is in {}", out.display())).into())
}

fn default_directory(plan: &Plan) -> PathBuf {
    Path::new("runs").join(format!("{}-{}", plan.name, UtcTime::now().compact()))
}

/// The directory of each method, checked.
fn directories(plan: &Plan, out: &Path, if_exists: IfExists) -> Result<Vec<PathBuf>, Failure> {
    if !plan.has_variants {
        check_target(out, if_exists)?;
        return Ok(vec![out.to_owned()]);
    }
    if if_exists == IfExists::Refuse {
        check_target(out, if_exists)?;
    } else if RunReader::open(out).is_ok() {
        return Err(Failure::new(format!("{} is the run directory of a single method", out.display()))
            .hint("name another directory with --out: each of the methods gets its own below it"));
    }
    let directories: Vec<PathBuf> = plan.methods.iter().map(|method| out.join(&method.slug)).collect();
    for directory in &directories {
        check_target(directory, if_exists)?;
    }
    Ok(directories)
}

fn data_directory(args: &RunArgs) -> PathBuf {
    let named = args.data_dir.clone().or_else(|| std::env::var_os(DATA_DIRECTORY_VARIABLE).map(PathBuf::from));
    named.unwrap_or_else(|| PathBuf::from("data"))
}

fn pool(threads: Option<NonZeroUsize>) -> Result<ThreadPool, Failure> {
    let threads = threads.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Failure::new(format!("cannot start {threads} threads: {error}")).hint("ask for fewer with --threads")
    })
}

/// Loads the data, once for methods that share them, and builds the networks.
fn prepare<'a>(plan: &'a Plan, directories: Vec<PathBuf>, data_dir: &Path) -> Result<Vec<Prepared<'a>>, Failure> {
    let mut loaded: Vec<(&DataSpec, u64, Arc<Split>)> = Vec::new();
    let mut all = Vec::new();
    for (method, directory) in plan.methods.iter().zip(directories) {
        let (spec, seed) = (&method.settings.data, method.settings.seed);
        let known = loaded.iter().find(|(known, of, _)| *known == spec && *of == seed);
        let data = if let Some((.., data)) = known {
            Arc::clone(data)
        } else {
            let data = load(spec, Some(data_dir), seed).map_err(|error| data_failure(error, data_dir, method))?;
            let data = Arc::new(data);
            loaded.push((spec, seed, Arc::clone(&data)));
            data
        };
        let network = Arc::new(build(method, &data)?);
        all.push(Prepared { method, data, network, directory });
    }
    Ok(all)
}

fn build(method: &Method, data: &Split) -> Result<Network, Failure> {
    let shape = data.train.shape();
    let input = Shape::new(1, shape.height, shape.width, shape.channels);
    method.settings.model.build(input, data.train.outputs()).map_err(|error| {
        Failure::new(format!("the model does not fit the data: {error} ({})", method.place("model"))).hint(format!(
            "the data `{}` have examples of {}x{}x{} (height x width x channels) and {} classes or outputs",
            data.train.name(),
            shape.height,
            shape.width,
            shape.channels,
            data.train.outputs()
        ))
    })
}

fn data_failure(error: DataError, data_dir: &Path, method: &Method) -> Failure {
    match error {
        DataError::MissingFile { file, also, obtain } => {
            let mut failure = Failure::new(format!("missing data file {}", file.display()))
                .hint(obtain.replace("DATA_DIR", &data_dir.display().to_string()))
                .hint(format!("if the files are elsewhere, say so with --data-dir or {DATA_DIRECTORY_VARIABLE}"))
                .hint("no file is needed with --set data.source=strokes");
            if !also.is_empty() {
                let also: Vec<String> = also.iter().map(|path| path.display().to_string()).collect();
                failure = failure.hint(format!("also looked for {}", also.join(", ")));
            }
            failure
        }
        other => Failure::new(format!("{other} ({})", method.place("data"))),
    }
}

/// What there is to say about the data, once for methods that share them.
fn about_data(prepared: &[Prepared<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    for Prepared { data, .. } in prepared {
        let (train, test) = (&data.train, &data.test);
        let corrupt = match train.corrupt_count() {
            0 => String::new(),
            wrong => format!(", {wrong} of them with a wrong label"),
        };
        let counts =
            format!("{}: {} training examples{corrupt}; {} test examples", train.name(), train.len(), test.len());
        let notes = data.notes.iter().map(|note| format!("note: {note}"));
        for line in std::iter::once(counts).chain(notes) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

/// Trains one method and writes it down.
fn execute(prepared: &Prepared<'_>, if_exists: IfExists, threads: usize, talk: Talk) -> Result<MethodResult, Failure> {
    let Prepared { method, data, network, directory } = prepared;
    let settings = &method.settings;
    let steps = settings.train.steps_in_total(data.train.len());
    let writer = RunWriter::create(directory, describe(method, data, threads)?, if_exists)?;
    let progress = Progress::begin(&method.name, steps, talk);
    let mut recorder = Recorder::new(writer, progress);
    let mut model: Model<f32> = Model::init(Arc::clone(network), settings.initialisation, settings.seed);
    let trained =
        train(&mut model, &data.train, &data.test, &settings.train, &settings.monitor, settings.seed, &mut recorder);
    let (writer, measured) = recorder.end();
    match trained {
        Ok(outcome) => {
            let weights = weights::of(&model);
            match &outcome.stopped_early {
                None => writer.finish(&weights)?,
                Some(reason) => writer.fail(reason.to_string(), &weights)?,
            }
            Ok(MethodResult { name: method.name.clone(), outcome, measured })
        }
        Err(error) => {
            let failure = Failure::new(format!("method `{}`: {error}", method.name));
            // The error of training is the one to report, also where the disk refuses to record it.
            match writer.fail(error.to_string(), &[]) {
                Ok(()) => Err(failure),
                Err(second) => Err(failure.hint(format!("nor could this be recorded: {second}"))),
            }
        }
    }
}

fn describe(method: &Method, data: &Split, threads: usize) -> Result<RunDescription, Failure> {
    let shape = data.train.shape();
    Ok(RunDescription {
        method: method.name.clone(),
        seed: method.settings.seed,
        program: Program {
            name: env!("CARGO_BIN_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect(),
            threads,
        },
        data: DataDescription {
            source: data.train.name().to_owned(),
            train: data.train.len(),
            train_corrupt: data.train.corrupt_count(),
            test: data.test.len(),
            shape: vec![shape.height, shape.width, shape.channels],
            outputs: data.train.outputs(),
            notes: data.notes.clone(),
        },
        settings: toml::Table::try_from(&method.settings)
            .map_err(|error| Failure::new(format!("cannot write the settings down: {error}")))?,
        ..RunDescription::default()
    })
}
