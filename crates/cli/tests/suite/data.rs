//! `consilience data`, as a person runs it.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consilience"));
    command.current_dir(directory).args(arguments).env_remove("CONSILIENCE_DATA_DIR").stdin(Stdio::null());
    command
}

/// Exit code, standard output, standard error.
fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    said(&program(directory, arguments).output().unwrap())
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A server that answers every request with `head` and `body` and then is silent.
fn server(head: String, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            open.push(stream);
        }
    });
    address
}

#[test]
fn list_says_what_there_is_and_what_is_here() {
    let directory = tempfile::tempdir().unwrap();
    let (code, list, talk) = run(directory.path(), &["data", "list"]);
    assert_eq!((code, talk.as_str()), (Some(0), ""));
    for part in [
        "in data",
        "https://ossci-datasets.s3.amazonaws.com/mnist/ or https://storage.googleapis.com/cvdf-datasets/mnist/",
        "train-images-idx3-ubyte.gz   9.9 MB  SHA-256 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "cifar-10-binary.tar.gz       170 MB  SHA-256 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        "facial_keypoints, by hand: Kaggle gives it only to people with an account",
        "CC BY-NC 4.0",
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let row = |list: &str, name: &str| {
        list.lines().find(|line| line.trim_start().starts_with(&format!("{name} "))).unwrap().trim().to_owned()
    };
    assert!(row(&list, "mnist").ends_with("no") && row(&list, "strokes").ends_with("built in"), "{list}");
    let mnist = directory.path().join("elsewhere/mnist");
    fs::create_dir_all(&mnist).unwrap();
    fs::write(mnist.join("train-images-idx3-ubyte.gz"), "").unwrap();
    let (_, list, _) = run(directory.path(), &["data", "list", "--data-dir", "elsewhere"]);
    assert!(row(&list, "mnist").ends_with("1 of 4 files") && list.contains("in elsewhere"), "{list}");
}

#[test]
fn what_cannot_be_fetched_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let unreachable = ["data", "fetch", "mnist", "--mirror", "http://127.0.0.1:1/"];
    let (code, out, talk) = run(directory.path(), &unreachable);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    for part in [
        "error: cannot fetch train-images-idx3-ubyte.gz: http://127.0.0.1:1/train-images-idx3-ubyte.gz: it cannot be reached: ",
        "hint: without a network, download train-images-idx3-ubyte.gz, ",
        " from https://ossci-datasets.s3.amazonaws.com/mnist/ elsewhere and put it into data/mnist; ",
    ] {
        assert!(talk.contains(part), "{part}: {talk}");
    }
    for (arguments, expected) in [
        (&["strokes"][..], "strokes: built in, there is nothing to fetch\n"),
        (&["mnits"], "error: no data set is called `mnits`\nhint: did you mean `mnist`"),
        (
            &["facial_keypoints"],
            "error: facial_keypoints is not fetched: Kaggle gives it only to people with an account",
        ),
        (&["cifar10n", "--data-dir", "x"], "error: cifar10n is not fetched: it is published as Python objects"),
    ] {
        let (code, out, talk) = run(directory.path(), &[&["data", "fetch"], arguments].concat());
        assert_eq!((code, out.as_str()), (Some(i32::from(talk.starts_with("error"))), ""), "{arguments:?}");
        assert!(talk.starts_with(expected), "{talk}");
    }
    for arguments in
        [&["data"][..], &["data", "fetch"], &["data", "fetch", "mnist", "--mirror", "ftp://x"], &["data", "info"]]
    {
        let (code, _, talk) = run(directory.path(), arguments);
        assert_eq!(code, Some(2), "{talk}");
    }
    let page = server("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n".to_owned(), b"<html>".to_vec());
    let (code, _, talk) = run(directory.path(), &["data", "fetch", "mnist", "--quiet", "--mirror", &page]);
    assert_eq!(code, Some(1), "{talk}");
    assert!(talk.contains("the server offers 6 bytes where the file has 9912422\nhint: "), "{talk}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_what_has_come_also_while_a_server_is_silent() {
    let directory = tempfile::tempdir().unwrap();
    let silent = server("HTTP/1.1 200 OK\r\nContent-Length: 9912422\r\n\r\n".to_owned(), vec![7; 100_000]);
    let child = program(directory.path(), &["data", "fetch", "mnist", "--mirror", &silent])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let part = directory.path().join("data/mnist/train-images-idx3-ubyte.gz.part");
    let deadline = Instant::now() + Duration::from_secs(20);
    while fs::metadata(&part).map_or(0, |file| file.len()) < 100_000 {
        assert!(Instant::now() < deadline, "nothing came");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let (code, out, talk) = said(&child.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (Some(130), ""), "{talk}");
    assert!(talk.contains("interrupted: mnist is not whole\nhint: what has come is kept in data/mnist/"), "{talk}");
    assert_eq!(fs::metadata(&part).unwrap().len(), 100_000);
}

/// A limit on the size of files stands for a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_with_what_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let size = 9_912_422;
    let full = server(format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n"), vec![7; size]);
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" data fetch mnist --mirror \"$1\"";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_consilience"), &full])
        .current_dir(directory.path())
        .env_remove("CONSILIENCE_DATA_DIR")
        .output()
        .unwrap();
    let (code, _, talk) = said(&output);
    assert_eq!(code, Some(1), "{talk}");
    let expected = "error: cannot write data/mnist/train-images-idx3-ubyte.gz.part: File too large";
    assert!(talk.contains(expected) && talk.contains("hint: 9.9 MB more are needed\n"), "{talk}");
    assert!(talk.ends_with("hint: what has come is kept; the same command goes on from there\n"), "{talk}");
}

#[test]
fn info_shows_counts_labels_and_problems() {
    let directory = tempfile::tempdir().unwrap();
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2];
    images.extend([0, 255, 255, 0, 51, 102, 51, 102]);
    fs::write(directory.path().join("train-images-idx3-ubyte"), images).unwrap();
    fs::write(directory.path().join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 4, 1, 1, 0, 1]).unwrap();
    let (code, out, talk) = run(directory.path(), &["data", "info", "."]);
    assert_eq!((code, talk.as_str()), (Some(0), ""));
    let full = "█".repeat(24);
    let third = "█".repeat(8);
    for part in [
        ".: IDX files, as of MNIST and Fashion-MNIST\n\ntraining set\n  examples            4\n",
        "  shape               1 x 2 x 1 (height x width x channels)\n",
        "  mean                0.4000\n",
        &format!("    0        1  25.0 %  {third}\n    1        3  75.0 %  {full}\n    2        0   0.0 %\n"),
        "to be known\n  - the test set is missing\n",
        "  - training set: 1 example repeats an input that came before\n",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    fs::write(directory.path().join("name\u{1b}[2J"), "text").unwrap();
    let (code, out, talk) = run(directory.path(), &["data", "info", "name\u{1b}[2J"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    let expected =
        "error: name\\u{1b}[2J is no data set that is known here: it looks like text\nhint: known are IDX (MNIST), ";
    assert!(talk.starts_with(expected), "{talk}");
}
