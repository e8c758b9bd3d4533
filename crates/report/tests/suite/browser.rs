//! Chromium, driven over the pipe of its `DevTools` protocol: the browser reads messages from its descriptor 3 and writes to 4, one
//! JSON object each, ended by a zero byte. So no crate with its own network stack is needed to test a page from disk.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long the browser may take to answer; this machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running browser with one page, and what that page complained about.
pub struct Browser {
    child: Child,
    requests: ChildStdin,
    replies: Receiver<Value>,
    session: Option<String>,
    next: u64,
    /// Errors and warnings of the page: exceptions, console, violations of the content policy.
    pub complaints: Vec<String>,
    /// Addresses the page asked for.
    pub asked: Vec<String>,
    loaded: bool,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts the browser; `None`, with a line on standard error, where there is none.
    pub fn start() -> Option<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let is_there = |name: &&str| {
            let version = Command::new(name).arg("--version").stdin(Stdio::null()).output();
            version.is_ok_and(|output| output.status.success())
        };
        let Some(name) = names.into_iter().find(is_there) else {
            eprintln!("skipped: no chromium to open the page with (apt-get install chromium)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, name])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--remote-debugging-pipe", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (requests, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, replies) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else { continue };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            child,
            requests,
            replies,
            session: None,
            next: 0,
            complaints: Vec::new(),
            asked: Vec::new(),
            loaded: false,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached =
            browser.call("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true }));
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// Carries out `method`; its result.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.requests.write_all(&bytes).unwrap();
        loop {
            let reply = self.receive();
            if reply["id"] == json!(id) {
                assert!(reply.get("error").is_none(), "{method}: {reply}");
                return reply["result"].clone();
            }
        }
    }

    fn receive(&mut self) -> Value {
        let message = self.replies.recv_timeout(PATIENCE).expect("the browser answers");
        let parameters = &message["params"];
        match message["method"].as_str() {
            Some("Page.loadEventFired") => self.loaded = true,
            Some("Runtime.exceptionThrown") => self.complaints.push(parameters["exceptionDetails"].to_string()),
            Some("Runtime.consoleAPICalled") => self.complaints.push(parameters["args"].to_string()),
            Some("Log.entryAdded") if matches!(parameters["entry"]["level"].as_str(), Some("error" | "warning")) => {
                self.complaints.push(parameters["entry"].to_string());
            }
            Some("Network.requestWillBeSent") => {
                self.asked.extend(parameters["request"]["url"].as_str().map(str::to_owned));
            }
            _ => {}
        }
        message
    }

    /// Opens the file `path` in a window of `width` x `height`, and waits until it has drawn what is in sight.
    pub fn open(&mut self, path: &Path, width: u32, height: u32) {
        self.resize(width, height);
        self.complaints.clear();
        self.asked.clear();
        self.loaded = false;
        self.call("Page.navigate", &json!({ "url": format!("file://{}", path.display()) }));
        while !self.loaded {
            self.receive();
        }
        self.wait_for("document.documentElement.dataset.ready === 'true'");
        self.settle();
    }

    /// A window of `width` x `height`.
    pub fn resize(&mut self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// The colours and the medium the page is shown on.
    pub fn media(&mut self, colours: &str, medium: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": colours }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "media": medium, "features": features }));
        self.settle();
    }

    /// The value of a JavaScript expression.
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let reply = self.call("Runtime.evaluate", &parameters);
        assert!(reply.get("exceptionDetails").is_none(), "{expression}: {reply}");
        reply["result"]["value"].clone()
    }

    /// The value of an expression that is text.
    pub fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_else(|| panic!("{expression} is no text")).to_owned()
    }

    /// The value of an expression that is a number.
    pub fn number(&mut self, expression: &str) -> f64 {
        self.value(expression).as_f64().unwrap_or_else(|| panic!("{expression} is no number"))
    }

    /// Waits until `condition` holds.
    pub fn wait_for(&mut self, condition: &str) {
        let until = Instant::now() + PATIENCE;
        while self.value(condition) != json!(true) {
            assert!(Instant::now() < until, "never came true: {condition}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until everything that was asked for is drawn: two frames.
    pub fn settle(&mut self) {
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(1)))))");
    }

    /// The rectangle of the first element that matches `selector`, brought into sight: left, top, width, height.
    pub fn rectangle(&mut self, selector: &str) -> [f64; 4] {
        let place = format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
             const r = e.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; }})()",
            json!(selector)
        );
        self.value(&place);
        self.settle();
        let place = self.value(&place);
        [0, 1, 2, 3].map(|index| place[index].as_f64().unwrap())
    }

    /// Moves, presses or releases the mouse.
    pub fn mouse(&mut self, kind: &str, x: f64, y: f64, clicks: u32) {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let event = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": clicks });
        self.call("Input.dispatchMouseEvent", &event);
        self.settle();
    }

    /// Presses and releases a key.
    pub fn key(&mut self, key: &str) {
        let text = if key.chars().count() == 1 { key } else { "" };
        self.call("Input.dispatchKeyEvent", &json!({ "type": "keyDown", "key": key, "text": text }));
        self.call("Input.dispatchKeyEvent", &json!({ "type": "keyUp", "key": key }));
        self.settle();
    }

    /// Fails when the page complained, or asked for anything but itself and pictures it holds.
    pub fn assert_quiet(&mut self) {
        self.settle();
        assert!(self.complaints.is_empty(), "{:#?}", self.complaints);
        let foreign: Vec<&String> =
            self.asked.iter().filter(|url| !url.starts_with("file:") && !url.starts_with("data:")).collect();
        assert!(foreign.is_empty(), "{foreign:?}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
