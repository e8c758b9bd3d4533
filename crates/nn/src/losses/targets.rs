use consilience_tensor::{Real, Shape, Tensor};
use thiserror::Error;

/// What the outputs of a batch should be.
#[derive(Clone, PartialEq, Debug)]
pub enum Targets {
    /// One class per example, counted from 0.
    Classes(Vec<u32>),
    /// A probability for each class, row-major `N x C`, and the number of classes `C`.
    Soft(Vec<f32>, usize),
    /// A number for each output, row-major `N x C`, and the number of outputs `C`.
    Values(Vec<f32>, usize),
    /// As [`Targets::Values`], with values that are not a number where the target is unknown. An unknown target adds neither a
    /// loss nor a gradient; what is divided by the number of outputs still is.
    Masked(Vec<f32>, usize),
}

/// Why targets do not fit.
#[derive(Clone, PartialEq, Debug, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The loss takes another kind of target.
    #[error("the loss {loss} takes {expected}, got {got}")]
    Kind {
        /// The loss.
        loss: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What came.
        got: &'static str,
    },
    /// Another number of examples than outputs.
    #[error("expected targets for {expected} examples, got {got}")]
    Count {
        /// The examples in the batch.
        expected: usize,
        /// The examples in the targets.
        got: usize,
    },
    /// Another number of outputs.
    #[error("expected targets for {expected} outputs per example, got {got}")]
    Width {
        /// The network's outputs.
        expected: usize,
        /// The outputs in the targets.
        got: usize,
    },
    /// A class that does not exist.
    #[error("example {example}: expected a class below {classes}, got {class}")]
    Class {
        /// Its place in the batch.
        example: usize,
        /// The number of classes.
        classes: usize,
        /// The class that came.
        class: u32,
    },
    /// A soft label that is no probability distribution.
    #[error(
        "example {example}: expected class probabilities of at least 0 that sum to 1, got a sum of {sum} and a minimum of {minimum}"
    )]
    Distribution {
        /// Its place in the batch.
        example: usize,
        /// The sum of its probabilities.
        sum: f64,
        /// The smallest of its probabilities.
        minimum: f64,
    },
    /// A value that is infinite or not a number.
    #[error("example {example}, output {output}: expected a finite target, got {value}")]
    NotFinite {
        /// Its place in the batch.
        example: usize,
        /// The output.
        output: usize,
        /// The value that came.
        value: f32,
    },
}

/// How far the sum of a soft label may be from 1: the rounding of a thousand classes in `f32`.
const SUM_TOLERANCE: f64 = 1e-4;

impl Targets {
    /// The number of examples.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Soft(values, width) | Self::Values(values, width) | Self::Masked(values, width) => {
                values.len() / (*width).max(1)
            }
        }
    }

    /// Whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kind of target, in words.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Classes(_) => "classes",
            Self::Soft(..) => "soft labels",
            Self::Values(..) => "values",
            Self::Masked(..) => "values of which some are unknown",
        }
    }

    /// The targets of the given examples, in the given order; `None` when one of them does not exist.
    #[must_use]
    pub fn select(&self, examples: &[usize]) -> Option<Self> {
        let rows = |values: &[f32], width: usize| {
            let rows: Option<Vec<&[f32]>> =
                examples.iter().map(|&example| values.chunks_exact(width.max(1)).nth(example)).collect();
            rows.map(|rows| rows.concat())
        };
        Some(match self {
            Self::Classes(classes) => {
                Self::Classes(examples.iter().map(|&example| classes.get(example).copied()).collect::<Option<_>>()?)
            }
            Self::Soft(values, width) => Self::Soft(rows(values, *width)?, *width),
            Self::Values(values, width) => Self::Values(rows(values, *width)?, *width),
            Self::Masked(values, width) => Self::Masked(rows(values, *width)?, *width),
        })
    }

    /// Each example's class; of soft labels the most probable, the first of equal ones. `None` for values.
    pub fn classes(&self) -> Option<Vec<u32>> {
        match self {
            Self::Classes(classes) => Some(classes.clone()),
            Self::Soft(values, width) => Some(
                values.chunks_exact((*width).max(1)).map(|row| super::accuracy::largest(row.iter().copied())).collect(),
            ),
            Self::Values(..) | Self::Masked(..) => None,
        }
    }

    pub(super) fn check(&self, examples: usize, outputs: usize) -> Result<(), TargetError> {
        if let Self::Soft(values, width) | Self::Values(values, width) | Self::Masked(values, width) = self {
            let masked = matches!(self, Self::Masked(..));
            if *width != outputs {
                return Err(TargetError::Width { expected: outputs, got: *width });
            }
            if values.len() != examples * outputs {
                return Err(TargetError::Count { expected: examples, got: self.len() });
            }
            if let Some(at) = values.iter().position(|&value| !(value.is_finite() || value.is_nan() && masked)) {
                let (example, output) = (at / outputs, at % outputs);
                return Err(TargetError::NotFinite { example, output, value: values[at] });
            }
        }
        match self {
            Self::Classes(classes) => {
                if classes.len() != examples {
                    return Err(TargetError::Count { expected: examples, got: classes.len() });
                }
                match classes.iter().position(|&class| class as usize >= outputs) {
                    Some(example) => Err(TargetError::Class { example, classes: outputs, class: classes[example] }),
                    None => Ok(()),
                }
            }
            Self::Soft(values, width) => {
                for (example, row) in values.chunks_exact(*width).enumerate() {
                    let sum: f64 = row.iter().copied().map(f64::from).sum();
                    let minimum = row.iter().copied().fold(f32::INFINITY, f32::min);
                    if minimum < 0.0 || (sum - 1.0).abs() > SUM_TOLERANCE {
                        return Err(TargetError::Distribution { example, sum, minimum: minimum.into() });
                    }
                }
                Ok(())
            }
            Self::Values(..) | Self::Masked(..) => Ok(()),
        }
    }

    /// The target of output `output` of an example, a class as 0 or 1.
    pub(super) fn value(&self, example: usize, output: usize) -> f64 {
        match self {
            Self::Classes(classes) => f64::from(u8::from(classes[example] as usize == output)),
            Self::Soft(values, width) | Self::Values(values, width) | Self::Masked(values, width) => {
                f64::from(values[example * width + output])
            }
        }
    }

    /// All targets as a constant array, `N x 1 x 1 x C`.
    pub(super) fn array<T: Tensor>(&self, shape: Shape) -> T {
        let elements = match self {
            Self::Classes(classes) => {
                let mut elements = vec![T::Elem::of(0.0); shape.len()];
                for (row, &class) in elements.chunks_exact_mut(shape.c).zip(classes) {
                    row[class as usize] = T::Elem::of(1.0);
                }
                elements
            }
            Self::Soft(values, _) | Self::Values(values, _) => {
                values.iter().map(|&value| T::Elem::of(value.into())).collect()
            }
            Self::Masked(values, _) => {
                let known = |&value: &f32| T::Elem::of(if value.is_nan() { 0.0 } else { value.into() });
                values.iter().map(known).collect()
            }
        };
        T::from_vec(shape, elements)
    }

    /// Where targets are known, 1, and where not, 0, `N x 1 x 1 x C`; `None` when all kinds of them always are.
    pub(super) fn known<T: Tensor>(&self, shape: Shape) -> Option<T> {
        let Self::Masked(values, _) = self else { return None };
        let known = values.iter().map(|value| T::Elem::of(f64::from(u8::from(!value.is_nan())))).collect();
        Some(T::from_vec(shape, known))
    }
}
