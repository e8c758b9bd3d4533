//! `consilience watch RUN`: a run while it goes on.

use crate::args::WatchArgs;
use crate::failure::{Failure, Stop};
use crate::printer::Talk;
use consilience_record::{RunDescription, latest_run};
use consilience_report::live::{Watched, follow, show, view::Palette};
use consilience_report::visible;
use consilience_run::RunSettings;
use std::io::{IsTerminal, stdout};
use std::thread::sleep;
use std::time::Duration;

/// Between two looks at the run.
const PAUSE: Duration = Duration::from_millis(500);

/// Shows the run until it is left, or as lines until it ends.
pub fn watch(args: &WatchArgs) -> Result<(), Stop> {
    let run = latest_run(&args.run)?;
    if run.directory() != args.run {
        Talk::new(false).say(&format!("watching {}", visible(&run.directory().display().to_string())));
    }
    let mut watched = Watched::new(run, steps_in_total);
    if args.plain || !stdout().is_terminal() {
        let talk = Talk::new(false);
        let note = &mut |text: &str| talk.say(&format!("note: {text}"));
        return Ok(follow(&mut watched, &mut stdout(), note, &mut || {
            sleep(PAUSE);
            true
        })?);
    }
    show(&mut watched, Palette::of_environment()).map_err(|error| {
        Failure::new(format!("cannot draw on the terminal: {error}")).hint("--plain writes lines").into()
    })
}

/// How many steps a run will take, by its settings and its data.
pub(super) fn steps_in_total(description: &RunDescription) -> Option<u64> {
    // Settings that another version wrote may read otherwise; then the view does without.
    let settings: RunSettings = description.settings.clone().try_into().ok()?;
    Some(settings.train.steps_in_total(description.data.train))
}
