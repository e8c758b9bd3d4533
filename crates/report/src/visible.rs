//! Text of others, made harmless to show.

use std::borrow::Cow;

/// `text` with everything that would act on a terminal, or hide or reorder what is shown, written out as `\u{1b}`: control
/// characters, line breaks, marks of direction and characters without width.
///
/// Names of runs, quantities and settings come from files that anybody may have written.
///
/// ```
/// assert_eq!(consilience_report::visible("plain SGD, \u{3bb} = 1"), "plain SGD, \u{3bb} = 1");
/// assert_eq!(consilience_report::visible("red \u{1b}[31m"), r"red \u{1b}[31m");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if acts(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// As [`visible`], but keeps line breaks.
pub(crate) fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

pub(crate) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_remains() {
        for (text, expected) in [
            ("", ""),
            ("winsorized, c = 2 %", "winsorized, c = 2 %"),
            ("a\tb\nc", "a\\u{9}b\\u{a}c"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("abc\u{202e}cba", "abc\\u{202e}cba"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
        ] {
            assert_eq!(visible(text), expected);
            assert_eq!(visible(&visible(text)), expected, "twice is once");
        }
        assert_eq!(visible_lines("a\nb\u{202e}\n"), "a\nb\\u{202e}\n");
    }
}
