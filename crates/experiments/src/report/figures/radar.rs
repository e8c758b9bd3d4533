//! Radars: one spoke for each way in which conditions get worse, one outline for each value of an axis.

use super::{Facet, Frame, Painter, join};
use crate::schema::{FigureSpec, SpokeSpec};
use consilience_figure::{Outline, Panel};

impl Painter<'_> {
    pub(super) fn radar(&self, spec: &FigureSpec, frame: &Frame) -> Panel {
        let colour = self.facet(spec.colour.as_ref(), false);
        let mut outlines = Vec::new();
        for (_, group) in self.outlined(frame, &colour).into_iter().filter(|(_, group)| !group.is_empty()) {
            let values: Vec<f64> = spec.spokes.iter().map(|spoke| self.spoke(spec, spoke, &group).mean).collect();
            let (index, label) = self.of_facet(spec, frame, &colour, group[0], "");
            outlines.push(Outline::new(label, values).colour(self.colour(&colour, index)));
        }
        let finite = || outlines.iter().flat_map(|outline| &outline.values).copied().filter(|value| value.is_finite());
        let data = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let (low, high) = spec.y_limits.map_or(data, |limits| (limits[0], limits[1]));
        let panel = Panel::radar(spec.spokes.iter().map(|spoke| spoke.label.clone()), low, high);
        outlines.into_iter().fold(panel, Panel::outline)
    }

    /// What the outlines of a radar do not show, in sentences: values of the axis that have none, and spokes that an outline
    /// leaves out or takes from a part of its cells.
    pub(super) fn radar_gaps(&self, spec: &FigureSpec, frame: &Frame) -> Vec<String> {
        let colour = self.facet(spec.colour.as_ref(), false);
        let at = |label: &str| join(&frame.title, label);
        let mut notes = Vec::new();
        for (label, group) in self.outlined(frame, &colour) {
            if group.is_empty() {
                notes.push(format!("{} is not drawn: none of its runs is part of this figure.", at(&label)));
                continue;
            }
            let spokes: Vec<(&SpokeSpec, Spoke)> =
                spec.spokes.iter().map(|spoke| (spoke, self.spoke(spec, spoke, &group))).collect();
            let names = |wanted: &dyn Fn(&Spoke) -> bool| -> Vec<&str> {
                let wanted = spokes.iter().filter(|(_, found)| wanted(found));
                wanted.map(|(spoke, _)| spoke.label.as_str()).collect()
            };
            let none = names(&|spoke| spoke.defined == 0);
            let part = names(&|spoke| spoke.defined > 0 && spoke.defined < spoke.cells);
            if none.len() == spokes.len() {
                notes.push(format!("{} is not drawn: it has no number on any spoke.", at(&label)));
            } else if !none.is_empty() {
                notes.push(format!("{} has no number on these spokes: {}.", at(&label), none.join(", ")));
            }
            if !part.is_empty() {
                let spokes = part.join(", ");
                notes.push(format!("{} is undefined in some of the runs behind these spokes: {spokes}.", at(&label)));
            }
        }
        notes
    }

    /// The values of the axis that differs in colour, with their cells; all cells together when none does.
    fn outlined(&self, frame: &Frame, colour: &Facet) -> Vec<(String, Vec<usize>)> {
        let Some(axis) = colour.axis else { return vec![(String::new(), frame.cells.clone())] };
        let of = |value: usize| {
            let cells = frame.cells.iter().copied().filter(|&cell| self.grid.cells[cell].0[axis] == value);
            (self.value_label(axis, value), cells.collect())
        };
        (0..self.grid.axes[axis].values.len()).map(of).collect()
    }

    /// The mean over those cells of an outline that lie on a spoke.
    fn spoke(&self, spec: &FigureSpec, spoke: &SpokeSpec, group: &[usize]) -> Spoke {
        let name = spoke.measure.clone().or_else(|| spec.value.clone()).unwrap_or_default();
        let on = || group.iter().filter(|&&cell| self.grid.is_selected(cell, &spoke.at));
        let found: Vec<f64> = on()
            .filter_map(|&cell| self.results.get(&name, cell))
            .map(|found| self.factor(&name) * found.mean)
            .collect();
        Spoke { mean: found.iter().sum::<f64>() / found.len() as f64, defined: found.len(), cells: on().count() }
    }
}

/// A number on a spoke.
struct Spoke {
    /// Not a number where no cell has one.
    mean: f64,
    /// Cells that have a number.
    defined: usize,
    /// Cells that lie on the spoke.
    cells: usize,
}
