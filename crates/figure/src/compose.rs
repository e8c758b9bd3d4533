//! Puts panels, titles and legends together on a page.

use crate::cartesian::Cartesian;
use crate::extent::{Span, Which, span};
use crate::legend::{self, Block, Entry};
use crate::radar::Radar;
use crate::scene::{Anchor, Polyline, Rect, Scene, Shape, Text};
use crate::style::{HEADING, LEADING, Margins, Style, TITLE};
use crate::{Figure, Panel, layers};

/// Room around everything.
const EDGE: f64 = 8.0;
/// Room between the margins of neighbouring panels.
const BETWEEN: f64 = 10.0;
/// Most entries that a legend inside a panel has, when it may also stand outside.
const MOST_INSIDE: usize = 7;

enum Body<'a> {
    Cartesian(Box<Cartesian<'a>>),
    Radar(Radar<'a>),
}

struct Cell<'a> {
    body: Body<'a>,
    title: Vec<String>,
    /// Without room for the title.
    margins: Margins,
    entries: Vec<Entry>,
}

pub(crate) fn scene(figure: &Figure) -> Scene {
    let style = Style::new(figure);
    let count = figure.panels.len();
    let columns = figure.columns.unwrap_or_else(|| usual_columns(count)).clamp(1, count.max(1));
    let frame = frame(figure, columns);
    let cells = cells(figure, columns, frame, &style);
    let rows = count.div_ceil(columns);
    let mut margins = vec![Margins::default(); columns];
    let mut heights = vec![Margins::default(); rows];
    let mut titles = vec![0.0_f64; rows];
    for (index, cell) in cells.iter().enumerate() {
        margins[index % columns] = margins[index % columns].union(cell.margins);
        heights[index / columns] = heights[index / columns].union(cell.margins);
        titles[index / columns] = titles[index / columns].max(cell.title_height());
    }
    let inside = legend_inside(&cells, frame, &style);

    let grid_width = (0..columns).map(|c| margins[c].left + frame.width + margins[c].right).sum::<f64>()
        + BETWEEN * (columns - 1) as f64;
    let heading = style.fonts.wrap(&figure.title, grid_width.max(320.0), HEADING, true, 2);
    let heading_needs = heading.iter().map(|line| style.fonts.width(line, HEADING, true)).fold(0.0, f64::max);
    let top = EDGE + if heading.is_empty() { 0.0 } else { heading.len() as f64 * HEADING * LEADING + 4.0 };

    let mut shapes = Vec::new();
    shapes.extend(style.lines((EDGE + 2.0, EDGE + HEADING), &heading, HEADING, Anchor::Start, true));
    let mut y = top;
    for (row, vertical) in heights.iter().enumerate() {
        let mut x = EDGE;
        y += titles[row] + vertical.top;
        for (column, horizontal) in margins.iter().enumerate() {
            x += horizontal.left;
            if let Some(cell) = cells.get(row * columns + column) {
                shapes.extend(moved(cell.draw(inside, frame, vertical.top, &style), x, y));
            }
            x += frame.width + horizontal.right + BETWEEN;
        }
        y += frame.height + vertical.bottom + if row + 1 < rows { BETWEEN } else { 0.0 };
    }
    let mut width = EDGE + grid_width.max(heading_needs + 4.0);
    let mut height = y;
    if !inside {
        let entries = legend::merged(cells.iter().flat_map(|cell| cell.entries.clone()));
        let below = Block::within(&entries, grid_width, &style);
        if entries.is_empty() {
            // Nothing to explain.
        } else if below.rows() <= 3 {
            let left = EDGE + ((grid_width - below.width()) / 2.0).max(0.0);
            below.draw((left, y + 6.0), &style, &mut shapes);
            width = width.max(left + below.width());
            height += 6.0 + below.height() + 2.0;
        } else {
            let room = ((y - top) / legend::ROW).floor().max(6.0) as usize;
            let right = Block::new(&entries, entries.len().div_ceil(room), &style);
            let start =
                top + titles.first().copied().unwrap_or(0.0) + heights.first().map_or(0.0, |margins| margins.top);
            right.draw((EDGE + grid_width + 8.0, start), &style, &mut shapes);
            width = width.max(EDGE + grid_width + 8.0 + right.width());
            height = height.max(start + right.height());
        }
    }
    let titles = figure.panels.iter().map(|panel| panel.title.as_str());
    let title = std::iter::once(figure.title.as_str()).chain(titles).find(|title| !title.is_empty());
    Scene {
        width: (width + EDGE).ceil(),
        height: (height + EDGE).ceil(),
        paper: style.page.paper,
        ink: style.page.ink,
        title: title.unwrap_or("figure").to_owned(),
        shapes,
    }
}

fn usual_columns(count: usize) -> usize {
    match count {
        0..=3 => count.max(1),
        4 => 2,
        5 | 6 | 9 => 3,
        _ => 4,
    }
}

fn frame(figure: &Figure, columns: usize) -> Rect {
    let square = figure.panels.iter().any(|panel| panel.is_radar() || panel.equal_axes);
    let (width, height) = match (columns, square) {
        (1, false) => (440.0, 280.0),
        (2, false) => (300.0, 205.0),
        (_, false) => (225.0, 170.0),
        (1, true) => (280.0, 280.0),
        (2, true) => (230.0, 230.0),
        (_, true) => (180.0, 180.0),
    };
    Rect { x: 0.0, y: 0.0, width, height }
}

fn cells<'a>(figure: &'a Figure, columns: usize, frame: Rect, style: &Style) -> Vec<Cell<'a>> {
    let panels = &figure.panels;
    let cell = |(index, panel): (usize, &'a Panel)| {
        let same = |other: &usize, which: Which| {
            !panels[*other].is_radar()
                && if which == Which::X {
                    other % columns == index % columns
                } else {
                    other / columns == index / columns
                }
        };
        let family = |which: Which, shared: bool| -> Span {
            if shared && !panel.is_radar() {
                let relatives: Vec<&Panel> =
                    (0..panels.len()).filter(|other| same(other, which)).map(|other| &panels[other]).collect();
                span(&relatives, which)
            } else {
                span(&[panel], which)
            }
        };
        let spans = (family(Which::X, figure.shared_x), family(Which::Y, figure.shared_y));
        // The lowest panel of a column and the first of a row name the axes for the others.
        let names_x = !figure.shared_x || !(index + 1..panels.len()).any(|other| same(&other, Which::X));
        let names_y = !figure.shared_y || !(0..index).any(|other| same(&other, Which::Y));
        let title = style.fonts.wrap(&panel.title, frame.width + 12.0, TITLE, true, 3);
        let (body, margins) = if panel.is_radar() {
            let radar = Radar::new(panel, frame, style);
            let margins = radar.margins(style);
            (Body::Radar(radar), margins)
        } else {
            let cartesian = Cartesian::new(panel, spans, frame, (names_x, names_y), style);
            let margins = cartesian.margins();
            (Body::Cartesian(Box::new(cartesian)), margins)
        };
        Cell { body, title, margins, entries: legend::entries(panel, style) }
    };
    panels.iter().enumerate().map(cell).collect()
}

/// Whether legends stand inside the panels.
fn legend_inside(cells: &[Cell<'_>], frame: Rect, style: &Style) -> bool {
    let explained: Vec<&Cell<'_>> = cells.iter().filter(|cell| !cell.entries.is_empty()).collect();
    let repeated = explained.len() > 1 && explained.windows(2).all(|pair| pair[0].entries == pair[1].entries);
    !repeated && explained.iter().all(|cell| cell.has_room(frame, style))
}

impl Cell<'_> {
    fn has_room(&self, frame: Rect, style: &Style) -> bool {
        let Body::Cartesian(cartesian) = &self.body else { return false };
        if self.entries.len() > MOST_INSIDE {
            return false;
        }
        let block = Block::new(&self.entries, 1, style);
        let small = block.width() <= 0.62 * frame.width && block.height() <= 0.6 * frame.height;
        let obstacles = layers::obstacles(cartesian);
        small && legend::emptiest(frame, block.width(), block.height(), &obstacles).1 == 0
    }

    fn title_height(&self) -> f64 {
        self.title.len() as f64 * TITLE * LEADING
    }

    /// Everything, with the frame at the origin; `top` is the height between frame and title, alike for all in a row.
    fn draw(&self, inside: bool, frame: Rect, top: f64, style: &Style) -> Vec<Shape> {
        let mut shapes = match &self.body {
            Body::Cartesian(cartesian) => cartesian.draw(style),
            Body::Radar(radar) => radar.draw(style),
        };
        let first = frame.y - top - self.title_height() + 0.95 * TITLE;
        shapes.extend(style.lines((frame.x, first), &self.title, TITLE, Anchor::Start, true));
        if inside && !self.entries.is_empty() {
            let block = Block::new(&self.entries, 1, style);
            let obstacles = match &self.body {
                Body::Cartesian(cartesian) => layers::obstacles(cartesian),
                Body::Radar(_) => Vec::new(),
            };
            let (place, _) = legend::emptiest(frame, block.width(), block.height(), &obstacles);
            let wide =
                Rect { x: place.x - 4.0, y: place.y - 2.0, width: place.width + 8.0, height: place.height + 4.0 };
            let fill = crate::scene::Fill { colour: style.page.paper, opacity: 0.85 };
            shapes.push(Shape::rectangle(wide, Some(fill), None));
            block.draw((place.x, place.y), style, &mut shapes);
        }
        shapes
    }
}

/// Shapes, shifted.
fn moved(shapes: Vec<Shape>, x: f64, y: f64) -> Vec<Shape> {
    let rect = |frame: Rect| Rect { x: frame.x + x, y: frame.y + y, ..frame };
    let point = |(left, top): (f64, f64)| (left + x, top + y);
    let shift = |shape| match shape {
        Shape::Lines { lines, fill, stroke } => {
            let line = |line: Polyline| Polyline { points: line.points.into_iter().map(point).collect(), ..line };
            Shape::Lines { lines: lines.into_iter().map(line).collect(), fill, stroke }
        }
        Shape::Marks { symbol, size, points, fill, outline } => {
            Shape::Marks { symbol, size, points: points.into_iter().map(point).collect(), fill, outline }
        }
        Shape::Text(text) => Shape::Text(Text { x: text.x + x, y: text.y + y, ..text }),
        Shape::Image { frame, columns, rows, pixels, smooth } => {
            Shape::Image { frame: rect(frame), columns, rows, pixels, smooth }
        }
        Shape::Clipped { frame, shapes } => Shape::Clipped { frame: rect(frame), shapes: moved(shapes, x, y) },
    };
    shapes.into_iter().map(shift).collect()
}
