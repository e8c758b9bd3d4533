//! The numbers of a run over training, one series per name.

use crate::visible;
use consilience_record::{Metric, Metrics};
use std::collections::HashMap;

/// One number over training: what the lines of one kind say under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The kind of the lines: `step`, `evaluation`, `shares` ...
    pub kind: String,
    /// The name up to the first `/`: `gsnr_mean` of `gsnr_mean/0.weight`.
    pub name: String,
    /// What follows the first `/`: a parameter of the network, or a null world. None for a number of the whole.
    pub part: Option<String>,
    /// Updates done before, `[N]`, never decreasing.
    pub steps: Vec<u64>,
    /// The values, `[N]`; not a number where undefined.
    pub values: Vec<f64>,
}

impl Series {
    /// The last value that is defined, with its step.
    pub fn last(&self) -> Option<(u64, f64)> {
        self.defined().next_back()
    }

    /// The values that are finite, with their steps.
    pub fn defined(&self) -> impl DoubleEndedIterator<Item = (u64, f64)> + '_ {
        self.steps.iter().copied().zip(self.values.iter().copied()).filter(|(_, value)| value.is_finite())
    }

    fn sort(&mut self) {
        if self.steps.is_sorted() {
            return;
        }
        // A foreign or stitched file may go back in time; curves do not.
        let mut order: Vec<usize> = (0..self.steps.len()).collect();
        order.sort_by_key(|&index| self.steps[index]);
        self.steps = order.iter().map(|&index| self.steps[index]).collect();
        self.values = order.iter().map(|&index| self.values[index]).collect();
    }
}

/// All series of `lines`, in the order in which their names first appear. Words and flags have no curve and are left out;
/// values in tables and lists are named `NAME/KEY`.
pub fn collect(lines: &[Metrics]) -> Vec<Series> {
    let mut series = Collected::default();
    for line in lines {
        for (name, value) in &line.values {
            series.add(line, name, value);
        }
    }
    let mut series = series.all;
    series.iter_mut().for_each(Series::sort);
    series
}

#[derive(Default)]
struct Collected {
    all: Vec<Series>,
    /// Places in `all`, by kind and full name.
    places: HashMap<String, HashMap<String, usize>>,
}

impl Collected {
    fn add(&mut self, line: &Metrics, name: &str, value: &Metric) {
        match value {
            Metric::Number(_) | Metric::Count(_) => {
                let place = self.place(&line.kind, name);
                self.all[place].steps.push(line.step);
                self.all[place].values.push(value.number().unwrap_or(f64::NAN));
            }
            Metric::Text(_) | Metric::Flag(_) => {}
            Metric::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.add(line, &format!("{name}/{index}"), value);
                }
            }
            Metric::Table(values) => {
                for (key, value) in values {
                    self.add(line, &format!("{name}/{key}"), value);
                }
            }
        }
    }

    fn place(&mut self, kind: &str, name: &str) -> usize {
        if let Some(place) = self.places.get(kind).and_then(|names| names.get(name)) {
            return *place;
        }
        let (base, part) = match name.split_once('/') {
            Some((base, part)) => (base.to_owned(), Some(part.to_owned())),
            None => (name.to_owned(), None),
        };
        let place = self.all.len();
        let (base, part) = (visible(&base).into_owned(), part.map(|part| visible(&part).into_owned()));
        self.all.push(Series { kind: kind.to_owned(), name: base, part, steps: Vec::new(), values: Vec::new() });
        self.places.entry(kind.to_owned()).or_default().insert(name.to_owned(), place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_and_lines_sorted() {
        let lines = [
            Metrics::new("step", 5, 0).with("loss", 2.0).with("gsnr_mean/0.weight", 0.5).with("word", "no curve"),
            Metrics::new("step", 2, 0)
                .with("loss", f64::NAN)
                .with("table", Metric::Table(vec![("a".into(), 1.0.into()), ("b".into(), 7_u64.into())])),
            Metrics::new("evaluation", 5, 0).with("loss", 9.0),
        ];
        let series = collect(&lines);
        let names: Vec<_> =
            series.iter().map(|series| (series.kind.as_str(), series.name.as_str(), series.part.as_deref())).collect();
        assert_eq!(
            names,
            [
                ("step", "loss", None),
                ("step", "gsnr_mean", Some("0.weight")),
                ("step", "table", Some("a")),
                ("step", "table", Some("b")),
                ("evaluation", "loss", None)
            ]
        );
        assert_eq!(series[0].steps, [2, 5]);
        assert!(series[0].values[0].is_nan());
        assert_eq!((series[0].last(), series[0].defined().count()), (Some((5, 2.0)), 1));
        assert_eq!(series[3].values, [7.0]);
    }
}
