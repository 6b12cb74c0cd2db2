//! A bridge on a virtual clock and without sockets: its platforms are played line by line, and its applications have as
//! many sessions as a test opens. Log-ons, snapshots and pings are played here; the test plays everything else that platforms
//! say. A portal takes every request, and its events come after that.
//!
//! A dialect of several wire profiles is spoken in its first one, or in one that is named behind it: `ctips/guide`.

use std::fmt::Write as _;

use cti_bridge::{
    bridge::{Bridge, Output, Owner, Room},
    dialect::event_feed::digest,
    port::{self, Connection, HttpRequest, Input, Post, PostOutcome},
    time::Time,
    wire::{soap, xml::Element},
};
use serde_json::{Value, json};

use super::{assembly::assemble, soap::Wire};

/// How a platform or an application converses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    Feed,
    Ccas,
    Ctips,
    /// AgentClient: desktops, each with a connection of its own, or programs in front. A program's session is of the agent
    /// whose logon id its name begins with, up to a hyphen.
    Desks,
}

impl Speech {
    fn of(dialect: &str) -> Speech {
        match named(dialect).0 {
            "event-feed" => Speech::Feed,
            "ccas" => Speech::Ccas,
            "ctips" => Speech::Ctips,
            "agent" => Speech::Desks,
            other => panic!("sessions cannot be played for {other}"),
        }
    }
}

/// A dialect, and the wire profile that is named behind it.
fn named(dialect: &str) -> (&str, Option<&str>) {
    dialect.split_once('/').map_or((dialect, None), |(dialect, profile)| (dialect, Some(profile)))
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

/// A message for a session of a SOAP dialect, as its bytes.
pub struct Delivered {
    pub name: String,
    pub body: Vec<u8>,
}

struct Session {
    name: String,
    application: usize,
    /// The bridge's number of it, once it has one.
    number: Option<u32>,
    /// Its name in CTIPS requests.
    id: String,
    /// How much was told to it and not read, where queues are narrow.
    unread: usize,
}

/// A platform and its connection.
struct Line {
    speech: Speech,
    /// The sequence number of a feed's next message.
    sequence: u32,
    connection: Connection,
    /// How many connections a platform has made that connects by itself.
    accepted: u32,
    /// The bridge has asked for the connection.
    is_wanted: bool,
    is_open: bool,
    /// How a portal is spoken with.
    wire: Option<Wire>,
}

pub struct VirtualBridge {
    bridge: Bridge,
    pub now: Time,
    platforms: Vec<Line>,
    applications: Vec<Speech>,
    sessions: Vec<Session>,
    opened: usize,
    requests: i64,
    /// What a session hears while it is being opened is not told.
    is_opening: bool,
    told: Vec<Told>,
    delivered: Vec<Delivered>,
    /// What the bridge reported.
    notices: Vec<String>,
    /// How many messages may wait for a session, if that is bounded.
    narrow: Option<usize>,
}

/// Logon ids of the agents whose programs may connect.
const AGENTS: [&str; 6] = ["77", "78", "140", "141", "4001", "4002"];

pub const USER: &str = "Test01";
pub const PASSWORD: &str = "virtual-pass-17";

/// The configuration of platforms `p0`, `p1`… and applications `a0`, `a1`… of these dialects.
fn configuration(platforms: &[&str], applications: &[&str]) -> String {
    let mut text = String::new();
    for (place, dialect) in platforms.iter().enumerate() {
        let way = match Speech::of(dialect) {
            Speech::Feed => "address = '127.0.0.1:1'\nuser = 'feed'\npassword = 'pw-feed-1'".to_owned(),
            Speech::Ccas => "listen = '127.0.0.1:0'\ntoken = 'tk-relay-1'\npins = { 140 = '1400' }".to_owned(),
            Speech::Desks => "listen = '127.0.0.1:0'\nagents = { 140 = 'tk-desk-140', 141 = 'tk-desk-141' }\n\
                              service_groups = { Sales = 9 }"
                .to_owned(),
            Speech::Ctips => format!(
                "urls = ['http://127.0.0.1:1/']\ncallback = 'http://127.0.0.1:{}/'\nuser = 'portal'\npassword = \
                 'pw-portal-1'\nwsdl = 'none'",
                2 + place
            ),
        };
        writeln!(text, "[platform.p{place}]\n{}\n{way}", spoken(dialect)).unwrap();
    }
    let names: Vec<String> = (0..platforms.len()).map(|place| format!("'p{place}'")).collect();
    for (place, dialect) in applications.iter().enumerate() {
        let users = match Speech::of(dialect) {
            Speech::Feed | Speech::Ccas | Speech::Ctips => format!("users = {{ {USER} = '{PASSWORD}' }}"),
            Speech::Desks => {
                let tokens = AGENTS.map(|login| format!("{login} = 'tk-{login}'")).join(", ");
                format!("agents = {{ {tokens} }}\nnot_ready_reasons = {{ 3 = 'lunch' }}\ncq_codes = {{ 7 = 'sold' }}")
            }
        };
        let users = format!("{users}\nplatforms = [{}]", names.join(", "));
        writeln!(text, "[application.a{place}]\n{}\nlisten = '127.0.0.1:0'\n{users}", spoken(dialect)).unwrap();
    }
    text
}

/// The settings of how somebody is spoken with.
fn spoken(dialect: &str) -> String {
    let (dialect, profile) = named(dialect);
    let profile = profile.map(|profile| format!("\nprofile = '{profile}'")).unwrap_or_default();
    format!("dialect = '{dialect}'{profile}")
}

impl VirtualBridge {
    /// All applications listen to all platforms; nothing is connected yet.
    pub fn new(platforms: &[&str], applications: &[&str]) -> VirtualBridge {
        let mut bridge = VirtualBridge {
            bridge: assemble(&configuration(platforms, applications)),
            now: Time(0),
            platforms: platforms
                .iter()
                .map(|dialect| Line {
                    speech: Speech::of(dialect),
                    sequence: 0,
                    connection: Connection::accepted(0),
                    accepted: 0,
                    is_wanted: false,
                    is_open: false,
                    wire: (Speech::of(dialect) == Speech::Ctips).then(|| Wire::new("ctips", named(dialect).1)),
                })
                .collect(),
            // Assembled in the opposite order of their names.
            applications: applications.iter().rev().map(|dialect| Speech::of(dialect)).collect(),
            sessions: Vec::new(),
            opened: 0,
            requests: 0,
            is_opening: false,
            told: Vec::new(),
            delivered: Vec::new(),
            notices: Vec::new(),
            narrow: None,
        };
        bridge.bridge.expire(bridge.now);
        bridge.perform();
        bridge
    }

    /// The virtual clock begins here, in milliseconds since 1970.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.bridge.set_epoch(epoch);
    }

    /// From now on, no more than so many messages may wait for a session, until it reads them.
    pub fn narrow(&mut self, most: usize) {
        self.narrow = Some(most);
    }

    /// A session reads all that waits for it. Returns how much that was.
    pub fn read(&mut self, name: &str) -> usize {
        let session = self.session(name);
        let (application, number) = (session.application, session.number.unwrap());
        let unread = std::mem::take(&mut session.unread);
        self.set_room(application, number, Room::Enough);
        self.perform();
        unread
    }

    /// The session does not read for so long that nobody waits for it.
    pub fn is_stuck(&mut self, name: &str) {
        let session = self.session(name);
        let (application, number) = (session.application, session.number.unwrap());
        self.set_room(application, number, Room::Stuck);
        self.perform();
    }

    fn set_room(&mut self, application: usize, number: u32, room: Room) {
        let connection = match self.applications[application] {
            Speech::Feed | Speech::Desks => Connection::accepted(number),
            Speech::Ccas | Speech::Ctips => Connection::asked(number),
        };
        self.bridge.set_room(Owner::Application(application), connection, room);
    }

    /// Hands over what came out of the bridge since the last time.
    pub fn told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// The same messages for sessions of SOAP dialects, as their bytes.
    pub fn delivered(&mut self) -> Vec<Delivered> {
        std::mem::take(&mut self.delivered)
    }

    /// What the bridge reported since the last time.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    // ── platforms ─────────────────────────────────────────────────────────────────────────────────────────────────────

    fn bytes(&mut self, platform: usize, text: &str) {
        let connection = self.platforms[platform].connection;
        self.bridge.handle(self.now, Owner::Platform(platform), Input::Bytes { connection, bytes: text.as_bytes() });
    }

    /// The platform connects, or takes the connection that the bridge has asked for. A relay says hello.
    pub fn connect(&mut self, platform: usize) {
        if self.platforms[platform].speech == Speech::Ctips {
            return assert!(self.platforms[platform].is_open, "a portal is there from the start");
        }
        // A feed is dialled when the wait after the last connection is over.
        while let Some(deadline) = self.bridge.deadline().filter(|_| self.waits_to_dial(platform)) {
            self.now = self.now.max(deadline);
            self.bridge.expire(self.now);
            self.perform();
        }
        let line = &mut self.platforms[platform];
        line.sequence = 0;
        if let Speech::Ccas | Speech::Desks = line.speech {
            line.accepted += 1;
            line.connection = Connection::accepted(line.accepted);
        }
        let (connection, speech) = (line.connection, line.speech);
        line.is_open = true;
        self.bridge.handle(self.now, Owner::Platform(platform), Input::Opened { connection, peer: "test" });
        if speech == Speech::Ccas {
            self.bytes(platform, "{\"hello\":\"ccas-relay\",\"version\":1,\"token\":\"tk-relay-1\"}\n");
        }
        self.perform();
    }

    /// A desktop connects and says hello with this token. Returns the number of its connection.
    pub fn desktop(&mut self, platform: usize, token: &str) -> u32 {
        self.connect(platform);
        self.say(platform, &json!({ "hello": "agent-relay", "version": 1, "token": token }).to_string());
        self.platforms[platform].accepted
    }

    /// The desktop of this connection is the one that speaks, or is lost, from now on.
    pub fn turn_to(&mut self, platform: usize, desktop: u32) {
        self.platforms[platform].connection = Connection::accepted(desktop);
    }

    /// Whether the bridge has not asked for the connection to a feed yet.
    fn waits_to_dial(&self, platform: usize) -> bool {
        let line = &self.platforms[platform];
        line.speech == Speech::Feed && !line.is_wanted
    }

    pub fn lose(&mut self, platform: usize) {
        assert!(self.platforms[platform].speech != Speech::Ctips, "a portal is not connected to");
        let line = &mut self.platforms[platform];
        (line.is_open, line.is_wanted) = (false, false);
        let connection = line.connection;
        let closed = Input::Closed { connection, reason: "test", cause: None };
        self.bridge.handle(self.now, Owner::Platform(platform), closed);
        self.perform();
    }

    /// A portal calls the bridge.
    pub fn call(&mut self, platform: usize, body: &[u8]) {
        let input = Input::Request(HttpRequest { path: "", ..HttpRequest::post(1, body) });
        self.bridge.handle(self.now, Owner::Platform(platform), input);
        self.perform();
    }

    /// A platform's message; a feed's are numbered here.
    pub fn say(&mut self, platform: usize, line: &str) {
        if let Some(wire) = &self.platforms[platform].wire {
            return self.call(platform, &wire.event(line));
        }
        let Line { speech, sequence, .. } = &mut self.platforms[platform];
        let text = match speech {
            Speech::Feed => {
                let text = line.trim_end().strip_suffix('}').expect("a JSON object");
                *sequence += 1;
                format!("{text},\"sequence\":{}}}\0", *sequence - 1)
            }
            Speech::Ccas | Speech::Ctips | Speech::Desks => format!("{}\n", line.trim_end()),
        };
        self.bytes(platform, &text);
        self.perform();
    }

    /// Nothing is read of a platform from now on, or it is read again.
    pub fn hold_back(&mut self, platform: usize, is_held: bool) {
        match is_held {
            true => self.bridge.hold_back(self.now, platform),
            false => self.bridge.go_on_reading(self.now, platform),
        };
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
        self.sessions.push(Session { name: name.into(), application, number: None, id, unread: 0 });
        self.is_opening = true;
        match self.applications[application] {
            Speech::Feed => {
                let number = u32::try_from(self.opened).unwrap();
                self.session(name).number = Some(number);
                let opened = Input::Opened { connection: Connection::accepted(number), peer: name };
                self.bridge.handle(self.now, Owner::Application(application), opened);
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
            // The picture that it hears belongs to the story.
            Speech::Desks => {
                self.is_opening = false;
                let number = u32::try_from(self.opened).unwrap();
                self.session(name).number = Some(number);
                let connection = Connection::accepted(number);
                let opened = Input::Opened { connection, peer: name };
                self.bridge.handle(self.now, Owner::Application(application), opened);
                let login = name.split('-').next().unwrap_or_default();
                let hello = json!({ "hello": "agent-client", "version": 1, "token": format!("tk-{login}") });
                self.frame(application, connection, &hello);
            }
        }
        self.is_opening = false;
    }

    fn session(&mut self, name: &str) -> &mut Session {
        self.sessions.iter_mut().find(|session| session.name == name).unwrap_or_else(|| panic!("no session {name}"))
    }

    /// A session's id on the wire.
    pub fn session_id(&self, name: &str) -> &str {
        &self.sessions.iter().find(|session| session.name == name).unwrap().id
    }

    /// A session of a SOAP dialect posts.
    pub fn post(&mut self, name: &str, body: &[u8]) {
        let application = self.session(name).application;
        let input = Input::Request(HttpRequest::post(1, body));
        self.bridge.handle(self.now, Owner::Application(application), input);
        self.perform();
    }

    /// A frame of a program of AgentClient. What it asks for is answered before time goes on.
    fn frame(&mut self, application: usize, connection: Connection, frame: &Value) {
        let line = format!("{frame}\n");
        let input = Input::Bytes { connection, bytes: line.as_bytes() };
        self.bridge.handle(self.now, Owner::Application(application), input);
        self.perform();
        self.bridge.expire(self.now);
        self.perform();
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
                let connection = Connection::accepted(number.unwrap());
                let input = Input::Bytes { connection, bytes: bytes.as_bytes() };
                self.bridge.handle(self.now, Owner::Application(application), input);
            }
            Speech::Desks => {
                self.requests += 1;
                let mut request = request.clone();
                let fields = request.as_object_mut().expect("a JSON object");
                fields.entry("id").or_insert(self.requests.into());
                return self.frame(application, Connection::accepted(number.unwrap()), &request);
            }
            Speech::Ccas | Speech::Ctips => {
                let (operation, fields) = request.as_object().and_then(|one| one.iter().next()).expect("an operation");
                let mut args = String::new();
                write_xml(fields, &mut args);
                if operation != "OpenConnection" {
                    write!(args, "<SessionId>{id}</SessionId><TenantId>1</TenantId>").unwrap();
                }
                let body = format!("{}<{operation}><args>{args}</args></{operation}>{}", soap::OPEN, soap::CLOSE);
                return self.post(name, body.as_bytes());
            }
        }
        self.perform();
    }

    /// The session's connection is lost.
    pub fn close(&mut self, name: &str) {
        let Session { application, number, .. } = self.session(name);
        let (application, number) = (*application, number.unwrap());
        let (connection, cause) = match self.applications[application] {
            Speech::Feed | Speech::Desks => (Connection::accepted(number), None),
            Speech::Ccas | Speech::Ctips => (Connection::asked(number), Some("test")),
        };
        let closed = Input::Closed { connection, reason: "test", cause };
        self.bridge.handle(self.now, Owner::Application(application), closed);
        self.sessions.retain(|session| session.name != name);
        self.perform();
    }

    // ── what comes out ────────────────────────────────────────────────────────────────────────────────────────────────

    fn perform(&mut self) {
        while let Some(output) = self.bridge.poll_all(self.now) {
            match output {
                Output::Wire { owner: Owner::Application(application), output } => self.carry_out(application, output),
                Output::Wire { owner: Owner::Platform(platform), output } => match output {
                    port::Output::Write { connection, bytes } => self.sent(platform, connection, &bytes),
                    port::Output::Connect { connection } => {
                        let line = &mut self.platforms[platform];
                        (line.connection, line.is_wanted) = (connection, true);
                    }
                    port::Output::Close { .. } => {
                        let line = &mut self.platforms[platform];
                        (line.is_open, line.is_wanted) = (false, false);
                    }
                    port::Output::Admit { .. } => {}
                    port::Output::Post(post) => self.posted(platform, &post),
                    port::Output::Respond { reply, .. } => {
                        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
                    }
                    output => panic!("nobody is posted to here: {output:?}"),
                },
                Output::Notice { notice, .. } => self.notices.push(notice.to_string()),
                Output::Line(_) => {}
                Output::Keep { .. } | Output::Drop { .. } => panic!("nobody asks for routes here: {output:?}"),
            }
        }
    }

    fn hears_bytes(&mut self, application: usize, connection: Connection, bytes: &[u8]) {
        let text = String::from_utf8(bytes[..bytes.len() - 1].to_vec()).unwrap();
        self.hears(application, connection.number(), text, bytes);
    }

    fn carry_out(&mut self, application: usize, output: port::Output) {
        match output {
            port::Output::Write { connection, bytes } => self.hears_bytes(application, connection, &bytes),
            port::Output::WriteEach { message, to } => {
                for (connection, number) in to {
                    self.hears_bytes(application, connection, &message.numbered(number));
                }
            }
            port::Output::Deliver { connection, delivery } => match delivery.token {
                None => {
                    let envelope = soap::parse(&delivery.body, None).unwrap();
                    let mut text = String::new();
                    write_json(&envelope.body.children[0], &mut text);
                    self.hears(application, connection.number(), text, &delivery.body);
                }
                Some(token) => {
                    let taken = Input::Delivered { connection, token, result: Ok(()) };
                    self.bridge.handle(self.now, Owner::Application(application), taken);
                }
            },
            port::Output::Call { connection, .. } => {
                if let Some(opened) = self.sessions.last_mut() {
                    opened.number = Some(connection.number());
                }
            }
            port::Output::Respond { reply, .. } => {
                assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
            }
            port::Output::Close { connection } => {
                let is_over = |one: &Session| one.application == application && one.number == Some(connection.number());
                let over = self.sessions.iter().filter(|one| is_over(one));
                self.told.extend(over.map(|one| Told::Over { name: one.name.clone() }));
            }
            port::Output::Admit { .. } => {}
            output => panic!("no application asks for this: {output:?}"),
        }
    }

    fn hears(&mut self, application: usize, number: u32, message: String, body: &[u8]) {
        let is_it = |session: &&Session| session.application == application && session.number == Some(number);
        // Pings are the conversation's own.
        if self.applications[application] == Speech::Desks && message.starts_with("{\"ping\"") {
            let (connection, bytes) = (Connection::accepted(number), b"{\"pong\":1}\n");
            return self.bridge.handle(self.now, Owner::Application(application), Input::Bytes { connection, bytes });
        }
        if let Some(session) = self.sessions.iter().find(is_it).filter(|_| !self.is_opening) {
            let name = session.name.clone();
            self.delivered.push(Delivered { name: name.clone(), body: body.to_vec() });
            self.told.push(Told::Session { name, message });
        }
        let Some(most) = self.narrow else { return };
        let is_it = |session: &&mut Session| session.application == application && session.number == Some(number);
        let Some(session) = self.sessions.iter_mut().find(is_it) else { return };
        session.unread += 1;
        assert!(session.unread <= most, "{} has fallen behind", session.name);
        if session.unread > most / 2 {
            self.set_room(application, number, Room::Little);
        }
    }

    /// A post to a portal, which takes it. A snapshot shows nothing.
    fn posted(&mut self, platform: usize, post: &Post) {
        let wire = self.platforms[platform].wire.clone().expect("a portal");
        let (label, fields) = wire.read_request(&post.body);
        let result = match label.as_str() {
            "OpenConnection" => "<SessionId>S-1</SessionId><status>0</status>",
            _ => "0",
        };
        let answer = PostOutcome::Answer { status: 200, charset: None, body: wire.answer(&label, result).into() };
        let input = Input::Answered { token: post.token, outcome: answer };
        self.bridge.handle(self.now, Owner::Platform(platform), input);
        match label.as_str() {
            "OpenConnection" | "AddMessageClass" | "AddFilter" => {}
            "OnLine" => self.platforms[platform].is_open = true,
            "Snapshot" => {
                let shown = json!({ "EventType": "SnapShotUpdate", "SnapShotType": fields["EntityType"][0],
                    "SnapShotTypeComplete": true });
                let body = wire.event(&shown.to_string());
                let input = Input::Request(HttpRequest { path: "", ..HttpRequest::post(1, &body) });
                self.bridge.handle(self.now, Owner::Platform(platform), input);
            }
            _ => self.told.push(Told::Platform { platform, order: json!({ label: fields }) }),
        }
    }

    /// An order for a platform: the conversation's own are answered, others are told.
    fn sent(&mut self, platform: usize, connection: Connection, bytes: &[u8]) {
        let order: Value = serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap();
        let reply = match self.platforms[platform].speech {
            Speech::Feed if order["message"] != "command" => {
                format!("{}\0", json!({ "request-id": order["request-id"], "message": order["message"], "result": 0 }))
            }
            Speech::Ccas | Speech::Desks if order["ping"].is_number() => {
                format!("{}\n", json!({ "pong": order["ping"] }))
            }
            Speech::Ccas if order["call"] == "GetPhoneAgentstatus" => {
                format!("{}\n", json!({ "id": order["id"], "hresult": 0, "out": {} }))
            }
            Speech::Feed | Speech::Ccas | Speech::Ctips | Speech::Desks => {
                return self.told.push(Told::Platform { platform, order });
            }
        };
        let bytes = reply.as_bytes();
        self.bridge.handle(self.now, Owner::Platform(platform), Input::Bytes { connection, bytes });
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
        let is_list = ["int", "string", "CTICallDataItem", "CTIServiceInfo", "CTIAgentCapabilities"]
            .contains(&children[0].name.as_str());
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
