//! A figure: panels in a grid.

use crate::{FigureError, Panel, compose, raster, svg};

/// A figure: panels in a grid, with no state of drawing. Legends stand inside the panels where every panel has room for its own
/// entries; otherwise outside, each entry once.
///
/// ```
/// use consilience_figure::{Figure, Line, Panel};
///
/// let accuracy = [(1.0, 0.71), (2.0, 0.86), (3.0, 0.90)];
/// let figure = Figure::new("Training")
///     .panel(Panel::new("epoch", "accuracy").line(Line::new("train", accuracy).band([0.02, 0.01, 0.01])));
/// assert!(figure.svg().starts_with("<svg"));
/// assert_eq!(&figure.png(2.0)?[1..4], b"PNG");
/// # Ok::<(), consilience_figure::FigureError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// Title above all panels; none when empty.
    pub title: String,
    /// Panels, row by row.
    pub panels: Vec<Panel>,
    /// Panels in a row; chosen when `None`.
    pub columns: Option<usize>,
    /// Whether the panels of a column have one x axis.
    pub shared_x: bool,
    /// Whether the panels of a row have one y axis.
    pub shared_y: bool,
}

impl Figure {
    /// A figure without panels.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), panels: Vec::new(), columns: None, shared_x: false, shared_y: false }
    }

    /// Adds a panel behind the others.
    #[must_use]
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Puts this many panels in a row.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Gives the panels of a column one x axis.
    #[must_use]
    pub fn share_x(mut self) -> Self {
        self.shared_x = true;
        self
    }

    /// Gives the panels of a row one y axis.
    #[must_use]
    pub fn share_y(mut self) -> Self {
        self.shared_y = true;
        self
    }

    /// The figure as a self-contained SVG file, text as text. The same bytes every time.
    pub fn svg(&self) -> String {
        svg::write(&compose::scene(self))
    }

    /// The figure as a PNG file on white, enlarged by `scale` (2 suits most screens). Text is set in a font that comes with
    /// the program. The same bytes every time.
    ///
    /// # Errors
    ///
    /// When the scale is outside 0.1 to 16 or the image has more than 16384 pixels in a direction.
    pub fn png(&self, scale: f32) -> Result<Vec<u8>, FigureError> {
        raster::write(&compose::scene(self), scale)
    }
}
