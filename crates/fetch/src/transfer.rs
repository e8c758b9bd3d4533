//! One request: asks for a file from some byte on and hands on what comes.

use crate::error::{FetchError, Refusal};
use crate::settings::Settings;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use ureq::http::{Response, header};
use ureq::{Agent, Body};

/// How often it is asked whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// How many bytes are handed on at once.
const CHUNK: usize = 1 << 16;

/// What a server answers before the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status, and in words.
    pub(crate) status: u16,
    pub(crate) words: String,
    /// Bytes that follow.
    pub(crate) length: Option<u64>,
    /// The first byte of the range that follows and the size of the whole file, where a range follows.
    pub(crate) range: Option<(u64, Option<u64>)>,
}

/// Why a transfer ended before its time.
pub(crate) enum Failure {
    /// Nothing here to be tried again with this address.
    Refused(Refusal),
    /// Worth another attempt.
    Cut(String),
    /// The end of it all.
    Fatal(FetchError),
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Fatal(error)
    }
}

enum Message {
    Answer(Answer),
    Bytes(Vec<u8>),
    End,
    Unreachable(String),
    Cut(String),
}

/// A request under way.
pub(crate) struct Transfer<'a> {
    messages: Receiver<Message>,
    patience: Duration,
    stop: &'a dyn Fn() -> bool,
}

pub(crate) fn agent(settings: &Settings) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(settings.patience))
        .timeout_recv_response(Some(settings.patience))
        .user_agent(concat!("consilience/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

impl<'a> Transfer<'a> {
    /// Asks for `address` from byte `from` on.
    ///
    /// The socket belongs to a thread of its own, since a read that waits for a silent server cannot be told to stop: when this
    /// value is dropped, the thread ends with the next bytes or when the system gives the connection up.
    pub(crate) fn begin(
        agent: &Agent,
        address: &str,
        from: u64,
        settings: &Settings,
        stop: &'a dyn Fn() -> bool,
    ) -> Result<Self, Failure> {
        let (sender, messages) = sync_channel(4);
        let (agent, address) = (agent.clone(), address.to_owned());
        thread::Builder::new()
            .name("download".to_owned())
            .spawn(move || {
                let last = receive(&agent, &address, from, &sender);
                // Nobody listening any more is no error.
                let _ = sender.send(last);
            })
            .map_err(|error| Failure::Cut(format!("cannot start a thread: {error}")))?;
        Ok(Self { messages, patience: settings.patience, stop })
    }

    /// The answer, which comes before any bytes.
    pub(crate) fn answer(&self) -> Result<Answer, Failure> {
        match self.next()? {
            Message::Answer(answer) => Ok(answer),
            _ => Err(Failure::Cut("the connection failed".to_owned())),
        }
    }

    /// The next bytes; none at the end.
    pub(crate) fn bytes(&self) -> Result<Option<Vec<u8>>, Failure> {
        match self.next()? {
            Message::Bytes(bytes) => Ok(Some(bytes)),
            _ => Ok(None),
        }
    }

    fn next(&self) -> Result<Message, Failure> {
        let started = Instant::now();
        loop {
            if (self.stop)() {
                return Err(Failure::Fatal(FetchError::Interrupted { kept: None }));
            }
            match self.messages.recv_timeout(GLANCE) {
                Ok(Message::Unreachable(reason)) => return Err(Failure::Refused(Refusal::Unreachable(reason))),
                Ok(Message::Cut(reason)) => return Err(Failure::Cut(reason)),
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Timeout) if started.elapsed() < self.patience => {}
                Err(RecvTimeoutError::Timeout) => {
                    let seconds = self.patience.as_secs_f64();
                    return Err(Failure::Cut(format!("nothing came for {seconds:.0} s")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::Cut("the connection failed".to_owned()));
                }
            }
        }
    }
}

/// Waits, unless it is asked to stop.
pub(crate) fn wait(time: Duration, stop: &dyn Fn() -> bool) -> Result<(), FetchError> {
    let started = Instant::now();
    loop {
        if stop() {
            return Err(FetchError::Interrupted { kept: None });
        }
        let left = time.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(GLANCE));
    }
}

/// Sends what comes; the last message is returned.
fn receive(agent: &Agent, address: &str, from: u64, sender: &SyncSender<Message>) -> Message {
    let request = agent.get(address);
    let request = if from > 0 { request.header(header::RANGE, format!("bytes={from}-")) } else { request };
    let response = match request.call() {
        Ok(response) => response,
        Err(error) => return failed(&error),
    };
    if sender.send(Message::Answer(answer(&response))).is_err() {
        return Message::End;
    }
    let mut reader = response.into_body().into_reader();
    loop {
        let mut bytes = vec![0; CHUNK];
        match reader.read(&mut bytes) {
            Ok(0) => return Message::End,
            Ok(count) => {
                bytes.truncate(count);
                if sender.send(Message::Bytes(bytes)).is_err() {
                    return Message::End;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Message::Cut(format!("the connection was cut: {error}")),
        }
    }
}

fn answer(response: &Response<Body>) -> Answer {
    let header = |name| response.headers().get(name)?.to_str().ok();
    let range = header(header::CONTENT_RANGE).and_then(|range| {
        let (place, whole) = range.trim().strip_prefix("bytes")?.trim_start().split_once('/')?;
        let (first, _) = place.split_once('-')?;
        Some((first.trim().parse().ok()?, whole.trim().parse().ok()))
    });
    let status = response.status();
    Answer {
        status: status.as_u16(),
        words: status.to_string(),
        length: header(header::CONTENT_LENGTH).and_then(|length| length.trim().parse().ok()),
        range,
    }
}

/// Whether a request that failed is worth another attempt.
fn failed(error: &ureq::Error) -> Message {
    match error {
        ureq::Error::Io(cause)
            if matches!(
                cause.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::BrokenPipe
            ) =>
        {
            Message::Cut(format!("the connection was cut: {cause}"))
        }
        ureq::Error::Protocol(cause) => Message::Cut(format!("the answer is not HTTP: {cause}")),
        other => Message::Unreachable(other.to_string()),
    }
}
