//! Colours: a palette that colour-blind readers can tell apart, and a sequential map for ordered parameters.

use serde::{Deserialize, Serialize};

/// On what the figure is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Theme {
    /// Dark ink on white: print, and pages of either kind.
    #[default]
    Light,
    /// Light ink on a dark page.
    Dark,
}

/// A colour by its meaning; what it looks like depends on the [`Theme`].
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Colour {
    /// Number `i` of the palette of Okabe and Ito (2008) for unordered classes: blue, vermilion, green, purple, orange,
    /// sky blue, grey. Starts again after seven.
    Class(usize),
    /// A place in `0..=1` on the viridis map, for an ordered parameter such as a noise level.
    Ordered(f64),
    /// The colour of text.
    Ink,
    /// A grey that stays in the background.
    Muted,
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

impl Colour {
    /// The colour of value number `index` of `count` ordered values.
    pub fn ordered(index: usize, count: usize) -> Self {
        Self::Ordered(if count > 1 { index as f64 / (count - 1) as f64 } else { 0.0 })
    }

    pub(crate) fn rgb(self, theme: Theme) -> Rgb {
        let dark = theme == Theme::Dark;
        match self {
            Self::Class(index) => {
                let palette = if dark { &CLASSES_ON_DARK } else { &CLASSES_ON_LIGHT };
                palette[index % palette.len()]
            }
            Self::Ordered(place) => {
                let place = if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 };
                // The end of the map that vanishes on the page is left out.
                viridis(if dark { 0.18 + 0.82 * place } else { 0.9 * place })
            }
            Self::Ink => page(theme).ink,
            Self::Muted => page(theme).muted,
            Self::Rgb(red, green, blue) => Rgb(red, green, blue),
        }
    }
}

/// How many classes the palette tells apart.
pub(crate) const CLASSES: usize = 7;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// This colour laid over `below` with the given opacity.
    pub fn over(self, below: Self, opacity: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) * opacity + f64::from(b) * (1.0 - opacity)).round() as u8;
        Self(mix(self.0, below.0), mix(self.1, below.1), mix(self.2, below.2))
    }
}

const CLASSES_ON_LIGHT: [Rgb; CLASSES] = [
    Rgb(0x00, 0x72, 0xb2),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0x00, 0x9e, 0x73),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x56, 0xb4, 0xe9),
    Rgb(0x55, 0x55, 0x55),
];

/// The same hues, lightened until they stand out on a dark page.
const CLASSES_ON_DARK: [Rgb; CLASSES] = [
    Rgb(0x45, 0x9c, 0xe0),
    Rgb(0xff, 0x80, 0x40),
    Rgb(0x2c, 0xc7, 0x9a),
    Rgb(0xe3, 0x96, 0xc4),
    Rgb(0xf2, 0xb8, 0x35),
    Rgb(0x8f, 0xd6, 0xff),
    Rgb(0xb0, 0xb0, 0xb0),
];

/// What is not data: page, text, lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub paper: Rgb,
    pub ink: Rgb,
    pub frame: Rgb,
    pub grid: Rgb,
    pub muted: Rgb,
}

pub(crate) fn page(theme: Theme) -> Page {
    match theme {
        Theme::Light => Page {
            paper: Rgb(0xff, 0xff, 0xff),
            ink: Rgb(0x1f, 0x1f, 0x1f),
            frame: Rgb(0x4d, 0x4d, 0x4d),
            grid: Rgb(0xea, 0xea, 0xea),
            muted: Rgb(0x8c, 0x8c, 0x8c),
        },
        Theme::Dark => Page {
            paper: Rgb(0x0d, 0x11, 0x17),
            ink: Rgb(0xe6, 0xed, 0xf3),
            frame: Rgb(0x9a, 0xa4, 0xaf),
            grid: Rgb(0x26, 0x2c, 0x34),
            muted: Rgb(0x7d, 0x85, 0x90),
        },
    }
}

pub(crate) fn viridis(place: f64) -> Rgb {
    let colour = colorous::VIRIDIS.eval_continuous(place.clamp(0.0, 1.0));
    Rgb(colour.r, colour.g, colour.b)
}

/// Two hues with the page's colour between them: vermilion at 0, blue at 1.
pub(crate) fn diverging(place: f64, theme: Theme) -> Rgb {
    let place = place.clamp(0.0, 1.0);
    let paper = page(theme).paper;
    let (end, share) =
        if place < 0.5 { (Colour::Class(1), 1.0 - 2.0 * place) } else { (Colour::Class(0), 2.0 * place - 1.0) };
    // Pale enough for points of the same hues to stand out on it.
    end.rgb(theme).over(paper, 0.6 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours() {
        assert_eq!(Colour::Class(0).rgb(Theme::Light).hex(), "#0072b2");
        assert_eq!(Colour::Class(7).rgb(Theme::Light).hex(), "#0072b2");
        // The published first and last colours of viridis.
        assert_eq!((viridis(0.0).hex(), viridis(1.0).hex()), ("#440154".to_owned(), "#fde725".to_owned()));
        assert_eq!(Colour::ordered(0, 1).rgb(Theme::Light).hex(), "#440154");
        assert_eq!(Colour::Ordered(f64::NAN).rgb(Theme::Light).hex(), "#440154");
        assert_eq!(Rgb(0, 0, 0).over(Rgb(200, 100, 50), 0.5), Rgb(100, 50, 25));
        assert_eq!(diverging(0.5, Theme::Light), Rgb(255, 255, 255));
    }
}
