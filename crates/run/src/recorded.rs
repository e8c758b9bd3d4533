//! What other runs recorded, for methods that read it.

use crate::error::SettingsError;
use crate::settings::Method;
use consilience_record::{RecordError, RunReader};
use consilience_train::TrainSpec;
use std::path::Path;

/// The training settings of `method` with what it reads of other runs.
///
/// # Errors
/// When a run is not there or did not record the quantity; the hints say what it recorded.
pub(crate) fn resolve(method: &Method) -> Result<TrainSpec, SettingsError> {
    let mut train = method.settings.train.clone();
    train.resolve(|run, quantity| {
        let place = method.place("train.optimizer");
        let Steps { values, known } = read(Path::new(run), quantity).map_err(|error| {
            SettingsError::new(format!("the norms of another run cannot be read: {error} ({place})"))
                .hint("make that run first; its directory is looked for from where the program runs")
        })?;
        if values.iter().any(|(_, value)| value.is_finite()) {
            return Ok(values);
        }
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        Err(SettingsError::new(format!("the run {run} did not record `{quantity}` ({place})"))
            .hint(format!("its steps recorded {known}"))
            .hint(format!("make it again with `monitor.quantities = [\"{quantity}\"]`")))
    })?;
    Ok(train)
}

/// What the steps of a run recorded.
struct Steps {
    /// The values of a quantity by step.
    values: Vec<(u64, f64)>,
    /// The names of everything.
    known: Vec<String>,
}

fn read(run: &Path, quantity: &str) -> Result<Steps, RecordError> {
    let lines = RunReader::open(run)?.metrics()?.records;
    let mut known: Vec<String> = Vec::new();
    let mut values = Vec::new();
    for line in lines.into_iter().filter(|line| line.kind == "step") {
        values.extend(line.number(quantity).map(|value| (line.step, value)));
        for (name, _) in line.values {
            if !known.contains(&name) {
                known.push(name);
            }
        }
    }
    Ok(Steps { values, known })
}
