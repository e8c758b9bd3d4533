//! Many small pictures with a caption each.

use crate::colour::{PAGE, Rgb};
use crate::scene::{Anchor, Rect, Scene, Shape, Stroke, Text};
use crate::style::{HEADING, LABEL, LEADING};
use crate::text::Fonts;
use crate::{FigureError, raster};

/// Pictures in rows, each with lines of text below it and, where wanted, a coloured frame, under one heading.
///
/// ```
/// use consilience_figure::{ContactSheet, Picture};
/// let dot = Picture::new(1, 1, &[0.5]).caption("3 → 8").caption("no. 17");
/// let png = ContactSheet::new("Suspicious examples").picture(dot).png(2.0)?;
/// assert_eq!(&png[1..4], b"PNG");
/// # Ok::<(), consilience_figure::FigureError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContactSheet {
    heading: String,
    note: String,
    columns: Option<usize>,
    pictures: Vec<Picture>,
}

/// A picture of a [`ContactSheet`], or a file of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    width: usize,
    height: usize,
    /// Red, green, blue, opacity.
    pixels: Vec<u8>,
    captions: Vec<String>,
    marked: bool,
}

/// Pixels of the longer side of every picture on the sheet, before enlarging.
const SIDE: f64 = 72.0;
/// Space between pictures, and around the sheet.
const GAP: f64 = 14.0;

impl Picture {
    /// A picture of `values` from 0 to 1, `[height, width, channels]` with channels fastest: grey for one channel, red, green and
    /// blue for three, and the mean as grey for any other number. What lies outside 0 to 1 is drawn as the nearer end, what is not
    /// a number as 0; values that are missing as 0, too.
    pub fn new(height: usize, width: usize, values: &[f32]) -> Self {
        let positions = height * width;
        let channels = values.len().checked_div(positions).unwrap_or(0).max(1);
        let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        let mut pixels = Vec::with_capacity(4 * positions);
        for position in 0..positions {
            let at = |channel: usize| values.get(position * channels + channel).copied().unwrap_or(0.0);
            let rgb = if channels == 3 {
                [at(0), at(1), at(2)]
            } else {
                [(0..channels).map(at).sum::<f32>() / channels as f32; 3]
            };
            pixels.extend(rgb.map(byte));
            pixels.push(255);
        }
        Self { width, height, pixels, captions: Vec::new(), marked: false }
    }

    /// Adds a line below the picture.
    #[must_use]
    pub fn caption(mut self, line: impl Into<String>) -> Self {
        self.captions.push(line.into());
        self
    }

    /// Frames the picture, or not.
    #[must_use]
    pub fn marked(mut self, marked: bool) -> Self {
        self.marked = marked;
        self
    }

    /// The picture alone as a PNG file, every pixel enlarged to a square of `enlarge` pixels, without caption and frame.
    ///
    /// # Errors
    /// When there are no pixels, or more than 16384 in a direction.
    pub fn png(&self, enlarge: usize) -> Result<Vec<u8>, FigureError> {
        let (width, height) = (self.width * enlarge, self.height * enlarge);
        if width == 0 || height == 0 || width > raster::LARGEST as usize || height > raster::LARGEST as usize {
            return Err(FigureError::TooLarge { width: width as u64, height: height as u64 });
        }
        let mut rgb = Vec::with_capacity(3 * width * height);
        for row in 0..height {
            for column in 0..width {
                let at = 4 * (row / enlarge * self.width + column / enlarge);
                rgb.extend_from_slice(&self.pixels[at..at + 3]);
            }
        }
        raster::encode(width, height, png::ColorType::Rgb, &rgb)
    }
}

impl ContactSheet {
    /// A sheet without pictures.
    pub fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), ..Self::default() }
    }

    /// A line below the heading.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Puts this many pictures in a row. Default: so many that rows and columns are about as many, at most 12.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns.max(1));
        self
    }

    /// Adds a picture behind the others.
    #[must_use]
    pub fn picture(mut self, picture: Picture) -> Self {
        self.pictures.push(picture);
        self
    }

    /// The sheet as a PNG file on white, enlarged by `scale` (2 suits most screens). The same bytes every time.
    ///
    /// # Errors
    /// When the scale is outside 0.1 to 16 or the image has more than 16384 pixels in a direction.
    pub fn png(&self, scale: f32) -> Result<Vec<u8>, FigureError> {
        raster::write(&self.scene(), scale)
    }

    fn scene(&self) -> Scene {
        let fonts = Fonts::new();
        let count = self.pictures.len();
        let columns = self.columns.unwrap_or(((count as f64 * 1.5).sqrt().ceil() as usize).clamp(1, 12));
        let lines = self.pictures.iter().map(|picture| picture.captions.len()).max().unwrap_or(0);
        // captions are wider than small pictures
        let widest = |text: &String| fonts.width(text, LABEL, false);
        let caption = self.pictures.iter().flat_map(|picture| &picture.captions).map(widest).fold(0.0, f64::max);
        let (cell, line) = (SIDE.max(caption.min(3.0 * SIDE)), LABEL * LEADING);
        let below_heading = GAP + HEADING * LEADING + if self.note.is_empty() { 0.0 } else { line } + GAP / 2.0;
        let row_height = SIDE + 4.0 + lines as f64 * line + GAP;
        let heading = fonts.width(&self.heading, HEADING, true).max(fonts.width(&self.note, LABEL, false));
        let width = (columns as f64 * (cell + GAP) + GAP).max(heading + 2.0 * GAP);
        let height = below_heading + count.div_ceil(columns) as f64 * row_height + GAP / 2.0;
        let text = |x, y, marked_up: &str, size, bold, anchor, colour| {
            Shape::Text(Text { x, y, marked_up: marked_up.to_owned(), size, bold, anchor, turn: 0.0, colour })
        };
        let mut shapes = vec![text(GAP, GAP + HEADING, &self.heading, HEADING, true, Anchor::Start, PAGE.ink)];
        if !self.note.is_empty() {
            shapes.push(text(GAP, GAP + HEADING + line * 1.1, &self.note, LABEL, false, Anchor::Start, PAGE.muted));
        }
        for (index, picture) in self.pictures.iter().enumerate() {
            let x = GAP + (index % columns) as f64 * (cell + GAP);
            let y = below_heading + (index / columns) as f64 * row_height;
            let scale = SIDE / picture.width.max(picture.height).max(1) as f64;
            let (w, h) = (picture.width as f64 * scale, picture.height as f64 * scale);
            let frame = Rect { x: x + (cell - w) / 2.0, y: y + (SIDE - h) / 2.0, width: w, height: h };
            shapes.push(Shape::Image {
                frame,
                columns: picture.width,
                rows: picture.height,
                pixels: picture.pixels.clone(),
                smooth: false,
            });
            let (colour, thickness) = if picture.marked { (MARK, 2.0) } else { (PAGE.frame, 0.6) };
            shapes.push(Shape::rectangle(frame, None, Some(Stroke::solid(colour, thickness))));
            for (number, caption) in picture.captions.iter().enumerate() {
                let y = y + SIDE + 4.0 + LABEL + number as f64 * line;
                let colour = if number == 0 { PAGE.ink } else { PAGE.muted };
                shapes.push(text(x + cell / 2.0, y, caption, LABEL, number == 0, Anchor::Middle, colour));
            }
        }
        Scene { width, height, paper: PAGE.paper, ink: PAGE.ink, title: self.heading.clone(), shapes }
    }
}

/// Vermilion of Okabe and Ito.
const MARK: Rgb = Rgb(213, 94, 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_grey_or_coloured_and_stay_in_range() {
        let grey = Picture::new(1, 3, &[-1.0, 0.5, f32::NAN]);
        assert_eq!(grey.pixels, [0, 0, 0, 255, 128, 128, 128, 255, 0, 0, 0, 255]);
        let colour = Picture::new(1, 1, &[1.0, 0.0, 2.0]);
        assert_eq!(colour.pixels, [255, 0, 255, 255]);
        let two = Picture::new(1, 1, &[1.0, 0.0]);
        assert_eq!(two.pixels, [128, 128, 128, 255]);
    }

    #[test]
    fn a_picture_alone_is_enlarged_pixel_by_pixel() {
        let bytes = Picture::new(2, 1, &[0.0, 1.0]).png(3).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (3, 6));
        assert!(pixels[..27].iter().all(|&value| value == 0) && pixels[27..54].iter().all(|&value| value == 255));
        assert!(Picture::new(0, 3, &[]).png(1).is_err());
    }

    #[test]
    fn a_sheet_has_a_place_for_every_picture() {
        let picture =
            |n: usize| Picture::new(2, 2, &[0.2; 4]).caption(format!("{n} → 3")).caption("id 7").marked(n == 1);
        let sheet = (0..7).fold(ContactSheet::new("Seven").note("a note").columns(3), |s, n| s.picture(picture(n)));
        let scene = sheet.scene();
        let images = scene.shapes.iter().filter_map(|shape| match shape {
            Shape::Image { frame, .. } => Some(*frame),
            _ => None,
        });
        let images: Vec<Rect> = images.collect();
        assert_eq!(images.len(), 7);
        assert!(images.iter().all(|frame| frame.right() <= scene.width && frame.bottom() <= scene.height));
        assert_eq!((images[0].x, images[1].y), (images[3].x, images[0].y), "in rows of three");
        assert_eq!(scene.shapes.iter().filter(|shape| matches!(shape, Shape::Text(_))).count(), 2 + 14);
        assert_eq!(sheet.png(1.0).unwrap(), sheet.png(1.0).unwrap());
        assert!(ContactSheet::default().png(1.0).is_ok(), "an empty sheet is a sheet");
    }
}
