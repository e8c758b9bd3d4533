//! Text that fits.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The levels of a sparkline, lowest first.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Parts of a column, fewest first.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// `text` in at most `width` columns, its end replaced by `…` where it is longer.
pub fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        shown.push(character);
    }
    if width > 0 {
        shown.push('…');
    }
    shown
}

/// `text` in exactly `width` columns.
pub fn padded(text: &str, width: usize) -> String {
    let mut shown = fit(text, width);
    let rest = width.saturating_sub(shown.width());
    shown.extend(std::iter::repeat_n(' ', rest));
    shown
}

/// `text` at the right of exactly `width` columns.
pub fn aligned_right(text: &str, width: usize) -> String {
    let shown = fit(text, width);
    format!("{}{shown}", " ".repeat(width.saturating_sub(shown.width())))
}

/// The course of `points` in `width` columns, each as high as the mean of the values it stands for.
pub fn sparkline(points: &[(f64, f64)], width: usize) -> String {
    if points.is_empty() || width == 0 {
        return String::new();
    }
    let columns = width.min(points.len());
    let mean = |column: usize| {
        let group = &points[column * points.len() / columns..(column + 1) * points.len() / columns];
        group.iter().map(|point| point.1).sum::<f64>() / group.len() as f64
    };
    let means: Vec<f64> = (0..columns).map(mean).collect();
    let low = means.iter().copied().fold(f64::INFINITY, f64::min);
    let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let level = |value: &f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        LEVELS[((share * 7.0).round() as usize).min(7)]
    };
    means.iter().map(level).collect()
}

/// A bar of `share` of `width` columns, to an eighth of a column.
pub fn bar(share: f64, width: usize) -> String {
    let eighths = if share.is_finite() { (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize } else { 0 };
    let mut bar = "█".repeat(eighths / 8);
    bar.extend((eighths % 8).checked_sub(1).map(|rest| EIGHTHS[rest]));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits() {
        assert_eq!(
            (fit("gsnr_mean", 9), fit("gsnr_mean", 6), fit("gsnr", 0)),
            ("gsnr_mean".into(), "gsnr_…".into(), String::new())
        );
        assert_eq!(fit("標準偏差", 5), "標準…", "each takes two columns");
        assert_eq!((padded("a", 3), aligned_right("a", 3)), ("a  ".to_owned(), "  a".to_owned()));
    }

    #[test]
    fn bars_and_sparklines() {
        assert_eq!(
            (bar(1.0, 3), bar(0.5, 3), bar(0.0, 3), bar(f64::NAN, 3)),
            ("███".into(), "█▌".into(), String::new(), String::new())
        );
        let points: Vec<(f64, f64)> = (0..16).map(|step| (f64::from(step), f64::from(step))).collect();
        assert_eq!(sparkline(&points, 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&points[..1], 8), "▅");
        assert_eq!(sparkline(&[], 8), "");
    }
}
