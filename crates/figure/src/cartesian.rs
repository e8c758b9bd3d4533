//! A panel with an x and a y axis: its margins, what is on it, its axes.

use crate::extent::Span;
use crate::mapping::Mapping;
use crate::scene::{Anchor, Polyline, Rect, Shape, Stroke, Text};
use crate::style::{LABEL, LEADING, Margins, Style, TICK};
use crate::ticks::Ticks;
use crate::{Field, Layer, Panel, field, layers};

const TICK_LENGTH: f64 = 3.5;
const COLOUR_BAR: f64 = 9.0;
/// Longest name of a category, in pixels.
const LONGEST: f64 = 170.0;

/// A panel whose axes are settled, around a frame with its upper left corner at the origin.
pub(crate) struct Cartesian<'a> {
    pub panel: &'a Panel,
    pub x: Mapping,
    pub y: Mapping,
    pub frame: Rect,
    x_ticks: Ticks,
    y_ticks: Ticks,
    x_names: XNames,
    shown: (bool, bool),
    margins: Margins,
}

/// How the names below the x axis are written.
enum XNames {
    Level(Vec<Vec<String>>),
    Slanted(Vec<String>),
}

impl<'a> Cartesian<'a> {
    /// `shown`: whether the x and the y axis are named here, or by another panel that shares them.
    pub fn new(panel: &'a Panel, (x, y): (Span, Span), frame: Rect, shown: (bool, bool), style: &Style) -> Self {
        let mut x = Mapping { warp: x.warp, low: x.low, high: x.high, start: frame.x, end: frame.right() };
        let mut y = Mapping { warp: y.warp, low: y.low, high: y.high, start: frame.bottom(), end: frame.y };
        if panel.equal_axes {
            equalise(&mut x, &mut y);
        }
        let x_ticks = if panel.x.categories.is_empty() {
            fewest_that_fit(&x, frame.width, style)
        } else {
            Ticks::categories(&panel.x.categories)
        };
        let y_ticks = if panel.y.categories.is_empty() {
            Ticks::new(&y, (frame.height / 34.0) as usize)
        } else {
            let short = |name: &String| style.fonts.wrap(name, LONGEST, TICK, false, 1).join("");
            Ticks::categories(&panel.y.categories.iter().map(short).collect::<Vec<_>>())
        };
        let x_names = x_names(panel, &x_ticks, frame.width, style);
        let mut cartesian = Self { panel, x, y, frame, x_ticks, y_ticks, x_names, shown, margins: Margins::default() };
        cartesian.margins = cartesian.measure(style);
        cartesian
    }

    pub fn margins(&self) -> Margins {
        self.margins
    }

    fn y_name_width(&self, style: &Style) -> f64 {
        self.y_ticks.major.iter().map(|(_, name)| style.fonts.width(name, TICK, false)).fold(0.0, f64::max)
    }

    fn x_label(&self, style: &Style) -> Vec<String> {
        style.fonts.wrap(&self.panel.x.label, self.frame.width + 30.0, LABEL, false, 2)
    }

    fn y_label(&self, style: &Style) -> Vec<String> {
        style.fonts.wrap(&self.panel.y.label, self.frame.height + 20.0, LABEL, false, 2)
    }

    fn x_name_height(&self, style: &Style) -> f64 {
        match &self.x_names {
            XNames::Level(names) => names.iter().map(Vec::len).max().unwrap_or(0).max(1) as f64 * TICK * LEADING,
            XNames::Slanted(names) => {
                let longest = names.iter().map(|name| style.fonts.width(name, TICK, false)).fold(0.0, f64::max);
                longest * SLANT.sin() + TICK * 1.1
            }
        }
    }

    fn measure(&self, style: &Style) -> Margins {
        let mut margins = Margins { left: 8.0, right: 8.0, top: 6.0, bottom: 8.0 };
        if self.shown.1 {
            let label = self.y_label(style).len() as f64 * LABEL * LEADING;
            margins.left = TICK_LENGTH + 3.0 + self.y_name_width(style) + if label > 0.0 { 5.0 + label } else { 4.0 };
        }
        if self.shown.0 {
            let label = self.x_label(style).len() as f64 * LABEL * LEADING;
            let note = if self.x_ticks.note.is_empty() || label > 0.0 { 0.0 } else { TICK * LEADING };
            margins.bottom = TICK_LENGTH + 3.0 + self.x_name_height(style) + 3.0 + label + note;
            // The names at the ends of the axis stick out.
            if let XNames::Level(names) = &self.x_names {
                let half = |name: &Vec<String>| {
                    name.iter().map(|line| style.fonts.width(line, TICK, false)).fold(0.0, f64::max) / 2.0
                };
                for ((value, _), name) in self.x_ticks.major.iter().zip(names) {
                    let Some(place) = self.x.pixel(*value) else { continue };
                    margins.right = margins.right.max(place + half(name) + 2.0 - self.frame.right());
                    margins.left = margins.left.max(half(name) + 2.0 - (place - self.frame.x));
                }
            } else if let (XNames::Slanted(names), Some((value, _))) = (&self.x_names, self.x_ticks.major.first()) {
                let place = self.x.pixel(*value).unwrap_or(self.frame.x) - self.frame.x;
                let width = names.first().map_or(0.0, |name| style.fonts.width(name, TICK, false));
                margins.left = margins.left.max(width * SLANT.cos() - place + 4.0);
            }
        }
        if self.shown.1 && !self.y_ticks.note.is_empty() {
            margins.top += TICK * 1.2;
        }
        if let Some((_, ticks)) = self.colour_bar() {
            let names = ticks.major.iter().map(|(_, name)| style.fonts.width(name, TICK, false)).fold(0.0, f64::max);
            margins.right = margins.right.max(10.0 + COLOUR_BAR + TICK_LENGTH + 3.0 + names + 4.0 + LABEL * LEADING);
        }
        margins
    }

    /// The first field with a name, and the ticks of its scale.
    fn colour_bar(&self) -> Option<(&Field, Ticks)> {
        let named = self.panel.layers.iter().find_map(|layer| match layer {
            Layer::Field(field) if !field.label.is_empty() => Some(field),
            _ => None,
        })?;
        let (low, high) = field::limits(named);
        let mapping =
            Mapping { warp: crate::mapping::Warp::Linear, low, high, start: self.frame.bottom(), end: self.frame.y };
        Some((named, Ticks::new(&mapping, (self.frame.height / 34.0) as usize)))
    }

    /// Everything, with the frame at the origin.
    pub fn draw(&self, style: &Style) -> Vec<Shape> {
        let mut shapes = Vec::new();
        let fields = self.panel.layers.iter().any(|layer| matches!(layer, Layer::Field(_)));
        if !fields {
            self.grid(style, &mut shapes);
        }
        shapes.push(Shape::Clipped { frame: self.frame, shapes: layers::draw(self, style) });
        let stroke = Stroke::solid(style.page.frame, 0.9);
        if fields {
            shapes.push(Shape::rectangle(self.frame, None, Some(stroke)));
        } else {
            let Rect { x, y, .. } = self.frame;
            let corner = (x, self.frame.bottom());
            shapes.push(Shape::line(vec![(x, y), corner, (self.frame.right(), corner.1)], stroke));
        }
        self.x_axis(style, &mut shapes);
        self.y_axis(style, &mut shapes);
        self.draw_colour_bar(style, &mut shapes);
        shapes
    }

    fn places(&self) -> (Vec<f64>, Vec<f64>) {
        let places = |ticks: &Ticks, mapping: &Mapping| {
            ticks.major.iter().filter_map(|(value, _)| mapping.pixel(*value)).collect()
        };
        (places(&self.x_ticks, &self.x), places(&self.y_ticks, &self.y))
    }

    fn grid(&self, style: &Style, shapes: &mut Vec<Shape>) {
        let (across, down) = self.places();
        let mut lines = Vec::new();
        if self.panel.x.categories.is_empty() {
            let line = |x: f64| vec![(x, self.frame.y), (x, self.frame.bottom())];
            lines.extend(across.into_iter().map(line));
        }
        if self.panel.y.categories.is_empty() {
            let line = |y: f64| vec![(self.frame.x, y), (self.frame.right(), y)];
            lines.extend(down.into_iter().map(line));
        }
        if !lines.is_empty() {
            let lines = lines.into_iter().map(|points| Polyline { points, closed: false }).collect();
            shapes.push(Shape::Lines { lines, fill: None, stroke: Some(Stroke::solid(style.page.grid, 0.8)) });
        }
    }

    fn x_axis(&self, style: &Style, shapes: &mut Vec<Shape>) {
        let bottom = self.frame.bottom();
        let mark = |x: f64, length: f64| Polyline { points: vec![(x, bottom), (x, bottom + length)], closed: false };
        let mut marks = Vec::new();
        if self.panel.x.categories.is_empty() {
            marks.extend(self.places().0.into_iter().map(|x| mark(x, TICK_LENGTH)));
            marks.extend(self.x_ticks.minor.iter().filter_map(|value| self.x.pixel(*value)).map(|x| mark(x, 2.0)));
        }
        add_marks(marks, style, shapes);
        if !self.shown.0 {
            return;
        }
        let first = bottom + TICK_LENGTH + 3.0;
        let stride = self.stride();
        for (index, (value, _)) in self.x_ticks.major.iter().enumerate().filter(|(index, _)| index % stride == 0) {
            let Some(x) = self.x.pixel(*value) else { continue };
            match &self.x_names {
                XNames::Level(names) => {
                    shapes.extend(style.lines((x, first + 0.8 * TICK), &names[index], TICK, Anchor::Middle, false));
                }
                XNames::Slanted(names) => {
                    let place = (x + 3.0, first + 0.6 * TICK);
                    let text = style.text(place, names[index].clone(), TICK, Anchor::End);
                    shapes.push(Shape::Text(Text { turn: -SLANT.to_degrees(), ..text }));
                }
            }
        }
        let label = first + self.x_name_height(style) + 3.0 + 0.85 * LABEL;
        let centre = self.frame.x + self.frame.width / 2.0;
        shapes.extend(style.lines((centre, label), &self.x_label(style), LABEL, Anchor::Middle, false));
        if !self.x_ticks.note.is_empty() {
            let place = (self.frame.right(), label);
            shapes.push(Shape::Text(style.text(place, self.x_ticks.note.clone(), TICK, Anchor::End)));
        }
    }

    /// Of slanted names that would touch each other, every how many are written.
    fn stride(&self) -> usize {
        match self.x_names {
            XNames::Level(_) => 1,
            XNames::Slanted(_) => {
                let between = self.frame.width / self.x_ticks.major.len().max(1) as f64;
                (TICK * 1.2 / between).ceil().max(1.0) as usize
            }
        }
    }

    fn y_axis(&self, style: &Style, shapes: &mut Vec<Shape>) {
        let left = self.frame.x;
        let mark = |y: f64, length: f64| Polyline { points: vec![(left - length, y), (left, y)], closed: false };
        let mut marks = Vec::new();
        if self.panel.y.categories.is_empty() {
            marks.extend(self.places().1.into_iter().map(|y| mark(y, TICK_LENGTH)));
            marks.extend(self.y_ticks.minor.iter().filter_map(|value| self.y.pixel(*value)).map(|y| mark(y, 2.0)));
        }
        add_marks(marks, style, shapes);
        if !self.shown.1 {
            return;
        }
        let right = left - TICK_LENGTH - 3.0;
        let between = self.frame.height / self.y_ticks.major.len().max(1) as f64;
        let stride =
            if self.panel.y.categories.is_empty() { 1 } else { (TICK * 1.1 / between).ceil().max(1.0) as usize };
        for (value, name) in self.y_ticks.major.iter().step_by(stride) {
            let Some(y) = self.y.pixel(*value) else { continue };
            shapes.push(Shape::Text(style.text((right, y + 0.36 * TICK), name.clone(), TICK, Anchor::End)));
        }
        let lines = self.y_label(style);
        let nearest = right - self.y_name_width(style) - 5.0 - 0.25 * LABEL;
        let middle = self.frame.y + self.frame.height / 2.0;
        for (index, line) in lines.iter().rev().enumerate() {
            let place = (nearest - index as f64 * LABEL * LEADING, middle);
            shapes.push(Shape::Text(Text { turn: -90.0, ..style.text(place, line.clone(), LABEL, Anchor::Middle) }));
        }
        if !self.y_ticks.note.is_empty() {
            let place = (left - TICK_LENGTH, self.frame.y - 6.0);
            shapes.push(Shape::Text(style.text(place, self.y_ticks.note.clone(), TICK, Anchor::Start)));
        }
    }

    fn draw_colour_bar(&self, style: &Style, shapes: &mut Vec<Shape>) {
        let Some((named, ticks)) = self.colour_bar() else { return };
        let (low, high) = field::limits(named);
        let frame = Rect { x: self.frame.right() + 10.0, width: COLOUR_BAR, ..self.frame };
        let steps = 64;
        let scale = Field {
            columns: 1,
            values: (0..steps).map(|step| low + (high - low) * f64::from(step) / f64::from(steps - 1)).collect(),
            limits: Some((low, high)),
            smooth: false,
            ..named.clone()
        };
        if let Some(pixels) = field::image(&scale) {
            let field::Pixels { columns, rows, bytes } = pixels;
            shapes.push(Shape::Image { frame, columns, rows, pixels: bytes, smooth: false });
        }
        shapes.push(Shape::rectangle(frame, None, Some(Stroke::solid(style.page.frame, 0.7))));
        let mapping = Mapping { warp: crate::mapping::Warp::Linear, low, high, start: frame.bottom(), end: frame.y };
        let (mut marks, mut widest) = (Vec::new(), 0.0_f64);
        for (value, name) in &ticks.major {
            let Some(y) = mapping.pixel(*value) else { continue };
            marks.push(Polyline { points: vec![(frame.right(), y), (frame.right() + 2.5, y)], closed: false });
            let place = (frame.right() + TICK_LENGTH + 2.0, y + 0.36 * TICK);
            shapes.push(Shape::Text(style.text(place, name.clone(), TICK, Anchor::Start)));
            widest = widest.max(style.fonts.width(name, TICK, false));
        }
        add_marks(marks, style, shapes);
        let note = if ticks.note.is_empty() { String::new() } else { format!(" ({})", ticks.note) };
        let label = style.fonts.wrap(&format!("{}{note}", named.label), frame.height + 20.0, LABEL, false, 1).join("");
        let place = (frame.right() + TICK_LENGTH + 2.0 + widest + 4.0 + 0.85 * LABEL, frame.y + frame.height / 2.0);
        shapes.push(Shape::Text(Text { turn: -90.0, ..style.text(place, label, LABEL, Anchor::Middle) }));
    }
}

const SLANT: f64 = std::f64::consts::PI / 5.0;

fn add_marks(marks: Vec<Polyline>, style: &Style, shapes: &mut Vec<Shape>) {
    if !marks.is_empty() {
        shapes.push(Shape::Lines { lines: marks, fill: None, stroke: Some(Stroke::solid(style.page.frame, 0.9)) });
    }
}

/// Lengthens one axis until a unit is equally long on both.
fn equalise(x: &mut Mapping, y: &mut Mapping) {
    let unit = |mapping: &Mapping| (mapping.high - mapping.low) / (mapping.end - mapping.start).abs();
    let largest = unit(x).max(unit(y));
    if !largest.is_finite() {
        return;
    }
    for mapping in [x, y] {
        let (centre, half) =
            (f64::midpoint(mapping.low, mapping.high), largest * (mapping.end - mapping.start).abs() / 2.0);
        (mapping.low, mapping.high) = (centre - half, centre + half);
    }
}

/// As many ticks as have room for their names beside each other.
fn fewest_that_fit(x: &Mapping, width: f64, style: &Style) -> Ticks {
    let most = (width / 42.0).clamp(2.0, 9.0) as usize;
    let fits = |ticks: &Ticks| {
        let spans: Vec<(f64, f64)> = ticks
            .major
            .iter()
            .filter_map(|(value, name)| Some((x.pixel(*value)?, style.fonts.width(name, TICK, false) / 2.0)))
            .collect();
        spans.windows(2).all(|pair| pair[1].0 - pair[1].1 - (pair[0].0 + pair[0].1) >= 7.0)
    };
    (2..=most).rev().map(|room| Ticks::new(x, room)).find(fits).unwrap_or_else(|| Ticks::new(x, 2))
}

fn x_names(panel: &Panel, ticks: &Ticks, width: f64, style: &Style) -> XNames {
    let names = ticks.major.iter().map(|(_, name)| name);
    if panel.x.categories.is_empty() {
        return XNames::Level(names.map(|name| vec![name.clone()]).collect());
    }
    let room = width / ticks.major.len().max(1) as f64 - 6.0;
    let fits = |text: &str| style.fonts.width(text, TICK, false) <= room;
    let broken: Vec<Vec<String>> = names.clone().map(|name| style.fonts.wrap(name, room, TICK, false, 2)).collect();
    let whole = names.clone().zip(&broken).all(|(name, lines)| {
        fits(name)
            || (name.split_whitespace().all(fits) && lines.join(" ").split_whitespace().eq(name.split_whitespace()))
    });
    if whole {
        XNames::Level(broken)
    } else {
        XNames::Slanted(names.map(|name| style.fonts.wrap(name, LONGEST, TICK, false, 1).join("")).collect())
    }
}
