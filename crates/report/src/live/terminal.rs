//! The view in a real terminal.

use super::view::{self, Choice, Palette};
use super::watched::Watched;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// Between two looks at the run.
const PAUSE: Duration = Duration::from_millis(250);

/// Shows `watched` until q, Esc or Ctrl-C is pressed, or the program is asked to end. However this ends, by an error or a
/// panic as well, the terminal is as before.
///
/// # Errors
/// Those of the terminal.
pub fn show(watched: &mut Watched, palette: Palette) -> io::Result<()> {
    let asked_to_end = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        flag::register(*signal, Arc::clone(&asked_to_end))?;
    }
    let mut screen = Screen(ratatui::try_init()?);
    let mut choice = Choice::default();
    while !asked_to_end.load(Ordering::Relaxed) {
        let more = watched.update(SystemTime::now());
        screen.0.draw(|frame| view::draw(frame, watched, &choice, palette))?;
        let mut pause = if more { Duration::ZERO } else { PAUSE };
        // All that was pressed meanwhile is heeded before the next look, so that a key held down does not lag behind.
        while event::poll(pause)? {
            if let Event::Key(key) = event::read()?
                && heed(key, watched, &mut choice) == Next::Quit
            {
                return Ok(());
            }
            pause = Duration::ZERO;
        }
    }
    Ok(())
}

/// The terminal as the view needs it; as before when dropped.
struct Screen(DefaultTerminal);

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// What a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Stay,
    Quit,
}

fn heed(key: KeyEvent, watched: &Watched, choice: &mut Choice) -> Next {
    if key.kind == KeyEventKind::Release {
        return Next::Stay;
    }
    match key.code {
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => return Next::Quit,
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => return Next::Quit,
        KeyCode::Tab | KeyCode::Right => choice.switch(watched, false),
        KeyCode::BackTab | KeyCode::Left => choice.switch(watched, true),
        KeyCode::Down | KeyCode::Char('j') => choice.scroll(watched, 1),
        KeyCode::Up | KeyCode::Char('k') => choice.scroll(watched, -1),
        KeyCode::PageDown => choice.scroll(watched, 10),
        KeyCode::PageUp => choice.scroll(watched, -10),
        KeyCode::Home => choice.scroll = 0,
        KeyCode::Char('l') => choice.other_scale = !choice.other_scale,
        _ => {}
    }
    Next::Stay
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_record::{IfExists, RunDescription, RunReader, RunWriter};

    #[test]
    fn keys_quit_and_choose() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("run");
        RunWriter::create(&directory, RunDescription::default(), IfExists::Refuse).unwrap();
        let watched = Watched::new(RunReader::open(&directory).unwrap(), |_| None);
        let mut choice = Choice::default();
        let mut press = |code, modifiers| heed(KeyEvent::new(code, modifiers), &watched, &mut choice);
        for (code, modifiers) in [
            (KeyCode::Char('q'), KeyModifiers::NONE),
            (KeyCode::Esc, KeyModifiers::NONE),
            (KeyCode::Char('c'), KeyModifiers::CONTROL),
        ] {
            assert_eq!(press(code, modifiers), Next::Quit, "{code:?}");
        }
        // On a run without anything, every key is harmless.
        for code in [KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::PageDown, KeyCode::Home, KeyCode::Char('c')]
        {
            assert_eq!(press(code, KeyModifiers::NONE), Next::Stay, "{code:?}");
        }
        press(KeyCode::Char('l'), KeyModifiers::NONE);
        assert!(choice.other_scale && choice.scroll == 0);
    }
}
