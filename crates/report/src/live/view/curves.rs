//! Curves over the steps.

use super::Choice;
use super::axis::{self, Scale};
use super::palette::{Palette, Role};
use super::words::fit;
use crate::live::lines::value;
use crate::live::watched::Watched;
use crate::numbers::count;
use crate::visible;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, BorderType, Chart, Dataset, GraphType, Padding};

/// A loss that spans more than this factor is shown on a logarithmic scale.
const WIDE: f64 = 50.0;

/// A curve: the series it shows, and what it is called.
struct Curve<'a> {
    name: &'a str,
    label: &'a str,
    role: Role,
}

const fn curve(name: &'static str, label: &'static str, role: Role) -> Curve<'static> {
    Curve { name, label, role }
}

const LOSSES: &[Curve<'_>] = &[
    curve("loss", "batch", Role::Batch),
    curve("train_loss", "train", Role::Train),
    curve("validation_loss", "validation", Role::Validation),
    curve("test_loss", "test", Role::Test),
    curve("held_out_loss", "held out", Role::Test),
];

const ACCURACIES: &[Curve<'_>] = &[
    curve("train_accuracy", "train", Role::Train),
    curve("test_accuracy", "test", Role::Test),
    curve("held_out_accuracy", "held out", Role::Test),
    curve("validation_accuracy", "validation", Role::Validation),
    curve("corrupt_accuracy", "wrong labels", Role::Corrupt),
    curve("pristine_accuracy", "right labels", Role::Pristine),
];

/// The losses.
pub fn losses(frame: &mut Frame<'_>, area: Rect, watched: &Watched, choice: &Choice, palette: Palette) {
    draw(frame, area, watched, &Panel { title: "loss", curves: LOSSES, may_be_wide: true, choice, palette });
}

/// The accuracies; where there are none, as of targets that are values, the course of the chosen quantity.
pub fn accuracies(frame: &mut Frame<'_>, area: Rect, watched: &Watched, choice: &Choice, palette: Palette) {
    let defined = |curve: &Curve<'_>| watched.named(curve.name).is_some_and(|named| !named.history.points().is_empty());
    // Without a wrong label, the right labels are all labels.
    let noisy = defined(&curve("corrupt_accuracy", "", Role::Corrupt));
    let shown: Vec<Curve<'_>> = ACCURACIES
        .iter()
        .filter(|curve| defined(curve) && (noisy || curve.role != Role::Pristine))
        .map(|&Curve { name, label, role }| Curve { name, label, role })
        .collect();
    let chosen = choice.whole(watched).filter(|_| shown.is_empty() && !watched.series().is_empty());
    let Some(chosen) = chosen else {
        let panel = Panel { title: "accuracy", curves: &shown, may_be_wide: false, choice, palette };
        return draw(frame, area, watched, &panel);
    };
    let label = visible(chosen);
    let curves = [Curve { name: chosen, label: &label, role: Role::Train }];
    draw(frame, area, watched, &Panel { title: "", curves: &curves, may_be_wide: false, choice, palette });
}

struct Panel<'a> {
    title: &'a str,
    curves: &'a [Curve<'a>],
    may_be_wide: bool,
    choice: &'a Choice,
    palette: Palette,
}

fn draw(frame: &mut Frame<'_>, area: Rect, watched: &Watched, panel: &Panel<'_>) {
    // Two dots to a column; what lies between them is averaged.
    let dots = 2 * usize::from(area.width.max(1));
    let mut courses: Vec<(&Curve<'_>, Vec<(f64, f64)>)> = Vec::new();
    for curve in panel.curves {
        let Some(named) = watched.named(curve.name) else { continue };
        // A batch is a small sample: its loss is noise about a curve, which fewer dots show.
        let dots = if curve.role == Role::Batch { dots / 2 } else { dots };
        courses.push((curve, averaged(named.history.points(), dots.max(2))));
    }
    let values = || courses.iter().flat_map(|(_, points)| points.iter().map(|point| point.1));
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let wide = low > 0.0 && ((panel.may_be_wide && high / low > WIDE) != panel.choice.other_scale);
    let title = title(watched, panel, wide, usize::from(area.width.saturating_sub(4)));
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(panel.palette.style(Role::Soft))
        .title(title)
        .padding(Padding::right(1));
    if low > high {
        let waiting = if watched.waiting() > 0 { "reading ..." } else { "nothing yet" };
        let inner = block.inner(area);
        frame.render_widget(block, area);
        frame.render_widget(Span::styled(fit(waiting, inner.width.into()), panel.palette.style(Role::Soft)), inner);
        return;
    }
    let intervals = usize::from(area.height.saturating_sub(4) / 3).clamp(1, 6);
    let vertical = if wide { axis::logarithmic(low, high, intervals) } else { axis::linear(low, high, intervals) };
    if wide {
        for point in courses.iter_mut().flat_map(|(_, points)| points) {
            point.1 = point.1.log10();
        }
    }
    let steps = courses.iter().filter_map(|(_, points)| points.last()).map(|point| point.0).fold(1.0, f64::max);
    let datasets = courses.iter().map(|(curve, points)| {
        Dataset::default()
            .marker(panel.palette.marker(curve.role))
            .graph_type(GraphType::Line)
            .style(panel.palette.style(curve.role))
            .data(points)
    });
    let soft = panel.palette.style(Role::Soft);
    let Scale { low, high, labels } = vertical;
    let chart = Chart::new(datasets.collect())
        .block(block)
        .legend_position(None)
        .hidden_legend_constraints((Constraint::Min(0), Constraint::Min(0)))
        .y_axis(Axis::default().style(soft).bounds([low, high]).labels(labels))
        .x_axis(Axis::default().style(soft).bounds([0.0, steps]).labels(step_labels(steps, area.width)));
    frame.render_widget(chart, area);
}

/// Labels from step 0 to the last, as many as there is room for.
fn step_labels(steps: f64, width: u16) -> Vec<String> {
    let room: u16 = match width {
        0..40 => 1,
        40..100 => 2,
        _ => 4,
    };
    // Of fewer steps than intervals, some would be labelled alike.
    let intervals = if steps < f64::from(room) { (steps as u16).max(1) } else { room };
    let label = |place: usize| count((steps * place as f64 / f64::from(intervals)).round() as u64);
    (0..=usize::from(intervals)).map(label).collect()
}

/// Points averaged in groups so that at most `most` are left.
fn averaged(points: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(most).max(1);
    let mean = |group: &[(f64, f64)]| {
        let share = 1.0 / group.len() as f64;
        group.iter().fold((0.0, 0.0), |(x, y), point| (x + share * point.0, y + share * point.1))
    };
    points.chunks(size).map(mean).collect()
}

/// The name of the panel, and the key of its curves with their last values.
fn title<'a>(watched: &Watched, panel: &Panel<'a>, wide: bool, width: usize) -> Line<'a> {
    let palette = panel.palette;
    let mut spans = vec![Span::raw(" ")];
    if !panel.title.is_empty() {
        spans.push(Span::styled(panel.title.to_owned(), palette.style(Role::Strong)));
    }
    if wide {
        spans.push(Span::styled(" log", palette.style(Role::Soft)));
    }
    let room = width.saturating_sub(spans.iter().map(Span::width).sum());
    // As much as fits: names and last values, names, the first words of names, and of those as many as there is room for.
    let fits = |key: &Vec<Span<'_>>| key.iter().map(Span::width).sum::<usize>() < room;
    let said = |detail| key(watched, panel, detail);
    let full = [Detail::Values, Detail::Names].into_iter().map(said).find(fits);
    let mut used = 0;
    for span in full.unwrap_or_else(|| said(Detail::Words)) {
        used += span.width();
        if used >= room {
            break;
        }
        spans.push(span);
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// How much the key of the curves says.
#[derive(Clone, Copy)]
enum Detail {
    Values,
    Names,
    Words,
}

/// What curve is drawn how.
fn key(watched: &Watched, panel: &Panel<'_>, detail: Detail) -> Vec<Span<'static>> {
    let palette = panel.palette;
    let entry = |curve: &Curve<'_>| {
        let (_, last) = watched.named(curve.name)?.history.last()?;
        let mark = palette.key(curve.role);
        let text = match detail {
            Detail::Values => format!("  {mark} {} {}", curve.label, value(curve.name, last)),
            Detail::Names => format!(" {mark} {}", curve.label),
            Detail::Words => format!(" {mark} {}", curve.label.split(' ').next().unwrap_or_default()),
        };
        Some(Span::styled(text, palette.style(curve.role)))
    };
    panel.curves.iter().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_steps_differ() {
        assert_eq!(step_labels(1.0, 80), ["0", "1"]);
        assert_eq!(step_labels(3.0, 120), ["0", "1", "2", "3"]);
        assert_eq!(step_labels(40.0, 120), ["0", "10", "20", "30", "40"]);
    }

    #[test]
    fn averages_by_hand() {
        let points = [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 7.0), (4.0, 9.0)];
        assert_eq!(averaged(&points, 5), points);
        assert_eq!(averaged(&points, 3), [(0.5, 2.0), (2.5, 6.0), (4.0, 9.0)]);
        assert_eq!(averaged(&points, 1), [(2.0, 5.0)]);
        assert!(averaged(&[], 3).is_empty());
    }
}
