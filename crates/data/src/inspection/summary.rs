//! Counts and statistics of examples that come a few at a time.

use super::{ChannelSummary, Part, ValueSummary};
use crate::dataset::{Dataset, ExampleShape, Targets};
use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::Hasher;
use std::path::PathBuf;

/// What is known so far about a part.
pub(super) struct Summary {
    shape: ExampleShape,
    examples: usize,
    class_counts: Vec<usize>,
    values: Option<ValueSummary>,
    channels: Vec<Moments>,
    blank: usize,
    /// How many examples have an input, and the label of the first of them, by the input's hash.
    inputs: HashMap<u128, Seen>,
    repeated: usize,
    contradictory: usize,
}

#[derive(Clone, Copy)]
struct Seen {
    label: Option<u32>,
    contradicted: bool,
}

#[derive(Clone, Copy)]
struct Moments {
    sum: f64,
    squares: f64,
    smallest: f32,
    largest: f32,
}

impl Summary {
    /// Of all examples of `data`.
    pub(super) fn of(data: &Dataset) -> Self {
        let mut summary = Self::new(data);
        summary.add(data);
        summary
    }

    /// Of nothing yet, for parts of a data set like `data`.
    pub(super) fn new(data: &Dataset) -> Self {
        let none = Moments { sum: 0.0, squares: 0.0, smallest: f32::INFINITY, largest: f32::NEG_INFINITY };
        let (class_counts, values) = match data.targets() {
            Targets::Classes { classes, .. } => (vec![0; *classes], None),
            Targets::Values { outputs, .. } => {
                let (smallest, largest) = (f64::INFINITY, f64::NEG_INFINITY);
                (Vec::new(), Some(ValueSummary { outputs: *outputs, smallest, largest, complete: 0 }))
            }
        };
        Self {
            shape: data.shape(),
            examples: 0,
            class_counts,
            values,
            channels: vec![none; data.shape().channels],
            blank: 0,
            inputs: HashMap::new(),
            repeated: 0,
            contradictory: 0,
        }
    }

    /// Counts the examples of `data`, too.
    pub(super) fn add(&mut self, data: &Dataset) {
        self.examples += data.len();
        for (index, input) in data.inputs().chunks_exact(self.shape.features()).enumerate() {
            for pixel in input.chunks_exact(self.channels.len()) {
                for (moments, &value) in self.channels.iter_mut().zip(pixel) {
                    moments.sum += f64::from(value);
                    moments.squares += f64::from(value) * f64::from(value);
                    moments.smallest = moments.smallest.min(value);
                    moments.largest = moments.largest.max(value);
                }
            }
            self.blank += usize::from(input.iter().all(|value| *value == input[0]));
            self.meet(input, data.labels().and_then(|labels| labels.get(index).copied()));
        }
        match data.targets() {
            Targets::Classes { labels, .. } => {
                for &label in labels {
                    if let Some(count) = self.class_counts.get_mut(label as usize) {
                        *count += 1;
                    }
                }
            }
            Targets::Values { values, outputs } => {
                if let Some(summary) = &mut self.values {
                    for known in values.iter().map(|&value| f64::from(value)).filter(|value| !value.is_nan()) {
                        summary.smallest = summary.smallest.min(known);
                        summary.largest = summary.largest.max(known);
                    }
                    let complete = |values: &&[f32]| values.iter().all(|value| !value.is_nan());
                    summary.complete += values.chunks_exact(*outputs).filter(complete).count();
                }
            }
        }
    }

    fn meet(&mut self, input: &[f32], label: Option<u32>) {
        match self.inputs.entry(hash(input)) {
            Entry::Vacant(place) => {
                place.insert(Seen { label, contradicted: false });
            }
            Entry::Occupied(mut place) => {
                self.repeated += 1;
                let first = place.get_mut();
                if first.label != label {
                    // the first of them is one of those that contradict each other
                    self.contradictory += 1 + usize::from(!first.contradicted);
                    first.contradicted = true;
                }
            }
        }
    }

    /// How many inputs of `other` are inputs here.
    pub(super) fn shared(&self, other: &Self) -> usize {
        other.inputs.keys().filter(|input| self.inputs.contains_key(input)).count()
    }

    /// The part that has been counted.
    pub(super) fn part(self, name: &str, files: Vec<PathBuf>) -> Part {
        let pixels = (self.examples * self.shape.height * self.shape.width) as f64;
        let channels = self.channels.iter().map(|moments| {
            let mean = moments.sum / pixels;
            ChannelSummary {
                mean,
                // rounding may leave a constant channel a little below zero
                standard_deviation: (moments.squares / pixels - mean * mean).max(0.0).sqrt(),
                smallest: moments.smallest.into(),
                largest: moments.largest.into(),
            }
        });
        let mut problems = Vec::new();
        let mut problem = |count: usize, [of_one, of_several]: [&str; 2]| match count {
            0 => {}
            1 => problems.push(format!("1 {of_one}")),
            several => problems.push(format!("{several} {of_several}")),
        };
        if self.shape.height * self.shape.width > 1 {
            problem(self.blank, ["blank image: all pixels are equal", "blank images: all pixels are equal"]);
        }
        problem(
            self.repeated,
            ["example repeats an input that came before", "examples repeat an input that came before"],
        );
        problem(
            self.contradictory,
            [
                "example has the input of another, but not its label",
                "examples have the input of another, but not its label",
            ],
        );
        let empty: Vec<String> = self
            .class_counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count == 0)
            .map(|(class, _)| class.to_string())
            .collect();
        let shown = empty.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if empty.len() > 20 { ", ..." } else { "" };
        problem(
            empty.len(),
            [&format!("class without an example: {shown}"), &format!("classes without an example: {shown}{more}")],
        );
        let incomplete = self.values.map_or(0, |values| self.examples - values.complete);
        problem(incomplete, ["example lacks some of its values", "examples lack some of their values"]);
        Part {
            name: name.to_owned(),
            files,
            examples: self.examples,
            shape: Some(self.shape),
            channels: channels.collect(),
            class_counts: self.class_counts,
            values: self.values,
            problems,
        }
    }
}

/// 128 bits, of which two of a million inputs agree by chance once in 10^26 times.
fn hash(input: &[f32]) -> u128 {
    let half = |first: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(first);
        for value in input {
            hasher.write_u32(value.to_bits());
        }
        hasher.finish()
    };
    u128::from(half(0)) << 64 | u128::from(half(1))
}
