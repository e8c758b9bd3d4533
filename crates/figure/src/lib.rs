//! Figures and tables for papers. Knows nothing of networks or runs.
//!
//! * [`Figure`] and [`Panel`] describe a picture; [`Figure::svg`] and [`Figure::png`] draw it.
//! * [`Table`] describes a table of measurements; [`Table::text`], [`Table::csv`], [`Table::latex`] and
//!   [`Table::markdown`] write it.
//! * [`ContactSheet`] shows many small pictures with captions; [`Picture::png`] one alone.
//! * Nothing that can be put into a figure makes drawing fail: numbers that are not finite are gaps, empty layers draw
//!   nothing.

mod cartesian;
mod colour;
mod compose;
mod contact_sheet;
mod error;
mod extent;
mod field;
mod figure;
mod layer;
mod layers;
mod legend;
mod mapping;
mod panel;
mod radar;
mod raster;
mod scene;
mod style;
mod svg;
mod table;
mod text;
mod thin;
mod ticks;

pub use colour::Colour;
pub use contact_sheet::{ContactSheet, Picture};
pub use error::FigureError;
pub use figure::Figure;
pub use layer::{Bars, Dash, Field, FieldColours, Key, Layer, Line, Outline, Scatter, Symbol};
pub use panel::{Axis, Panel, Reference, ReferenceKind, Scale, Spoke};
pub use table::{Best, Cell, Column, Content, Measured, Row, SIGNIFICANCE_LEVEL, Table, Within, welch_p_value};
