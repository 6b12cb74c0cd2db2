//! A bridge on a virtual clock and without sockets: its platforms are played line by line, and its applications have as
//! many sessions as a test opens. Only event feeds and CCAS can be played; the test plays everything else that they say.

use std::fmt::Write as _;

use cti_bridge::{
    bridge::{Bridge, Output},
    dialect::event_feed::digest,
    time::Time,
    wire::{soap, xml::Element},
};
use serde_json::{Value, json};

use super::assembly::assemble;

/// How a platform or an application converses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    Feed,
    Ccas,
    Ctips,
}

impl Speech {
    fn of(dialect: &str) -> Speech {
        match dialect {
            "event-feed" => Speech::Feed,
            "ccas" => Speech::Ccas,
            "ctips" => Speech::Ctips,
            other => panic!("sessions cannot be played for {other}"),
        }
    }
}

/// Something that comes out of the bridge.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// A message for a session, as JSON.
    Session { name: String, message: String },
    /// The session's connection was ended by the bridge.
    Over { name: String },
    /// An order for a platform that is not the conversation's own.
    Platform { platform: usize, order: Value },
}

struct Session {
    name: String,
    application: usize,
    /// The bridge's number of it, once it has one.
    number: Option<u32>,
    /// Its name in CTIPS requests.
    id: String,
}

pub struct VirtualBridge {
    bridge: Bridge,
    pub now: Time,
    platforms: Vec<(Speech, u32)>,
    applications: Vec<Speech>,
    sessions: Vec<Session>,
    opened: usize,
    requests: i64,
    /// What a session hears while it is being opened is not told.
    is_opening: bool,
    told: Vec<Told>,
}

pub const USER: &str = "Test01";
pub const PASSWORD: &str = "virtual-pass-17";

/// The configuration of platforms `p0`, `p1`… and applications `a0`, `a1`… of these dialects.
fn configuration(platforms: &[&str], applications: &[&str]) -> String {
    let mut text = String::new();
    for (place, dialect) in platforms.iter().enumerate() {
        let way = match Speech::of(dialect) {
            Speech::Feed => "address = '127.0.0.1:1'\nuser = 'feed'\npassword = 'pw-feed-1'",
            Speech::Ccas => "listen = '127.0.0.1:0'\ntoken = 'tk-relay-1'\npins = { 140 = '1400' }",
            Speech::Ctips => panic!("a CTIPS platform is posted to, and cannot be played by lines"),
        };
        writeln!(text, "[platform.p{place}]\ndialect = '{dialect}'\n{way}").unwrap();
    }
    let names: Vec<String> = (0..platforms.len()).map(|place| format!("'p{place}'")).collect();
    for (place, dialect) in applications.iter().enumerate() {
        let users = format!("users = {{ {USER} = '{PASSWORD}' }}\nplatforms = [{}]", names.join(", "));
        writeln!(text, "[application.a{place}]\ndialect = '{dialect}'\nlisten = '127.0.0.1:0'\n{users}").unwrap();
    }
    text
}

impl VirtualBridge {
    /// All applications listen to all platforms; nothing is connected yet.
    pub fn new(platforms: &[&str], applications: &[&str]) -> VirtualBridge {
        let mut bridge = VirtualBridge {
            bridge: assemble(&configuration(platforms, applications)),
            now: Time(0),
            platforms: platforms.iter().map(|dialect| (Speech::of(dialect), 0)).collect(),
            // Assembled in the opposite order of their names.
            applications: applications.iter().rev().map(|dialect| Speech::of(dialect)).collect(),
            sessions: Vec::new(),
            opened: 0,
            requests: 0,
            is_opening: false,
            told: Vec::new(),
        };
        bridge.bridge.expire(bridge.now);
        bridge.perform();
        bridge
    }

    /// The virtual clock begins here, in milliseconds since 1970.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.bridge.set_epoch(epoch);
    }

    /// Hands over what came out of the bridge since the last time.
    pub fn told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    // ── platforms ─────────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn connect(&mut self, platform: usize) {
        self.platforms[platform].1 = 0;
        self.bridge.platform_connected(self.now, platform);
        self.perform();
    }

    pub fn lose(&mut self, platform: usize) {
        self.bridge.platform_closed(self.now, platform, "test");
        self.perform();
    }

    /// A platform's message; a feed's are numbered here.
    pub fn say(&mut self, platform: usize, line: &str) {
        let (speech, sequence) = &mut self.platforms[platform];
        let text = match speech {
            Speech::Feed => {
                let text = line.trim_end().strip_suffix('}').expect("a JSON object");
                *sequence += 1;
                format!("{text},\"sequence\":{}}}\0", *sequence - 1)
            }
            Speech::Ccas | Speech::Ctips => format!("{}\n", line.trim_end()),
        };
        self.bridge.platform_read(self.now, platform, text.as_bytes());
        self.perform();
    }

    /// Time goes on until this moment, and everything that was to happen until then does.
    pub fn pass_until(&mut self, until: Time) {
        while let Some(deadline) = self.bridge.deadline().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            self.bridge.expire(self.now);
            self.perform();
        }
        self.now = self.now.max(until);
    }

    // ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn has(&self, name: &str) -> bool {
        self.sessions.iter().any(|session| session.name == name)
    }

    /// A session logs on: one of a feed's subscribes to nothing yet, one of CTIPS hears everything.
    pub fn open(&mut self, application: usize, name: &str) {
        self.opened += 1;
        let id = format!("session-{}", self.opened);
        self.sessions.push(Session { name: name.into(), application, number: None, id });
        self.is_opening = true;
        match self.applications[application] {
            Speech::Feed => {
                let number = self.bridge.application_connected(self.now, application, name);
                self.session(name).number = number;
                self.ask(name, &json!({ "message": "authenticate", "user": USER, "password": digest(PASSWORD) }));
            }
            Speech::Ctips => {
                let user = json!({ "Password": PASSWORD, "UserName": USER });
                let connection = json!({ "ClientCallbackURL": "http://127.0.0.1:1/", "TenantIds": { "int": 1 },
                    "UserCredentials": user });
                self.ask(name, &json!({ "OpenConnection": connection }));
                for class in ["Agent", "Call", "Route", "System"] {
                    let class = format!("EventCategory{class}");
                    self.ask(name, &json!({ "AddMessageClass": { "MessageClass": class } }));
                }
                self.ask(name, &json!({ "OnLine": {} }));
            }
            Speech::Ccas => panic!("no application speaks CCAS"),
        }
        self.is_opening = false;
    }

    fn session(&mut self, name: &str) -> &mut Session {
        self.sessions.iter_mut().find(|session| session.name == name).unwrap_or_else(|| panic!("no session {name}"))
    }

    /// A session asks; what it does not number itself is numbered here.
    pub fn ask(&mut self, name: &str, request: &Value) {
        let Session { application, number, id, .. } = self.session(name);
        let (application, number, id) = (*application, *number, id.clone());
        match self.applications[application] {
            Speech::Feed => {
                self.requests += 1;
                let mut request = request.clone();
                let fields = request.as_object_mut().expect("a JSON object");
                fields.entry("request-id").or_insert(self.requests.into());
                let bytes = format!("{request}\0");
                self.bridge.application_read(self.now, application, number.unwrap(), bytes.as_bytes());
            }
            Speech::Ccas | Speech::Ctips => {
                let (operation, fields) = request.as_object().and_then(|one| one.iter().next()).expect("an operation");
                let mut args = String::new();
                write_xml(fields, &mut args);
                if operation != "OpenConnection" {
                    write!(args, "<SessionId>{id}</SessionId><TenantId>1</TenantId>").unwrap();
                }
                let body = format!("{}<{operation}><args>{args}</args></{operation}>{}", soap::OPEN, soap::CLOSE);
                self.bridge.request(self.now, application, 1, body.as_bytes(), None);
            }
        }
        self.perform();
    }

    /// The session's connection is lost.
    pub fn close(&mut self, name: &str) {
        let Session { application, number, .. } = self.session(name);
        let (application, number) = (*application, number.unwrap());
        match self.applications[application] {
            Speech::Feed => self.bridge.application_closed(self.now, application, number, "test"),
            Speech::Ccas | Speech::Ctips => self.bridge.session_lost(self.now, application, number, "test", "test"),
        }
        self.sessions.retain(|session| session.name != name);
        self.perform();
    }

    // ── what comes out ────────────────────────────────────────────────────────────────────────────────────────────────

    fn perform(&mut self) {
        while let Some(output) = self.bridge.poll() {
            match output {
                Output::Write { application, session, bytes } => {
                    let text = String::from_utf8(bytes[..bytes.len() - 1].to_vec()).unwrap();
                    self.hears(application, session, text);
                }
                Output::Publish { application, session, body } => {
                    let envelope = soap::parse(&body, None).unwrap();
                    let mut text = String::new();
                    write_json(&envelope.body.children[0], &mut text);
                    self.hears(application, session, text);
                }
                Output::Send { platform, bytes } => self.sent(platform, &bytes),
                Output::Start { application, session, .. } => {
                    if let Some(opened) = self.sessions.last_mut() {
                        opened.number = Some(session);
                    }
                    self.bridge.session_started(self.now, application, session, Ok(()));
                }
                Output::Heartbeat { application, session, .. } => {
                    self.bridge.heartbeat_answered(self.now, application, session, true);
                }
                Output::Respond { reply, .. } => {
                    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
                }
                Output::Close { application, session } | Output::End { application, session } => {
                    let is_over = |one: &Session| one.application == application && one.number == Some(session);
                    let over = self.sessions.iter().filter(|one| is_over(one));
                    self.told.extend(over.map(|one| Told::Over { name: one.name.clone() }));
                }
                Output::Post { .. } | Output::Keep { .. } | Output::Drop { .. } | Output::Describe { .. } => {
                    panic!("nobody is posted to here: {output:?}")
                }
                Output::Connect { .. } | Output::Disconnect { .. } | Output::Notice { .. } | Output::Line(_) => {}
            }
        }
    }

    fn hears(&mut self, application: usize, number: u32, message: String) {
        let is_it = |session: &&Session| session.application == application && session.number == Some(number);
        if let Some(session) = self.sessions.iter().find(is_it).filter(|_| !self.is_opening) {
            self.told.push(Told::Session { name: session.name.clone(), message });
        }
    }

    /// An order for a platform: the conversation's own are answered, others are told.
    fn sent(&mut self, platform: usize, bytes: &[u8]) {
        let order: Value = serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap();
        let reply = match self.platforms[platform].0 {
            Speech::Feed if order["message"] != "command" => {
                format!("{}\0", json!({ "request-id": order["request-id"], "message": order["message"], "result": 0 }))
            }
            Speech::Ccas if order["ping"].is_number() => format!("{}\n", json!({ "pong": order["ping"] })),
            Speech::Ccas if order["call"] == "GetPhoneAgentstatus" => {
                format!("{}\n", json!({ "id": order["id"], "hresult": 0, "out": {} }))
            }
            Speech::Feed | Speech::Ccas | Speech::Ctips => return self.told.push(Told::Platform { platform, order }),
        };
        self.bridge.platform_read(self.now, platform, reply.as_bytes());
    }
}

/// Fields as elements; a list is an element repeated.
fn write_xml(fields: &Value, text: &mut String) {
    for (name, value) in fields.as_object().into_iter().flatten() {
        let one = std::slice::from_ref(value);
        for value in value.as_array().map_or(one, Vec::as_slice) {
            write!(text, "<{name}>").unwrap();
            match value {
                Value::Object(_) => write_xml(value, text),
                Value::String(word) => text.push_str(word),
                other => write!(text, "{other}").unwrap(),
            }
            write!(text, "</{name}>").unwrap();
        }
    }
}

/// An event's elements as JSON, in their order: texts that are numbers as numbers, repeated elements as a list.
fn write_json(element: &Element, text: &mut String) {
    let children = &element.children;
    let word = element.text.as_str();
    if element.nil {
        text.push_str("null");
    } else if children.is_empty() {
        let is_plain =
            ["true", "false"].contains(&word) || word.parse::<i64>().is_ok_and(|number| number.to_string() == word);
        if is_plain { text.push_str(word) } else { write!(text, "{}", json!(word)).unwrap() }
    } else {
        let is_list = ["int", "string", "CTICallDataItem", "CTIServiceInfo"].contains(&children[0].name.as_str());
        text.push(if is_list { '[' } else { '{' });
        for (place, child) in children.iter().enumerate() {
            text.push_str(if place > 0 { "," } else { "" });
            if !is_list {
                write!(text, "\"{}\":", child.name).unwrap();
            }
            write_json(child, text);
        }
        text.push(if is_list { ']' } else { '}' });
    }
}
