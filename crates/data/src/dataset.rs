//! A data set in memory: inputs, targets, true labels and the index of every example in its source.

use crate::augmentation::Augmentation;
use crate::error::DataError;
use std::borrow::Cow;
use std::fmt;

/// The shape of one example. Flat vectors of F features are 1 x 1 x F.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExampleShape {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// Channels, which vary fastest in memory.
    pub channels: usize,
}

impl ExampleShape {
    /// The shape of images: height x width x channels.
    pub const fn image(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels }
    }

    /// The shape of vectors of `features` numbers: 1 x 1 x features.
    pub const fn flat(features: usize) -> Self {
        Self { height: 1, width: 1, channels: features }
    }

    /// Numbers per example: height x width x channels.
    pub const fn features(self) -> usize {
        self.height * self.width * self.channels
    }

    /// The error of a setting that is for images, given data of single pixels.
    pub(crate) fn require_image(self, key: &'static str, name: &str) -> Result<(), DataError> {
        if self.height * self.width > 1 {
            return Ok(());
        }
        let expected = "left out unless examples are images".to_owned();
        Err(DataError::InvalidSetting { key, expected, found: format!("examples of {self} in data set `{name}`") })
    }
}

impl fmt::Display for ExampleShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} x {} (height x width x channels)", self.height, self.width, self.channels)
    }
}

/// What the network is asked to predict for every example.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// One class per example: the *given* labels, corrupted or not.
    Classes {
        /// `[N]`, each below `classes`.
        labels: Vec<u32>,
        /// Number of classes C.
        classes: usize,
    },
    /// A vector of numbers per example.
    Values {
        /// `[N, outputs]`, row-major. Not a number where a target is unknown.
        values: Vec<f32>,
        /// Numbers per example.
        outputs: usize,
    },
}

impl Targets {
    /// Numbers the network must put out per example: classes, or values.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => *classes,
            Self::Values { outputs, .. } => *outputs,
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Classes { .. } => "classes",
            Self::Values { .. } => "values",
        }
    }
}

/// The target of one example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target<'a> {
    /// The given class.
    Class(u32),
    /// The given values, `[outputs]`.
    Values(&'a [f32]),
}

/// One example, borrowed from its data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Example<'a> {
    /// `[height, width, channels]`, channels fastest.
    pub input: &'a [f32],
    /// The given target.
    pub target: Target<'a>,
    /// Index in the source, which survives sub-sampling.
    pub id: usize,
    /// Whether the given label differs from the true one.
    pub corrupt: bool,
}

/// Examples in memory.
///
/// Inputs are one contiguous `[N, height, width, channels]` array, channels fastest, pixels scaled to 0..1. Of data with
/// classes the labels before corruption are kept, so that every example keeps its pristine or corrupt tag. A data set holds
/// at least one example, and every part of it has the same number of examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    name: String,
    shape: ExampleShape,
    inputs: Vec<f32>,
    targets: Targets,
    true_labels: Option<Vec<u32>>,
    ids: Vec<usize>,
    augmentation: Option<Augmentation>,
}

impl Dataset {
    /// Puts a data set together; ids are 0 to N - 1 and nothing is corrupt.
    ///
    /// # Errors
    /// [`DataError::NoExamples`], [`DataError::Inconsistent`] when counts disagree, a shape is empty or a label is not below
    /// `classes`.
    pub fn new(
        name: impl Into<String>,
        shape: ExampleShape,
        inputs: Vec<f32>,
        targets: Targets,
    ) -> Result<Self, DataError> {
        let name = name.into();
        let features = shape.features();
        let outputs = targets.outputs();
        if features == 0 || outputs == 0 {
            return Err(inconsistent(
                format!("shape of data set `{name}`"),
                "at least one feature and one output",
                format!("{features} features and {outputs} outputs"),
            ));
        }
        if inputs.is_empty() {
            return Err(DataError::NoExamples { name });
        }
        let examples = inputs.len() / features;
        if examples * features != inputs.len() {
            return Err(inconsistent(
                format!("inputs of data set `{name}`"),
                format!("a multiple of {features} numbers"),
                inputs.len(),
            ));
        }
        let (expected, found) = match &targets {
            Targets::Classes { labels, classes } => {
                check_labels(&name, labels, *classes)?;
                (examples, labels.len())
            }
            Targets::Values { values, outputs } => (examples * outputs, values.len()),
        };
        if expected != found {
            return Err(inconsistent(format!("targets of data set `{name}`"), expected, found));
        }
        Ok(Self { name, shape, inputs, targets, true_labels: None, ids: (0..examples).collect(), augmentation: None })
    }

    /// Replaces the ids, the index of every example in its source.
    ///
    /// # Errors
    /// [`DataError::Inconsistent`] when there is not one id per example.
    pub fn with_ids(mut self, ids: Vec<usize>) -> Result<Self, DataError> {
        self.check_count("ids", ids.len())?;
        self.ids = ids;
        Ok(self)
    }

    /// Replaces the given labels. The labels there were before stay as the true ones, unless true labels are known already.
    ///
    /// # Errors
    /// [`DataError::WrongTargets`] when targets are values, [`DataError::Inconsistent`] when counts disagree or a label is
    /// not below the number of classes.
    pub fn with_given_labels(mut self, given: Vec<u32>) -> Result<Self, DataError> {
        self.check_count("given labels", given.len())?;
        match &mut self.targets {
            Targets::Classes { labels, classes } => {
                check_labels(&self.name, &given, *classes)?;
                let before = std::mem::replace(labels, given);
                self.true_labels.get_or_insert(before);
                Ok(self)
            }
            Targets::Values { .. } => Err(self.wrong_targets("replacing labels", "classes")),
        }
    }

    /// Transforms the inputs at random whenever [`Dataset::training_input`] is asked for one; the inputs themselves stay.
    ///
    /// # Errors
    /// [`DataError::InvalidSetting`] when the examples are no images, a padding exceeds them or has another number of channels;
    /// [`DataError::WrongTargets`] when targets are values, which a transformed image would no longer fit.
    pub fn with_augmentation(mut self, augmentation: Augmentation) -> Result<Self, DataError> {
        augmentation.check(&self)?;
        self.augmentation = Some(augmentation);
        Ok(self)
    }

    /// What is done at random to inputs that are trained on.
    pub fn augmentation(&self) -> Option<&Augmentation> {
        self.augmentation.as_ref()
    }

    /// Name of the source, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of examples N, at least one.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Shape of every example.
    pub fn shape(&self) -> ExampleShape {
        self.shape
    }

    /// All inputs, `[N, height, width, channels]`, channels fastest.
    pub fn inputs(&self) -> &[f32] {
        &self.inputs
    }

    pub(crate) fn inputs_mut(&mut self) -> &mut [f32] {
        &mut self.inputs
    }

    /// The inputs `[N, height, width, channels]` and ids `[N]`.
    pub(crate) fn inputs_and_ids(&mut self) -> (&mut [f32], &[usize]) {
        (&mut self.inputs, &self.ids)
    }

    /// The target values `[N, outputs]`, the outputs per example and the ids `[N]`; none when targets are classes.
    pub(crate) fn values_and_ids(&mut self) -> Option<(&mut [f32], usize, &[usize])> {
        match &mut self.targets {
            Targets::Values { values, outputs } => Some((values, *outputs, &self.ids)),
            Targets::Classes { .. } => None,
        }
    }

    /// The given targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Numbers the network must put out per example: classes, or values.
    pub fn outputs(&self) -> usize {
        self.targets.outputs()
    }

    /// The given labels `[N]`; none when targets are values.
    pub fn labels(&self) -> Option<&[u32]> {
        match &self.targets {
            Targets::Classes { labels, .. } => Some(labels),
            Targets::Values { .. } => None,
        }
    }

    /// The labels before corruption `[N]`, which are the given ones when nothing was corrupted; none when targets are values.
    pub fn true_labels(&self) -> Option<&[u32]> {
        self.true_labels.as_deref().or_else(|| self.labels())
    }

    /// Index of every example in its source `[N]`.
    pub fn ids(&self) -> &[usize] {
        &self.ids
    }

    /// Whether the given label of example `index` differs from its true label: by comparing labels, as the official code of
    /// Coherent Gradients does, not by having been selected for corruption. False for values and beyond the end.
    pub fn is_corrupt(&self, index: usize) -> bool {
        match (self.labels(), &self.true_labels) {
            (Some(given), Some(true_labels)) => given.get(index) != true_labels.get(index),
            _ => false,
        }
    }

    /// Number of examples whose given label differs from the true one.
    pub fn corrupt_count(&self) -> usize {
        (0..self.len()).filter(|&index| self.is_corrupt(index)).count()
    }

    /// Example `index`, or none beyond the end.
    pub fn example(&self, index: usize) -> Option<Example<'_>> {
        let id = *self.ids.get(index)?;
        let target = match &self.targets {
            Targets::Classes { labels, .. } => Target::Class(*labels.get(index)?),
            Targets::Values { values, outputs } => Target::Values(row(values, index, *outputs)?),
        };
        let input = row(&self.inputs, index, self.shape.features())?;
        Some(Example { input, target, id, corrupt: self.is_corrupt(index) })
    }

    /// The input of example `index` as it is trained on in `epoch`: transformed at random where the data set has an
    /// augmentation, as it is otherwise; none beyond the end. It depends on the seed, the epoch and the example's id alone.
    pub fn training_input(&self, index: usize, epoch: u64) -> Option<Cow<'_, [f32]>> {
        let input = row(&self.inputs, index, self.shape.features())?;
        let Some(augmentation) = &self.augmentation else {
            return Some(Cow::Borrowed(input));
        };
        let mut input = input.to_vec();
        augmentation.apply(&mut input, self.shape, &mut augmentation.generator(epoch, *self.ids.get(index)?));
        Some(Cow::Owned(input))
    }

    /// The examples at `indices`, in that order (repeats allowed), with their true labels, ids and augmentation.
    ///
    /// # Errors
    /// [`DataError::IndexOutOfRange`]; [`DataError::NoExamples`] when `indices` is empty.
    pub fn subset(&self, indices: &[usize]) -> Result<Self, DataError> {
        if indices.is_empty() {
            return Err(DataError::NoExamples { name: self.name.clone() });
        }
        let mut inputs = vec![0.0; indices.len() * self.shape.features()];
        self.gather_inputs(indices, &mut inputs)?;
        let pick = |labels: &Vec<u32>| indices.iter().map(|&index| labels[index]).collect::<Vec<u32>>();
        let targets = match &self.targets {
            Targets::Classes { labels, classes } => Targets::Classes { labels: pick(labels), classes: *classes },
            Targets::Values { outputs, .. } => {
                let mut values = vec![0.0; indices.len() * outputs];
                self.gather_values(indices, &mut values)?;
                Targets::Values { values, outputs: *outputs }
            }
        };
        Ok(Self {
            name: self.name.clone(),
            shape: self.shape,
            inputs,
            targets,
            true_labels: self.true_labels.as_ref().map(pick),
            ids: indices.iter().map(|&index| self.ids[index]).collect(),
            augmentation: self.augmentation.clone(),
        })
    }

    /// The first `first` examples and the rest.
    ///
    /// # Errors
    /// [`DataError::NoExamples`] when either part would be empty, [`DataError::IndexOutOfRange`] when `first` exceeds N.
    pub fn split_at(&self, first: usize) -> Result<(Self, Self), DataError> {
        if first > self.len() {
            return Err(self.out_of_range(first));
        }
        let all: Vec<usize> = (0..self.len()).collect();
        let (left, right) = all.split_at(first);
        Ok((self.subset(left)?, self.subset(right)?))
    }

    /// Writes the inputs of `indices` into `out`, `[indices, height, width, channels]`.
    ///
    /// # Errors
    /// [`DataError::IndexOutOfRange`]; [`DataError::Inconsistent`] when `out` has another size.
    pub fn gather_inputs<T: From<f32> + Copy>(&self, indices: &[usize], out: &mut [T]) -> Result<(), DataError> {
        self.gather("inputs", &self.inputs, self.shape.features(), indices, out, |pixel| T::from(pixel))
    }

    /// Writes the given labels of `indices` into `out`, `[indices]`.
    ///
    /// # Errors
    /// [`DataError::WrongTargets`] when targets are values; otherwise as [`Dataset::gather_inputs`].
    pub fn gather_labels(&self, indices: &[usize], out: &mut [u32]) -> Result<(), DataError> {
        let labels = self.labels().ok_or_else(|| self.wrong_targets("gathering labels", "classes"))?;
        self.gather("labels", labels, 1, indices, out, |label| label)
    }

    /// Writes the target values of `indices` into `out`, `[indices, outputs]`.
    ///
    /// # Errors
    /// [`DataError::WrongTargets`] when targets are classes; otherwise as [`Dataset::gather_inputs`].
    pub fn gather_values<T: From<f32> + Copy>(&self, indices: &[usize], out: &mut [T]) -> Result<(), DataError> {
        match &self.targets {
            Targets::Values { values, outputs } => {
                self.gather("target values", values, *outputs, indices, out, |value| T::from(value))
            }
            Targets::Classes { .. } => Err(self.wrong_targets("gathering target values", "values")),
        }
    }

    fn gather<S: Copy, T>(
        &self,
        what: &str,
        rows: &[S],
        width: usize,
        indices: &[usize],
        out: &mut [T],
        convert: impl Fn(S) -> T,
    ) -> Result<(), DataError> {
        let expected = indices.len().saturating_mul(width);
        if out.len() != expected {
            return Err(inconsistent(format!("buffer for {what} of {} examples", indices.len()), expected, out.len()));
        }
        for (&index, target) in indices.iter().zip(out.chunks_exact_mut(width)) {
            let source = row(rows, index, width).ok_or_else(|| self.out_of_range(index))?;
            for (to, &from) in target.iter_mut().zip(source) {
                *to = convert(from);
            }
        }
        Ok(())
    }

    pub(crate) fn wrong_targets(&self, operation: &'static str, expected: &'static str) -> DataError {
        DataError::WrongTargets { operation, name: self.name.clone(), expected, found: self.targets.kind() }
    }

    fn check_count(&self, what: &str, found: usize) -> Result<(), DataError> {
        if found == self.len() {
            return Ok(());
        }
        Err(inconsistent(format!("{what} of data set `{}`", self.name), self.len(), found))
    }

    fn out_of_range(&self, index: usize) -> DataError {
        DataError::IndexOutOfRange { name: self.name.clone(), index, examples: self.len() }
    }
}

fn check_labels(name: &str, labels: &[u32], classes: usize) -> Result<(), DataError> {
    match labels.iter().position(|&label| label as usize >= classes) {
        None => Ok(()),
        Some(index) => Err(inconsistent(
            format!("label of example {index} of data set `{name}`"),
            format!("below {classes}"),
            labels[index],
        )),
    }
}

fn row<T>(rows: &[T], index: usize, width: usize) -> Option<&[T]> {
    let start = index.checked_mul(width)?;
    rows.get(start..start.checked_add(width)?)
}

fn inconsistent(what: String, expected: impl fmt::Display, found: impl fmt::Display) -> DataError {
    DataError::Inconsistent { what, expected: expected.to_string(), found: found.to_string() }
}
