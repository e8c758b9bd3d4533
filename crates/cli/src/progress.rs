//! How far a run is, on standard error: a bar on a terminal, lines of some evaluations elsewhere.

use crate::printer::{Talk, percent, plural, terminal_width};
use consilience_report::{count, counted, duration, visible};
use consilience_train::{EvaluationRecord, Observer, ObserverError, StepRecord};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::{IsTerminal, stderr};
use std::ops::Range;

/// Lines for a run, about, where there is no terminal: what is kept of it should not grow with the number of evaluations.
const LINES: u64 = 20;

/// The progress of one method.
#[derive(Debug)]
pub struct Progress {
    method: String,
    steps: u64,
    talk: Talk,
    bar: Option<Bar>,
    /// The first step whose evaluation is worth a line.
    next_line: u64,
}

/// A bar, and how it fits the terminal.
#[derive(Debug)]
struct Bar {
    line: ProgressBar,
    layout: Layout,
    /// Columns of the name.
    name: usize,
}

/// What there is room for beside name, bar and percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// The last accuracy.
    Narrow,
    /// The time left, too.
    Middle,
    /// The number of steps, too.
    Wide,
}

impl Layout {
    fn of(width: usize) -> Self {
        match width {
            0..72 => Self::Narrow,
            72..120 => Self::Middle,
            _ => Self::Wide,
        }
    }

    /// Columns that names take at most.
    fn most_of_name(self) -> usize {
        match self {
            Self::Narrow => 14,
            Self::Middle | Self::Wide => 22,
        }
    }

    fn template(self, name: usize) -> String {
        match self {
            Self::Narrow => format!("{{prefix:{name}!}} {{wide_bar}} {{percent:>3}} % {{msg:>7!}}"),
            Self::Middle => format!("{{prefix:{name}!}}  {{wide_bar}} {{percent:>3}} %  {{left:13!}} {{msg:20!}}"),
            Self::Wide => format!("{{prefix:{name}!}}  {{bar:32}} {{percent:>3}} %  {{made}}  {{left:16!}}  {{msg}}"),
        }
    }
}

impl Progress {
    /// Begins to show the progress of `method` over `steps`, the first of which has not been made yet, unless `talk` is quiet.
    /// Names take as many columns as the longest of `names`, so that the bars of methods stand below each other.
    pub fn begin(method: &str, names: &[&str], steps: Range<u64>, talk: Talk) -> Self {
        let Range { start: from, end: steps } = steps;
        let bar = (!talk.is_quiet() && stderr().is_terminal()).then(|| {
            let layout = Layout::of(terminal_width());
            let longest = names.iter().map(|name| visible(name).chars().count()).max().unwrap_or(0);
            let name = longest.clamp(1, layout.most_of_name());
            let bar = ProgressBar::new(steps).with_style(style(&layout.template(name)));
            let line = bar.with_prefix(visible(method).into_owned()).with_position(from);
            // The time left follows from the steps that are made now.
            line.reset_eta();
            Bar { line, layout, name }
        });
        if bar.is_none() {
            talk.say(&format!("{method}: {}", plural(steps as usize, "step")));
        }
        Self { method: method.to_owned(), steps, talk, bar, next_line: 0 }
    }

    /// Leaves standing how far it came and how long that took.
    pub fn end(&self) {
        let Some(Bar { line: bar, layout, name }) = &self.bar else { return };
        let made = match bar.position() {
            made if made == self.steps => counted(made, "step"),
            made => format!("{} of {}", count(made), counted(self.steps, "step")),
        };
        let took = duration(bar.elapsed().as_secs_f64());
        let accuracy = bar.message();
        let separator = if accuracy.is_empty() || *layout == Layout::Narrow { "" } else { ", " };
        let message = match layout {
            Layout::Narrow => format!("{made} in {took}"),
            _ => format!("{made} in {took}{separator}{accuracy}"),
        };
        let gap = if *layout == Layout::Narrow { " " } else { "  " };
        bar.set_style(style(&format!("{{prefix:{name}!}}{gap}{{wide_msg}}")));
        bar.abandon_with_message(message);
    }
}

fn style(template: &str) -> ProgressStyle {
    let left = |state: &ProgressState, out: &mut dyn Write| {
        // Before the first steps nothing tells how long the rest takes.
        let text = match state.eta().as_secs_f64() {
            _ if state.pos() == 0 || state.is_finished() => String::new(),
            seconds => format!("{} left", duration(seconds.max(1.0).round())),
        };
        // Writing into the line cannot fail.
        let _ = out.write_str(&text);
    };
    let made = |state: &ProgressState, out: &mut dyn Write| {
        let all = state.len().unwrap_or(0);
        let width = count(all).chars().count();
        let _ = write!(out, "{:>width$} of {}", count(state.pos()), counted(all, "step"));
    };
    // No colours anywhere, so NO_COLOR is honoured. The templates are fixed; the fallback is never seen.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
        .with_key("left", left)
        .with_key("made", made)
}

impl Observer for Progress {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        if let Some(Bar { line, .. }) = &self.bar {
            line.set_position(record.step + 1);
        }
        Ok(())
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        let share = record.get("test_accuracy").map(percent);
        let accuracy = share.as_ref().map_or_else(String::new, |share| format!("test accuracy {share}"));
        match &self.bar {
            Some(Bar { line, layout: Layout::Narrow, .. }) => line.set_message(share.unwrap_or_default()),
            Some(Bar { line, .. }) => line.set_message(accuracy),
            None if record.step >= self.next_line.min(self.steps) => {
                self.next_line = record.step + self.steps.div_ceil(LINES);
                self.talk.say(&format!(
                    "{}: step {} of {}, epoch {}  {accuracy}",
                    self.method, record.step, self.steps, record.epoch
                ));
            }
            None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::{ProgressDrawTarget, TermLike};
    use std::io;
    use std::sync::{Arc, Mutex};

    /// A terminal that remembers its last line.
    #[derive(Clone, Debug)]
    struct LastLine {
        columns: u16,
        text: Arc<Mutex<String>>,
    }

    impl TermLike for LastLine {
        fn width(&self) -> u16 {
            self.columns
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.text.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.text.lock().unwrap().clear();
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The bar in a terminal of `columns`, after 221 of 480 steps.
    fn drawn(columns: u16, name: &str) -> String {
        let terminal = LastLine { columns, text: Arc::default() };
        let layout = Layout::of(usize::from(columns));
        let width = name.chars().count().clamp(1, layout.most_of_name());
        let bar = ProgressBar::with_draw_target(Some(480), ProgressDrawTarget::term_like(Box::new(terminal.clone())))
            .with_style(style(&layout.template(width)))
            .with_prefix(name.to_owned());
        bar.set_message(if layout == Layout::Narrow { "81.5 %" } else { "test accuracy 81.5 %" });
        bar.set_position(221);
        bar.abandon();
        terminal.text.lock().unwrap().trim_end().to_owned()
    }

    #[test]
    fn a_bar_is_one_line_in_every_terminal() {
        for columns in [34, 40, 71, 72, 80, 119, 120, 200] {
            for name in ["plain SGD", "a method whose name is longer than that of every other method there ever was"] {
                let line = drawn(columns, name);
                let long = line.chars().count();
                assert!(line.lines().count() == 1 && long <= usize::from(columns), "{columns}, {long}: {line}");
                assert!(
                    line.contains(&name[..9]) && line.contains(" 46 %") && line.contains("81.5 %"),
                    "{columns}: {line}"
                );
                assert!(line.contains('━') && line.contains('─'), "{columns}: {line}");
                assert_eq!(line.contains("221 of 480 steps"), columns >= 120, "{columns}: {line}");
            }
        }
    }
}
