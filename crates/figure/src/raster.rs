//! A scene as a PNG file.

use tiny_skia::{
    Color, FillRule, FilterQuality, IntSize, LineCap, LineJoin, Mask, Paint, PathBuilder, Pixmap, PixmapPaint,
    StrokeDash, Transform,
};
use ttf_parser::OutlineBuilder;

use crate::colour::Rgb;
use crate::scene::{Anchor, Fill, Polyline, Scene, Shape, Stroke, Text, outline};
use crate::text::{Fonts, advance, runs};
use crate::{FigureError, Symbol};

pub(crate) const LARGEST: u64 = 16_384;

pub(crate) fn write(scene: &Scene, scale: f32) -> Result<Vec<u8>, FigureError> {
    if !(0.1..=16.0).contains(&scale) {
        return Err(FigureError::Scale(scale));
    }
    let pixels = |length: f64| (length * f64::from(scale)).ceil().max(1.0) as u64;
    let (width, height) = (pixels(scene.width), pixels(scene.height));
    let too_large = FigureError::TooLarge { width, height };
    if width > LARGEST || height > LARGEST {
        return Err(too_large);
    }
    let mut pixmap = Pixmap::new(width as u32, height as u32).ok_or(too_large)?;
    pixmap.fill(colour(scene.paper, 1.0));
    let mut painter =
        Painter { pixmap, transform: Transform::from_scale(scale, scale), mask: None, fonts: Fonts::new() };
    scene.shapes.iter().for_each(|shape| painter.draw(shape));
    // The page is opaque, and three channels take less room than four.
    let opaque: Vec<u8> =
        painter.pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    encode(width as usize, height as usize, png::ColorType::Rgb, &opaque)
}

pub(crate) fn encode(width: usize, height: usize, kind: png::ColorType, pixels: &[u8]) -> Result<Vec<u8>, FigureError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(kind);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let failed = |error: png::EncodingError| FigureError::Encode(error.to_string());
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

fn colour(rgb: Rgb, opacity: f64) -> Color {
    let alpha = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
    Color::from_rgba8(rgb.0, rgb.1, rgb.2, alpha)
}

struct Painter {
    pixmap: Pixmap,
    transform: Transform,
    mask: Option<Mask>,
    fonts: Fonts,
}

impl Painter {
    fn draw(&mut self, shape: &Shape) {
        match shape {
            Shape::Lines { lines, fill, stroke } => {
                let mut path = PathBuilder::new();
                lines.iter().for_each(|line| add_line(&mut path, line, (0.0, 0.0)));
                self.paint(path, *fill, stroke.as_ref());
            }
            Shape::Marks { symbol, size, points, fill, outline: edge } => {
                let mut path = PathBuilder::new();
                let corners = outline(*symbol, *size);
                for (x, y) in points {
                    if *symbol == Symbol::Circle {
                        path.push_circle(*x as f32, *y as f32, (size / 2.0) as f32);
                    }
                    corners.iter().for_each(|line| add_line(&mut path, line, (*x, *y)));
                }
                if matches!(symbol, Symbol::Plus | Symbol::Cross) {
                    let stroke = Stroke { opacity: fill.opacity, ..Stroke::solid(fill.colour, size / 4.5) };
                    self.paint(path, None, Some(&stroke));
                } else {
                    self.paint(path, Some(*fill), edge.map(|edge| Stroke::solid(edge, 0.6)).as_ref());
                }
            }
            Shape::Text(text) => self.text(text),
            Shape::Image { frame, columns, rows, pixels, smooth } => {
                let mut image = pixels.clone();
                // tiny-skia wants colours multiplied by their opacity; ours are either opaque or absent.
                image.chunks_exact_mut(4).filter(|pixel| pixel[3] == 0).for_each(|pixel| pixel.fill(0));
                let size = IntSize::from_wh(*columns as u32, *rows as u32);
                let Some(image) = size.and_then(|size| Pixmap::from_vec(image, size)) else { return };
                let place = Transform::from_row(
                    (frame.width / *columns as f64) as f32,
                    0.0,
                    0.0,
                    (frame.height / *rows as f64) as f32,
                    frame.x as f32,
                    frame.y as f32,
                );
                let quality = if *smooth { FilterQuality::Bilinear } else { FilterQuality::Nearest };
                let paint = PixmapPaint { quality, ..PixmapPaint::default() };
                let transform = place.post_concat(self.transform);
                self.pixmap.draw_pixmap(0, 0, image.as_ref(), &paint, transform, self.mask.as_ref());
            }
            Shape::Clipped { frame, shapes } => {
                let rectangle =
                    tiny_skia::Rect::from_xywh(frame.x as f32, frame.y as f32, frame.width as f32, frame.height as f32);
                let mask = Mask::new(self.pixmap.width(), self.pixmap.height());
                let (Some(rectangle), Some(mut mask)) = (rectangle, mask) else { return };
                mask.fill_path(&PathBuilder::from_rect(rectangle), FillRule::Winding, true, self.transform);
                let outer = self.mask.replace(mask);
                shapes.iter().for_each(|shape| self.draw(shape));
                self.mask = outer;
            }
        }
    }

    fn paint(&mut self, path: PathBuilder, fill: Option<Fill>, stroke: Option<&Stroke>) {
        let Some(path) = path.finish() else { return };
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        if let Some(fill) = fill {
            paint.set_color(colour(fill.colour, fill.opacity));
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, self.transform, self.mask.as_ref());
        }
        if let Some(stroke) = stroke {
            paint.set_color(colour(stroke.colour, stroke.opacity));
            let dashes: Vec<f32> = stroke.dashes.iter().map(|length| *length as f32).collect();
            let dash = StrokeDash::new(dashes, 0.0);
            let line_cap = if dash.is_some() { LineCap::Round } else { LineCap::Butt };
            let stroke = tiny_skia::Stroke {
                width: stroke.width as f32,
                line_cap,
                line_join: LineJoin::Round,
                dash,
                ..tiny_skia::Stroke::default()
            };
            self.pixmap.stroke_path(&path, &paint, &stroke, self.transform, self.mask.as_ref());
        }
    }

    fn text(&mut self, text: &Text) {
        let width = self.fonts.width(&text.marked_up, text.size, text.bold);
        let mut x = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        let face = self.fonts.face(text.bold);
        let mut path = PathBuilder::new();
        for run in runs(&text.marked_up) {
            let size = text.size * run.level.size();
            let scale = size / f64::from(face.units_per_em());
            for character in run.text.chars() {
                let mut glyph = Glyph {
                    path: &mut path,
                    x: x as f32,
                    y: (run.level.shift() * text.size) as f32,
                    scale: scale as f32,
                };
                face.outline_glyph(face.glyph_index(character).unwrap_or_default(), &mut glyph);
                x += f64::from(advance(face, character)) * scale;
            }
        }
        let Some(path) = path.finish() else { return };
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(colour(text.colour, 1.0));
        let transform = Transform::from_rotate(text.turn as f32)
            .post_translate(text.x as f32, text.y as f32)
            .post_concat(self.transform);
        self.pixmap.fill_path(&path, &paint, FillRule::Winding, transform, self.mask.as_ref());
    }
}

fn add_line(path: &mut PathBuilder, line: &Polyline, (x0, y0): (f64, f64)) {
    for (index, (x, y)) in line.points.iter().enumerate() {
        let (x, y) = ((x + x0) as f32, (y + y0) as f32);
        if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if line.closed && !line.points.is_empty() {
        path.close();
    }
}

/// Adds the outline of a glyph to a path, turned upside down because fonts count upwards.
struct Glyph<'a> {
    path: &'a mut PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Glyph<'_> {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Glyph<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
