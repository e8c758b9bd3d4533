//! Fields as images and as contours.

use crate::colour::{Rgb, diverging, viridis};
use crate::{Field, FieldColours};

/// Pixels of an image, the first row at the top.
pub(crate) struct Pixels {
    pub columns: usize,
    pub rows: usize,
    pub bytes: Vec<u8>,
}

/// Most pixels of an image in a direction.
const FINEST: usize = 240;

/// Values at the ends of the colour scale, `low < high`.
pub(crate) fn limits(field: &Field) -> (f64, f64) {
    if let Some((one, other)) = field.limits
        && one.is_finite()
        && other.is_finite()
        && one != other
    {
        return (one.min(other), one.max(other));
    }
    let finite = || field.values.iter().copied().filter(|value| value.is_finite());
    match (finite().reduce(f64::min), finite().reduce(f64::max)) {
        (Some(low), Some(high)) if low < high => (low, high),
        (Some(low), _) if low != 0.0 => (low - low.abs() / 2.0, low + low.abs() / 2.0),
        _ => (-0.5, 0.5),
    }
}

/// The colour of a value.
pub(crate) fn colour(field: &Field, value: f64, (low, high): (f64, f64)) -> Rgb {
    let place = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    match field.colours {
        FieldColours::Sequential => viridis(place),
        FieldColours::Diverging => diverging(place),
    }
}

/// The field as an image of its rectangle; blank where it has no value.
pub(crate) fn image(field: &Field) -> Option<Pixels> {
    let (columns, rows) = (field.columns, field.rows());
    if columns == 0 || rows == 0 || columns > 8192 || rows > 8192 {
        return None;
    }
    let limits = limits(field);
    let times = |cells: usize| if field.smooth { (FINEST / cells).clamp(1, 32) } else { 1 };
    let (across, down) = (times(columns), times(rows));
    let mut bytes = Vec::with_capacity(4 * columns * across * rows * down);
    for row in (0..rows * down).rev() {
        for column in 0..columns * across {
            // Centres of pixels, counted in centres of cells.
            let place = |pixel: usize, times: usize| (pixel as f64 + 0.5) / times as f64 - 0.5;
            let value = if field.smooth {
                interpolate(field, place(column, across), place(row, down))
            } else {
                field.values[row * columns + column]
            };
            if value.is_finite() {
                let Rgb(red, green, blue) = colour(field, value, limits);
                bytes.extend([red, green, blue, 255]);
            } else {
                bytes.extend([0; 4]);
            }
        }
    }
    Some(Pixels { columns: columns * across, rows: rows * down, bytes })
}

fn interpolate(field: &Field, x: f64, y: f64) -> f64 {
    let (columns, rows) = (field.columns, field.rows());
    let cell = |place: f64, count: usize| {
        let place = place.clamp(0.0, (count - 1) as f64);
        let first = (place.floor() as usize).min(count.saturating_sub(2));
        (first, (first + 1).min(count - 1), place - first as f64)
    };
    let ((left, right, along), (below, above, up)) = (cell(x, columns), cell(y, rows));
    let value = |row: usize, column: usize| field.values[row * columns + column];
    let mix = |a: f64, b: f64, share: f64| a * (1.0 - share) + b * share;
    mix(mix(value(below, left), value(below, right), along), mix(value(above, left), value(above, right), along), up)
}

/// The line along which the field, interpolated between the centres of its cells, has the value `level`: marching
/// squares (Lorensen and Cline 1987, in two dimensions). Segments in data coordinates.
pub(crate) fn contour(field: &Field, level: f64) -> Vec<[(f64, f64); 2]> {
    let (columns, rows) = (field.columns, field.rows());
    let value = |row: usize, column: usize| field.values[row * columns + column];
    let centre = |ends: (f64, f64), index: f64, count: usize| ends.0 + (ends.1 - ends.0) * (index + 0.5) / count as f64;
    let mut segments = Vec::new();
    for row in 0..rows.saturating_sub(1) {
        for column in 0..columns.saturating_sub(1) {
            // Around the square, anticlockwise.
            let corners = [(0, 0), (0, 1), (1, 1), (1, 0)];
            let values = corners.map(|(up, right)| value(row + up, column + right));
            if values.iter().any(|value| !value.is_finite()) {
                continue;
            }
            let mut crossings = Vec::new();
            for side in 0..4 {
                let (from, to) = (values[side], values[(side + 1) % 4]);
                if (from < level) == (to < level) {
                    continue;
                }
                let share = (level - from) / (to - from);
                let (start, end) = (corners[side], corners[(side + 1) % 4]);
                let along = |start: usize, end: usize| start as f64 + (end as f64 - start as f64) * share;
                crossings.push((
                    centre(field.x, column as f64 + along(start.1, end.1), columns),
                    centre(field.y, row as f64 + along(start.0, end.0), rows),
                ));
            }
            // At a saddle the value in the middle says which corners belong together.
            if crossings.len() == 4 && (values.iter().sum::<f64>() / 4.0 < level) != (values[0] < level) {
                crossings.rotate_left(1);
            }
            segments.extend(crossings.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contour_of_a_plane() {
        // Values at the centres (0.5, 0.5), (1.5, 0.5), ... are x + y - 1.
        let field = Field::new("", 2, [0.0, 1.0, 1.0, 2.0], (0.0, 2.0), (0.0, 2.0));
        assert_eq!(contour(&field, 0.5), [[(1.0, 0.5), (0.5, 1.0)]]);
        assert!(contour(&field, 5.0).is_empty());
    }

    #[test]
    fn first_row_is_at_the_bottom() {
        let field = Field::new("", 1, [0.0, 1.0], (0.0, 1.0), (0.0, 1.0));
        let pixels = image(&field).unwrap();
        assert_eq!((pixels.columns, pixels.rows), (1, 2));
        // The top pixel has the last value: the end of viridis.
        assert_eq!(pixels.bytes, [0xfd, 0xe7, 0x25, 255, 0x44, 0x01, 0x54, 255]);
    }

    #[test]
    fn interpolation_is_exact_on_planes() {
        let field = Field::new("", 3, (0..6).map(f64::from), (0.0, 3.0), (0.0, 2.0));
        assert_eq!(interpolate(&field, 1.25, 0.5), 1.25 + 1.5);
        assert_eq!(interpolate(&field, -0.5, 9.0), 3.0);
    }

    #[test]
    fn degenerate_fields() {
        for values in [vec![], vec![f64::NAN; 4], vec![3.0; 4], vec![f64::MAX, -f64::MAX, 0.0, 1.0]] {
            let field = Field::new("", 2, values, (0.0, 1.0), (0.0, 1.0)).smooth();
            let (low, high) = limits(&field);
            assert!(low < high);
            contour(&field, 0.5);
            image(&field);
        }
        assert!(image(&Field::new("", 0, [1.0], (0.0, 1.0), (0.0, 1.0))).is_none());
    }
}
