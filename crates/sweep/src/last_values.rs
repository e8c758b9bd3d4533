//! What a run came to.

use consilience_record::{Metric, Metrics, RecordError, RunReader};
use std::collections::HashMap;

/// The last value of everything that a run recorded: all of its last evaluation, and of each quantity the last one, at whatever
/// step that was. A line of kind `result`, at the step of the last evaluation (the last step where there was none). Values by
/// layer are called `NAME/LAYER`. The loss of the last batch is left out: a batch says little about a run.
///
/// # Errors
/// [`RecordError::Io`], [`RecordError::Malformed`].
pub fn last_values(run: &RunReader) -> Result<Metrics, RecordError> {
    let lines = run.metrics()?.records;
    let evaluation = lines.iter().rfind(|line| line.kind == "evaluation");
    let (step, epoch) = evaluation.or(lines.last()).map_or((0, 0), |line| (line.step, line.epoch));
    let mut last = Last::default();
    for (name, value) in evaluation.into_iter().flat_map(|line| &line.values) {
        last.put(name, value);
    }
    for line in lines.iter().filter(|line| line.kind != "evaluation") {
        for (name, value) in line.values.iter().filter(|(name, _)| name != "loss") {
            last.put(name, value);
        }
    }
    let mut result = Metrics::new("result", step, epoch);
    result.values = last.values;
    Ok(result)
}

/// The last values so far, in the order in which their names came first.
#[derive(Default)]
struct Last {
    values: Vec<(String, Metric)>,
    places: HashMap<String, usize>,
}

impl Last {
    fn put(&mut self, name: &str, value: &Metric) {
        match value {
            Metric::Table(values) => {
                values.iter().for_each(|(key, value)| self.put(&format!("{name}/{key}"), value));
            }
            Metric::List(values) => {
                values.iter().enumerate().for_each(|(index, value)| self.put(&format!("{name}/{index}"), value));
            }
            value => {
                if let Some(&place) = self.places.get(name) {
                    self.values[place].1.clone_from(value);
                } else {
                    self.places.insert(name.to_owned(), self.values.len());
                    self.values.push((name.to_owned(), value.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_record::{IfExists, RunDescription, RunWriter};

    #[test]
    fn the_last_of_everything_counts() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("run");
        let mut writer = RunWriter::create(&directory, RunDescription::default(), IfExists::Refuse).unwrap();
        let layers = |a: f64| Metric::Table(vec![("0.weight".to_owned(), a.into())]);
        for line in [
            Metrics::new("step", 0, 0).with("loss", 9.0).with("gsnr", 1.0).with("norm", layers(5.0)),
            Metrics::new("evaluation", 1, 0).with("test_accuracy", 0.25).with("test_loss", 2.0),
            Metrics::new("step", 1, 0).with("loss", 8.0).with("gsnr", 3.0),
            Metrics::new("evaluation", 2, 1).with("test_accuracy", 0.5).with("test_loss", f64::NAN),
        ] {
            writer.write_metrics(&line).unwrap();
        }
        writer.finish(&[]).unwrap();
        let result = last_values(&RunReader::open(&directory).unwrap()).unwrap();
        assert_eq!((result.kind.as_str(), result.step, result.epoch), ("result", 2, 1));
        let names: Vec<&str> = result.values.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["test_accuracy", "test_loss", "gsnr", "norm/0.weight"]);
        let number = |name| result.number(name);
        assert_eq!(
            (number("test_accuracy"), number("gsnr"), number("norm/0.weight")),
            (Some(0.5), Some(3.0), Some(5.0))
        );
        assert!(number("test_loss").is_some_and(f64::is_nan), "undefined at the end is undefined");
    }
}
