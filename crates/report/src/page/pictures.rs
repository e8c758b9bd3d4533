//! Pictures of training examples.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// The inputs of some training examples as pictures, by their row in the table of examples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pictures {
    /// The pictures.
    pub of_rows: BTreeMap<usize, Picture>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Columns of pixels.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Channels: 1 for grey, 3 for red, green, blue.
    pub channels: usize,
    /// `[height, width, channels]`, channels fastest.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The picture of an example whose numbers run from 0 (black) to 1; what lies outside is clipped. Of other than one or
    /// three channels the mean is shown.
    pub fn of_input(height: usize, width: usize, channels: usize, input: &[f32]) -> Self {
        let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        if matches!(channels, 1 | 3) {
            return Self { width, height, channels, pixels: input.iter().copied().map(byte).collect() };
        }
        let mean = |pixel: &[f32]| byte(pixel.iter().sum::<f32>() / channels as f32);
        Self { width, height, channels: 1, pixels: input.chunks_exact(channels.max(1)).map(mean).collect() }
    }

    /// A PNG file as an address that can stand in an `img`; none when the pixels do not fit the shape.
    pub(crate) fn address(&self) -> Option<String> {
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(if self.channels == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&self.pixels).ok()?;
        writer.finish().ok()?;
        Some(format!("data:image/png;base64,{}", STANDARD.encode(file)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_png_that_decodes_to_its_pixels() {
        let picture = Picture::of_input(1, 2, 3, &[0.0, 0.5, 1.0, -3.0, 2.0, 0.2]);
        assert_eq!(picture.pixels, [0, 128, 255, 0, 255, 51]);
        let address = picture.address().unwrap();
        let file = STANDARD.decode(address.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; 6];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height, pixels), (2, 1, picture.pixels.clone()));
    }

    #[test]
    fn other_channels_are_averaged_and_wrong_shapes_refused() {
        assert_eq!(Picture::of_input(1, 2, 2, &[0.0, 1.0, 1.0, 1.0]).pixels, [128, 255]);
        assert_eq!(Picture { width: 2, height: 2, channels: 1, pixels: vec![0; 3] }.address(), None);
        assert_eq!(Picture::default().address(), None);
    }
}
