//! What all parts of one figure share: fonts, and the colour of each label.

use crate::colour::{CLASSES, PAGE, Page, Rgb};
use crate::scene::{Anchor, Shape, Stroke, Text};
use crate::text::Fonts;
use crate::{Colour, Dash, Figure, Layer};

/// Size of the names of ticks.
pub(crate) const TICK: f64 = 10.0;
/// Size of the names of axes.
pub(crate) const LABEL: f64 = 11.0;
/// Size of the titles of panels.
pub(crate) const TITLE: f64 = 11.5;
/// Size of the title of the figure.
pub(crate) const HEADING: f64 = 14.0;
/// Distance between two lines of text, relative to its size.
pub(crate) const LEADING: f64 = 1.25;

pub(crate) struct Style {
    pub page: Page,
    pub fonts: Fonts,
    /// Labels without a colour of their own, in order of appearance.
    labels: Vec<String>,
    /// Colours of labels that some layer gives one; the first one counts.
    own: Vec<(String, Colour)>,
    /// Classes of the palette that no layer asks for, or all of them where none is left.
    classes: Vec<usize>,
}

impl Style {
    pub fn new(figure: &Figure) -> Self {
        let mut labels: Vec<String> = Vec::new();
        let mut given: Vec<(String, Colour)> = Vec::new();
        let mut taken = [false; CLASSES];
        for layer in figure.panels.iter().flat_map(|panel| &panel.layers) {
            let (label, colour) = match layer {
                Layer::Line(line) => (&line.label, line.colour),
                Layer::Scatter(scatter) => (&scatter.label, scatter.colour),
                Layer::Bars(bars) => (&bars.label, bars.colour),
                Layer::Outline(outline) => (&outline.label, outline.colour),
                Layer::Field(_) => continue,
            };
            if let Some(Colour::Class(class)) = colour {
                taken[class % CLASSES] = true;
            }
            match colour {
                _ if label.is_empty() => {}
                Some(colour) if !given.iter().any(|(known, _)| known == label) => given.push((label.clone(), colour)),
                None if !labels.contains(label) => labels.push(label.clone()),
                _ => {}
            }
        }
        labels.retain(|label| !given.iter().any(|(known, _)| known == label));
        let free: Vec<usize> = (0..CLASSES).filter(|class| !taken[*class]).collect();
        let classes = if free.is_empty() { (0..CLASSES).collect() } else { free };
        Self { page: PAGE, fonts: Fonts::new(), labels, own: given, classes }
    }

    fn place(&self, label: &str) -> usize {
        self.labels.iter().position(|known| known == label).unwrap_or(0)
    }

    /// The colour of a layer.
    pub fn colour(&self, label: &str, own: Option<Colour>) -> Rgb {
        let given = || self.own.iter().find(|(known, _)| known == label).map(|(_, colour)| *colour);
        let class = self.classes[self.place(label) % self.classes.len()];
        own.or_else(given).unwrap_or(Colour::Class(class)).rgb()
    }

    /// The style of a line: its own, or another one where its label shares a colour with an earlier one.
    pub fn dash(&self, label: &str, own: Option<Colour>, dash: Dash) -> Dash {
        const STYLES: [Dash; 4] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted];
        let round = match own {
            Some(Colour::Class(class)) => class / CLASSES,
            Some(_) => 0,
            None => self.place(label) / self.classes.len(),
        };
        if dash == Dash::Solid { STYLES[round.min(3)] } else { dash }
    }

    pub fn stroke(colour: Rgb, width: f64, dash: Dash) -> Stroke {
        let dashes: &[f64] = match dash {
            Dash::Solid => &[],
            Dash::Dashed => &[4.0, 3.0],
            Dash::Dotted => &[0.1, 2.0],
            Dash::DashDotted => &[4.5, 2.4, 0.1, 2.4],
        };
        let dashes = dashes.iter().map(|length| length * width.max(1.0)).collect();
        Stroke { colour, opacity: 1.0, width, dashes }
    }

    pub fn text(&self, (x, y): (f64, f64), text: impl Into<String>, size: f64, anchor: Anchor) -> Text {
        Text { x, y, marked_up: text.into(), size, bold: false, anchor, turn: 0.0, colour: self.page.ink }
    }

    /// Lines of text below each other; `y` is the base line of the first.
    pub fn lines(&self, (x, y): (f64, f64), lines: &[String], size: f64, anchor: Anchor, bold: bool) -> Vec<Shape> {
        let line = |(index, line): (usize, &String)| {
            let place = (x, y + index as f64 * size * LEADING);
            Shape::Text(Text { bold, ..self.text(place, line.clone(), size, anchor) })
        };
        lines.iter().enumerate().map(line).collect()
    }
}

/// Room around the inner frame of a panel.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Margins {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Margins {
    pub fn union(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            right: self.right.max(other.right),
            top: self.top.max(other.top),
            bottom: self.bottom.max(other.bottom),
        }
    }
}
