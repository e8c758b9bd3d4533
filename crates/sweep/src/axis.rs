//! A setting and the values that it takes.

use crate::written::exact;
use consilience_run::SettingsError;
use consilience_run::document::{Node, Origin, Value};
use std::collections::HashSet;

/// A setting and the values that it takes, one at a time.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// The setting, by dotted path.
    pub path: String,
    /// The values.
    pub values: Vec<Node>,
}

impl Axis {
    /// The axis over the setting `path` with the values that `node` lists.
    pub fn read(path: String, node: Node) -> Result<Self, SettingsError> {
        let Node { origin, value: Value::List(values) } = node else {
            let found = node.value.describe();
            let message = format!("`{path}` in [sweep]: expected a list of values, found {found} ({})", node.origin);
            return Err(SettingsError::new(message).hint("what all runs share is set outside of [sweep]"));
        };
        if values.is_empty() {
            return Err(SettingsError::new(format!("the axis `{path}` has no values ({origin})"))
                .hint("without any, the sweep has no runs: list some, or leave the axis out"));
        }
        let mut seen = HashSet::new();
        if let Some(twin) = values.iter().find(|value| !seen.insert(same_when_same(&value.value))) {
            let message = format!("the axis `{path}` has the value {} twice ({})", exact(&twin.value), twin.origin);
            return Err(SettingsError::new(message).hint("each run is carried out once: list each value once"));
        }
        Ok(Self { path, values })
    }
}

/// A text that two values share when they mean the same: a number that is written with a point may be a whole one.
fn same_when_same(value: &Value) -> String {
    // up to here every whole number is one of double precision
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.fract() == 0.0 && number.abs() < LARGEST => {
            exact(&Value::Whole(*number as i64))
        }
        value => exact(value),
    }
}

/// The path as people say it: training settings, which most are, by what follows `train.`.
pub(crate) fn heading(path: &str) -> &str {
    path.strip_prefix("train.").unwrap_or(path)
}

/// The line on which something was written; what the command line adds comes after every file.
pub(crate) fn line(origin: &Origin) -> usize {
    match origin {
        Origin::File { line, .. } => *line,
        Origin::Argument(_) => usize::MAX,
    }
}

/// Whether one of two dotted paths leads to the other.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    let leads =
        |short: &str, long: &str| long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    leads(a, b) || leads(b, a)
}
