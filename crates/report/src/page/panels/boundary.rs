//! What the network says on the plane.

use super::Section;
use crate::page::boundary::{Boundary, Surface};
use crate::page::data::{Data, Plane};
use crate::page::document::Page;
use crate::page::number::Rounded;
use crate::page::run::Extra;
use maud::html;

/// Training examples drawn at most.
const POINTS: usize = 2_000;

pub(super) fn panel(page: &Page<'_>, data: &mut Data) -> Option<Section> {
    let mut figures = Vec::new();
    for (run, read) in page.runs.iter().enumerate() {
        let id = format!("plane-{run}");
        let (caption, is_drawn) = match &read.boundary {
            Extra::None => continue,
            Extra::Missing(reason) => (reason.clone(), false),
            Extra::Here(boundary) => {
                data.add_plane(plane(&id, boundary));
                (legend(boundary), true)
            }
        };
        figures.push(html! {
            figure.plane id=(id) {
                figcaption {
                    div.head { h3 { @if page.runs.len() > 1 { (read.name) } @else { "at the end of training" } } output.now {} }
                    p.meaning { (caption) }
                }
                @if is_drawn { div.plot {} }
            }
        });
    }
    if figures.is_empty() {
        return None;
    }
    Some(Section {
        id: "boundary",
        title: "On the plane".to_owned(),
        short: "Plane",
        lead: Some("The inputs are two numbers, so all that the network says can be seen.".to_owned()),
        body: html! { div.grid { @for figure in &figures { (figure) } } },
    })
}

fn legend(boundary: &Boundary) -> String {
    let points = boundary.points.len().min(POINTS);
    let corrupt = if boundary.points.iter().any(|point| point.corrupt) { "; crosses carry a wrong label" } else { "" };
    match &boundary.surface {
        Surface::Classes { probability, .. } => {
            let certain = if probability.is_some() { ", the stronger the more certain" } else { "" };
            format!(
                "Colour: the class predicted{certain}. Lines: where it changes. Marks: {points} training examples in the \
                 colour of their given class{corrupt}."
            )
        }
        Surface::Values(_) => {
            format!("Colour: the output. Marks: {points} training examples in the colour of their value.")
        }
    }
}

fn plane(id: &str, boundary: &Boundary) -> Plane {
    let Boundary { side, x, y, surface, points } = boundary;
    let (classes, class, value) = match surface {
        Surface::Classes { classes, class, probability } => {
            (*classes, class.clone(), probability.clone().unwrap_or_else(|| vec![1.0; class.len()]))
        }
        Surface::Values(values) => (0, Vec::new(), values.clone()),
    };
    // Every so many of them, so that no class is left out.
    let stride = points.len().div_ceil(POINTS).max(1);
    let points = points.iter().step_by(stride);
    let points = points
        .map(|point| (Rounded(point.x), Rounded(point.y), Rounded(point.target), u8::from(point.corrupt)))
        .collect();
    let range = |(low, high): (f64, f64)| (Rounded(low), Rounded(high));
    let value = value.into_iter().map(Rounded).collect();
    Plane { id: id.to_owned(), side: *side, x: range(*x), y: range(*y), classes, class, value, points }
}
