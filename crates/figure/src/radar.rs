//! A radar: spokes with closed outlines.

use std::f64::consts::TAU;

use crate::scene::{Anchor, Fill, Polyline, Rect, Shape, Stroke, Text};
use crate::style::{LEADING, Margins, Style, TICK};
use crate::ticks::brief;
use crate::{Layer, Outline, Panel, Spoke};

const LABEL_WIDTH: f64 = 96.0;
const RINGS: usize = 4;

pub(crate) struct Radar<'a> {
    panel: &'a Panel,
    frame: Rect,
    labels: Vec<Vec<String>>,
}

impl<'a> Radar<'a> {
    pub fn new(panel: &'a Panel, frame: Rect, style: &Style) -> Self {
        let same = panel.spokes.windows(2).all(|pair| pair[0].range == pair[1].range);
        let label = |spoke: &Spoke| {
            let mut lines = style.fonts.wrap(&spoke.label, LABEL_WIDTH, TICK, false, 2);
            if !same && spoke.range.0.is_finite() && spoke.range.1.is_finite() {
                lines.push(format!("({} – {})", brief(spoke.range.0), brief(spoke.range.1)));
            }
            lines
        };
        Self { panel, frame, labels: panel.spokes.iter().map(label).collect() }
    }

    fn centre(&self) -> (f64, f64) {
        (self.frame.x + self.frame.width / 2.0, self.frame.y + self.frame.height / 2.0)
    }

    fn radius(&self) -> f64 {
        self.frame.width.min(self.frame.height) / 2.0 - 4.0
    }

    /// Sine and cosine of a spoke, the first upwards, the others clockwise.
    fn direction(&self, spoke: usize) -> (f64, f64) {
        let angle = TAU * spoke as f64 / self.panel.spokes.len() as f64;
        (libm::sin(angle), -libm::cos(angle))
    }

    fn place(&self, spoke: usize, share: f64) -> (f64, f64) {
        let ((x, y), (right, down)) = (self.centre(), self.direction(spoke));
        (x + right * share * self.radius(), y + down * share * self.radius())
    }

    fn text_place(&self, spoke: usize) -> ((f64, f64), Anchor) {
        let (right, down) = self.direction(spoke);
        let (x, y) = self.place(spoke, 1.0);
        let height = self.labels[spoke].len() as f64 * TICK * LEADING;
        let anchor = match right {
            right if right > 0.2 => Anchor::Start,
            right if right < -0.2 => Anchor::End,
            _ => Anchor::Middle,
        };
        // The block of lines moves from above the end of the spoke, at the top, to below it, at the bottom.
        let top = y + 7.0 * down - height * (1.0 - down) / 2.0;
        ((x + 7.0 * right, top + 0.85 * TICK), anchor)
    }

    /// Room that the names need around the frame.
    pub fn margins(&self, style: &Style) -> Margins {
        let mut margins = Margins { left: 6.0, right: 6.0, top: 6.0, bottom: 6.0 };
        for (spoke, lines) in self.labels.iter().enumerate() {
            let width = lines.iter().map(|line| style.fonts.width(line, TICK, false)).fold(0.0, f64::max);
            let height = lines.len() as f64 * TICK * LEADING;
            let ((x, y), anchor) = self.text_place(spoke);
            let (left, right) = match anchor {
                Anchor::Start => (x, x + width),
                Anchor::Middle => (x - width / 2.0, x + width / 2.0),
                Anchor::End => (x - width, x),
            };
            let top = y - 0.85 * TICK;
            margins = margins.union(Margins {
                left: self.frame.x - left + 4.0,
                right: right - self.frame.right() + 4.0,
                top: self.frame.y - top + 4.0,
                bottom: top + height - self.frame.bottom() + 4.0,
            });
        }
        margins
    }

    pub fn draw(&self, style: &Style) -> Vec<Shape> {
        let mut shapes = Vec::new();
        let count = self.panel.spokes.len();
        let ring =
            |share: f64| Polyline { points: (0..count).map(|spoke| self.place(spoke, share)).collect(), closed: true };
        let spokes =
            (0..count).map(|spoke| Polyline { points: vec![self.centre(), self.place(spoke, 1.0)], closed: false });
        let inner = (1..RINGS).map(|index| ring(index as f64 / RINGS as f64));
        let grid = Stroke::solid(style.page.grid, 0.9);
        shapes.push(Shape::Lines { lines: inner.chain(spokes).collect(), fill: None, stroke: Some(grid) });
        let edge = Stroke { opacity: 0.6, ..Stroke::solid(style.page.frame, 0.9) };
        shapes.push(Shape::Lines { lines: vec![ring(1.0)], fill: None, stroke: Some(edge) });
        let outlines = self.panel.layers.iter().filter_map(|l| if let Layer::Outline(o) = l { Some(o) } else { None });
        outlines.clone().for_each(|outline| self.outline(outline, true, style, &mut shapes));
        outlines.for_each(|outline| self.outline(outline, false, style, &mut shapes));
        for (spoke, lines) in self.labels.iter().enumerate() {
            let (place, anchor) = self.text_place(spoke);
            shapes.extend(style.lines(place, lines, TICK, anchor, false));
        }
        self.scale(style, &mut shapes);
        shapes
    }

    /// The values of the rings, where all spokes have the same.
    fn scale(&self, style: &Style, shapes: &mut Vec<Shape>) {
        let Some(first) = self.panel.spokes.first() else { return };
        let finite = first.range.0.is_finite() && first.range.1.is_finite();
        if !finite || self.panel.spokes.iter().any(|spoke| spoke.range != first.range) {
            return;
        }
        for index in 1..=RINGS {
            let share = index as f64 / RINGS as f64;
            let value = first.range.0 * (1.0 - share) + first.range.1 * share;
            let (x, y) = self.place(0, share);
            let place = (x + 3.0, y + if index == RINGS { 9.0 } else { 3.0 });
            let text = style.text(place, brief(value), 8.5, Anchor::Start);
            // Lines run behind the numbers; the page shines through less of them there.
            let width = style.fonts.width(&text.marked_up, text.size, false);
            let behind = Rect { x: place.0 - 1.0, y: place.1 - 7.5, width: width + 2.0, height: 9.0 };
            shapes.push(Shape::rectangle(behind, Some(Fill { colour: style.page.paper, opacity: 0.7 }), None));
            shapes.push(Shape::Text(Text { colour: style.page.muted, ..text }));
        }
    }

    fn share(&self, spoke: usize, value: f64) -> Option<f64> {
        let (low, high) = self.panel.spokes.get(spoke)?.range;
        let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        // Beyond the ends of a spoke there is nothing to read.
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }

    fn outline(&self, outline: &Outline, filled: bool, style: &Style, shapes: &mut Vec<Shape>) {
        let colour = style.colour(&outline.label, outline.colour);
        let count = self.panel.spokes.len();
        let places: Vec<Option<(f64, f64)>> = (0..count)
            .map(|spoke| {
                let value = outline.values.get(spoke).copied().filter(|value| value.is_finite())?;
                Some(self.place(spoke, self.share(spoke, value)?))
            })
            .collect();
        let whole: Option<Vec<(f64, f64)>> = places.iter().copied().collect();
        if filled {
            if let Some(points) = whole {
                shapes.push(Shape::area(points, Fill { colour, opacity: 0.07 }));
            }
            return;
        }
        let stroke = Style::stroke(colour, 1.6, style.dash(&outline.label, outline.colour, outline.dash));
        let lines = if let Some(points) = whole {
            vec![Polyline { points, closed: true }]
        } else {
            // Neighbours are joined, the gap is not bridged.
            let pair = |spoke: usize| Some(vec![places[spoke]?, places[(spoke + 1) % count]?]);
            (0..count).filter_map(pair).map(|points| Polyline { points, closed: false }).collect()
        };
        shapes.push(Shape::Lines { lines, fill: None, stroke: Some(stroke) });
        let points: Vec<(f64, f64)> = places.into_iter().flatten().collect();
        let fill = Fill { colour, opacity: 1.0 };
        shapes.push(Shape::Marks { symbol: crate::Symbol::Circle, size: 4.0, points, fill, outline: None });
    }
}
