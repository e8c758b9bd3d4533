//! Tables: what is in rows, columns and cells.

use super::selection::{OneOrMore, Pick, Selection};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An entry of `[[table]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// Its name, from which its files are named.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The axes down the table.
    pub rows: OneOrMore<String>,
    /// The axes across the table.
    #[serde(default)]
    pub columns: OneOrMore<String>,
    /// The measures in its cells; several make several columns each.
    pub measures: OneOrMore<String>,
    /// Restriction.
    #[serde(default, rename = "where")]
    pub at: Selection,
    /// Which mean is the best; it is marked where it is ahead of the runner-up by more than noise. Default: none.
    #[serde(default)]
    pub best: BestSpec,
    /// Whether the cells of a row compete for the best, not those of a column.
    #[serde(default)]
    pub best_of_rows: bool,
    /// For a measure, another that is put in parentheses behind it, such as the maximum behind the final value.
    #[serde(default)]
    pub second: BTreeMap<String, String>,
    /// What is in the parentheses, below the table.
    #[serde(default)]
    pub second_label: String,
    /// Numbers that the paper prints, which are put beside ours.
    #[serde(default)]
    pub printed: Vec<Printed>,
}

/// Which of several means is the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BestSpec {
    /// None is marked.
    #[default]
    Unmarked,
    /// The highest, as of accuracies.
    Highest,
    /// The lowest, as of losses.
    Lowest,
}

/// A number that the paper prints, in the unit in which the table writes it (91.5 for 91.5 %).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printed {
    /// The cell.
    #[serde(rename = "where")]
    pub at: Selection,
    /// The measure; the table's only one when left out.
    pub measure: Option<String>,
    /// The number as it is printed: `91.5`, or `"91.50 ± 0.12"` to keep digits and a deviation.
    pub value: Pick,
}
