//! Downloads that cannot succeed: one clear error each, and nothing that looks whole.

use crate::server::{Reply, Request, Server, part, reply, whole};
use crate::{bytes, numbers, settings, told};
use consilience_fetch::{FetchError, Refusal};
use std::fs;
use std::path::Path;

/// The refusal of the only address.
fn refusal(error: FetchError) -> Refusal {
    let FetchError::NoMirror { file: "numbers.bin", mut failures, .. } = error else { panic!("{error}") };
    assert_eq!(failures.len(), 1);
    failures.remove(0).refusal
}

fn left(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory.join("numbers")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn another_file_is_not_taken() {
    let content = bytes(200_000);
    let mut other = content.clone();
    other[150_000] ^= 1;
    let server = Server::new(move |_, request| whole(&other, request));
    let directory = tempfile::tempdir().unwrap();
    let (result, _) = told(&numbers(&content), directory.path(), &settings(&server.address));
    let error = result.unwrap_err();
    assert!(error.to_string().contains("what came is not the published file: its SHA-256 is"), "{error}");
    assert!(matches!(refusal(error), Refusal::OtherContent { .. }));
    assert_eq!(left(directory.path()), Vec::<String>::new());
    assert_eq!(server.requests().len(), 1, "the same file would come again");
}

/// The pieces do not fit together however often they are fetched: it ends.
#[test]
fn a_server_that_cuts_and_lies_is_given_up() {
    let content = bytes(200_000);
    let mut other = content.clone();
    other[10] ^= 1;
    let server = Server::new(move |_, request| part(&other, request, 150_000));
    let directory = tempfile::tempdir().unwrap();
    let (result, _) = told(&numbers(&content), directory.path(), &settings(&server.address));
    assert!(matches!(refusal(result.unwrap_err()), Refusal::OtherContent { .. }));
    assert_eq!(server.asked_from(), [None, Some(150_000), None, Some(150_000)]);
}

/// What a server does.
type Answer = fn(usize, &Request) -> Reply;

/// What a network answers to people who have not logged in.
const PAGE: &[u8] = b"<html>Please log in to the network</html>";

#[test]
fn sizes_are_checked() {
    let content = bytes(200_000);
    let cases: [(Answer, Refusal); 2] = [
        (|_, request| whole(PAGE, request), Refusal::OtherSize { expected: 200_000, found: PAGE.len() as u64 }),
        // no length, so that only the bytes themselves tell
        (|_, _| reply("200 OK", &[], &bytes(200_001)), Refusal::TooMuch { expected: 200_000 }),
    ];
    for (answer, expected) in cases {
        let server = Server::new(answer);
        let directory = tempfile::tempdir().unwrap();
        let (result, _) = told(&numbers(&content), directory.path(), &settings(&server.address));
        assert_eq!(refusal(result.unwrap_err()), expected);
        assert_eq!(left(directory.path()), Vec::<String>::new());
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_range_of_another_file_or_place_is_not_joined() {
    let content = bytes(200_000);
    for (range, requests) in [("bytes 0-99999/200000", 3), ("bytes 100000-199999/300000", 2)] {
        let server = Server::new({
            let content = content.clone();
            move |_, request: &Request| match request.from {
                None => part(&content, request, 100_000),
                Some(_) => reply("206 Partial Content", &[format!("Content-Range: {range}")], &content[..100_000]),
            }
        });
        let directory = tempfile::tempdir().unwrap();
        let (result, _) = told(&numbers(&content), directory.path(), &settings(&server.address));
        assert!(result.is_err(), "{range}");
        assert!(server.requests().len() >= requests, "{range}: {}", server.requests().len());
        assert!(!directory.path().join("numbers/numbers.bin").exists());
    }
}

#[test]
fn answers_that_are_errors_are_told() {
    let server = Server::new(|_, _| reply("404 Not Found", &["Content-Length: 0".to_owned()], b""));
    let directory = tempfile::tempdir().unwrap();
    let (result, _) = told(&numbers(&bytes(10)), directory.path(), &settings(&server.address));
    let error = result.unwrap_err();
    let expected =
        format!("cannot fetch numbers.bin: {}numbers.bin: the server answered 404 Not Found", server.address);
    assert_eq!(error.to_string(), expected);
    assert!(!error.is_without_network());
    let server = Server::new(|_, _| reply("500 Internal Server Error", &["Content-Length: 0".to_owned()], b""));
    let (result, _) = told(&numbers(&bytes(10)), directory.path(), &settings(&server.address));
    assert!(result.unwrap_err().to_string().ends_with("the server answered 500 Internal Server Error"));
    assert_eq!(server.requests().len(), 3, "asked, and twice again");
    let server = Server::new(|_, request| {
        let location = format!("Location: {}x", request.path);
        reply("302 Found", &[location, "Content-Length: 0".to_owned()], b"")
    });
    let (result, _) = told(&numbers(&bytes(10)), directory.path(), &settings(&server.address));
    result.unwrap_err();
    assert!(server.requests().len() < 50, "redirections end");
    let server = Server::new(|_, _| {
        let mut reply = reply("200 OK", &[], b"");
        reply.head = "220 mail.example ESMTP\r\n\r\n".to_owned();
        reply
    });
    let (result, _) = told(&numbers(&bytes(10)), directory.path(), &settings(&server.address));
    result.unwrap_err();
}

#[test]
fn without_a_network_it_says_so() {
    for address in ["http://127.0.0.1:1/", "http://nowhere.invalid/", "https://nowhere.invalid/"] {
        let directory = tempfile::tempdir().unwrap();
        let (result, _) = told(&numbers(&bytes(10)), directory.path(), &settings(address));
        let error = result.unwrap_err();
        assert!(error.is_without_network(), "{error}");
        assert!(error.to_string().contains("it cannot be reached: "), "{error}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "no empty folder is left");
    }
}

#[test]
fn what_cannot_be_written_is_told() {
    let content = bytes(10);
    let server = Server::new({
        let content = content.clone();
        move |_, request| whole(&content, request)
    });
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    let (result, _) = told(&numbers(&content), &directory.path().join("file"), &settings(&server.address));
    assert!(result.unwrap_err().to_string().starts_with("cannot create "));
    fs::create_dir_all(directory.path().join("numbers/numbers.bin.part")).unwrap();
    let (result, _) = told(&numbers(&content), directory.path(), &settings(&server.address));
    assert!(result.unwrap_err().to_string().starts_with("cannot write "));
    assert_eq!(server.requests(), [], "nothing is asked for that cannot be kept");
}

#[test]
fn another_file_that_is_there_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("numbers")).unwrap();
    fs::write(directory.path().join("numbers/numbers.bin"), "mine").unwrap();
    let (result, _) = told(&numbers(&bytes(10)), directory.path(), &settings("http://127.0.0.1:1/"));
    assert!(matches!(result, Err(FetchError::OtherFile { .. })), "{result:?}");
    assert_eq!(fs::read(directory.path().join("numbers/numbers.bin")).unwrap(), b"mine");
}

#[test]
fn two_processes_do_not_fetch_one_file() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("numbers")).unwrap();
    let part = fs::File::create(directory.path().join("numbers/numbers.bin.part")).unwrap();
    part.lock().unwrap();
    let (result, _) = told(&numbers(&bytes(10)), directory.path(), &settings("http://127.0.0.1:1/"));
    assert!(matches!(result, Err(FetchError::Busy { .. })), "{result:?}");
}
