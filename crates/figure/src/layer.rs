//! What a panel shows: lines, points, bars, fields, outlines on a radar.

use crate::Colour;

/// How a line is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dash {
    /// Without gaps.
    #[default]
    Solid,
    /// Long strokes.
    Dashed,
    /// Dots.
    Dotted,
    /// Strokes and dots.
    DashDotted,
}

/// The symbol at a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Symbol {
    /// A disc.
    #[default]
    Circle,
    /// A square.
    Square,
    /// A triangle that points up.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A triangle that points down.
    TriangleDown,
    /// An upright cross.
    Plus,
    /// A slanted cross.
    Cross,
}

impl Symbol {
    /// All symbols, in the order in which classes should use them.
    pub const ALL: [Self; 7] =
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond, Self::TriangleDown, Self::Plus, Self::Cross];
}

/// One layer of a panel.
#[derive(Clone, PartialEq, Debug)]
pub enum Layer {
    /// A series of points joined by a line.
    Line(Line),
    /// Points.
    Scatter(Scatter),
    /// One bar per category.
    Bars(Bars),
    /// A value everywhere on a rectangle.
    Field(Field),
    /// A closed outline on a radar.
    Outline(Outline),
}

/// A series of points joined by a line. A coordinate that is not finite interrupts the line.
///
/// Without a colour of its own it has the colour of its label: equal labels have equal colours in all panels of a figure.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Entry in the legend; none when empty.
    pub label: String,
    /// The points `(x, y)` in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
    /// Half the height of a band around each point, such as its standard deviation; empty for none.
    pub band: Vec<f64>,
    /// Colour, or the label's.
    pub colour: Option<Colour>,
    /// Style of the stroke.
    pub dash: Dash,
    /// Symbol at each point, if any.
    pub symbol: Option<Symbol>,
}

impl Line {
    /// A solid line. An empty label keeps it out of the legend.
    pub fn new(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            label: label.into(),
            points: points.into_iter().collect(),
            band: Vec::new(),
            colour: None,
            dash: Dash::Solid,
            symbol: None,
        }
    }

    /// A band of `+-` these half-heights, one per point; points beyond its length have none.
    #[must_use]
    pub fn band(mut self, half_heights: impl IntoIterator<Item = f64>) -> Self {
        self.band = half_heights.into_iter().collect();
        self
    }

    /// Draws it in this colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = Some(colour);
        self
    }

    /// Draws it in this style.
    #[must_use]
    pub fn dash(mut self, dash: Dash) -> Self {
        self.dash = dash;
        self
    }

    /// Marks each point.
    #[must_use]
    pub fn symbol(mut self, symbol: Symbol) -> Self {
        self.symbol = Some(symbol);
        self
    }
}

/// Points. Those with a coordinate that is not finite are left out.
#[derive(Clone, PartialEq, Debug)]
pub struct Scatter {
    /// Entry in the legend; none when empty.
    pub label: String,
    /// The points `(x, y)`.
    pub points: Vec<(f64, f64)>,
    /// Colour, or the label's.
    pub colour: Option<Colour>,
    /// Symbol.
    pub symbol: Symbol,
    /// Diameter in pixels.
    pub size: f64,
}

impl Scatter {
    /// Discs of five pixels. An empty label keeps them out of the legend.
    pub fn new(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            label: label.into(),
            points: points.into_iter().collect(),
            colour: None,
            symbol: Symbol::Circle,
            size: 5.0,
        }
    }

    /// Draws them in this colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = Some(colour);
        self
    }

    /// Draws them as this symbol.
    #[must_use]
    pub fn symbol(mut self, symbol: Symbol) -> Self {
        self.symbol = symbol;
        self
    }

    /// Draws them with this diameter in pixels.
    #[must_use]
    pub fn size(mut self, size: f64) -> Self {
        self.size = size;
        self
    }
}

/// Bars over the categories of the x axis. Several layers of bars stand side by side.
#[derive(Clone, PartialEq, Debug)]
pub struct Bars {
    /// Entry in the legend; none when empty.
    pub label: String,
    /// Height of the bar at each category.
    pub values: Vec<f64>,
    /// Half the length of each error bar; empty for none.
    pub errors: Vec<f64>,
    /// Colour, or the label's.
    pub colour: Option<Colour>,
}

impl Bars {
    /// Bars without error bars, one value per category.
    pub fn new(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self { label: label.into(), values: values.into_iter().collect(), errors: Vec::new(), colour: None }
    }

    /// Error bars of `+-` these half-lengths, one per category.
    #[must_use]
    pub fn errors(mut self, half_lengths: impl IntoIterator<Item = f64>) -> Self {
        self.errors = half_lengths.into_iter().collect();
        self
    }

    /// Draws them in this colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = Some(colour);
        self
    }
}

/// How the values of a [`Field`] become colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FieldColours {
    /// Low to high on the viridis map.
    #[default]
    Sequential,
    /// Two hues that meet at the middle of the limits: a class probability, a signed quantity.
    Diverging,
}

/// A value for each cell of a grid that fills a rectangle: a heat map or a decision field.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// Name of the value, beside its scale; no scale is drawn when empty.
    pub label: String,
    /// Cells in a row.
    pub columns: usize,
    /// Values row by row, the row with the smallest y first; what is not finite or missing stays blank.
    pub values: Vec<f64>,
    /// Outer edges of the first and the last column.
    pub x: (f64, f64),
    /// Outer edges of the first and the last row.
    pub y: (f64, f64),
    /// Values at the ends of the colour scale, or those of the data.
    pub limits: Option<(f64, f64)>,
    /// The colour scale.
    pub colours: FieldColours,
    /// Whether values are interpolated between the centres of cells.
    pub smooth: bool,
    /// Values at which a line is drawn.
    pub contours: Vec<f64>,
}

impl Field {
    /// Crisp cells, viridis. `values` has the row with the smallest y first; `x` and `y` are the outer edges.
    pub fn new(
        label: impl Into<String>,
        columns: usize,
        values: impl IntoIterator<Item = f64>,
        x: (f64, f64),
        y: (f64, f64),
    ) -> Self {
        Self {
            label: label.into(),
            columns,
            values: values.into_iter().collect(),
            x,
            y,
            limits: None,
            colours: FieldColours::Sequential,
            smooth: false,
            contours: Vec::new(),
        }
    }

    /// Fixes the values at the ends of the colour scale.
    #[must_use]
    pub fn limits(mut self, low: f64, high: f64) -> Self {
        self.limits = Some((low, high));
        self
    }

    /// Colours values on both sides of the middle of the limits in two hues.
    #[must_use]
    pub fn diverging(mut self) -> Self {
        self.colours = FieldColours::Diverging;
        self
    }

    /// Interpolates between the centres of cells.
    #[must_use]
    pub fn smooth(mut self) -> Self {
        self.smooth = true;
        self
    }

    /// Draws the line along which the field has this value, such as a decision boundary.
    #[must_use]
    pub fn contour(mut self, value: f64) -> Self {
        self.contours.push(value);
        self
    }

    pub(crate) fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }
}

/// A closed outline on a radar: one value per axis. Values that are not finite leave the outline open there.
#[derive(Clone, PartialEq, Debug)]
pub struct Outline {
    /// Entry in the legend; none when empty.
    pub label: String,
    /// One value per axis of the panel.
    pub values: Vec<f64>,
    /// Colour, or the label's.
    pub colour: Option<Colour>,
    /// Style of the stroke.
    pub dash: Dash,
}

impl Outline {
    /// A solid outline.
    pub fn new(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self { label: label.into(), values: values.into_iter().collect(), colour: None, dash: Dash::Solid }
    }

    /// Draws it in this colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = Some(colour);
        self
    }

    /// Draws it in this style.
    #[must_use]
    pub fn dash(mut self, dash: Dash) -> Self {
        self.dash = dash;
        self
    }
}

/// An entry of the legend that stands for a class instead of a layer: "symbol = channels, colour = examples".
#[derive(Clone, PartialEq, Debug)]
pub struct Key {
    /// Text of the entry.
    pub label: String,
    /// Symbol shown, if any.
    pub symbol: Option<Symbol>,
    /// Colour shown.
    pub colour: Colour,
    /// Style of the line shown, if any; without symbol and line a patch of the colour is shown.
    pub dash: Option<Dash>,
}

impl Key {
    /// An entry for all points of one symbol.
    pub fn symbol(label: impl Into<String>, symbol: Symbol) -> Self {
        Self { label: label.into(), symbol: Some(symbol), colour: Colour::Muted, dash: None }
    }

    /// An entry for everything of one colour.
    pub fn colour(label: impl Into<String>, colour: Colour) -> Self {
        Self { label: label.into(), symbol: None, colour, dash: None }
    }

    /// An entry for all lines of one style.
    pub fn dash(label: impl Into<String>, dash: Dash) -> Self {
        Self { label: label.into(), symbol: None, colour: Colour::Muted, dash: Some(dash) }
    }
}
