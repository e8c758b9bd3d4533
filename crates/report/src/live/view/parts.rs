//! Bars of one quantity, one for each layer.

use super::palette::{Palette, Role};
use super::words::{aligned_right, bar, fit, padded};
use super::{Choice, frame_of};
use crate::live::lines::value;
use crate::live::watched::Watched;
use crate::visible;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr;

/// Columns of a value.
const VALUE: usize = 9;
/// Columns that names take at most.
const NAME: usize = 24;

/// The parts of the chosen quantity.
pub fn draw(frame: &mut Frame<'_>, area: Rect, watched: &Watched, choice: &Choice, palette: Palette) {
    let Some(whole) = choice.whole(watched) else {
        let block = frame_of("by layer", palette);
        let inner = block.inner(area);
        let text =
            "Nothing was measured for single layers. Quantities such as gsnr are: monitor.quantities = [\"gsnr\"].";
        frame.render_widget(block, area);
        let text = Paragraph::new(text).style(palette.style(Role::Soft)).wrap(Wrap { trim: true });
        return frame.render_widget(text, inner);
    };
    let wholes = watched.wholes();
    let parts: Vec<(&str, f64)> = watched.parts(whole).collect();
    let place = wholes.iter().position(|other| *other == whole).unwrap_or(0) + 1;
    let title = fit(&format!("{} by part", visible(whole)), usize::from(area.width).saturating_sub(6));
    let mut block = frame_of(&title, palette);
    if wholes.len() > 1 {
        let place = format!(" tab: {place} of {} ", wholes.len());
        block = block.title_bottom(Line::styled(place, palette.style(Role::Soft)).right_aligned());
    }
    let inner = block.inner(area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let names = parts.iter().map(|(part, _)| visible(part).width()).max().unwrap_or(0);
    let name = names.min(NAME).min(width / 3);
    let room = width.saturating_sub(name + VALUE + 2);
    let largest = parts.iter().map(|(_, value)| value.abs()).filter(|value| value.is_finite()).fold(0.0, f64::max);
    // Where they do not fit, the first and the last line says how many more there are.
    let first = choice.scroll.min(parts.len().saturating_sub(height));
    let shown = &parts[first..parts.len().min(first + height)];
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (part, last) in shown {
        let share = if largest > 0.0 { last.abs() / largest } else { 0.0 };
        let role = if *last < 0.0 { Role::Bad } else { Role::Bar };
        lines.push(Line::from(vec![
            Span::raw(padded(&visible(part), name)),
            Span::styled(aligned_right(&value(whole, *last), VALUE + 1), palette.style(Role::Strong)),
            Span::raw(" "),
            Span::styled(bar(share, room), palette.style(role)),
        ]));
    }
    if parts.len() > height && height > 0 {
        let place = format!(" {}–{} of {} ", first + 1, first + shown.len(), parts.len());
        block = block.title_bottom(Line::styled(place, palette.style(Role::Soft)));
    }
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(lines), inner);
}
