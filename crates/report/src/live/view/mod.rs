//! A run in a terminal of any size.

mod axis;
mod curves;
mod header;
mod palette;
mod parts;
mod quantities;
mod words;

pub use palette::{Palette, Role};

use super::watched::Watched;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Padding};

/// From so many columns on, panels stand side by side.
const WIDE: u16 = 76;

/// What the person in front of the terminal has chosen.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The place of the quantity whose parts are shown.
    pub quantity: usize,
    /// Rows scrolled past.
    pub scroll: usize,
    /// Whether curves have the other scale than the one that suits them: linear instead of logarithmic, or the other way.
    pub other_scale: bool,
}

impl Choice {
    /// The quantity whose parts are shown; none when there are no parts.
    pub fn whole<'a>(&self, watched: &'a Watched) -> Option<&'a str> {
        let wholes = watched.wholes();
        let count = wholes.len();
        wholes.into_iter().nth(self.quantity.checked_rem(count)?)
    }

    /// Goes on to the next quantity, or back to the one before.
    pub fn switch(&mut self, watched: &Watched, back: bool) {
        let count = watched.wholes().len().max(1);
        self.quantity = (self.quantity + if back { count - 1 } else { 1 }) % count;
    }

    /// Scrolls by so many rows, as far as there are any.
    pub fn scroll(&mut self, watched: &Watched, by: isize) {
        let parts = self.whole(watched).map_or(0, |whole| watched.parts(whole).count());
        let most = quantities::count(watched).max(parts);
        self.scroll = self.scroll.saturating_add_signed(by).min(most.saturating_sub(1));
    }
}

/// Draws the run into all of the terminal.
pub fn draw(frame: &mut Frame<'_>, watched: &Watched, choice: &Choice, palette: Palette) {
    let area = frame.area();
    if area.height < 9 || area.width < 36 {
        return header::essentials(frame, area, watched, palette);
    }
    let [top, rest, bottom] =
        Layout::vertical([Constraint::Length(3), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    header::draw(frame, top, watched, palette);
    panels(frame, rest, watched, choice, palette);
    keys(frame, bottom, palette);
}

fn panels(frame: &mut Frame<'_>, area: Rect, watched: &Watched, choice: &Choice, palette: Palette) {
    let halves = |area: Rect| -> [Rect; 2] {
        if area.width >= WIDE {
            Layout::horizontal([Constraint::Fill(1); 2]).areas(area)
        } else {
            Layout::vertical([Constraint::Fill(1); 2]).areas(area)
        }
    };
    // Curves need six rows to say anything, tables as many; beside each other they need half of them.
    let rows = if area.width >= WIDE { 1 } else { 2 };
    match area.height {
        height if height >= 12 * rows => {
            let [curves, tables] = Layout::vertical([Constraint::Percentage(55), Constraint::Fill(1)]).areas(area);
            let [loss, accuracy] = halves(curves);
            curves::losses(frame, loss, watched, choice, palette);
            curves::accuracies(frame, accuracy, watched, choice, palette);
            let [now, parts] = halves(tables);
            quantities::draw(frame, now, watched, choice, palette);
            parts::draw(frame, parts, watched, choice, palette);
        }
        height if height >= 11 => {
            let [curve, now] = halves(area);
            curves::losses(frame, curve, watched, choice, palette);
            quantities::draw(frame, now, watched, choice, palette);
        }
        _ => quantities::draw(frame, area, watched, choice, palette),
    }
}

fn keys(frame: &mut Frame<'_>, area: Rect, palette: Palette) {
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (key, what) in [("q", "quit"), ("tab", "next quantity"), ("↑↓", "scroll"), ("l", "other scale")] {
        if !spans.is_empty() {
            spans.push(Span::raw("   "));
        }
        spans.push(Span::styled(key, palette.style(Role::Strong)));
        spans.push(Span::styled(format!(" {what}"), palette.style(Role::Soft)));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The frame of a panel.
fn frame_of(title: &str, palette: Palette) -> Block<'static> {
    let title =
        Line::from(vec![Span::raw(" "), Span::styled(title.to_owned(), palette.style(Role::Strong)), Span::raw(" ")]);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(palette.style(Role::Soft))
        .title(title)
        .padding(Padding::horizontal(1))
}
