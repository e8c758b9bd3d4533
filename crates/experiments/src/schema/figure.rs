//! Figures: what is in panels, on axes, in colours and symbols.

use super::selection::{OneOrMore, Selection};
use serde::Deserialize;

/// What a figure is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    /// Series over training: means over the replicates with a band of one standard deviation, or those of the first.
    Curves,
    /// Measures over the values of an axis, with a band of one standard deviation.
    Lines,
    /// A point per cell: one measure against another.
    Scatter,
    /// A bar per value of an axis, with error bars of one standard deviation.
    Bars,
    /// A measure over two axes.
    HeatMap,
    /// A measure along several spokes, an outline per value of an axis.
    Radar,
    /// The class that the trained network gives to each point of the plane, and the training examples.
    DecisionBoundary,
}

/// A spoke of a radar: the mean of the measure over the cells of `where`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpokeSpec {
    /// Its name.
    pub label: String,
    /// The cells.
    #[serde(default, rename = "where")]
    pub at: Selection,
    /// The measure; the figure's when left out.
    pub measure: Option<String>,
}

/// How an axis of a figure is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AxisScale {
    /// Equal steps for equal differences.
    #[default]
    Linear,
    /// Equal steps for equal ratios; step 0 gets a place of its own.
    Log,
}

/// A line that helps to read a figure.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSpec {
    /// A horizontal line at this y.
    pub y: Option<f64>,
    /// A vertical line at this x.
    pub x: Option<f64>,
    /// The line y = x.
    #[serde(default)]
    pub identity: bool,
    /// The line fitted to all points by least squares.
    #[serde(default)]
    pub least_squares: bool,
    /// Its entry in the legend.
    #[serde(default)]
    pub label: String,
}

/// A panel listed by hand, which overrides what the figure says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelSpec {
    /// Above the panel; `{parameter}` stands for the value of a parameter.
    #[serde(default)]
    pub title: String,
    /// What is on the x axis.
    pub x: Option<String>,
    /// What is drawn.
    #[serde(default)]
    pub y: OneOrMore<String>,
    /// Restriction, besides the figure's.
    #[serde(default, rename = "where")]
    pub at: Selection,
    /// Below the panel.
    pub x_label: Option<String>,
    /// Beside the panel.
    pub y_label: Option<String>,
    /// First and last value of y.
    pub y_limits: Option<[f64; 2]>,
}

/// An entry of `[[figure]]`.
///
/// `rows`, `columns`, `colour`, `dash` and `symbol` each name an axis of the grid, or `"y"`: what is drawn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureSpec {
    /// Its name, from which its files are named.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What it is made of.
    pub kind: FigureKind,
    /// On the x axis: `step` or `epoch` (curves), an axis (lines, bars, heat maps), a measure (scatter).
    pub x: Option<String>,
    /// What is drawn: series (curves) or measures; of a heat map, the axis on the y axis.
    #[serde(default)]
    pub y: OneOrMore<String>,
    /// Names for people, of series and measures.
    #[serde(default)]
    pub labels: std::collections::BTreeMap<String, String>,
    /// The measure that a heat map or radar shows.
    pub value: Option<String>,
    /// A row of panels for each.
    pub rows: Option<String>,
    /// A column of panels for each.
    pub columns: Option<String>,
    /// A colour for each. Default: `"y"` where several are drawn.
    pub colour: Option<String>,
    /// A style of line for each.
    pub dash: Option<String>,
    /// A symbol for each.
    pub symbol: Option<String>,
    /// Panels listed by hand, instead of rows or of columns.
    #[serde(default, rename = "panel")]
    pub panels: Vec<PanelSpec>,
    /// Spokes of a radar.
    #[serde(default, rename = "spoke")]
    pub spokes: Vec<SpokeSpec>,
    /// Restriction.
    #[serde(default, rename = "where")]
    pub at: Selection,
    /// Layout of the x axis.
    #[serde(default)]
    pub x_scale: AxisScale,
    /// Layout of the y axis.
    #[serde(default)]
    pub y_scale: AxisScale,
    /// First and last value of x.
    pub x_limits: Option<[f64; 2]>,
    /// First and last value of y.
    pub y_limits: Option<[f64; 2]>,
    /// Below the panels.
    pub x_label: Option<String>,
    /// Beside the panels.
    pub y_label: Option<String>,
    /// Lines that help to read it.
    #[serde(default, rename = "reference")]
    pub references: Vec<ReferenceSpec>,
    /// Whether curves are of the first replicate alone: where those of different ones have no common meaning.
    #[serde(default)]
    pub first_replicate: bool,
    /// Whether the correlation of the points is written above each panel of a scatter.
    #[serde(default)]
    pub correlation: bool,
}
