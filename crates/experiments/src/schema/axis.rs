//! What differs between the runs of an experiment.

use super::measure::Unit;
use super::selection::Pick;
use consilience_run::SettingsError;
use consilience_run::document::{Entry, Node, Value, explain};
use consilience_train::nearest::nearest;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// An entry of `[[axis]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AxisEntry {
    name: String,
    label: Option<String>,
    key: Option<String>,
    #[serde(default)]
    unit: Unit,
    #[serde(rename = "values")]
    _values: IgnoredAny,
}

/// Something in which the runs of an experiment differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Its name, as the rest of the file uses it.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// The setting, by dotted path, that plain values are of.
    pub key: Option<String>,
    /// How plain numbers are written.
    pub unit: Unit,
    /// Its values in their order.
    pub values: Vec<AxisValue>,
}

/// A value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisValue {
    /// Its name for people.
    pub label: String,
    /// The number it stands for, on axes of figures and in expressions.
    pub number: Option<f64>,
    /// What it sets, by dotted path.
    pub set: Vec<Entry>,
}

/// A value with a name, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedValue {
    label: String,
    number: Option<f64>,
    #[serde(default, rename = "set")]
    _set: Option<IgnoredAny>,
}

impl AxisValue {
    /// Whether `pick` names this value.
    pub fn is(&self, pick: &Pick) -> bool {
        match pick {
            Pick::Number(number) => self.number == Some(*number),
            Pick::Label(label) => self.label == *label,
        }
    }
}

impl Axis {
    pub(super) fn new(entry: AxisEntry, node: &Node) -> Result<Self, SettingsError> {
        let AxisEntry { name, label, key, unit, .. } = entry;
        let label = label.unwrap_or_else(|| name.clone());
        let mut axis = Self { name, label, key, unit, values: Vec::new() };
        axis.values = axis.read_values(node.get("values").unwrap_or(node))?;
        Ok(axis)
    }

    fn read_values(&self, node: &Node) -> Result<Vec<AxisValue>, SettingsError> {
        let Value::List(nodes) = &node.value else {
            let found = node.value.describe();
            let message = format!("values of axis `{}`: expected a list, found {found} ({})", self.name, node.origin);
            return Err(SettingsError::new(message));
        };
        let values = nodes.iter().map(|node| self.read_value(node)).collect::<Result<Vec<AxisValue>, _>>()?;
        for (index, value) in values.iter().enumerate() {
            if values[..index].iter().any(|other| other.label == value.label) {
                let origin = &nodes[index].origin;
                let message = format!("axis `{}` has two values called `{}` ({origin})", self.name, value.label);
                return Err(SettingsError::new(message).hint("give each value a label of its own"));
            }
        }
        Ok(values)
    }

    fn read_value(&self, node: &Node) -> Result<AxisValue, SettingsError> {
        if let Value::Table(_) = node.value {
            let named: NamedValue = explain::read(node)?;
            let set = super::optional_table(node, "set")?.to_vec();
            return Ok(AxisValue { label: named.label, number: named.number, set });
        }
        let Some(key) = &self.key else {
            let found = node.value.describe();
            let message = format!("axis `{}` has the plain value {found} but no `key` ({})", self.name, node.origin);
            return Err(SettingsError::new(message)
                .hint("name the setting that plain values are of, for example key = \"data.label_noise.fraction\"")
                .hint("or give the value a name: { label = \"...\", set = { \"...\" = ... } }"));
        };
        let number = match node.value {
            Value::Whole(number) => Some(number as f64),
            Value::Number(number) => Some(number),
            _ => None,
        };
        let label = match (&node.value, number, self.unit) {
            (_, Some(number), Unit::Percent) => format!("{} %", written(100.0 * number)),
            (_, Some(number), Unit::Plain) => written(number),
            (Value::Text(text), ..) => text.clone(),
            (Value::Flag(flag), ..) => flag.to_string(),
            (other, ..) => {
                let found = other.describe();
                let message = format!("axis `{}`: {found} cannot be a plain value ({})", self.name, node.origin);
                return Err(
                    SettingsError::new(message).hint("give it a name: { label = \"...\", set = { \"...\" = ... } }")
                );
            }
        };
        let set = vec![Entry { key: key.clone(), origin: node.origin.clone(), node: node.clone() }];
        Ok(AxisValue { label, number, set })
    }

    /// The axis with the values that a scale gives it: new plain values, or some of its named ones by label.
    pub(crate) fn narrowed(&self, node: &Node) -> Result<Self, SettingsError> {
        let named = self.key.is_none();
        let values = match &node.value {
            Value::List(nodes) if named => nodes
                .iter()
                .map(|node| match &node.value {
                    Value::Table(_) => self.read_value(node),
                    _ => self.named(node),
                })
                .collect::<Result<_, _>>()?,
            _ => self.read_values(node)?,
        };
        Ok(Self { values, ..self.clone() })
    }

    fn named(&self, node: &Node) -> Result<AxisValue, SettingsError> {
        let pick = match &node.value {
            Value::Text(label) => Pick::Label(label.clone()),
            Value::Whole(number) => Pick::Number(*number as f64),
            Value::Number(number) => Pick::Number(*number),
            other => Pick::Label(other.describe()),
        };
        self.values.iter().find(|value| value.is(&pick)).cloned().ok_or_else(|| {
            let labels: Vec<&str> = self.values.iter().map(|value| value.label.as_str()).collect();
            let error = SettingsError::new(format!("axis `{}` has no value `{pick}` ({})", self.name, node.origin));
            error.hint(instead(&pick, &labels))
        })
    }
}

/// What to write instead of a value that an axis does not have. Of numbers, none is near another.
pub(super) fn instead(pick: &Pick, labels: &[&str]) -> String {
    match pick {
        Pick::Label(label) => nearest(label, labels.iter().copied()),
        Pick::Number(_) => None,
    }
    .map_or_else(|| format!("its values are `{}`", labels.join("`, `")), |near| format!("did you mean `{near}`?"))
}

/// A number without digits that only rounding put there: 0.15 x 100 is 15.
fn written(number: f64) -> String {
    let rounded = (number * 1e9).round() / 1e9;
    if rounded == 0.0 && number != 0.0 { format!("{number}") } else { format!("{rounded}") }
}
