//! The layers of a panel with axes, in pixels.

use libm::log10;

use crate::cartesian::Cartesian;
use crate::colour::Rgb;
use crate::mapping::Warp;
use crate::scene::{Fill, Polyline, Rect, Shape, Stroke};
use crate::style::Style;
use crate::thin::thin;
use crate::{Bars, Field, Layer, Line, Panel, Reference, ReferenceKind, Scatter, field};

/// Lines with more points than this have symbols at some of them only.
const MOST_SYMBOLS: usize = 25;
/// Scatters with more points than this are drawn without outlines and half transparent.
const CROWD: usize = 400;
/// Fields with at most this many cells are drawn as rectangles, sharp at every size.
const FEW_CELLS: usize = 2000;

/// All layers: fields below bands, bars, references, lines and points.
pub(crate) fn draw(cartesian: &Cartesian<'_>, style: &Style) -> Vec<Shape> {
    let panel = cartesian.panel;
    let mut shapes = Vec::new();
    for layer in &panel.layers {
        if let Layer::Field(field) = layer {
            draw_field(cartesian, field, style, &mut shapes);
        }
    }
    for layer in &panel.layers {
        if let Layer::Line(line) = layer {
            draw_band(cartesian, line, style, &mut shapes);
        }
    }
    let bars: Vec<&Bars> =
        panel.layers.iter().filter_map(|l| if let Layer::Bars(bars) = l { Some(bars) } else { None }).collect();
    for (place, one) in bars.iter().enumerate() {
        draw_bars(cartesian, one, (place, bars.len()), style, &mut shapes);
    }
    let straight = |kind| matches!(kind, ReferenceKind::Horizontal(_) | ReferenceKind::Vertical(_));
    let (below, above): (Vec<&Reference>, Vec<_>) = panel.references.iter().partition(|one| straight(one.kind));
    below.into_iter().for_each(|reference| draw_reference(cartesian, reference, &mut shapes));
    for layer in &panel.layers {
        match layer {
            Layer::Line(line) => draw_line(cartesian, line, style, &mut shapes),
            Layer::Scatter(scatter) => draw_scatter(cartesian, scatter, style, &mut shapes),
            Layer::Bars(_) | Layer::Field(_) | Layer::Outline(_) => {}
        }
    }
    above.into_iter().for_each(|reference| draw_reference(cartesian, reference, &mut shapes));
    shapes
}

/// Places that a legend should not cover.
pub(crate) fn obstacles(cartesian: &Cartesian<'_>) -> Vec<(f64, f64)> {
    let mut places = Vec::new();
    let bars = cartesian.panel.layers.iter().filter(|layer| matches!(layer, Layer::Bars(_))).count();
    let mut bar = 0;
    for layer in &cartesian.panel.layers {
        match layer {
            Layer::Line(line) => {
                for run in runs(cartesian, &line.points) {
                    let run = thin(run.into_iter().map(|(_, place)| place).collect());
                    places.extend(run.first());
                    for pair in run.windows(2) {
                        let (from, to) = (pair[0], pair[1]);
                        let steps = ((to.0 - from.0).abs().max((to.1 - from.1).abs()) / 6.0).ceil().clamp(1.0, 500.0);
                        places.extend((1..=steps as usize).map(|step| {
                            let share = step as f64 / steps;
                            (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
                        }));
                    }
                }
            }
            Layer::Scatter(scatter) => places.extend(scatter.points.iter().filter_map(|p| pixel(cartesian, *p))),
            Layer::Bars(one) => {
                for (category, value) in one.values.iter().enumerate() {
                    let Some(frame) = bar_frame(cartesian, category, *value, (bar, bars)) else { continue };
                    let error = one.errors.get(category).copied().filter(|half| half.is_finite()).unwrap_or(0.0).abs();
                    let top = cartesian.y.pixel(value + error).unwrap_or(frame.y).min(frame.y);
                    let steps = ((frame.bottom() - top) / 6.0).ceil().clamp(1.0, 500.0) as usize;
                    let step = (frame.bottom() - top) / steps as f64;
                    places.extend((0..=steps).map(|i| (frame.x + frame.width / 2.0, top + i as f64 * step)));
                }
                bar += 1;
            }
            // A field leaves no room for anything else.
            Layer::Field(_) => {
                let frame = cartesian.frame;
                let step = |length: f64| (0..=(length / 6.0) as usize).map(|i| i as f64 * 6.0);
                places.extend(
                    step(frame.width).flat_map(|x| step(frame.height).map(move |y| (frame.x + x, frame.y + y))),
                );
            }
            Layer::Outline(_) => {}
        }
    }
    places
}

fn pixel(cartesian: &Cartesian<'_>, (x, y): (f64, f64)) -> Option<(f64, f64)> {
    Some((cartesian.x.pixel(x)?, cartesian.y.pixel(y)?))
}

/// The unbroken parts of a line, as indices and pixels.
fn runs(cartesian: &Cartesian<'_>, points: &[(f64, f64)]) -> Vec<Vec<(usize, (f64, f64))>> {
    let mut runs = vec![Vec::new()];
    for (index, point) in points.iter().enumerate() {
        match pixel(cartesian, *point) {
            Some(place) => runs.last_mut().into_iter().for_each(|run| run.push((index, place))),
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn draw_band(cartesian: &Cartesian<'_>, line: &Line, style: &Style, shapes: &mut Vec<Shape>) {
    if line.band.is_empty() {
        return;
    }
    let fill = Fill { colour: style.colour(&line.label, line.colour), opacity: 0.18 };
    let half = |index: usize| line.band.get(index).copied().filter(|half| half.is_finite()).map(f64::abs);
    let floor = cartesian.frame.bottom() + cartesian.frame.height;
    for run in runs(cartesian, &line.points) {
        for part in run.chunk_by(|a, b| half(a.0).is_some() && half(b.0).is_some()) {
            let edge = |sign: f64| {
                let place = |(index, (x, _)): &(usize, (f64, f64))| {
                    let y = line.points[*index].1 + sign * half(*index)?;
                    // A band that reaches below zero reaches below a logarithmic axis.
                    Some((*x, cartesian.y.pixel(y).unwrap_or(floor)))
                };
                part.iter().filter_map(place).collect::<Vec<_>>()
            };
            let mut points = thin(edge(1.0));
            let mut lower = thin(edge(-1.0));
            if points.len() > 1 {
                lower.reverse();
                points.extend(lower);
                shapes.push(Shape::area(points, fill));
            } else if let (Some(top), Some(bottom)) = (points.first(), lower.first()) {
                let stroke = Stroke { opacity: 0.25, ..Stroke::solid(fill.colour, 4.0) };
                shapes.push(Shape::line(vec![*top, *bottom], stroke));
            }
        }
    }
}

fn draw_line(cartesian: &Cartesian<'_>, line: &Line, style: &Style, shapes: &mut Vec<Shape>) {
    let colour = style.colour(&line.label, line.colour);
    let dash = style.dash(&line.label, line.colour, line.dash);
    let width = 1.6;
    let runs = runs(cartesian, &line.points);
    let alone: Vec<(f64, f64)> = runs.iter().filter(|run| run.len() == 1).map(|run| run[0].1).collect();
    let places: Vec<(f64, f64)> = runs.iter().flatten().map(|(_, place)| *place).collect();
    let polylines: Vec<Polyline> = runs
        .into_iter()
        .filter(|run| run.len() > 1)
        .map(|run| Polyline { points: thin(run.into_iter().map(|(_, place)| place).collect()), closed: false })
        .collect();
    if !polylines.is_empty() {
        let stroke = Style::stroke(colour, width, dash);
        shapes.push(Shape::Lines { lines: polylines, fill: None, stroke: Some(stroke) });
    }
    let fill = Fill { colour, opacity: 1.0 };
    if let Some(symbol) = line.symbol {
        let points = places.iter().copied().step_by(places.len().div_ceil(MOST_SYMBOLS).max(1)).collect();
        shapes.push(Shape::Marks { symbol, size: 5.5, points, fill, outline: Some(style.page.paper) });
    } else if !alone.is_empty() {
        // A line of one point is a point.
        shapes.push(Shape::Marks {
            symbol: crate::Symbol::Circle,
            size: 2.5 * width,
            points: alone,
            fill,
            outline: None,
        });
    }
}

fn draw_scatter(cartesian: &Cartesian<'_>, scatter: &Scatter, style: &Style, shapes: &mut Vec<Shape>) {
    let crowd = scatter.points.len() > CROWD;
    let size = if scatter.size.is_finite() { scatter.size.clamp(0.5, 60.0) } else { 5.0 };
    let mut points: Vec<(f64, f64)> = scatter
        .points
        .iter()
        .filter_map(|point| pixel(cartesian, *point))
        .filter(|place| cartesian.frame.contains(*place))
        .collect();
    if crowd {
        // Points on the same quarter of a pixel look like one.
        let place = |point: &(f64, f64)| ((point.0 * 4.0).round() as i64, (point.1 * 4.0).round() as i64);
        points.sort_by_key(place);
        points.dedup_by_key(|point| place(point));
    }
    if points.is_empty() {
        return;
    }
    let colour = style.colour(&scatter.label, scatter.colour);
    let fill = Fill { colour, opacity: if crowd { 0.6 } else { 1.0 } };
    let outline = (!crowd && size >= 4.0).then_some(style.page.paper);
    shapes.push(Shape::Marks { symbol: scatter.symbol, size, points, fill, outline });
}

/// The bar of a category, of layer `place` of `count`.
fn bar_frame(cartesian: &Cartesian<'_>, category: usize, value: f64, (place, count): (usize, usize)) -> Option<Rect> {
    let width = 0.8 / count.max(1) as f64;
    let left = category as f64 - 0.4 + place as f64 * width;
    let (left, right) = (cartesian.x.pixel(left)?, cartesian.x.pixel(left + width * 0.92)?);
    let zero = cartesian.y.pixel(0.0).unwrap_or(cartesian.frame.bottom());
    let end = cartesian.y.pixel(value)?;
    Some(Rect { x: left, y: zero.min(end), width: right - left, height: (zero - end).abs() })
}

fn draw_bars(cartesian: &Cartesian<'_>, bars: &Bars, place: (usize, usize), style: &Style, shapes: &mut Vec<Shape>) {
    let colour = style.colour(&bars.label, bars.colour);
    let mut errors = Vec::new();
    for (category, value) in bars.values.iter().enumerate() {
        let Some(frame) = bar_frame(cartesian, category, *value, place) else { continue };
        shapes.push(Shape::rectangle(frame, Some(Fill { colour, opacity: 1.0 }), None));
        let Some(half) = bars.errors.get(category).copied().filter(|half| half.is_finite()) else { continue };
        let x = frame.x + frame.width / 2.0;
        let cap = (frame.width / 4.0).min(4.0);
        let floor = cartesian.frame.bottom() + 5.0;
        let Some(top) = cartesian.y.pixel(value + half.abs()) else { continue };
        let bottom = cartesian.y.pixel(value - half.abs()).unwrap_or(floor);
        for points in
            [[(x, top), (x, bottom)], [(x - cap, top), (x + cap, top)], [(x - cap, bottom), (x + cap, bottom)]]
        {
            errors.push(Polyline { points: points.to_vec(), closed: false });
        }
    }
    if cartesian.y.low < 0.0
        && cartesian.y.warp == Warp::Linear
        && let Some(zero) = cartesian.y.pixel(0.0)
    {
        let ends = vec![(cartesian.frame.x, zero), (cartesian.frame.right(), zero)];
        shapes.push(Shape::line(ends, Stroke::solid(style.page.frame, 0.9)));
    }
    if !errors.is_empty() {
        shapes.push(Shape::Lines { lines: errors, fill: None, stroke: Some(Stroke::solid(style.page.ink, 1.0)) });
    }
}

fn draw_field(cartesian: &Cartesian<'_>, field: &Field, style: &Style, shapes: &mut Vec<Shape>) {
    let (columns, rows) = (field.columns, field.rows());
    let corner = |x, y| pixel(cartesian, (x, y));
    let (Some(first), Some(last)) = (corner(field.x.0, field.y.0), corner(field.x.1, field.y.1)) else { return };
    let linear = cartesian.x.warp == Warp::Linear && cartesian.y.warp == Warp::Linear;
    let upright = last.0 > first.0 && last.1 < first.1;
    if (!linear || !upright || !field.smooth) && columns * rows <= FEW_CELLS {
        draw_cells(cartesian, field, shapes);
    } else if let Some(field::Pixels { columns, rows, bytes }) = field::image(field).filter(|_| upright) {
        let frame = Rect { x: first.0, y: last.1, width: last.0 - first.0, height: first.1 - last.1 };
        shapes.push(Shape::Image { frame, columns, rows, pixels: bytes, smooth: field.smooth });
    }
    for level in field.contours.iter().filter(|level| level.is_finite()) {
        let lines: Vec<Polyline> = field::contour(field, *level)
            .into_iter()
            .filter_map(|segment| {
                let points = segment.into_iter().map(|point| pixel(cartesian, point)).collect::<Option<Vec<_>>>()?;
                Some(Polyline { points, closed: false })
            })
            .collect();
        if !lines.is_empty() {
            shapes.push(Shape::Lines { lines, fill: None, stroke: Some(Stroke::solid(style.page.ink, 1.1)) });
        }
    }
}

/// One rectangle per cell, or per run of cells of one colour in a row.
fn draw_cells(cartesian: &Cartesian<'_>, field: &Field, shapes: &mut Vec<Shape>) {
    let (columns, rows, limits) = (field.columns, field.rows(), field::limits(field));
    let edge = |ends: (f64, f64), index: usize, count: usize| ends.0 + (ends.1 - ends.0) * index as f64 / count as f64;
    for row in 0..rows {
        let colours: Vec<Option<Rgb>> = field.values[row * columns..(row + 1) * columns]
            .iter()
            .map(|value| value.is_finite().then(|| field::colour(field, *value, limits)))
            .collect();
        let mut start = 0;
        for run in colours.chunk_by(|a, b| a == b) {
            let end = start + run.len();
            let corner = |column, row| pixel(cartesian, (edge(field.x, column, columns), edge(field.y, row, rows)));
            if let (Some(colour), Some(one), Some(other)) = (run[0], corner(start, row), corner(end, row + 1)) {
                let frame = Rect {
                    x: one.0.min(other.0),
                    y: one.1.min(other.1),
                    width: (one.0 - other.0).abs(),
                    height: (one.1 - other.1).abs(),
                };
                // A hair of stroke closes the seams that anti-aliasing leaves between neighbours.
                let stroke = Stroke::solid(colour, 0.4);
                shapes.push(Shape::rectangle(frame, Some(Fill { colour, opacity: 1.0 }), Some(stroke)));
            }
            start = end;
        }
    }
}

fn draw_reference(cartesian: &Cartesian<'_>, reference: &Reference, shapes: &mut Vec<Shape>) {
    let frame = cartesian.frame;
    let points = match reference.kind {
        ReferenceKind::Horizontal(y) => cartesian.y.pixel(y).map(|y| vec![(frame.x, y), (frame.right(), y)]),
        ReferenceKind::Vertical(x) => cartesian.x.pixel(x).map(|x| vec![(x, frame.y), (x, frame.bottom())]),
        ReferenceKind::Identity => sampled(cartesian, |x| x),
        ReferenceKind::LeastSquares => {
            let log = |warp: Warp| matches!(warp, Warp::Log | Warp::LogAndZero { .. });
            let (log_x, log_y) = (log(cartesian.x.warp), log(cartesian.y.warp));
            least_squares(cartesian.panel, log_x, log_y).and_then(|(intercept, slope)| {
                sampled(cartesian, move |x| {
                    let y = intercept + slope * if log_x { log10(x) } else { x };
                    if log_y { libm::exp10(y) } else { y }
                })
            })
        }
    };
    if let Some(points) = points {
        let stroke = Style::stroke(reference.colour.rgb(), 1.2, reference.dash);
        shapes.push(Shape::line(points, stroke));
    }
}

/// A function of x, drawn across the frame.
fn sampled(cartesian: &Cartesian<'_>, function: impl Fn(f64) -> f64) -> Option<Vec<(f64, f64)>> {
    let straight = cartesian.x.warp == cartesian.y.warp && cartesian.x.warp == Warp::Linear;
    let steps = if straight { 1 } else { 200 };
    let points: Vec<(f64, f64)> = (0..=steps)
        .filter_map(|step| {
            let share = f64::from(step) / f64::from(steps);
            let x = cartesian.x.warp.invert(cartesian.x.low * (1.0 - share) + cartesian.x.high * share);
            Some((cartesian.x.pixel(x)?, cartesian.y.pixel(function(x))?))
        })
        .collect();
    (points.len() > 1).then(|| thin(points))
}

/// Intercept and slope of `y = a + b x` by least squares over the points of all scatter layers.
fn least_squares(panel: &Panel, log_x: bool, log_y: bool) -> Option<(f64, f64)> {
    let even = |value: f64, log: bool| if log { log10(value) } else { value };
    let points: Vec<(f64, f64)> = panel
        .layers
        .iter()
        .filter_map(|layer| if let Layer::Scatter(scatter) = layer { Some(&scatter.points) } else { None })
        .flatten()
        .map(|(x, y)| (even(*x, log_x), even(*y, log_y)))
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    let count = points.len() as f64;
    let (mean_x, mean_y) = points.iter().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x / count, sum.1 + y / count));
    let (mut square, mut product) = (0.0, 0.0);
    for (x, y) in &points {
        square += (x - mean_x) * (x - mean_x);
        product += (x - mean_x) * (y - mean_y);
    }
    let slope = product / square;
    let intercept = mean_y - slope * mean_x;
    (slope.is_finite() && intercept.is_finite()).then_some((intercept, slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_squares_by_hand() {
        // Means 1 and 2; sums of squares 2 and of products 3: slope 1.5, intercept 0.5.
        let points = [(0.0, 1.0), (1.0, 1.0), (2.0, 4.0), (f64::NAN, 9.0)];
        let panel = Panel::new("", "").scatter(Scatter::new("", points));
        assert_eq!(least_squares(&panel, false, false), Some((0.5, 1.5)));
        // y = 10 x^2.
        let power = Panel::new("", "").scatter(Scatter::new("", [(1.0, 10.0), (10.0, 1000.0), (0.0, 3.0)]));
        assert_eq!(least_squares(&power, true, true), Some((1.0, 2.0)));
        assert_eq!(least_squares(&Panel::new("", ""), false, false), None);
        let one = Panel::new("", "").scatter(Scatter::new("", [(1.0, 1.0)]));
        assert_eq!(least_squares(&one, false, false), None);
    }
}
