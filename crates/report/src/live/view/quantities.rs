//! The table of what was measured last.

use super::palette::{Palette, Role};
use super::words::{aligned_right, padded, sparkline};
use super::{Choice, frame_of};
use crate::live::lines::value;
use crate::live::watched::{Named, Watched};
use crate::visible;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// Columns of a value.
const VALUE: usize = 9;
/// Columns that names take at most.
const NAME: usize = 34;

/// The last value of everything that is not of a part of the network, with its trend and its course.
pub fn draw(frame: &mut Frame<'_>, area: Rect, watched: &Watched, choice: &Choice, palette: Palette) {
    let rows = rows(watched);
    let block = frame_of("now", palette);
    let inner = block.inner(area);
    let height = usize::from(inner.height);
    let first = choice.scroll.min(rows.len().saturating_sub(height));
    let shown = &rows[first..rows.len().min(first + height)];
    let block = if rows.len() > height && height > 0 {
        let place = format!(" {}–{} of {} ", first + 1, first + shown.len(), rows.len());
        block.title_bottom(Line::styled(place, palette.style(Role::Soft)).right_aligned())
    } else {
        block
    };
    let width = usize::from(inner.width);
    let names = shown.iter().map(|named| visible(&named.name).width()).max().unwrap_or(0);
    // Name, value and arrow with a column between them; what is left is for the course.
    let name = names.min(NAME).min(width.saturating_sub(VALUE + 3));
    let course = width.saturating_sub(name + VALUE + 4).min(40);
    let lines: Vec<Line<'_>> = shown.iter().map(|named| line(named, name, course, palette)).collect();
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(lines), inner);
}

fn line(named: &Named, name: usize, course: usize, palette: Palette) -> Line<'static> {
    let last = named.history.last().map_or(f64::NAN, |(_, value)| value);
    let mut spans = vec![
        Span::raw(padded(&visible(&named.name), name)),
        Span::styled(aligned_right(&value(&named.name, last), VALUE + 1), palette.style(Role::Strong)),
        Span::raw(format!(" {}", named.history.trend().arrow())),
    ];
    if course >= 4 {
        spans.push(Span::styled(format!(" {}", sparkline(named.history.points(), course)), palette.style(Role::Bar)));
    }
    Line::from(spans)
}

/// What evaluations give first, then the rest; what was never defined is left out.
fn rows(watched: &Watched) -> Vec<&Named> {
    let whole = |named: &&Named| named.part().is_none() && named.history.count() > 0;
    let (mut rows, rest): (Vec<&Named>, Vec<&Named>) =
        watched.series().iter().filter(whole).partition(|named| named.evaluated);
    rows.extend(rest);
    rows
}

/// How many rows there are.
pub fn count(watched: &Watched) -> usize {
    rows(watched).len()
}
