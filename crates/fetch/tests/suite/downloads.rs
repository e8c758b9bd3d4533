//! Downloads that succeed, some of them after trouble.

use crate::server::{Request, Server, part, reply, whole};
use crate::{bytes, numbers, settings, told};
use consilience_data::origin::Origin;
use consilience_data::{Source, registry};
use consilience_fetch::{Event, FetchError, Fetched, Settings, fetch};
use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const ONE: Fetched = Fetched { downloaded: 1, kept: 0, unpacked: 0 };

#[test]
fn a_file_is_fetched_once() {
    let content = bytes(300_000);
    let server = Server::new({
        let content = content.clone();
        move |_, request| whole(&content, request)
    });
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("not/there/yet");
    let (result, events) = told(&numbers(&content), &data, &settings(&server.address));
    assert_eq!(result.unwrap(), ONE);
    assert_eq!(fs::read(data.join("numbers/numbers.bin")).unwrap(), content);
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].starts_with("Asked") && events[1].starts_with("Verified"), "{events:?}");
    assert_eq!(server.requests(), [Request { path: "/numbers.bin".to_owned(), from: None }]);

    let (result, events) = told(&numbers(&content), &data, &settings(&server.address));
    assert_eq!(result.unwrap(), Fetched { downloaded: 0, kept: 1, unpacked: 0 });
    assert!(events.len() == 1 && events[0].starts_with("Kept") && events[0].contains("verified: true"), "{events:?}");
    assert_eq!(server.requests().len(), 1, "what is there is not asked for");
    let again = Settings { force: true, ..settings(&server.address) };
    assert_eq!(told(&numbers(&content), &data, &again).0.unwrap(), ONE);
    assert_eq!(fs::read_dir(data.join("numbers")).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn a_cut_connection_goes_on_where_it_was_cut() {
    let content = bytes(300_000);
    let server = Server::new({
        let content = content.clone();
        move |_, request| part(&content, request, 100_000)
    });
    let directory = tempfile::tempdir().unwrap();
    let (result, events) = told(&numbers(&content), directory.path(), &settings(&server.address));
    assert_eq!(result.unwrap(), ONE);
    assert_eq!(fs::read(directory.path().join("numbers/numbers.bin")).unwrap(), content);
    assert_eq!(server.asked_from(), [None, Some(100_000), Some(200_000)]);
    assert_eq!(events.iter().filter(|event| event.starts_with("Retrying")).count(), 2, "{events:?}");
}

#[test]
fn more_cuts_than_retries_are_fine_while_something_comes() {
    let content = bytes(200_000);
    let server = Server::new({
        let content = content.clone();
        move |_, request| part(&content, request, 20_000)
    });
    let directory = tempfile::tempdir().unwrap();
    let (result, _) = told(&numbers(&content), directory.path(), &settings(&server.address));
    assert_eq!(result.unwrap(), ONE);
    assert_eq!(server.requests().len(), 10);
}

#[test]
fn a_server_without_ranges_sends_it_all_again() {
    let content = bytes(300_000);
    let server = Server::new({
        let content = content.clone();
        move |number, request| {
            let most = if number == 0 { 100_000 } else { content.len() };
            part(&content, &Request { from: None, ..request.clone() }, most)
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let (result, events) = told(&numbers(&content), directory.path(), &settings(&server.address));
    assert_eq!(result.unwrap(), ONE);
    assert_eq!(fs::read(directory.path().join("numbers/numbers.bin")).unwrap(), content);
    assert_eq!(server.asked_from(), [None, Some(100_000)]);
    assert!(events.iter().any(|event| event.contains("cannot go on where a download stopped")), "{events:?}");
}

#[test]
fn what_an_earlier_download_left_is_used_and_thrown_away_when_it_is_not_of_this_file() {
    let content = bytes(300_000);
    let server = Server::new({
        let content = content.clone();
        move |_, request| whole(&content, request)
    });
    let mut other = content[..100_000].to_vec();
    other[5] ^= 1;
    for (left, asked) in [
        (content[..100_000].to_vec(), vec![Some(100_000)]),
        (content.clone(), vec![]),
        (other, vec![Some(100_000), None]),
        (bytes(300_001), vec![None]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("numbers")).unwrap();
        fs::write(directory.path().join("numbers/numbers.bin.part"), left).unwrap();
        let before = server.requests().len();
        let (result, _) = told(&numbers(&content), directory.path(), &settings(&server.address));
        assert_eq!(result.unwrap(), ONE);
        assert_eq!(server.asked_from()[before..], asked);
        assert_eq!(fs::read(directory.path().join("numbers/numbers.bin")).unwrap(), content);
        assert!(!directory.path().join("numbers/numbers.bin.part").exists());
    }
}

#[test]
fn a_redirection_is_followed_with_the_range() {
    let content = bytes(300_000);
    let server = Server::new({
        let content = content.clone();
        move |number, request| match (request.path.as_str(), number) {
            ("/numbers.bin", _) => reply("302 Found", &["Location: /elsewhere".to_owned()], b""),
            (_, 1) => part(&content, request, 100_000),
            _ => whole(&content, request),
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let (result, _) = told(&numbers(&content), directory.path(), &settings(&server.address));
    assert_eq!(result.unwrap(), ONE);
    assert_eq!(fs::read(directory.path().join("numbers/numbers.bin")).unwrap(), content);
    let paths: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/numbers.bin", "/elsewhere", "/numbers.bin", "/elsewhere"]);
    assert_eq!(server.asked_from()[3], Some(100_000));
}

#[test]
fn a_mirror_is_asked_when_the_first_address_fails() {
    let content = bytes(1000);
    let server = Server::new({
        let content = content.clone();
        move |_, request| match request.path.as_str() {
            "/second/numbers.bin" => whole(&content, request),
            _ => reply("404 Not Found", &["Content-Length: 4".to_owned()], b"none"),
        }
    });
    let mut set = numbers(&content);
    let address = |folder: &str| -> &'static str { format!("{}{folder}/", server.address).leak() };
    set.addresses = Vec::leak(vec![address("first"), address("second")]);
    let directory = tempfile::tempdir().unwrap();
    let (result, events) = told(&set, directory.path(), &Settings { mirror: None, ..settings("") });
    assert_eq!(result.unwrap(), ONE);
    let next = events.iter().find(|event| event.starts_with("NextMirror")).unwrap();
    assert!(next.contains("/second/numbers.bin") && next.contains("404 Not Found"), "{next}");
}

#[test]
fn a_server_that_is_busy_or_silent_is_asked_again() {
    let content = bytes(300_000);
    let server = Server::new({
        let content = content.clone();
        move |number, request| match number {
            0 => reply("503 Service Unavailable", &["Content-Length: 0".to_owned()], b""),
            1 => {
                let mut reply = part(&content, request, 100_000);
                reply.silence = Duration::from_secs(5);
                reply
            }
            _ => whole(&content, request),
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let (result, events) = told(&numbers(&content), directory.path(), &settings(&server.address));
    assert_eq!(result.unwrap(), ONE);
    assert_eq!(server.asked_from(), [None, None, Some(100_000)]);
    assert!(events.iter().any(|event| event.contains("503 Service Unavailable")), "{events:?}");
    assert!(events.iter().any(|event| event.contains("nothing came for")), "{events:?}");
}

#[test]
fn a_request_to_stop_keeps_what_has_come() {
    let content = bytes(1_000_000);
    let server = Server::new({
        let content = content.clone();
        move |number, request| {
            let mut reply = part(&content, request, if number == 0 { 500_000 } else { content.len() });
            // longer than the test takes: stopping must not wait for the server
            reply.silence = Duration::from_secs(if number == 0 { 20 } else { 0 });
            reply
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings { patience: Duration::from_secs(60), ..settings(&server.address) };
    let come = Cell::new(0);
    let stop = || come.get() == 500_000;
    let started = std::time::Instant::now();
    let result = fetch(&numbers(&content), directory.path(), &settings, &stop, &mut |event| {
        if let Event::Received { have } = event {
            come.set(have);
        }
    });
    assert!(started.elapsed() < Duration::from_secs(10));
    let Err(FetchError::Interrupted { kept: Some(kept) }) = result else { panic!("{result:?}") };
    assert_eq!(kept, directory.path().join("numbers/numbers.bin.part"));
    assert_eq!(fs::read(&kept).unwrap(), content[..500_000]);
    assert_eq!(told(&numbers(&content), directory.path(), &settings).0.unwrap(), ONE);
    assert_eq!(server.asked_from(), [None, Some(500_000)]);
}

#[test]
fn plain_files_of_a_user_are_kept() {
    let content = bytes(100);
    let mut set = numbers(&content);
    let mut file = set.files[0];
    file.name = "numbers.gz";
    set.files = Vec::leak(vec![file]);
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("numbers"), "unpacked").unwrap();
    let (result, events) = told(&set, directory.path(), &settings("http://127.0.0.1:1/"));
    assert_eq!(result.unwrap(), Fetched { downloaded: 0, kept: 1, unpacked: 0 });
    assert!(events[0].contains("verified: false"), "{events:?}");
}

/// The official files, from the directory named by `CONSILIENCE_DATA_DIR`, over the wire.
#[test]
fn the_published_checksums_of_mnist_are_those_of_its_files() {
    let Some(source) = std::env::var_os("CONSILIENCE_DATA_DIR").map(PathBuf::from) else {
        eprintln!("skipped: CONSILIENCE_DATA_DIR is not set");
        return;
    };
    for (source, folder) in
        [(Source::Mnist, source.join("mnist")), (Source::FashionMnist, source.join("fashion-mnist"))]
    {
        if !folder.join("train-images-idx3-ubyte.gz").exists() {
            eprintln!("skipped: {} has no packed files", folder.display());
            continue;
        }
        let server = Server::new(move |_, request| whole(&fs::read(folder.join(&request.path[1..])).unwrap(), request));
        let directory = tempfile::tempdir().unwrap();
        let Origin::Download(set) = &registry::source(source).origin else { panic!("{source:?}") };
        let (result, _) = told(set, directory.path(), &settings(&server.address));
        assert_eq!(result.unwrap(), Fetched { downloaded: 4, kept: 0, unpacked: 0 });
        consilience_data::load(&consilience_data::DataSpec::new(source), Some(directory.path()), 0).unwrap();
    }
}
