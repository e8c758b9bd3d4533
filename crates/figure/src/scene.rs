//! What is on the page, in pixels: the one description that both renderers draw.

use crate::Symbol;
use crate::colour::Rgb;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn right(self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(self) -> f64 {
        self.y + self.height
    }

    pub fn contains(self, (x, y): (f64, f64)) -> bool {
        x >= self.x && x <= self.right() && y >= self.y && y <= self.bottom()
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Fill {
    pub colour: Rgb,
    pub opacity: f64,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Stroke {
    pub colour: Rgb,
    pub opacity: f64,
    pub width: f64,
    /// Lengths of strokes and gaps; empty for a solid line.
    pub dashes: Vec<f64>,
}

impl Stroke {
    pub fn solid(colour: Rgb, width: f64) -> Self {
        Self { colour, opacity: 1.0, width, dashes: Vec::new() }
    }
}

/// Points joined by lines.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Polyline {
    pub points: Vec<(f64, f64)>,
    pub closed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Shape {
    Lines {
        lines: Vec<Polyline>,
        fill: Option<Fill>,
        stroke: Option<Stroke>,
    },
    Marks {
        symbol: Symbol,
        size: f64,
        points: Vec<(f64, f64)>,
        fill: Fill,
        outline: Option<Rgb>,
    },
    Text(Text),
    /// Rows of red, green, blue, opacity; the first row at the top.
    Image {
        frame: Rect,
        columns: usize,
        rows: usize,
        pixels: Vec<u8>,
        smooth: bool,
    },
    Clipped {
        frame: Rect,
        shapes: Vec<Shape>,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Text {
    pub x: f64,
    /// Of the base line.
    pub y: f64,
    pub marked_up: String,
    pub size: f64,
    pub bold: bool,
    pub anchor: Anchor,
    /// Degrees, clockwise, about `(x, y)`.
    pub turn: f64,
    pub colour: Rgb,
}

impl Shape {
    pub fn line(points: Vec<(f64, f64)>, stroke: Stroke) -> Self {
        Self::Lines { lines: vec![Polyline { points, closed: false }], fill: None, stroke: Some(stroke) }
    }

    /// A filled area.
    pub fn area(points: Vec<(f64, f64)>, fill: Fill) -> Self {
        Self::Lines { lines: vec![Polyline { points, closed: true }], fill: Some(fill), stroke: None }
    }

    pub fn rectangle(frame: Rect, fill: Option<Fill>, stroke: Option<Stroke>) -> Self {
        let points = vec![
            (frame.x, frame.y),
            (frame.right(), frame.y),
            (frame.right(), frame.bottom()),
            (frame.x, frame.bottom()),
        ];
        Self::Lines { lines: vec![Polyline { points, closed: true }], fill, stroke }
    }
}

/// The corners of a symbol around the origin; nothing for a circle, whose radius is `size / 2`. Sizes are such that
/// symbols cover about equal areas.
pub(crate) fn outline(symbol: Symbol, size: f64) -> Vec<Polyline> {
    let closed = |points: &[(f64, f64)]| {
        let points = points.iter().map(|(x, y)| (x * size, y * size)).collect();
        vec![Polyline { points, closed: true }]
    };
    match symbol {
        Symbol::Circle => Vec::new(),
        Symbol::Square => closed(&[(-0.44, -0.44), (0.44, -0.44), (0.44, 0.44), (-0.44, 0.44)]),
        Symbol::Diamond => closed(&[(0.0, -0.62), (0.62, 0.0), (0.0, 0.62), (-0.62, 0.0)]),
        Symbol::Triangle => closed(&[(0.0, -0.68), (0.6, 0.42), (-0.6, 0.42)]),
        Symbol::TriangleDown => closed(&[(0.0, 0.68), (-0.6, -0.42), (0.6, -0.42)]),
        Symbol::Plus => strokes(&[[(-0.55, 0.0), (0.55, 0.0)], [(0.0, -0.55), (0.0, 0.55)]], size),
        Symbol::Cross => strokes(&[[(-0.42, -0.42), (0.42, 0.42)], [(-0.42, 0.42), (0.42, -0.42)]], size),
    }
}

fn strokes(pairs: &[[(f64, f64); 2]], size: f64) -> Vec<Polyline> {
    let line = |pair: &[(f64, f64); 2]| Polyline {
        points: pair.iter().map(|(x, y)| (x * size, y * size)).collect(),
        closed: false,
    };
    pairs.iter().map(line).collect()
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Scene {
    pub width: f64,
    pub height: f64,
    pub paper: Rgb,
    pub ink: Rgb,
    /// What the figure is called, for readers who cannot see it.
    pub title: String,
    pub shapes: Vec<Shape>,
}
