//! Entries of legends and the blocks that they form.

use crate::colour::Rgb;
use crate::scene::{Anchor, Fill, Rect, Shape};
use crate::style::{Style, TICK};
use crate::{Dash, Layer, Panel, Symbol};

/// Longest text of an entry, in pixels.
const WIDEST: f64 = 230.0;
const SAMPLE: f64 = 20.0;
const GAP: f64 = 5.0;
pub(crate) const ROW: f64 = 15.0;
const BETWEEN: f64 = 16.0;

/// One line of a legend.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Entry {
    label: String,
    colour: Rgb,
    line: Option<Dash>,
    thin: bool,
    band: bool,
    block: bool,
    symbol: Option<Symbol>,
}

impl Entry {
    fn new(label: &str, colour: Rgb) -> Self {
        Self { label: label.to_owned(), colour, line: None, thin: false, band: false, block: false, symbol: None }
    }
}

/// The entries of a panel, each once.
pub(crate) fn entries(panel: &Panel, style: &Style) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for layer in &panel.layers {
        let entry = match layer {
            Layer::Line(line) => Entry {
                line: Some(style.dash(&line.label, line.colour, line.dash)),
                band: !line.band.is_empty(),
                symbol: line.symbol,
                ..Entry::new(&line.label, style.colour(&line.label, line.colour))
            },
            Layer::Scatter(scatter) => Entry {
                symbol: Some(scatter.symbol),
                ..Entry::new(&scatter.label, style.colour(&scatter.label, scatter.colour))
            },
            Layer::Bars(bars) => {
                Entry { block: true, ..Entry::new(&bars.label, style.colour(&bars.label, bars.colour)) }
            }
            Layer::Outline(outline) => Entry {
                line: Some(style.dash(&outline.label, outline.colour, outline.dash)),
                ..Entry::new(&outline.label, style.colour(&outline.label, outline.colour))
            },
            Layer::Field(_) => continue,
        };
        entries.push(entry);
    }
    for reference in &panel.references {
        let colour = reference.colour.rgb();
        entries.push(Entry { line: Some(reference.dash), thin: true, ..Entry::new(&reference.label, colour) });
    }
    for key in &panel.keys {
        let block = key.symbol.is_none() && key.dash.is_none();
        entries.push(Entry { line: key.dash, block, symbol: key.symbol, ..Entry::new(&key.label, key.colour.rgb()) });
    }
    entries.retain(|entry| !entry.label.trim().is_empty());
    merged(entries)
}

/// Each entry once, in order of appearance.
pub(crate) fn merged(entries: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    let mut once: Vec<Entry> = Vec::new();
    for entry in entries {
        if !once.contains(&entry) {
            once.push(entry);
        }
    }
    once
}

/// Entries in columns, filled downwards.
pub(crate) struct Block {
    entries: Vec<(Entry, String)>,
    rows: usize,
    widths: Vec<f64>,
}

impl Block {
    pub fn new(entries: &[Entry], columns: usize, style: &Style) -> Self {
        let short = |entry: &Entry| {
            let text = style.fonts.wrap(&entry.label, WIDEST, TICK, false, 1).into_iter().next().unwrap_or_default();
            (entry.clone(), text)
        };
        let entries: Vec<(Entry, String)> = entries.iter().map(short).collect();
        let rows = entries.len().div_ceil(columns.max(1)).max(1);
        let width = |column: &[(Entry, String)]| {
            let widest = column.iter().map(|(_, text)| style.fonts.width(text, TICK, false)).fold(0.0, f64::max);
            SAMPLE + GAP + widest
        };
        let widths = entries.chunks(rows).map(width).collect();
        Self { entries, rows, widths }
    }

    /// The block with the most columns that is at most this wide.
    pub fn within(entries: &[Entry], width: f64, style: &Style) -> Self {
        (2..=entries.len())
            .rev()
            .map(|columns| Self::new(entries, columns, style))
            .find(|block| block.width() <= width)
            .unwrap_or_else(|| Self::new(entries, 1, style))
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn width(&self) -> f64 {
        self.widths.iter().sum::<f64>() + BETWEEN * self.widths.len().saturating_sub(1) as f64
    }

    pub fn height(&self) -> f64 {
        self.rows as f64 * ROW
    }

    /// Draws it with its upper left corner at `(x, y)`.
    pub fn draw(&self, (x, y): (f64, f64), style: &Style, shapes: &mut Vec<Shape>) {
        let mut left = x;
        for (column, width) in self.entries.chunks(self.rows).zip(&self.widths) {
            for (row, (entry, text)) in column.iter().enumerate() {
                let middle = y + (row as f64 + 0.5) * ROW;
                sample(entry, left, middle, style, shapes);
                let place = (left + SAMPLE + GAP, middle + 0.36 * TICK);
                shapes.push(Shape::Text(style.text(place, text.clone(), TICK, Anchor::Start)));
            }
            left += width + BETWEEN;
        }
    }
}

fn sample(entry: &Entry, left: f64, middle: f64, style: &Style, shapes: &mut Vec<Shape>) {
    let fill = |opacity| Some(Fill { colour: entry.colour, opacity });
    if entry.block {
        let frame = Rect { x: left + 4.0, y: middle - 4.5, width: SAMPLE - 8.0, height: 9.0 };
        shapes.push(Shape::rectangle(frame, fill(1.0), None));
    }
    if entry.band {
        let frame = Rect { x: left, y: middle - 4.0, width: SAMPLE, height: 8.0 };
        shapes.push(Shape::rectangle(frame, fill(0.18), None));
    }
    if let Some(dash) = entry.line {
        let width = if entry.thin { 1.1 } else { 1.8 };
        let ends = vec![(left, middle), (left + SAMPLE, middle)];
        shapes.push(Shape::line(ends, Style::stroke(entry.colour, width, dash)));
    }
    if let Some(symbol) = entry.symbol {
        let fill = Fill { colour: entry.colour, opacity: 1.0 };
        let points = vec![(left + SAMPLE / 2.0, middle)];
        shapes.push(Shape::Marks { symbol, size: 6.0, points, fill, outline: Some(style.page.paper) });
    }
}

/// The place inside a frame where a block of this size hides least, and how many of the obstacles it hides.
pub(crate) fn emptiest(frame: Rect, width: f64, height: f64, obstacles: &[(f64, f64)]) -> (Rect, usize) {
    let inset = 6.0;
    let (left, right) = (frame.x + inset, frame.right() - inset - width);
    let (top, bottom) = (frame.y + inset, frame.bottom() - inset - height);
    let (centre, middle) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
    let places = [
        (right, bottom),
        (right, top),
        (left, top),
        (left, bottom),
        (centre, top),
        (centre, bottom),
        (right, middle),
        (left, middle),
        (centre, middle),
    ];
    let scored = places.map(|(x, y)| {
        let wide = Rect { x: x - 4.0, y: y - 4.0, width: width + 8.0, height: height + 8.0 };
        let hidden = obstacles.iter().filter(|point| wide.contains(**point)).count();
        (Rect { x, y, width, height }, hidden)
    });
    let mut best = scored[0];
    for place in scored {
        if place.1 < best.1 {
            best = place;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emptiest_corner() {
        let frame = Rect { x: 0.0, y: 0.0, width: 100.0, height: 100.0 };
        let diagonal: Vec<(f64, f64)> = (0..100).map(|i| (f64::from(i), 100.0 - f64::from(i))).collect();
        let (place, hidden) = emptiest(frame, 20.0, 20.0, &diagonal);
        assert_eq!((place.x, place.y, hidden), (74.0, 74.0, 0));
        let crossed: Vec<(f64, f64)> = diagonal.iter().copied().chain([(80.0, 80.0)]).collect();
        let (place, hidden) = emptiest(frame, 20.0, 20.0, &crossed);
        assert_eq!((place.x, place.y, hidden), (6.0, 6.0, 0));
    }
}
