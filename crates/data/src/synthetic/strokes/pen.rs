//! Smooth curves through points, and drawing them with a round pen.

use super::SIDE;

/// A position in pixels; (0, 0) is the top left corner of the top left pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

/// Straight pieces per span between two points of a stroke: at 28 pixels, more cannot be seen.
const PIECES: usize = 5;

/// A polyline along the Catmull-Rom spline through `points`, broken at the points marked as corners and at the ends.
pub fn smooth(points: &[(Point, bool)]) -> Vec<Point> {
    let mut line = Vec::with_capacity(points.len() * PIECES);
    for (index, pair) in points.windows(2).enumerate() {
        let ((from, from_corner), (to, to_corner)) = (pair[0], pair[1]);
        // At an end or a corner the missing neighbour is the end itself, which leaves a tangent along the span.
        let before = if from_corner || index == 0 { from } else { points[index - 1].0 };
        let after = if to_corner { to } else { points.get(index + 2).map_or(to, |&(next, _)| next) };
        for piece in 0..PIECES {
            line.push(catmull_rom([before, from, to, after], piece as f32 / PIECES as f32));
        }
    }
    line.extend(points.last().map(|&(point, _)| point));
    line
}

fn catmull_rom(points: [Point; 4], t: f32) -> Point {
    let blend = |[a, b, c, d]: [f32; 4]| {
        b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
    };
    Point { x: blend(points.map(|point| point.x)), y: blend(points.map(|point| point.y)) }
}

/// An image being drawn: how much of every pixel is covered, from 0 to 1.
pub struct Canvas {
    pixels: Vec<f32>,
}

impl Canvas {
    /// White paper.
    pub fn new() -> Self {
        Self { pixels: vec![0.0; SIDE * SIDE] }
    }

    /// Takes a new sheet.
    pub fn clear(&mut self) {
        self.pixels.fill(0.0);
    }

    /// The image, row-major.
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// Draws a polyline with a round pen. Coverage falls smoothly from 1 to 0 between `softness` inside and outside of the
    /// pen's radius; where strokes meet, the larger coverage counts.
    pub fn stroke(&mut self, line: &[Point], radius: f32, softness: f32) {
        let reach = radius + softness;
        for pair in line.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let (dx, dy) = (to.x - from.x, to.y - from.y);
            let length_squared = (dx * dx + dy * dy).max(f32::MIN_POSITIVE);
            let rows = pixel_range(from.y.min(to.y) - reach, from.y.max(to.y) + reach);
            let columns = pixel_range(from.x.min(to.x) - reach, from.x.max(to.x) + reach);
            for row in rows {
                for column in columns.clone() {
                    let (x, y) = (column as f32 + 0.5 - from.x, row as f32 + 0.5 - from.y);
                    let along = ((x * dx + y * dy) / length_squared).clamp(0.0, 1.0);
                    let (x, y) = (x - along * dx, y - along * dy);
                    let distance = (x * x + y * y).sqrt();
                    let linear = ((reach - distance) / (2.0 * softness)).clamp(0.0, 1.0);
                    let coverage = linear * linear * (3.0 - 2.0 * linear);
                    let pixel = &mut self.pixels[row * SIDE + column];
                    *pixel = pixel.max(coverage);
                }
            }
        }
    }

    /// Replaces every coverage, in row-major order, by a grey value.
    pub fn finish(&mut self, mut grey: impl FnMut(f32) -> f32) {
        for pixel in &mut self.pixels {
            *pixel = grey(*pixel);
        }
    }
}

/// The pixels whose centres may lie from `low` to `high`, cut to the canvas.
fn pixel_range(low: f32, high: f32) -> std::ops::Range<usize> {
    // Conversion from float saturates, so positions off the canvas give empty or cut ranges.
    (low.floor() as usize).min(SIDE)..(high.ceil() as usize).min(SIDE)
}
