//! `consilience measure`: quantities of a saved model on any data.

use crate::args::{MeasureArgs, Part};
use crate::failure::{Failure, Stop};
use crate::printer::{Printer, Talk, number, percent, plural};
use crate::surroundings::{data_directory, missing_data, pool};
use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_data::{Dataset, Split};
use consilience_gradients::Quantity;
use consilience_run::{DataCache, Prepared, Saved, SavedSettings, check_memory_of_measure};
use consilience_train::{
    MeasureSpec, ModelMeasures, MonitorSpec, SpecError, TrainError, Values, measure as measure_model,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::io::{IsTerminal, stderr};

/// The number under which [`Purpose::Subsample`] draws the examples that are measured.
const MEASURED: u64 = 7;

/// Loads the model and the data, measures, and prints.
pub fn measure(args: &MeasureArgs) -> Result<(), Stop> {
    let talk = Talk::new(args.quiet);
    let quantities = quantities(&args.quantities)?;
    let saved = Saved::find(&args.model_path)?;
    let settings = SavedSettings {
        config: args.config.as_deref(),
        model: args.model.as_deref(),
        data: args.data.as_deref(),
        overrides: &args.set,
    };
    let method = saved.method(&settings).map_err(Failure::from)?;
    let data_dir = data_directory(args.data_dir.as_deref());
    let pool = pool(args.threads)?;
    let prepared = pool.install(|| Prepared::new(&method, &mut DataCache::new(&data_dir, 1)));
    let prepared = prepared.map_err(|error| missing_data(error, &data_dir, |failure| failure))?;
    let (model, unused) = saved.load(&prepared).map_err(Failure::from)?;
    if !unused.is_empty() {
        let file = saved.weights.display();
        talk.say(&format!("note: arrays in {file} that the network has no place for: {}", unused.join(", ")));
    }
    let seed = method.settings.seed;
    let data = chosen(part(&prepared.data, args.part)?, args, seed)?;
    let monitor = &method.settings.monitor;
    let spec = MeasureSpec {
        quantities,
        loss: method.settings.train.loss,
        batch_size: args.batch_size.get(),
        probe: monitor.probe,
        micro_batch: monitor.micro_batch,
        seed,
    };
    check_memory_of_measure(&prepared, &spec, data.len()).map_err(Failure::from)?;
    let about = about(&data, args.part);
    talk.say(&about);
    prepared.data.notes.iter().for_each(|note| talk.say(&format!("note: {note}")));
    let bar = bar(data.len(), talk);
    let measured = pool.install(|| measure_model(&model, &data, &spec, &mut |done| bar.set_position(done as u64)));
    bar.finish_and_clear();
    let measured = measured.map_err(|error| explained(&error))?;
    let mut printer = Printer::new();
    if args.json {
        let report = as_json(&saved, &data, args.part, &measured);
        let text = serde_json::to_string_pretty(&report)
            .map_err(|error| Failure::new(format!("cannot write the measures as JSON: {error}")))?;
        printer.line(&text)?;
        return Ok(());
    }
    print(&mut printer, &data, &measured)
}

/// The quantities of these names, in the order of the registry.
fn quantities(names: &[String]) -> Result<Vec<Quantity>, Failure> {
    if names.iter().any(|name| name == "all") {
        return Ok(Quantity::ALL.to_vec());
    }
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    MonitorSpec { quantities: names, ..MonitorSpec::default() }.resolve().map_err(|error| match error {
        SpecError::UnknownQuantity { name, nearest } => {
            let failure = Failure::new(format!("unknown quantity `{name}`"));
            match nearest {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`consilience list quantities` lists them all"),
            }
        }
        other => Failure::new(other.to_string()),
    })
}

fn part(data: &Split, part: Part) -> Result<&Dataset, Failure> {
    match part {
        Part::Train => Ok(&data.train),
        Part::Test => Ok(&data.test),
        Part::Validation => data.validation.as_ref().ok_or_else(|| {
            Failure::new("the data have no validation part").hint("set one apart with --set data.validation.examples=N")
        }),
    }
}

/// The examples that are measured: all, or as many as were asked for, in the order of the data.
fn chosen<'a>(data: &'a Dataset, args: &MeasureArgs, seed: u64) -> Result<Cow<'a, Dataset>, Failure> {
    let Some(size) = args.examples.map(std::num::NonZeroUsize::get).filter(|&size| size != data.len()) else {
        return Ok(Cow::Borrowed(data));
    };
    if size > data.len() {
        let message =
            format!("--examples asks for {}, this part of the data has {}", plural(size, "example"), data.len());
        return Err(Failure::new(message));
    }
    let mut generator = numbered_generator(seed, Purpose::Subsample, MEASURED);
    let mut indices = rand::seq::index::sample(&mut generator, data.len(), size).into_vec();
    indices.sort_unstable();
    data.subset(&indices).map(Cow::Owned).map_err(|error| Failure::new(error.to_string()))
}

fn name_of(part: Part) -> &'static str {
    match part {
        Part::Train => "training",
        Part::Test => "test",
        Part::Validation => "validation",
    }
}

fn about(data: &Dataset, part: Part) -> String {
    let corrupt = match data.corrupt_count() {
        0 => String::new(),
        wrong => format!(", {wrong} of them with a wrong label"),
    };
    format!("{}: {}{corrupt}", data.name(), plural(data.len(), &format!("{} example", name_of(part))))
}

/// How far the passes over the data are, on a terminal.
fn bar(examples: usize, talk: Talk) -> ProgressBar {
    if talk.is_quiet() || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // The template is fixed; the fallback is never seen.
    let style = ProgressStyle::with_template("[{bar:32}] {pos}/{len} examples, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::new(examples as u64).with_style(style)
}

fn explained(error: &TrainError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        TrainError::Targets(_) => {
            failure.hint("say which loss is meant, for instance --set train.loss=mean_squared_error")
        }
        _ => failure,
    }
}

/// What a value of the evaluation is.
fn meaning(name: &str) -> &'static str {
    match name {
        "loss" => "mean loss, with the given labels or targets",
        "accuracy" => "share of the examples whose given label is predicted",
        "pristine_accuracy" => "share of the examples with a true label whose label is predicted",
        "corrupt_accuracy" => "share of the examples with a wrong label whose wrong label is predicted",
        "corrupt_accuracy_true" => "share of the examples with a wrong label whose true label is predicted",
        _ => "",
    }
}

/// One line per value, under a line per quantity that says what it is.
fn print(printer: &mut Printer, data: &Dataset, measured: &ModelMeasures) -> Result<(), Stop> {
    let evaluation: Vec<Row> = measured.evaluation.iter().map(|(name, value)| Row::evaluated(name, *value)).collect();
    let quantities: Vec<Vec<Row>> = measured.quantities.iter().map(|one| Row::all(one.quantity, &one.values)).collect();
    let rows = || evaluation.iter().chain(quantities.iter().flatten());
    let names = rows().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let values = rows().map(|row| row.value.chars().count()).max().unwrap_or(0);
    let show = |printer: &mut Printer, rows: &[Row]| -> Result<(), Stop> {
        for Row { name, value, meaning } in rows {
            let head = format!("  {name:names$}  {value:>values$}");
            printer.hanging(&head, meaning, names + values + 6)?;
        }
        Ok(())
    };
    printer.line(&format!("evaluation, of {}", plural(data.len(), "example")))?;
    show(printer, &evaluation)?;
    for (one, rows) in measured.quantities.iter().zip(&quantities) {
        let description = one.quantity.description();
        printer.line("")?;
        let over = if one.examples == data.len() {
            format!("of {}", plural(one.examples, "example"))
        } else {
            format!("of a probe of {}", plural(one.examples, "example"))
        };
        printer.paragraph(&format!("{}, {over}: {}", description.name, description.summary), 0)?;
        show(printer, rows)?;
    }
    Ok(())
}

struct Row {
    name: String,
    value: String,
    meaning: String,
}

impl Row {
    fn evaluated(name: &str, value: Option<f64>) -> Self {
        let shown = if name == "loss" { number } else { percent };
        let value = value.map_or_else(|| "undefined".to_owned(), shown);
        Self { name: name.to_owned(), value, meaning: meaning(name).to_owned() }
    }

    /// The values of a quantity that are not of single parameters.
    fn all(quantity: Quantity, values: &Values) -> Vec<Self> {
        let described = quantity.description().values.iter();
        let row = |described: &consilience_gradients::quantities::ValueDescription| {
            let (name, value) = values.iter().find(|(name, _)| name == described.name)?;
            let value = value.map_or_else(|| "undefined".to_owned(), number);
            Some(Self { name: name.clone(), value, meaning: described.title.to_owned() })
        };
        described.filter_map(row).collect()
    }
}

fn as_json(saved: &Saved, data: &Dataset, part: Part, measured: &ModelMeasures) -> Value {
    let table = |values: &Values| -> Map<String, Value> {
        values.iter().map(|(name, value)| (name.clone(), json!(value.filter(|value| value.is_finite())))).collect()
    };
    let quantities = measured.quantities.iter().map(|one| {
        let description = one.quantity.description();
        let entry = json!({
            "meaning": description.summary,
            "examples": one.examples,
            "values": table(&one.values),
        });
        (description.name.to_owned(), entry)
    });
    let shape = data.shape();
    json!({
        "weights": saved.weights.display().to_string(),
        "run": saved.run.as_ref().map(|run| run.display().to_string()),
        "data": {
            "source": data.name(),
            "part": name_of(part),
            "examples": data.len(),
            "wrong_labels": data.corrupt_count(),
            "shape": [shape.height, shape.width, shape.channels],
        },
        "evaluation": table(&measured.evaluation),
        "quantities": quantities.collect::<Map<String, Value>>(),
    })
}
