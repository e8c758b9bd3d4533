//! An HTTP server that answers as a test tells it to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub path: String,
    /// The first byte wanted.
    pub from: Option<usize>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub head: String,
    pub body: Vec<u8>,
    /// How long the connection stays open in silence afterwards.
    pub silence: Duration,
}

pub fn reply(status: &str, headers: &[String], body: &[u8]) -> Reply {
    let first = [format!("HTTP/1.1 {status}"), "Connection: close".to_owned()];
    let head = [&first[..], headers, &[String::new(), String::new()]].concat().join("\r\n");
    Reply { head, body: body.to_vec(), silence: Duration::ZERO }
}

/// `content` from the byte asked for on, of which at most `most` bytes are sent.
pub fn part(content: &[u8], request: &Request, most: usize) -> Reply {
    let from = request.from.unwrap_or(0);
    let length = format!("Content-Length: {}", content.len() - from);
    let body = &content[from..content.len().min(from + most)];
    if request.from.is_none() {
        return reply("200 OK", &[length], body);
    }
    let range = format!("Content-Range: bytes {from}-{}/{}", content.len() - 1, content.len());
    reply("206 Partial Content", &[length, range], body)
}

pub fn whole(content: &[u8], request: &Request) -> Reply {
    part(content, request, usize::MAX - content.len())
}

/// A server, until the test ends.
pub struct Server {
    pub address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers the requests in order, numbered from 0.
    pub fn new(answer: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let stream = stream.unwrap();
                    if let Some(request) = read(&stream) {
                        let number = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(request.clone());
                            seen.len() - 1
                        };
                        send(stream, &answer(number, &request));
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// What was asked for so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The first byte of every request so far.
    pub fn asked_from(&self) -> Vec<Option<usize>> {
        self.requests().iter().map(|request| request.from).collect()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let from = lines.find_map(|line| {
        let (name, range) = line.split_once(':')?;
        let range = range.trim().strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()?;
        name.eq_ignore_ascii_case("range").then_some(range)
    });
    Some(Request { path, from })
}

fn send(mut stream: TcpStream, reply: &Reply) {
    // The other side may have gone.
    let _ = stream.write_all(reply.head.as_bytes()).and_then(|()| stream.write_all(&reply.body));
    let _ = stream.flush();
    thread::sleep(reply.silence);
}
