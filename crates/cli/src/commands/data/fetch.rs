//! `consilience data fetch`.

use super::{Listed, listed, size};
use crate::args::DataFetchArgs;
use crate::failure::{Failure, Stop};
use crate::interrupt;
use crate::printer::{Talk, plural};
use crate::surroundings::data_directory;
use consilience_data::origin::{Download, Origin, Presence};
use consilience_fetch::{Event, FetchError, Settings};
use consilience_train::nearest::ranked;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::path::Path;

/// Suggestions when a name is unknown.
const SUGGESTIONS: usize = 3;

/// Fetches every data set that was named. Names are checked before the first is fetched.
pub fn fetch(args: &DataFetchArgs) -> Result<(), Stop> {
    let data_dir = data_directory(args.data_dir.as_deref());
    let sets = args.names.iter().map(|name| named(name)).collect::<Result<Vec<_>, _>>()?;
    let talk = Talk::new(args.quiet);
    let settings = Settings { mirror: args.mirror.clone(), force: args.force, ..Settings::default() };
    let interrupt = interrupt::heed()?;
    for set in sets {
        match set.origin {
            Origin::Download(download) => {
                let mut progress = Progress::new(set.name, talk);
                let fetched = consilience_fetch::fetch(
                    download,
                    &data_dir,
                    &settings,
                    &|| interrupt.is_requested(),
                    &mut |event| progress.show(event),
                );
                progress.clear();
                fetched.map_err(|error| stopped(&error, download, &data_dir))?;
                talk.say(&format!("{}: ready in {}", set.name, data_dir.join(download.folder).display()));
            }
            Origin::ByHand(by_hand) => {
                if set.origin.presence(&data_dir) == Presence::Here {
                    talk.say(&format!("{}: is in {}", set.name, data_dir.join(by_hand.folder).display()));
                    continue;
                }
                let steps = by_hand.steps.replace("DATA_DIR", &data_dir.display().to_string());
                return Err(Failure::new(format!("{} is not fetched: {}", set.name, by_hand.reason))
                    .hint(steps)
                    .into());
            }
            _ => talk.say(&format!("{}: built in, there is nothing to fetch", set.name)),
        }
    }
    Ok(())
}

/// The data set of a name, in which dashes and capitals do not matter: `CIFAR-10`.
fn named(name: &str) -> Result<Listed, Failure> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
    listed().find(|set| plain(set.name) == plain(name)).ok_or_else(|| {
        let mut near = ranked(name, listed().map(|set| set.name));
        near.truncate(SUGGESTIONS);
        let failure = Failure::new(format!("no data set is called `{name}`"));
        match near.as_slice() {
            [] => failure.hint("`consilience data list` lists all data sets"),
            near => failure.hint(format!("did you mean `{}`?", near.join("`, `"))),
        }
    })
}

/// What stopped it, and what to do about it.
fn stopped(error: &FetchError, set: &Download, data_dir: &Path) -> Stop {
    let goes_on =
        |path: &Path| format!("what has come is kept in {}; the same command goes on from there", path.display());
    let failure = Failure::new(error.to_string());
    Stop::Failed(match error {
        FetchError::Interrupted { kept } => {
            let failure = Failure::new(format!("{} is not whole", set.name));
            return Stop::Interrupted(match kept {
                Some(kept) => failure.hint(goes_on(kept)),
                None => failure.hint("the same command goes on with what is missing"),
            });
        }
        FetchError::NoMirror { kept, .. } => {
            let without = error.is_without_network();
            let failure = match kept {
                Some(kept) => failure.hint(goes_on(kept)),
                None => failure,
            };
            if without {
                failure.hint(by_other_means(set, data_dir))
            } else {
                failure.hint("try again later, or name another address with --mirror")
            }
        }
        FetchError::OtherFile { .. } => failure.hint("remove it, or replace it with --force"),
        FetchError::Io { missing: Some(missing), .. } => failure
            .hint(format!("{} more are needed", size(*missing)))
            .hint("what has come is kept; the same command goes on from there"),
        FetchError::Io { .. } => failure.hint("name another data directory with --data-dir"),
        FetchError::Busy { .. } => failure.hint("wait for it to end"),
        FetchError::BrokenArchive { path, .. } => failure.hint(format!("remove {} and fetch it again", path.display())),
        _ => failure,
    })
}

/// What to do without a network.
fn by_other_means(set: &Download, data_dir: &Path) -> String {
    let archives = set.files.iter().any(|file| file.archive.is_some());
    let target = if archives { data_dir.to_owned() } else { data_dir.join(set.folder) };
    let names: Vec<&str> = set.files.iter().map(|file| file.name).collect();
    let then = if archives { "; the same command then unpacks it" } else { "; the same command then verifies them" };
    format!(
        "without a network, download {} from {} elsewhere and put it into {}{then}",
        names.join(", "),
        set.addresses.first().copied().unwrap_or_default(),
        target.display()
    )
}

/// Progress on standard error: a bar on a terminal, lines elsewhere.
struct Progress {
    name: &'static str,
    talk: Talk,
    bar: Option<ProgressBar>,
}

impl Progress {
    fn new(name: &'static str, talk: Talk) -> Self {
        Self { name, talk, bar: None }
    }

    fn say(&self, text: &str) {
        let say = || self.talk.say(&format!("{}: {text}", self.name));
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn show(&mut self, event: Event<'_>) {
        match event {
            Event::Kept { path, verified: true } => self.say(&format!("{} is there, and verified", path.display())),
            Event::Kept { path, verified: false } => {
                self.say(&format!("{} is there, unpacked, so it is not verified", path.display()));
            }
            Event::Asked { file, address, bytes, have } => {
                self.clear();
                let from = if have > 0 { format!(", going on after {}", size(have)) } else { String::new() };
                self.say(&format!("{address}, {}{from}", size(bytes)));
                if !self.talk.is_quiet() && stderr().is_terminal() {
                    // No colours anywhere, so NO_COLOR is honoured. The template is fixed; the fallback is never seen.
                    let style = ProgressStyle::with_template(
                        "{prefix}  [{bar:32}] {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left",
                    )
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("=> ");
                    let bar =
                        ProgressBar::new(bytes).with_style(style).with_prefix(file.to_owned()).with_position(have);
                    bar.reset_eta();
                    self.bar = Some(bar);
                }
            }
            Event::Received { have } => {
                if let Some(bar) = &self.bar {
                    bar.set_position(have);
                }
            }
            Event::StartedOver { reason } => self.say(&format!("{reason}: from the beginning")),
            Event::Retrying { reason, wait } => {
                self.say(&format!("{reason}; trying again in {} s", wait.as_secs_f64()));
            }
            Event::NextMirror { reason, .. } => self.say(&format!("{reason}; trying another address")),
            Event::Verified { path } => {
                self.clear();
                self.say(&format!("{} is whole, its SHA-256 is the published one", path.display()));
            }
            Event::Unpacking { archive } => self.say(&format!("unpacking {}", archive.display())),
            Event::Unpacked { folder, files } => {
                self.say(&format!("{} in {}", plural(files, "file"), folder.display()));
            }
            _ => {}
        }
    }
}
