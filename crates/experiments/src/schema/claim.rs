//! Statements of the paper, as checks on our numbers.

use super::Scale;
use super::selection::Selection;
use serde::Deserialize;

/// An entry of `[[claim]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// What the paper says.
    pub statement: String,
    /// Where.
    pub place: String,
    /// The scales at which it can be tested. Default: `small` and `paper`.
    #[serde(default = "larger_scales")]
    pub scales: Vec<Scale>,
    /// The check.
    pub check: Check,
}

fn larger_scales() -> Vec<Scale> {
    vec![Scale::Small, Scale::Paper]
}

/// One side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The measure; that of the check when left out.
    pub measure: Option<String>,
    /// The cells.
    #[serde(default, rename = "where")]
    pub at: Selection,
}

/// What has to be the case. Wherever axes are left free, it has to be the case for every combination of their values.
///
/// It holds, or does not, when the numbers say so by more than noise (p < 0.05), and is undecided in between: of a difference by
/// Welch's t test, of a number and its bounds by a t test, of a correlation by that of no correlation where its bound is met, and by
/// Fisher's transform where it is not. With a single replicate there is no test.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// The mean of `left` is above that of `right`, by more than `by`.
    Greater {
        /// The measure of both sides, unless they name their own.
        measure: Option<String>,
        /// What should be greater.
        #[serde(default)]
        left: Side,
        /// What should be smaller.
        #[serde(default)]
        right: Side,
        /// Restriction of both sides.
        #[serde(default, rename = "where")]
        at: Selection,
        /// The least difference. With a single replicate it takes the place of the test.
        by: Option<f64>,
    },
    /// From the first to the last value of the axis, the measure grows, by more than `by`, and nowhere between does it fall so.
    Increases {
        /// The measure.
        measure: String,
        /// The axis.
        along: String,
        /// Restriction.
        #[serde(default, rename = "where")]
        at: Selection,
        /// The least difference between the ends.
        by: Option<f64>,
    },
    /// The same, falling.
    Decreases {
        /// The measure.
        measure: String,
        /// The axis.
        along: String,
        /// Restriction.
        #[serde(default, rename = "where")]
        at: Selection,
        /// The least difference between the ends.
        by: Option<f64>,
    },
    /// Over the cells, Pearson's correlation of two measures is at least (or at most) so much.
    Correlates {
        /// One measure.
        x: String,
        /// The other.
        y: String,
        /// Restriction.
        #[serde(default, rename = "where")]
        at: Selection,
        /// The least correlation.
        at_least: Option<f64>,
        /// The greatest correlation.
        at_most: Option<f64>,
    },
    /// The measure lies between two numbers, or within a tolerance of the paper's.
    Within {
        /// The measure.
        measure: String,
        /// Restriction.
        #[serde(default, rename = "where")]
        at: Selection,
        /// The least number.
        from: Option<f64>,
        /// The greatest number.
        to: Option<f64>,
        /// The paper's number.
        of: Option<f64>,
        /// How far from it is near enough. Default 0.
        #[serde(default)]
        tolerance: f64,
    },
}
