//! Archives, honest and not.

use crate::server::{Server, whole};
use crate::{settings, sha256, told};
use consilience_data::origin::{Archive, ArchiveFormat, Download, RemoteFile};
use consilience_fetch::{FetchError, Fetched, unpack};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;

const LIMITS: Archive = Archive { format: ArchiveFormat::TarGz, most_bytes: 1000, most_entries: 10 };

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tape archive whose names are written as they are, which its library would refuse.
fn tape(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        if let Some(folder) = name.strip_suffix('/') {
            writer.add_directory(folder, SimpleFileOptions::default()).unwrap();
        } else {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

fn unpacked(bytes: &[u8], format: ArchiveFormat) -> (Result<usize, FetchError>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("archive");
    fs::write(&path, bytes).unwrap();
    let into = directory.path().join("into");
    fs::create_dir(&into).unwrap();
    (unpack(&path, &Archive { format, ..LIMITS }, "set", &into, &|| false), directory)
}

#[test]
fn honest_archives_are_unpacked() {
    use tar::EntryType::{Directory, Regular};
    let tape = tape(&[
        ("set/", Directory, b""),
        ("set/a.bin", Regular, b"1"),
        ("./set/below/b", Regular, b"22"),
        ("set/empty/", Directory, b""),
    ]);
    let zip = zipped(&[("set/", b""), ("set/a.bin", b"1"), ("set/below/b", b"22"), ("set/empty/", b"")]);
    for (bytes, format) in [(tape, ArchiveFormat::TarGz), (zip, ArchiveFormat::Zip)] {
        let (result, directory) = unpacked(&bytes, format);
        assert_eq!(result.unwrap(), 2);
        let into = directory.path().join("into");
        assert_eq!(fs::read(into.join("a.bin")).unwrap(), b"1");
        assert_eq!(fs::read(into.join("below/b")).unwrap(), b"22");
        assert!(into.join("empty").is_dir());
    }
}

/// Whatever is refused, nothing is written outside.
fn refused(bytes: &[u8], format: ArchiveFormat, reason: &str) {
    let (result, directory) = unpacked(bytes, format);
    let error = result.unwrap_err();
    assert!(matches!(error, FetchError::UnsafeArchive { .. }), "{reason}: {error}");
    assert!(error.to_string().contains(reason), "{error}");
    let outside = fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(outside, 2, "only the archive and the folder: {error}");
}

#[test]
fn what_leads_elsewhere_is_refused() {
    for name in ["../evil", "set/../../evil", "/set/evil", "other/evil", "set/../evil", "evil"] {
        let regular = [(name, tar::EntryType::Regular, &b"x"[..])];
        refused(&tape(&regular), ArchiveFormat::TarGz, "leads out of the folder set");
        refused(&zipped(&[(name, b"x")]), ArchiveFormat::Zip, "leads out of the folder set");
    }
    refused(&zipped(&[("set\\..\\evil", b"x")]), ArchiveFormat::Zip, "leads out of the folder set");
    refused(&zipped(&[("set/c:evil", b"x")]), ArchiveFormat::Zip, "leads out of the folder set");
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo, tar::EntryType::Char] {
        refused(&tape(&[("set/link", kind, b"")]), ArchiveFormat::TarGz, "neither a file nor a folder");
    }
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("set/link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    refused(&bytes, ArchiveFormat::Zip, "neither a file nor a folder");
}

#[test]
fn what_is_too_much_is_refused() {
    let regular = tar::EntryType::Regular;
    let zeros = vec![0; 1001];
    refused(&tape(&[("set/a", regular, &zeros)]), ArchiveFormat::TarGz, "beyond the 1000 bytes");
    refused(&zipped(&[("set/a", &zeros)]), ArchiveFormat::Zip, "beyond the 1000 bytes");
    let names: Vec<String> = (0..11).map(|index| format!("set/{index}")).collect();
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), regular, &b""[..])).collect();
    refused(&tape(&entries), ArchiveFormat::TarGz, "more than the 10 entries");
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    refused(&zipped(&entries), ArchiveFormat::Zip, "more than the 10 entries");
    refused(&tape(&[("set/a", regular, b"1"), ("set/a", regular, b"2")]), ArchiveFormat::TarGz, "there twice");
}

#[test]
fn broken_archives_give_one_clear_error() {
    let tape = tape(&[("set/a", tar::EntryType::Regular, &[7; 900])]);
    let zip = zipped(&[("set/a", &[7; 900])]);
    for (whole, format) in [(tape, ArchiveFormat::TarGz), (zip, ArchiveFormat::Zip)] {
        for bytes in [&whole[..whole.len() / 2], &b"<html>"[..], &b""[..], &[0x1f, 0x8b, 8][..], &b"PK\x05\x06"[..]] {
            let (result, _directory) = unpacked(bytes, format);
            // an empty tape is one without entries
            if let Ok(files) = result {
                assert_eq!(files, 0);
                continue;
            }
            let error = result.unwrap_err();
            assert!(matches!(error, FetchError::BrokenArchive { .. }), "{error}");
        }
    }
}

#[test]
fn names_that_would_control_a_terminal_are_shown_escaped() {
    let (result, _directory) = unpacked(&zipped(&[("../\u{1b}[2Jx", b"x")]), ArchiveFormat::Zip);
    let message = result.unwrap_err().to_string();
    assert!(!message.contains('\u{1b}') && message.contains("\\u{1b}[2Jx"), "{message}");
}

fn set(archive: &[u8]) -> Download {
    let limits = Some(LIMITS);
    let file = RemoteFile { name: "set.tar.gz", bytes: archive.len() as u64, sha256: sha256(archive), archive: limits };
    Download { name: "set", folder: "set", wanted: &["a", "b"], addresses: &[], files: Vec::leak(vec![file]) }
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_archive_is_fetched_and_unpacked_into_its_place() {
    let regular = tar::EntryType::Regular;
    let archive = tape(&[("set/a", regular, b"1"), ("set/b", regular, b"2"), ("set/c/d", regular, b"3")]);
    let set = set(&archive);
    let server = Server::new(move |_, request| whole(&archive, request));
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path();
    // what an earlier attempt that was killed has left, and a part of the set
    fs::create_dir_all(data.join(".set.unpacking/x")).unwrap();
    fs::create_dir_all(data.join("set")).unwrap();
    fs::write(data.join("set/a"), "old").unwrap();
    fs::write(data.join("set/mine"), "mine").unwrap();
    let (result, events) = told(&set, data, &settings(&server.address));
    assert_eq!(result.unwrap(), Fetched { downloaded: 1, kept: 0, unpacked: 3 });
    assert_eq!(names(data), ["set"], "{events:?}");
    assert_eq!(names(&data.join("set")), ["a", "b", "c", "mine"]);
    assert_eq!(fs::read(data.join("set/a")).unwrap(), b"1");
    let (result, _) = told(&set, data, &settings(&server.address));
    assert_eq!(result.unwrap(), Fetched { downloaded: 0, kept: 1, unpacked: 0 });
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_archive_that_lies_there_is_unpacked_without_a_network_and_left() {
    let archive = tape(&[("set/a", tar::EntryType::Regular, b"1")]);
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("set.tar.gz"), &archive).unwrap();
    let (result, _) = told(&set(&archive), directory.path(), &settings("http://127.0.0.1:1/"));
    assert_eq!(result.unwrap(), Fetched { downloaded: 0, kept: 1, unpacked: 1 });
    assert_eq!(names(directory.path()), ["set", "set.tar.gz"]);
    fs::write(directory.path().join("set.tar.gz"), "other").unwrap();
    let (result, _) = told(&set(&archive), directory.path(), &settings("http://127.0.0.1:1/"));
    assert!(matches!(result, Err(FetchError::OtherFile { .. })), "{result:?}");
}

#[test]
fn an_unsafe_archive_leaves_nothing_in_place() {
    let archive = tape(&[("set/a", tar::EntryType::Regular, b"1"), ("../b", tar::EntryType::Regular, b"2")]);
    let set = set(&archive);
    let server = Server::new(move |_, request| whole(&archive, request));
    let directory = tempfile::tempdir().unwrap();
    let (result, _) = told(&set, directory.path(), &settings(&server.address));
    assert!(matches!(result, Err(FetchError::UnsafeArchive { .. })), "{result:?}");
    assert_eq!(names(directory.path()), ["set.tar.gz"]);
}
