//! Colours of the terminal view, which may be none.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;

/// What a colour stands for. The colours are of the 256 that terminals agree on and are told apart on light and on dark
/// grounds; nothing is said by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The loss of single batches.
    Batch,
    /// What is measured on training data.
    Train,
    /// On validation data.
    Validation,
    /// On test data.
    Test,
    /// On training examples with right labels.
    Pristine,
    /// On training examples with wrong labels.
    Corrupt,
    /// Bars.
    Bar,
    /// Bars of negative values, and what went wrong.
    Bad,
    /// What went well.
    Good,
    /// What is less important.
    Soft,
    /// What is more important.
    Strong,
}

/// Colours, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Whether colours are used; if not, only bold and dim.
    pub colours: bool,
}

impl Palette {
    /// Without colours where the environment variable `NO_COLOR` is set to anything (<https://no-color.org>).
    pub fn of_environment() -> Self {
        Self { colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    /// The style of `role`.
    pub fn style(self, role: Role) -> Style {
        // What stands in a dim frame is not dim itself.
        let plain = Style::new().remove_modifier(Modifier::DIM);
        match role {
            Role::Soft => Style::new().add_modifier(Modifier::DIM),
            Role::Strong => plain.add_modifier(Modifier::BOLD),
            _ if !self.colours => plain,
            Role::Batch => plain.fg(Color::Indexed(245)),
            Role::Train | Role::Bar => plain.fg(Color::Indexed(33)),
            Role::Validation => plain.fg(Color::Indexed(133)),
            Role::Test => plain.fg(Color::Indexed(208)),
            Role::Pristine | Role::Good => plain.fg(Color::Indexed(35)),
            Role::Corrupt | Role::Bad => plain.fg(Color::Indexed(161)),
        }
    }

    /// What the curve of `role` is drawn with. Without colours the marks tell curves apart.
    pub fn marker(self, role: Role) -> Marker {
        match role {
            _ if self.colours => Marker::Braille,
            Role::Test => Marker::Dot,
            Role::Corrupt => Marker::HalfBlock,
            Role::Validation => Marker::Block,
            Role::Pristine => Marker::Bar,
            _ => Marker::Braille,
        }
    }

    /// What stands for the curve of `role` in a key.
    pub fn key(self, role: Role) -> &'static str {
        match self.marker(role) {
            Marker::Dot => "•",
            Marker::HalfBlock => "▀",
            Marker::Block => "█",
            Marker::Bar => "▄",
            _ => "⠤",
        }
    }
}
