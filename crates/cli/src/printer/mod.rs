//! Everything the program prints: data to standard output, talk to standard error.

mod audit;
mod comparison;
mod markdown;
mod table;

pub use audit::{about_suspects, against_truth, most_suspicious};
pub use comparison::{MethodResult, compare};
pub use consilience_report::{number, percent};
pub use markdown::{pages, section};
pub use table::table;

use crate::failure::{Failure, Stop};
use crate::interrupt::INTERRUPTED;
use consilience_report::visible;
use console::Term;
use std::io::{self, IsTerminal, StdoutLock, Write, stderr, stdout};
use std::process::ExitCode;

/// `1 run`, `2 runs`.
pub fn plural(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// Columns assumed where there is no terminal to ask, and used at most: longer lines are hard to read.
const WIDTH: usize = 110;

/// Standard output. Writing fails when nobody reads any more.
#[derive(Debug)]
pub struct Printer {
    out: StdoutLock<'static>,
    width: usize,
}

impl Printer {
    /// Of this process.
    pub fn new() -> Self {
        let columns = || Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        let width = if stdout().is_terminal() { columns().unwrap_or(WIDTH) } else { WIDTH };
        Self { out: stdout().lock(), width: width.clamp(40, WIDTH) }
    }

    /// Columns there are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Prints `text` as it is, and a line break.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", harmless(text.trim_end()))
    }

    /// Prints `text` broken into lines, each indented by `indent` columns.
    pub fn paragraph(&mut self, text: &str, indent: usize) -> io::Result<()> {
        for line in wrap(text, self.width.saturating_sub(indent)) {
            self.line(&format!("{:indent$}{line}", ""))?;
        }
        Ok(())
    }

    /// Prints `head` and `text` beside it from the column `from` on, broken into lines.
    pub fn hanging(&mut self, head: &str, text: &str, from: usize) -> io::Result<()> {
        let mut head = head;
        for line in wrap(text, self.width.saturating_sub(from).max(20)) {
            self.line(&format!("{head:from$}{line}"))?;
            head = "";
        }
        if head.is_empty() { Ok(()) } else { self.line(head) }
    }
}

/// Talk on standard error, unless it is to be quiet.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    quiet: bool,
}

impl Talk {
    /// Quiet, or not.
    pub fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Whether nothing is said.
    pub fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Says `text`.
    pub fn say(self, text: &str) {
        if !self.quiet {
            tell(text);
        }
    }
}

/// Says what stopped the program, and turns it into the exit code.
pub fn conclude(result: Result<(), Stop>) -> ExitCode {
    match result {
        Ok(()) | Err(Stop::NobodyReads) => ExitCode::SUCCESS,
        Err(Stop::Failed(failure)) => {
            tell_failure("error", &failure);
            ExitCode::FAILURE
        }
        Err(Stop::Interrupted(failure)) => {
            tell_failure("interrupted", &failure);
            ExitCode::from(INTERRUPTED)
        }
    }
}

/// Says what went wrong, and what to do about it.
pub fn tell_failure(word: &str, failure: &Failure) {
    tell(&format!("{word}: {}", failure.message));
    for hint in &failure.hints {
        tell(&format!("hint: {hint}"));
    }
}

fn tell(text: &str) {
    let text = harmless(text);
    let is_long = stderr().is_terminal() && text.chars().count() > terminal_width();
    let lines = if is_long { wrap(&text, terminal_width()) } else { vec![text] };
    for line in lines {
        // Nobody reading what is said is no reason to stop.
        let _ = writeln!(stderr(), "{line}");
    }
}

/// `text` as [`visible`] shows it, its lines and tabs kept: names and contents of files are anybody's.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for part in text.split_inclusive(['\n', '\t']) {
        let kept = part.trim_end_matches(['\n', '\t']);
        shown += &visible(kept);
        shown += &part[kept.len()..];
    }
    shown
}

/// Columns of the terminal that standard error is.
pub fn terminal_width() -> usize {
    Term::stderr().size_checked().map_or(WIDTH, |(_, columns)| usize::from(columns)).max(20)
}

/// `text` in lines of at most `width` characters where words allow.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_does_not_control_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\nc\u{9b}31md\te\u{7f}"), "a\\u{1b}[2Jb\nc\\u{9b}31md\te\\u{7f}");
        assert_eq!(harmless("größer"), "größer");
        assert_eq!(harmless("x\u{202e}desrever\n\n\tend\n"), "x\\u{202e}desrever\n\n\tend\n");
    }

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrap("one two three\nfour", 8), ["one two", "three", "four"]);
        assert_eq!(wrap("unbreakable word", 4), ["unbreakable", "word"]);
    }
}
