//! `consilience audit`: ranks the training examples of a run, or of a configuration file, by how little the others agree with them.

use crate::args::AuditArgs;
use crate::failure::{Failure, Stop};
use crate::interrupt;
use crate::printer::{Printer, Talk, about_suspects, against_truth, most_suspicious, plural};
use crate::progress::Progress;
use crate::surroundings::{data_directory, missing_data, new_directory, pool, program};
use consilience_audit::{AuditError, Evaluation, Examples, Measure, Ranking, Suspects, rank, to_csv};
use consilience_data::Dataset;
use consilience_figure::{ContactSheet, Picture};
use consilience_record::{IfExists, RunReader, Status, check_target, find_runs, write_atomically};
use consilience_run::{
    CrossFitEnding, DataCache, Execution, Method, Plan, Prepared, cross_fit, cross_fit_steps, shortened,
};
use std::fs;
use std::path::{Path, PathBuf};

/// Pictures on one sheet: more would not be looked at.
const ON_A_SHEET: usize = 200;
/// Pixels that the longer side of a single picture has at least.
const PICTURE_SIDE: usize = 256;

/// Scores the examples first, when asked to, and shows which are suspicious.
pub fn audit(args: &AuditArgs) -> Result<(), Stop> {
    let talk = Talk::new(args.quiet);
    let directory = if args.subject.is_dir() {
        let given = [
            ("--set", !args.set.is_empty()),
            ("--method", args.method.is_some()),
            ("--out", args.out.is_some()),
            ("--force", args.force),
        ];
        if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
            let message = format!("{option} is for configuration files, and {} is a directory", args.subject.display());
            return Err(Failure::new(message).hint("leave it out to audit the run that is there").into());
        }
        only_run(&args.subject)?
    } else {
        score(args, talk)?
    };
    let examples = Examples::read(&directory).map_err(|error| explained(error, &directory))?;
    let by = Measure::choose(&examples, args.by.as_deref()).map_err(|error| explained(error, &directory))?;
    let ranking = rank(&examples, by);
    let suspects = Suspects::find(&examples);
    let (top, suspects) = (args.top.get(), suspects.as_ref());

    if let Some(path) = &args.csv {
        let csv = to_csv(&examples, &ranking, suspects).map_err(|error| Failure::new(error.to_string()))?;
        write_atomically(path, &csv)?;
        talk.say(&format!("{} written to {}", plural(examples.len(), "example"), path.display()));
    }
    if let Some(pictures) = &args.pictures {
        let shown = Shown { examples: &examples, ranking: &ranking, suspects, top };
        let count = draw(&shown, &directory, pictures, &data_directory(args.data_dir.as_deref()))?;
        talk.say(&format!("{} written to {}", plural(count, "picture"), pictures.display()));
    }

    let mut printer = Printer::new();
    let width = printer.width();
    printer.line(&most_suspicious(&examples, &ranking, suspects, top, width))?;
    printer.line("")?;
    printer.paragraph(&about_suspects(suspects, examples.len()), 0)?;
    if let Some(evaluation) = Evaluation::of(&examples, &ranking, suspects, top) {
        let (heading, table, sentences) = against_truth(&evaluation, by, width);
        printer.line("")?;
        printer.paragraph(&heading, 0)?;
        printer.line("")?;
        printer.line(&table)?;
        printer.line("")?;
        for sentence in sentences {
            printer.paragraph(&sentence, 0)?;
        }
    }
    Ok(())
}

/// The run in a directory: itself, or the only one below it.
fn only_run(directory: &Path) -> Result<PathBuf, Failure> {
    match find_runs(directory).runs.as_slice() {
        [only] => Ok(only.clone()),
        // what is wrong with it is said where it is read
        [] => Ok(directory.to_owned()),
        several => {
            let names: Vec<String> = several.iter().map(|run| run.display().to_string()).collect();
            let message = format!("{} holds {} runs, and audit takes one", directory.display(), names.len());
            Err(Failure::new(message).hint(format!("name one of them: {}", shortened(&names))))
        }
    }
}

/// Scores the training examples of a configuration file by networks that have not trained on them: the run directory.
fn score(args: &AuditArgs, talk: Talk) -> Result<PathBuf, Stop> {
    let if_exists = if args.force { IfExists::Replace } else { IfExists::Refuse };
    let plan = Plan::read(Some(&args.subject), &args.set)?;
    let method = chosen(&plan, args)?;
    let name = if plan.name.starts_with("audit") { plan.name.clone() } else { format!("audit-{}", plan.name) };
    let out = args.out.clone().unwrap_or_else(|| new_directory(&name));
    check_target(&out, if_exists)?;
    let pool = pool(args.threads)?;
    let data_dir = data_directory(args.data_dir.as_deref());
    let prepared = pool.install(|| Prepared::new(method, &mut DataCache::new(&data_dir, 1))).map_err(|error| {
        missing_data(error, &data_dir, |failure| failure.hint("no file is needed with --set data.source=strokes"))
    })?;
    let train = &prepared.data.train;
    if args.pictures.is_some() {
        check_images(train)?;
    }
    talk.say(&format!("{}: {} in {} parts", train.name(), plural(train.len(), "training example"), args.parts));
    prepared.data.notes.iter().for_each(|note| talk.say(&format!("note: {note}")));
    let interrupt = interrupt::heed()?;
    let execution = Execution { directory: &out, if_exists, program: program(pool.current_num_threads()), interrupt };
    let parts = usize::from(args.parts);
    let mut progress = Progress::begin(&method.name, &[&method.name], 0..cross_fit_steps(&prepared, parts), talk);
    let ending = pool.install(|| cross_fit(&prepared, parts, &execution, &mut progress));
    progress.end();
    let recorded = format!("what was recorded is in {}", out.display());
    match ending.map_err(Failure::from)? {
        CrossFitEnding::Finished => {
            talk.say(&format!("scores written to {}", out.display()));
            Ok(out)
        }
        CrossFitEnding::StoppedEarly(reason) => Err(Failure::new(reason.to_string()).hint(recorded).into()),
        CrossFitEnding::Interrupted { steps, total } => {
            Err(Stop::Interrupted(Failure::new(format!("stopped after {steps} of {total} steps")).hint(recorded)))
        }
    }
}

/// The method to train with: the only one, or the one that was named.
fn chosen<'a>(plan: &'a Plan, args: &AuditArgs) -> Result<&'a Method, Failure> {
    if let ([only], None) = (plan.methods.as_slice(), &args.method) {
        return Ok(only);
    }
    let names: Vec<String> = plan.methods.iter().map(|method| method.name.clone()).collect();
    let named = |name: &String| plan.methods.iter().find(|method| method.name == *name || method.slug == *name);
    args.method.as_ref().and_then(named).ok_or_else(|| {
        let file = args.subject.display();
        let message = match &args.method {
            Some(name) => format!("{file} has no method `{name}`"),
            None => format!("{file} lists {} methods, and audit takes one", names.len()),
        };
        Failure::new(message).hint(format!("name one with --method: {}", shortened(&names)))
    })
}

/// The failure that tells `error`, with what to do about it.
fn explained(error: AuditError, directory: &Path) -> Failure {
    let failure = Failure::new(error.to_string());
    let scores = "--set 'monitor.scores=[\"aum\", \"prediction\", \"agreement\"]'";
    match error {
        AuditError::Record(error) => error.into(),
        AuditError::NoTable { .. } => {
            let run = RunReader::open(directory).ok();
            if run.as_ref().is_some_and(is_of_values) {
                return failure.hint("its targets are values; only labels of classes can be doubted");
            }
            let failure = if run.is_some_and(|run| run.description().status == Status::Running) {
                failure.hint("the run is still going on, or was killed: scores are written at its end")
            } else {
                failure
            };
            failure
                .hint(format!(
                    "train it again with {scores}, or scores = [...] under [monitor] in its configuration file"
                ))
                .hint("or give its configuration file to `consilience audit`, which then scores the examples first")
        }
        AuditError::NoScore { .. } => failure.hint(format!("train it again with {scores}")),
        _ => failure,
    }
}

/// Whether the run was evaluated, and had no classes that could be told right or wrong.
fn is_of_values(run: &RunReader) -> bool {
    let lines = run.metrics().map(|lines| lines.records).unwrap_or_default();
    let is_defined = |name: &str| {
        lines.iter().any(|line| line.kind == "evaluation" && line.number(name).is_some_and(f64::is_finite))
    };
    is_defined("train_loss") && !is_defined("train_accuracy")
}

/// What is drawn.
struct Shown<'a> {
    examples: &'a Examples,
    ranking: &'a Ranking,
    suspects: Option<&'a Suspects>,
    top: usize,
}

/// That the examples can be drawn.
fn check_images(train: &Dataset) -> Result<(), Failure> {
    let shape = train.shape();
    if shape.height * shape.width == 1 {
        return Err(Failure::new(format!("the examples of {} are no images: {shape}", train.name()))
            .hint("leave out --pictures; --csv has all examples"));
    }
    Ok(())
}

/// Writes a sheet and single files into `into`, from the data that the run in `directory` was made with; how many pictures.
fn draw(shown: &Shown<'_>, directory: &Path, into: &Path, data_dir: &Path) -> Result<usize, Failure> {
    let run = RunReader::open(directory)?;
    let method = Method::of_run(run.description())?;
    let data = DataCache::new(data_dir, 1)
        .load_raw(&method)
        .map_err(|error| missing_data(error, data_dir, |failure| failure))?;
    let (train, shape) = (&data.train, data.train.shape());
    check_images(train)?;
    fs::create_dir_all(into).map_err(|error| Failure::new(format!("cannot create {}: {error}", into.display())))?;
    let enlarge = PICTURE_SIDE.div_ceil(shape.height.max(shape.width));
    let suggested = shown.examples.suggested();
    let drawn = |error: consilience_figure::FigureError| Failure::new(error.to_string());
    let heading = format!("{}: the most suspicious of {} training examples", train.name(), shown.examples.len());
    let mut sheet = ContactSheet::new(heading)
        .note(format!("given → suggested label, id; by {}; framed: probably mislabelled", shown.ranking.by.column));
    let mut count = 0;
    for (rank, &place) in shown.ranking.order.iter().take(shown.top).enumerate() {
        let id = shown.examples.ids[place];
        // rows of the table are those of the data, unless the data has changed since
        let found = train.example(place).filter(|example| example.id as u64 == id);
        let found = found.ok_or_else(|| {
            Failure::new(format!("example {place} of {} is not the one that was scored, of id {id}", train.name()))
                .hint("the data has changed since the run, or is that of another --data-dir")
        })?;
        let label = |label: Option<u32>| label.map_or_else(|| "?".to_owned(), |label| label.to_string());
        let given = label(shown.examples.given.as_ref().map(|given| given[place]));
        let other = label(suggested.as_ref().and_then(|suggested| suggested[place]));
        let picture = Picture::new(shape.height, shape.width, found.input)
            .caption(format!("{given} → {other}"))
            .caption(format!("{id}"))
            .marked(shown.suspects.is_some_and(|suspects| suspects.flags[place]));
        let name = format!("{:04}-id-{id}-given-{given}-suggested-{}.png", rank + 1, other.replace('?', "none"));
        write_atomically(&into.join(name), &picture.png(enlarge).map_err(drawn)?)?;
        if rank < ON_A_SHEET {
            sheet = sheet.picture(picture);
        }
        count += 1;
    }
    write_atomically(&into.join("sheet.png"), &sheet.png(2.0).map_err(drawn)?)?;
    Ok(count)
}
