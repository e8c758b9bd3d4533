//! Which values an axis spans.

use crate::mapping::Warp;
use crate::{Axis, Layer, Panel, ReferenceKind};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    X,
    Y,
}

/// The span of an axis: even numbers at its ends, `low < high`, both finite.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Span {
    pub warp: Warp,
    pub low: f64,
    pub high: f64,
}

fn axis(panel: &Panel, which: Which) -> &Axis {
    if which == Which::X { &panel.x } else { &panel.y }
}

/// How far an axis must reach, before limits are applied.
#[derive(Default)]
struct Data {
    values: Vec<f64>,
    /// Outer edges of fields, beyond which nothing is added.
    edges: Vec<f64>,
    /// Whether bars stand on zero.
    from_zero: bool,
}

impl Data {
    fn of(panel: &Panel, which: Which) -> Self {
        let mut data = Self::default();
        let coordinate = |(x, y): &(f64, f64)| if which == Which::X { *x } else { *y };
        for layer in &panel.layers {
            match layer {
                Layer::Line(line) => {
                    data.values.extend(line.points.iter().map(coordinate));
                    if which == Which::Y {
                        for ((_, y), half) in line.points.iter().zip(&line.band) {
                            data.values.extend([y - half.abs(), y + half.abs()]);
                        }
                    }
                }
                Layer::Scatter(scatter) => data.values.extend(scatter.points.iter().map(coordinate)),
                Layer::Bars(bars) if which == Which::Y => {
                    data.from_zero = true;
                    data.values.push(0.0);
                    for (place, value) in bars.values.iter().enumerate() {
                        let half = bars.errors.get(place).copied().filter(|half| half.is_finite()).unwrap_or(0.0).abs();
                        data.values.extend([*value, value - half, value + half]);
                    }
                }
                Layer::Bars(bars) => {
                    let count = bars.values.len().max(panel.x.categories.len()).max(1);
                    data.edges.extend([-0.5, count as f64 - 0.5]);
                }
                Layer::Field(field) => {
                    let (first, last) = if which == Which::X { field.x } else { field.y };
                    data.edges.extend([first, last]);
                }
                Layer::Outline(_) => {}
            }
        }
        for reference in &panel.references {
            match (reference.kind, which) {
                (ReferenceKind::Horizontal(place), Which::Y) | (ReferenceKind::Vertical(place), Which::X) => {
                    data.values.push(place);
                }
                _ => {}
            }
        }
        data
    }
}

/// The span that suits the axes of all these panels; scale and limits are those of the first.
pub(crate) fn span(panels: &[&Panel], which: Which) -> Span {
    let Some(first) = panels.first() else { return Span { warp: Warp::Linear, low: 0.0, high: 1.0 } };
    let categories = panels.iter().map(|panel| axis(panel, which).categories.len()).max().unwrap_or(0);
    if categories > 0 {
        return Span { warp: Warp::Linear, low: -0.5, high: categories as f64 - 0.5 };
    }
    let Axis { scale, limits, .. } = axis(first, which);
    let all: Vec<Data> = panels.iter().map(|panel| Data::of(panel, which)).collect();
    let values: Vec<f64> = all.iter().flat_map(|data| data.values.iter().chain(&data.edges)).copied().collect();
    let from_zero = all.iter().any(|data| data.from_zero);
    let warp = Warp::new(*scale, &values);
    if let Some((one, other)) = *limits
        && let (Some(one), Some(other)) = (warp.apply(one), warp.apply(other))
        && one != other
    {
        return Span { warp, low: one.min(other), high: one.max(other) };
    }
    let bounds = |values: &mut dyn Iterator<Item = f64>| {
        values.filter_map(|value| warp.apply(value)).fold(None, |bounds: Option<(f64, f64)>, even| {
            Some(bounds.map_or((even, even), |(low, high)| (low.min(even), high.max(even))))
        })
    };
    let edges = bounds(&mut all.iter().flat_map(|data| data.edges.iter().copied()));
    let zero = (from_zero && warp != Warp::Log).then_some(0.0);
    let inner = bounds(&mut all.iter().flat_map(|data| data.values.iter().copied()).chain(zero));
    let padded =
        inner.map(|(low, high)| widen(warp, low, high, if which == Which::X { 0.025 } else { 0.05 }, from_zero));
    let (mut low, mut high) = match (edges, padded, inner) {
        (Some(edges), _, Some((low, high))) if low >= edges.0 && high <= edges.1 => edges,
        (Some(edges), Some(padded), _) => (edges.0.min(padded.0), edges.1.max(padded.1)),
        (Some(edges), None, _) => edges,
        (None, Some(padded), _) => padded,
        (None, None, _) => (0.0, 1.0),
    };
    if low >= high {
        (low, high) = widen(warp, low, high, 0.05, false);
    }
    Span { warp, low, high }
}

/// Adds a share of the length at both ends, except where bars stand on zero; makes a length from a point.
fn widen(warp: Warp, low: f64, high: f64, share: f64, from_zero: bool) -> (f64, f64) {
    let largest = low.abs().max(high.abs());
    let by = if warp == Warp::Linear {
        if high / 2.0 - low / 2.0 <= largest * 1e-11 {
            // All values are equal, or as good as equal to every digit that a tick could show.
            if largest == 0.0 {
                0.5
            } else if low == high {
                largest * 0.05
            } else {
                largest * 1e-10
            }
        } else {
            // Halves, because the difference may be infinite.
            2.0 * (share * (high / 2.0 - low / 2.0))
        }
    } else if high - low < 1e-9 {
        0.4
    } else {
        share * (high - low)
    };
    // A share of the smallest doubles may be nothing.
    let by = if low == high { by.max(f64::MIN_POSITIVE) } else { by };
    let keep = |end: f64| from_zero && end == 0.0 && low != high;
    let wide_low = if keep(low) { low } else { (low - by).max(-f64::MAX) };
    let wide_high = if keep(high) { high } else { (high + by).min(f64::MAX) };
    (wide_low, wide_high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bars, Field, Line, Scale};

    fn ends(panel: &Panel, which: Which) -> (f64, f64) {
        let span = span(&[panel], which);
        (span.low, span.high)
    }

    #[test]
    fn data_and_a_little_more() {
        let panel = Panel::new("", "").line(Line::new("", [(0.0, 10.0), (10.0, 30.0)]).band([5.0, 15.0]));
        assert_eq!(ends(&panel, Which::X), (-0.25, 10.25));
        // 5 to 45 with the band, and a twentieth of 40 at both ends.
        assert_eq!(ends(&panel, Which::Y), (3.0, 47.0));
        assert_eq!(ends(&panel.y_limits(9.0, -1.0), Which::Y), (-1.0, 9.0));
    }

    #[test]
    fn bars_stand_on_zero_and_fields_fill_the_frame() {
        let bars = Panel::new("", "").bars(Bars::new("", [2.0, 4.0]));
        assert_eq!((ends(&bars, Which::X), ends(&bars, Which::Y)), ((-0.5, 1.5), (0.0, 4.2)));
        let field = Panel::new("", "").field(Field::new("", 1, [1.0], (-2.0, 2.0), (0.0, 1.0)));
        assert_eq!((ends(&field, Which::X), ends(&field, Which::Y)), ((-2.0, 2.0), (0.0, 1.0)));
    }

    #[test]
    fn any_data_have_a_span() {
        let nan = f64::NAN;
        let huge = f64::MAX;
        let cases: [&[f64]; 9] = [
            &[],
            &[nan, f64::INFINITY],
            &[5.0],
            &[0.0],
            &[-huge, huge],
            &[5e-324],
            &[1e8, 1e8 + 1e-8],
            &[1e-300, 2e-300],
            &[-1.0, -2.0],
        ];
        for values in cases {
            for scale in [Scale::Linear, Scale::Log] {
                let points: Vec<(f64, f64)> = values.iter().map(|value| (1.0, *value)).collect();
                let panel = Panel::new("", "").y_scale(scale).line(Line::new("", points));
                let (low, high) = ends(&panel, Which::Y);
                assert!(low < high && low.is_finite() && high.is_finite(), "{values:?} {scale:?}: {low} {high}");
            }
        }
    }
}
