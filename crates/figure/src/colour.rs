//! Colours: a palette that colour-blind readers can tell apart, and a sequential map for ordered parameters.

/// A colour by its meaning.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Colour {
    /// Number `i` of the palette of Okabe and Ito (2008) for unordered classes: blue, vermilion, green, purple, orange,
    /// sky blue, grey. Starts again after seven.
    Class(usize),
    /// A place in `0..=1` on the viridis map, for an ordered parameter such as a noise level.
    Ordered(f64),
    /// A grey that stays in the background.
    Muted,
}

impl Colour {
    /// The colour of value number `index` of `count` ordered values.
    pub fn ordered(index: usize, count: usize) -> Self {
        Self::Ordered(if count > 1 { index as f64 / (count - 1) as f64 } else { 0.0 })
    }

    pub(crate) fn rgb(self) -> Rgb {
        match self {
            Self::Class(index) => PALETTE[index % CLASSES],
            Self::Ordered(place) => {
                let place = if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 };
                // The end of the map that vanishes on the page is left out.
                viridis(0.9 * place)
            }
            Self::Muted => PAGE.muted,
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

const PALETTE: [Rgb; CLASSES] = [
    Rgb(0x00, 0x72, 0xb2),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0x00, 0x9e, 0x73),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x56, 0xb4, 0xe9),
    Rgb(0x55, 0x55, 0x55),
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

pub(crate) const PAGE: Page = Page {
    paper: Rgb(0xff, 0xff, 0xff),
    ink: Rgb(0x1f, 0x1f, 0x1f),
    frame: Rgb(0x4d, 0x4d, 0x4d),
    grid: Rgb(0xea, 0xea, 0xea),
    muted: Rgb(0x8c, 0x8c, 0x8c),
};

pub(crate) fn viridis(place: f64) -> Rgb {
    let colour = colorous::VIRIDIS.eval_continuous(place.clamp(0.0, 1.0));
    Rgb(colour.r, colour.g, colour.b)
}

/// Two hues with the page's colour between them: vermilion at 0, blue at 1.
pub(crate) fn diverging(place: f64) -> Rgb {
    let place = place.clamp(0.0, 1.0);
    let (end, share) =
        if place < 0.5 { (Colour::Class(1), 1.0 - 2.0 * place) } else { (Colour::Class(0), 2.0 * place - 1.0) };
    // Pale enough for points of the same hues to stand out on it.
    end.rgb().over(PAGE.paper, 0.6 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours() {
        assert_eq!(Colour::Class(0).rgb().hex(), "#0072b2");
        assert_eq!(Colour::Class(7).rgb().hex(), "#0072b2");
        // The published first and last colours of viridis.
        assert_eq!((viridis(0.0).hex(), viridis(1.0).hex()), ("#440154".to_owned(), "#fde725".to_owned()));
        assert_eq!(Colour::ordered(0, 1).rgb().hex(), "#440154");
        assert_eq!(Colour::Ordered(f64::NAN).rgb().hex(), "#440154");
        assert_eq!(Rgb(0, 0, 0).over(Rgb(200, 100, 50), 0.5), Rgb(100, 50, 25));
        assert_eq!(diverging(0.5), Rgb(255, 255, 255));
    }
}
