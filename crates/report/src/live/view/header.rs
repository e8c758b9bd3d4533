//! What run it is, how far it is, and how long it will take.

use super::palette::{Palette, Role};
use super::words::{bar, fit, padded};
use crate::live::lines::{GO_ON, silent_for, status, title};
use crate::live::watched::Watched;
use crate::numbers::{count, counted, duration, number};
use crate::visible;
use consilience_record::Status;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// Up to three lines: name and status, progress, times.
pub fn draw(frame: &mut Frame<'_>, area: Rect, watched: &Watched, palette: Palette) {
    let rows = Layout::vertical([Constraint::Length(1); 3]).split(area);
    let width = usize::from(area.width);
    let lines = [name(watched, width, palette), progress(watched, width, palette), times(watched, width, palette)];
    for (line, row) in lines.into_iter().zip(rows.iter()).take(usize::from(area.height)) {
        frame.render_widget(line, *row);
    }
}

/// How the run stands, with a mark.
fn standing(watched: &Watched, palette: Palette) -> Span<'static> {
    let (mark, role) = match watched.description().status {
        Status::Running if watched.is_killed() => ("✗", Role::Bad),
        Status::Running if watched.silence().is_some() => ("○", Role::Soft),
        Status::Running => ("●", Role::Good),
        Status::Finished => ("✓", Role::Good),
        Status::Failed => ("✗", Role::Bad),
        Status::Interrupted => ("■", Role::Bad),
    };
    Span::styled(format!("{mark} {}", status(watched)), palette.style(role))
}

fn name(watched: &Watched, width: usize, palette: Palette) -> Line<'static> {
    let standing = standing(watched, palette);
    let room = width.saturating_sub(standing.width() + 2);
    let title = fit(&title(watched), room);
    let left = room.saturating_sub(title.width());
    let directory = watched.directory().display().to_string();
    let directory = if left > 12 { fit(&format!("  {}", visible(&directory)), left) } else { String::new() };
    let gap = " ".repeat(left.saturating_sub(directory.width()) + 1);
    Line::from(vec![
        Span::styled(title, palette.style(Role::Strong)),
        Span::styled(directory, palette.style(Role::Soft)),
        Span::raw(gap),
        standing,
    ])
}

fn progress(watched: &Watched, width: usize, palette: Palette) -> Line<'static> {
    let steps = count(watched.steps());
    let Some((total, share)) = watched.steps_in_total().zip(watched.share()) else {
        return Line::raw(fit(&format!("step {steps}  epoch {}", watched.epoch()), width));
    };
    let text = format!("step {steps} of {}", count(total));
    let text = if width >= 60 { format!("{text}  epoch {}", watched.epoch()) } else { text };
    let percent = format!(" {:>3.0} %", (100.0 * share).floor());
    let text = if text.width() + percent.width() > width { format!("{steps}/{}", count(total)) } else { text };
    let room = width.saturating_sub(text.width() + 2 + percent.width());
    if room < 6 {
        return Line::raw(fit(&format!("{text}{percent}"), width));
    }
    let filled = bar(share, room);
    let rest = "░".repeat(room.saturating_sub(filled.width()));
    Line::from(vec![
        Span::raw(format!("{text}  ")),
        Span::styled(filled, palette.style(Role::Bar)),
        Span::styled(rest, palette.style(Role::Soft)),
        Span::raw(percent),
    ])
}

fn times(watched: &Watched, width: usize, palette: Palette) -> Line<'static> {
    let mut parts: Vec<(String, Role)> = Vec::new();
    let error = watched.description().error.as_deref().or(watched.trouble());
    if let Some(error) = error {
        return Line::styled(fit(&visible(error), width), palette.style(Role::Bad));
    }
    if let Some(silence) = watched.silence() {
        return Line::styled(fit(&silent_for(watched, silence), width), palette.style(Role::Bad));
    }
    if watched.is_killed() {
        return Line::styled(fit(GO_ON, width), palette.style(Role::Bad));
    }
    if let Some(left) = watched.seconds_left() {
        parts.push((format!("about {} left", duration(left)), Role::Strong));
    }
    if let Some(seconds) = watched.seconds() {
        let word = if watched.has_ended() { "took" } else { "elapsed" };
        parts.push((format!("{word} {}", duration(seconds)), Role::Soft));
    }
    if let Some(seconds) = watched.seconds_per_step() {
        parts.push((format!("{} ms per step", number(1e3 * seconds)), Role::Soft));
    }
    let data = &watched.description().data;
    if data.train > 0 {
        let wrong = match data.train_corrupt {
            0 => String::new(),
            wrong => format!(", {}", counted(wrong as u64, "wrong label")),
        };
        parts
            .push((format!("{}: {}{wrong}", visible(&data.source), counted(data.train as u64, "example")), Role::Soft));
    }
    if watched.damaged() > 0 {
        parts.insert(0, (counted(watched.damaged(), "damaged line"), Role::Bad));
    }
    let mut spans = Vec::new();
    let mut room = width;
    for (text, role) in parts {
        let text = if spans.is_empty() { fit(&text, room) } else { format!("   {text}") };
        if text.width() > room {
            break;
        }
        room -= text.width();
        spans.push(Span::styled(text, palette.style(role)));
    }
    Line::from(spans)
}

/// Everything in as many lines as there are, for terminals in which nothing else fits.
pub fn essentials(frame: &mut Frame<'_>, area: Rect, watched: &Watched, palette: Palette) {
    let width = usize::from(area.width);
    let mut lines = vec![
        Line::from(vec![Span::styled(fit(&title(watched), width), palette.style(Role::Strong))]),
        progress(watched, width, palette),
        Line::from(vec![standing(watched, palette)]),
    ];
    if let Some(left) = watched.seconds_left() {
        lines[2].push_span(Span::raw(format!(" {}", duration(left))));
    }
    for name in
        ["test_accuracy", "held_out_accuracy", "train_accuracy", "test_loss", "held_out_loss", "train_loss", "loss"]
    {
        if let Some((_, last)) = watched.named(name).and_then(|named| named.history.last()) {
            let value = crate::live::lines::value(name, last);
            let room = width.saturating_sub(value.width() + 1);
            lines.push(Line::raw(format!("{} {value}", padded(&name.replace('_', " "), room))));
        }
    }
    // From the top, as many as fit: a layout would take rows away anywhere.
    for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}
