//! Text: raised and lowered parts, widths, breaking into lines. Widths are those of the bundled font, which are close to
//! those of the sans-serif fonts that viewers of SVG files substitute.

use ttf_parser::Face;

/// The font that PNG text is set in and that all text is measured with.
pub(crate) struct Fonts {
    pub regular: Face<'static>,
    pub bold: Face<'static>,
}

impl Fonts {
    pub fn new() -> Self {
        let face = |bytes| Face::parse(bytes, 0).expect("the bundled fonts are valid TrueType files");
        Self { regular: face(dejavu::sans_condensed::regular()), bold: face(dejavu::sans_condensed::bold()) }
    }

    pub fn face(&self, bold: bool) -> &Face<'static> {
        if bold { &self.bold } else { &self.regular }
    }

    /// Width of a marked-up text in pixels.
    pub fn width(&self, text: &str, size: f64, bold: bool) -> f64 {
        runs(text).iter().map(|run| self.run_width(&run.text, size * run.level.size(), bold)).sum()
    }

    /// Width of plain text in pixels.
    pub fn run_width(&self, text: &str, size: f64, bold: bool) -> f64 {
        let face = self.face(bold);
        let units: u64 = text.chars().map(|c| u64::from(advance(face, c))).sum();
        units as f64 * size / f64::from(face.units_per_em())
    }

    /// Breaks a text into at most `most` lines of at most `width` pixels; what does not fit ends in an ellipsis.
    pub fn wrap(&self, text: &str, width: f64, size: f64, bold: bool, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut words = text.split_whitespace().peekable();
        let mut line = String::new();
        while let Some(word) = words.next() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, size, bold) <= width {
                line = longer;
                continue;
            }
            let last = lines.len() + 1 >= most;
            if last || line.is_empty() {
                line = self.shorten(&longer, width, size, bold);
                if last {
                    break;
                }
            } else {
                lines.push(std::mem::take(&mut line));
                line = self.shorten(word, width, size, bold);
            }
            if words.peek().is_none() {
                break;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    fn shorten(&self, text: &str, width: f64, size: f64, bold: bool) -> String {
        if self.width(text, size, bold) <= width {
            return text.to_owned();
        }
        let characters: Vec<char> = text.chars().collect();
        // The width grows with the number of characters, so that the longest that fits can be bisected.
        let (mut fits, mut too_long) = (0, characters.len());
        let cut = |count: usize| characters[..count].iter().collect::<String>().trim_end().to_owned() + "…";
        while too_long - fits > 1 {
            let middle = usize::midpoint(fits, too_long);
            if self.width(&cut(middle), size, bold) <= width {
                fits = middle;
            } else {
                too_long = middle;
            }
        }
        cut(fits)
    }
}

/// Advance of a character in font units; of the missing-glyph box where the font lacks it.
pub(crate) fn advance(face: &Face<'_>, character: char) -> u16 {
    let glyph = face.glyph_index(character).unwrap_or_default();
    face.glyph_hor_advance(glyph).unwrap_or(0)
}

/// Height of a run of text above the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    Line,
    Raised,
    Lowered,
}

impl Level {
    /// Size relative to the text around it.
    pub fn size(self) -> f64 {
        if self == Self::Line { 1.0 } else { 0.72 }
    }

    /// Downward shift of the base line, relative to the size of the text around it.
    pub fn shift(self) -> f64 {
        match self {
            Self::Line => 0.0,
            Self::Raised => -0.38,
            Self::Lowered => 0.2,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Run {
    pub text: String,
    pub level: Level,
}

/// Splits `a^{b}_{c}` into runs. Anything else, a lone `_` among it, is text. Control characters become spaces.
pub(crate) fn runs(text: &str) -> Vec<Run> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut runs: Vec<Run> = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let raised = rest.find("^{").map(|at| (at, Level::Raised));
        let lowered = rest.find("_{").map(|at| (at, Level::Lowered));
        let next = [raised, lowered].into_iter().flatten().min_by_key(|(at, _)| *at);
        let Some((at, level, length)) =
            next.and_then(|(at, level)| rest[at + 2..].find('}').map(|length| (at, level, length)))
        else {
            runs.push(Run { text: rest.to_owned(), level: Level::Line });
            break;
        };
        if at > 0 {
            runs.push(Run { text: rest[..at].to_owned(), level: Level::Line });
        }
        runs.push(Run { text: rest[at + 2..at + 2 + length].to_owned(), level });
        rest = &rest[at + 3 + length..];
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup() {
        let split = |text| runs(text).into_iter().map(|run| (run.text, run.level)).collect::<Vec<_>>();
        let run = |text: &str, level| (text.to_owned(), level);
        assert_eq!(
            split("10^{-3} f_{p}x"),
            [
                run("10", Level::Line),
                run("-3", Level::Raised),
                run(" f", Level::Line),
                run("p", Level::Lowered),
                run("x", Level::Line)
            ]
        );
        assert_eq!(split("sq_norms ^{"), [run("sq_norms ^{", Level::Line)]);
        assert_eq!(split(""), []);
    }

    #[test]
    fn width_is_the_sum_of_advances() {
        let fonts = Fonts::new();
        // DejaVu Sans Condensed: every digit advances by 1174 of 2048 units.
        let digits = fonts.width("0123", 10.0, false);
        assert!((digits - 4.0 * 1173.0 / 2048.0 * 10.0).abs() < 0.05, "{digits}");
        assert_eq!(fonts.width("", 10.0, false), 0.0);
    }

    #[test]
    fn lines_fit() {
        let fonts = Fonts::new();
        let text = "average micro-batch gradient norm of a network that was trained for a very long time indeed";
        let lines = fonts.wrap(text, 120.0, 12.0, false, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| fonts.width(line, 12.0, false) <= 120.0), "{lines:?}");
        assert!(lines[2].ends_with('…'));
        assert_eq!(fonts.wrap("short", 120.0, 12.0, false, 3), ["short"]);
        let word = fonts.wrap(&"w".repeat(500), 50.0, 12.0, false, 2);
        assert_eq!(word.len(), 1);
        assert!(word[0].ends_with('…') && fonts.width(&word[0], 12.0, false) <= 50.0);
        assert!(fonts.wrap("  ", 50.0, 12.0, false, 2).is_empty());
    }
}
