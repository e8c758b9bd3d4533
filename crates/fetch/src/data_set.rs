//! A whole data set: what is there already is kept, the rest is fetched, archives are unpacked.

use crate::checksum::sha256_of_file;
use crate::download::{Session, download};
use crate::error::FetchError;
use crate::event::Event;
use crate::part::lock;
use crate::settings::Settings;
use crate::transfer::agent;
use crate::unpack::unpack;
use consilience_data::origin::{Archive, Download, Origin, Presence, RemoteFile};
use consilience_data::sources::compressed;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// What fetching a data set came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that were downloaded.
    pub downloaded: usize,
    /// Files that were there already.
    pub kept: usize,
    /// Files that archives held.
    pub unpacked: usize,
}

/// Fetches the files of `set` into `data_dir`, telling what happens; `stop` is asked now and then whether to stop.
///
/// Files that are there already are verified and kept, unless [`Settings::force`] is set. An archive that lies in `data_dir`
/// is verified and unpacked without a network.
///
/// # Errors
/// Every [`FetchError`]. What was fetched before it is kept.
pub fn fetch(
    set: &Download,
    data_dir: &Path,
    settings: &Settings,
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Fetched, FetchError> {
    let mut session = Session { agent: agent(settings), settings, stop, tell };
    let addresses = match &settings.mirror {
        Some(mirror) => vec![mirror.as_str()],
        None => set.addresses.to_vec(),
    };
    let folder = data_dir.join(set.folder);
    let made: Vec<&Path> = [folder.as_path(), data_dir].into_iter().filter(|folder| !folder.exists()).collect();
    let fetched = fetch_all(set, data_dir, &addresses, &mut session);
    if fetched.is_err() {
        // what holds something stays: only an empty folder can be removed like this
        made.into_iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    fetched
}

fn fetch_all(
    set: &Download,
    data_dir: &Path,
    addresses: &[&str],
    session: &mut Session<'_>,
) -> Result<Fetched, FetchError> {
    let mut fetched = Fetched::default();
    for file in set.files {
        if (session.stop)() {
            return Err(FetchError::Interrupted { kept: None });
        }
        match &file.archive {
            None => fetch_file(set, file, data_dir, addresses, session, &mut fetched)?,
            Some(archive) => fetch_archive(set, file, archive, data_dir, addresses, session, &mut fetched)?,
        }
    }
    Ok(fetched)
}

fn fetch_file(
    set: &Download,
    file: &RemoteFile,
    data_dir: &Path,
    addresses: &[&str],
    session: &mut Session<'_>,
    fetched: &mut Fetched,
) -> Result<(), FetchError> {
    let target = data_dir.join(set.folder).join(file.name);
    if !session.settings.force {
        if target.exists() {
            verify(&target, file)?;
            (session.tell)(Event::Kept { path: &target, verified: true });
            fetched.kept += 1;
            return Ok(());
        }
        let plain = file.name.strip_suffix(".gz").unwrap_or(file.name);
        if let Some(path) = compressed::find(&[data_dir.join(set.folder), data_dir.to_owned()], plain) {
            (session.tell)(Event::Kept { path: &path, verified: false });
            fetched.kept += 1;
            return Ok(());
        }
    }
    download(file, addresses, &target, session)?;
    fetched.downloaded += 1;
    Ok(())
}

fn fetch_archive(
    set: &Download,
    file: &RemoteFile,
    archive: &Archive,
    data_dir: &Path,
    addresses: &[&str],
    session: &mut Session<'_>,
    fetched: &mut Fetched,
) -> Result<(), FetchError> {
    let folder = data_dir.join(set.folder);
    let packed = data_dir.join(file.name);
    if !session.settings.force && Origin::Download(*set).presence(data_dir) == Presence::Here {
        (session.tell)(Event::Kept { path: &folder, verified: false });
        fetched.kept += 1;
        return Ok(());
    }
    let given = packed.exists() && !session.settings.force;
    // dropped at the end, and with it the lock
    let _locked = if given {
        let locked = File::open(&packed).map_err(FetchError::io("read", &packed))?;
        lock(&locked, &packed)?;
        verify(&packed, file)?;
        (session.tell)(Event::Kept { path: &packed, verified: true });
        fetched.kept += 1;
        locked
    } else {
        let locked = download(file, addresses, &packed, session)?;
        fetched.downloaded += 1;
        locked
    };
    (session.tell)(Event::Unpacking { archive: &packed });
    let beside = data_dir.join(format!(".{}.unpacking", set.folder));
    remove(&beside)?;
    let unpacked = fs::create_dir_all(&beside)
        .map_err(FetchError::io("create", &beside))
        .and_then(|()| unpack(&packed, archive, set.folder, &beside, session.stop))
        .and_then(|files| put(&beside, &folder).map(|()| files));
    if unpacked.is_err() {
        // the error of unpacking says more than one of removing what it left
        let _ = remove(&beside);
    }
    let files = unpacked?;
    remove(&beside)?;
    if !given {
        fs::remove_file(&packed).map_err(FetchError::io("remove", &packed))?;
    }
    (session.tell)(Event::Unpacked { folder: &folder, files });
    fetched.unpacked += files;
    Ok(())
}

fn verify(path: &Path, file: &RemoteFile) -> Result<(), FetchError> {
    let found = sha256_of_file(path).map_err(FetchError::io("read", path))?;
    if found == file.sha256 {
        return Ok(());
    }
    Err(FetchError::OtherFile { path: path.to_owned(), expected: file.sha256, found })
}

/// Moves the folder `from` to `to`; into it, file by file, when it is there already.
fn put(from: &Path, to: &Path) -> Result<(), FetchError> {
    if !to.exists() {
        return fs::rename(from, to).map_err(FetchError::io("write", to));
    }
    for entry in fs::read_dir(from).map_err(FetchError::io("read", from))? {
        let entry = entry.map_err(FetchError::io("read", from))?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            put(&from, &to)?;
        } else {
            fs::rename(&from, &to).map_err(FetchError::io("write", &to))?;
        }
    }
    Ok(())
}

/// Removes a folder, if there is one.
fn remove(folder: &Path) -> Result<(), FetchError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FetchError::io("remove", folder)(error)),
        _ => Ok(()),
    }
}
