//! One panel: axes and layers.

use crate::{Bars, Colour, Dash, Field, Key, Layer, Line, Outline, Scatter};

/// How values are laid out along an axis.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Scale {
    /// Equal steps for equal differences.
    #[default]
    Linear,
    /// Equal steps for equal ratios. Zeros (training step 0) get a place of their own below the smallest positive value;
    /// negative values are left out.
    Log,
}

/// An axis.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Axis {
    /// What is on it, with its unit. `^{...}` and `_{...}` raise and lower text.
    pub label: String,
    /// Layout of the values.
    pub scale: Scale,
    /// The values at its ends; those of the data and a little more when `None`.
    pub limits: Option<(f64, f64)>,
    /// Names of the places 0, 1, 2, ...; numbers are shown when empty.
    pub categories: Vec<String>,
}

/// A spoke of a radar.
#[derive(Clone, PartialEq, Debug)]
pub struct Spoke {
    /// Name at its end.
    pub label: String,
    /// Value at the centre and at the end.
    pub range: (f64, f64),
}

/// A line that helps to read a panel.
#[derive(Clone, PartialEq, Debug)]
pub struct Reference {
    /// Entry in the legend; none when empty.
    pub label: String,
    /// Where it runs.
    pub kind: ReferenceKind,
    /// Colour.
    pub colour: Colour,
    /// Style.
    pub dash: Dash,
}

/// Where a [`Reference`] runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ReferenceKind {
    /// At one y.
    Horizontal(f64),
    /// At one x.
    Vertical(f64),
    /// Along y = x.
    Identity,
    /// Along `y = a + b x` fitted by least squares to all points of the panel's scatter layers; fitted to their decimal
    /// logarithms along an axis with [`Scale::Log`].
    LeastSquares,
}

/// One panel of a figure: x and y axes, or the spokes of a radar, with layers drawn in the order given (fields first).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Panel {
    /// Title above it.
    pub title: String,
    /// Axis below.
    pub x: Axis,
    /// Axis at the left.
    pub y: Axis,
    /// Spokes of a radar; when there are any, the panel is a radar and shows outlines only.
    pub spokes: Vec<Spoke>,
    /// What it shows.
    pub layers: Vec<Layer>,
    /// Lines that help to read it.
    pub references: Vec<Reference>,
    /// Further entries of the legend.
    pub keys: Vec<Key>,
    /// Whether one unit is equally long on both axes.
    pub equal_axes: bool,
}

impl Panel {
    /// A panel with linear axes of these names.
    pub fn new(x: impl Into<String>, y: impl Into<String>) -> Self {
        let axis = |label| Axis { label, ..Axis::default() };
        Self { x: axis(x.into()), y: axis(y.into()), ..Self::default() }
    }

    /// A radar with a spoke per name, each from `low` in the centre to `high`.
    pub fn radar<S: Into<String>>(spokes: impl IntoIterator<Item = S>, low: f64, high: f64) -> Self {
        let spokes = spokes.into_iter().map(|label| Spoke { label: label.into(), range: (low, high) }).collect();
        Self { spokes, ..Self::default() }
    }

    /// Writes a title above the panel.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the scale of the x axis.
    #[must_use]
    pub fn x_scale(mut self, scale: Scale) -> Self {
        self.x.scale = scale;
        self
    }

    /// Sets the scale of the y axis.
    #[must_use]
    pub fn y_scale(mut self, scale: Scale) -> Self {
        self.y.scale = scale;
        self
    }

    /// Fixes the values at the ends of the x axis.
    #[must_use]
    pub fn x_limits(mut self, low: f64, high: f64) -> Self {
        self.x.limits = Some((low, high));
        self
    }

    /// Fixes the values at the ends of the y axis.
    #[must_use]
    pub fn y_limits(mut self, low: f64, high: f64) -> Self {
        self.y.limits = Some((low, high));
        self
    }

    /// Names the places 0, 1, 2, ... of the x axis.
    #[must_use]
    pub fn categories<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.x.categories = names.into_iter().map(Into::into).collect();
        self
    }

    /// Names the places 0, 1, 2, ... of the y axis.
    #[must_use]
    pub fn y_categories<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.y.categories = names.into_iter().map(Into::into).collect();
        self
    }

    /// Makes one unit equally long on both (linear) axes.
    #[must_use]
    pub fn equal_axes(mut self) -> Self {
        self.equal_axes = true;
        self
    }

    /// Adds a line.
    #[must_use]
    pub fn line(mut self, line: Line) -> Self {
        self.layers.push(Layer::Line(line));
        self
    }

    /// Adds points.
    #[must_use]
    pub fn scatter(mut self, scatter: Scatter) -> Self {
        self.layers.push(Layer::Scatter(scatter));
        self
    }

    /// Adds a set of bars.
    #[must_use]
    pub fn bars(mut self, bars: Bars) -> Self {
        self.layers.push(Layer::Bars(bars));
        self
    }

    /// Adds a heat map or decision field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.layers.push(Layer::Field(field));
        self
    }

    /// Adds an outline to a radar.
    #[must_use]
    pub fn outline(mut self, outline: Outline) -> Self {
        self.layers.push(Layer::Outline(outline));
        self
    }

    /// Adds a dashed grey horizontal line.
    #[must_use]
    pub fn horizontal(self, y: f64, label: impl Into<String>) -> Self {
        self.reference(ReferenceKind::Horizontal(y), label, Colour::Muted, Dash::Dashed)
    }

    /// Adds a dashed grey vertical line.
    #[must_use]
    pub fn vertical(self, x: f64, label: impl Into<String>) -> Self {
        self.reference(ReferenceKind::Vertical(x), label, Colour::Muted, Dash::Dashed)
    }

    /// Adds the dotted line y = x.
    #[must_use]
    pub fn identity(self, label: impl Into<String>) -> Self {
        self.reference(ReferenceKind::Identity, label, Colour::Class(0), Dash::Dotted)
    }

    /// Adds the least-squares line through all points of the scatter layers.
    #[must_use]
    pub fn least_squares(self, label: impl Into<String>) -> Self {
        self.reference(ReferenceKind::LeastSquares, label, Colour::Class(1), Dash::Dashed)
    }

    /// Adds an entry to the legend.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    fn reference(mut self, kind: ReferenceKind, label: impl Into<String>, colour: Colour, dash: Dash) -> Self {
        self.references.push(Reference { label: label.into(), kind, colour, dash });
        self
    }

    pub(crate) fn is_radar(&self) -> bool {
        !self.spokes.is_empty()
    }
}
