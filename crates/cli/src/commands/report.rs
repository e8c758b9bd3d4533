//! `consilience report RUN...`: one HTML file about runs.

use crate::args::ReportArgs;
use crate::depicted::depict;
use crate::failure::{Failure, Stop};
use crate::meanings::meanings;
use crate::printer::Talk;
use crate::surroundings::data_directory;
use consilience_record::{FoundRuns, find_runs, write_atomically};
use consilience_report::page::{Page, Run, bytes, is_page, name_apart};
use consilience_run::DataCache;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Writes the page.
pub fn report(args: &ReportArgs) -> Result<(), Stop> {
    let talk = Talk::new(args.quiet);
    let to_stdout = args.out.as_os_str() == "-";
    if !to_stdout && !args.force {
        check_replaceable(&args.out)?;
    }
    let mut runs = Vec::new();
    for directory in directories(&args.runs, talk)? {
        runs.push(Run::read(&directory)?);
    }
    name_apart(&mut runs);
    let mut cache = DataCache::new(data_directory(args.data_dir.as_deref()), 1);
    for run in &mut runs {
        depict(run, &mut cache);
    }
    for run in &runs {
        for problem in &run.problems {
            talk.say(&format!("note: {}: {problem}", run.name));
        }
    }
    let meanings = meanings();
    let page = Page::new(&runs, &meanings);
    let page = args.title.as_deref().map_or(page, |title| page.title(title)).render();
    if to_stdout {
        let mut out = io::stdout().lock();
        out.write_all(page.as_bytes())?;
        out.flush()?;
        return Ok(());
    }
    write_atomically(&args.out, page.as_bytes())?;
    let what = if runs.len() == 1 { "1 run".to_owned() } else { format!("{} runs", runs.len()) };
    talk.say(&format!("written to {}: {what}, {}", args.out.display(), bytes(page.len())));
    Ok(())
}

/// Refuses to replace a file that is not a report.
fn check_replaceable(path: &Path) -> Result<(), Failure> {
    let unreadable = |error: io::Error| Failure::new(format!("cannot read {}: {error}", path.display()));
    let mut beginning = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(error)),
        Ok(file) => file.take(4096).read_to_end(&mut beginning).map_err(unreadable)?,
    };
    if beginning.is_empty() || is_page(&beginning) {
        return Ok(());
    }
    Err(Failure::new(format!("{} exists and is not a report, so it is not replaced", path.display()))
        .hint("name another file with -o, or replace it with --force"))
}

/// The run directories that `paths` name: each itself, or those below it, in the order of their names.
fn directories(paths: &[PathBuf], talk: Talk) -> Result<Vec<PathBuf>, Failure> {
    let mut directories: Vec<PathBuf> = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(Failure::new(format!("there is no {}", path.display())).hint("is it spelt right?"));
        }
        let found = if path.is_dir() {
            find_runs(path)
        } else {
            // That a file is no run is told when it is opened.
            FoundRuns { runs: vec![path.clone()], problems: Vec::new() }
        };
        for problem in &found.problems {
            talk.say(&format!("note: {problem}"));
        }
        if found.runs.is_empty() {
            return Err(Failure::new(format!("there is no run directory at or below {}", path.display())));
        }
        directories.extend(found.runs.into_iter().filter(|run| !directories.contains(run)).collect::<Vec<_>>());
    }
    Ok(directories)
}
