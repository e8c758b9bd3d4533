//! One file: from one mirror after the other, until it is whole and its checksum is the published one.

use crate::error::{FetchError, MirrorFailure, Refusal};
use crate::event::Event;
use crate::part::Part;
use crate::settings::Settings;
use crate::transfer::{Failure, Transfer, wait};
use consilience_data::origin::RemoteFile;
use std::fs::File;
use std::path::Path;
use ureq::Agent;

/// What all downloads of a data set share.
pub(crate) struct Session<'a> {
    pub(crate) agent: Agent,
    pub(crate) settings: &'a Settings,
    pub(crate) stop: &'a dyn Fn() -> bool,
    pub(crate) tell: &'a mut dyn FnMut(Event<'_>),
}

/// Downloads `file` to `target` from the first of `addresses` that has it. The file returned keeps other processes from
/// fetching it.
pub(crate) fn download(
    file: &RemoteFile,
    addresses: &[&str],
    target: &Path,
    session: &mut Session<'_>,
) -> Result<File, FetchError> {
    let mut part = Part::open(target)?;
    if part.len() > file.bytes {
        part.clear()?;
    }
    let mut failures: Vec<MirrorFailure> = Vec::new();
    for address in addresses {
        let separator = if address.ends_with('/') { "" } else { "/" };
        let address = format!("{address}{separator}{}", file.name);
        if let Some(last) = failures.last() {
            (session.tell)(Event::NextMirror { address: &address, reason: &last.to_string() });
        }
        match from_mirror(file, &address, &mut part, session) {
            Ok(()) => {
                let locked = part.finish(target)?;
                (session.tell)(Event::Verified { path: target });
                return Ok(locked);
            }
            Err(Failure::Refused(refusal)) => failures.push(MirrorFailure { address, refusal }),
            Err(Failure::Cut(reason)) => {
                failures.push(MirrorFailure { address, refusal: Refusal::Broken(reason) });
            }
            Err(Failure::Fatal(FetchError::Interrupted { .. })) => {
                return Err(FetchError::Interrupted { kept: part.keep() });
            }
            Err(Failure::Fatal(error)) => {
                part.keep();
                return Err(error);
            }
        }
    }
    Err(FetchError::NoMirror { file: file.name, failures, kept: part.keep() })
}

/// Downloads from one address, as often as it takes.
fn from_mirror(file: &RemoteFile, address: &str, part: &mut Part, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut failed = 0;
    let mut started_over = false;
    // a server that makes it start over again and again gets no further, however much it sends
    let mut farthest = part.len();
    loop {
        let before = part.len();
        let attempt = if before == file.bytes { Ok(()) } else { attempt(file, address, part, session) };
        match attempt {
            Ok(()) => {
                let found = part.sha256();
                if found == file.sha256 {
                    return Ok(());
                }
                let pieced = part.is_pieced();
                part.clear()?;
                // pieces of different files may have been joined, which happens once at most
                if !pieced || started_over {
                    return Err(Failure::Refused(Refusal::OtherContent { expected: file.sha256, found }));
                }
                started_over = true;
                (session.tell)(Event::StartedOver { reason: "the checksum of what came in pieces is wrong" });
            }
            Err(Failure::Cut(reason)) => {
                if part.len() > farthest.saturating_add(file.bytes / 100) {
                    failed = 0;
                    farthest = part.len();
                }
                if failed == session.settings.retries {
                    return Err(Failure::Cut(reason));
                }
                let pause = session.settings.pause.saturating_mul(1 << failed.min(16));
                failed += 1;
                (session.tell)(Event::Retrying { reason: &reason, wait: pause });
                wait(pause, session.stop)?;
            }
            Err(other) => return Err(other),
        }
    }
}

/// One request, which adds to the part what comes.
fn attempt(file: &RemoteFile, address: &str, part: &mut Part, session: &mut Session<'_>) -> Result<(), Failure> {
    let from = part.len();
    part.continued();
    (session.tell)(Event::Asked { file: file.name, address, bytes: file.bytes, have: from });
    let transfer = Transfer::begin(&session.agent, address, from, session.settings, session.stop)?;
    let answer = transfer.answer()?;
    let other_size = |found| Failure::Refused(Refusal::OtherSize { expected: file.bytes, found });
    match answer.status {
        206 => match answer.range {
            Some((first, _)) if first != from => {
                part.clear()?;
                return Err(Failure::Cut("the server sent another range than was asked for".to_owned()));
            }
            Some((_, Some(whole))) if whole != file.bytes => return Err(other_size(whole)),
            _ => {}
        },
        200 => {
            if let Some(length) = answer.length.filter(|length| *length != file.bytes) {
                return Err(other_size(length));
            }
            if from > 0 {
                part.clear()?;
                (session.tell)(Event::StartedOver { reason: "the server cannot go on where a download stopped" });
            }
        }
        416 if from > 0 => {
            part.clear()?;
            return Err(Failure::Cut("the server has no bytes from there on".to_owned()));
        }
        408 | 425 | 429 | 500.. => return Err(Failure::Cut(format!("the server answered {}", answer.words))),
        _ => return Err(Failure::Refused(Refusal::Status(answer.words))),
    }
    while let Some(bytes) = transfer.bytes()? {
        if part.len() + bytes.len() as u64 > file.bytes {
            part.clear()?;
            return Err(Failure::Refused(Refusal::TooMuch { expected: file.bytes }));
        }
        part.append(&bytes, file.bytes)?;
        (session.tell)(Event::Received { have: part.len() });
    }
    if part.len() < file.bytes {
        return Err(Failure::Cut(format!("the connection ended after {} of {} bytes", part.len(), file.bytes)));
    }
    Ok(())
}
