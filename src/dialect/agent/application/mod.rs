//! The conversation with programs that were written for AgentClient: pages and .NET programs, each of one agent. A program
//! says hello, hears the agent's picture and then what changes in it, and calls methods, each of which is answered at once.
//!
//! `mirror` keeps the pictures (`desk`, `waiting`, of the records in `record`), `telling` tells them, `calling` answers
//! methods by the table in `methods`. What a method asks of a platform is the bridge's business, and rules say what it means.

mod arguments;
mod calling;
mod cq_codes;
mod desk;
mod frames;
mod methods;
mod mirror;
mod session;
mod sort;
mod targets;
mod telling;
#[cfg(test)]
mod tests;
mod waiting;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use serde_json::Value as Json;

pub use self::cq_codes::CqCodes;
use self::{frames::Writer, mirror::Mirror, session::Session};
use super::{Hello, Refusal, Tokens, Who, record};
use crate::{
    dialect::strangers,
    message::{Message, Value},
    port::{
        ApplicationConversation, ApplicationOutput, Audience, Connection, Directory, Filterable, Heard, Input, Notice,
        Output, Passes, Taken, Texts, Tries, Try, Unread,
    },
    settings::TryLimits,
    time::{self, Time},
    vocabulary::{JsonError, Role, Side, Vocabulary},
};

/// What ends a connection whose frame is of another sort.
const NEITHER: &str = "a frame is neither a call nor a pong";

/// How programs are served.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    pub tokens: Tokens,
    pub tries: TryLimits,
    pub max_connections: usize,
    /// The longest frame in bytes.
    pub max_frame: usize,
    /// What GetNotReadyReasons answers: ids with their names.
    pub not_ready_reasons: Vec<(i64, String)>,
    pub cq_codes: CqCodes,
}

impl Default for ServerSettings {
    fn default() -> ServerSettings {
        ServerSettings {
            tokens: Tokens::default(),
            tries: TryLimits::default(),
            max_connections: 1000,
            max_frame: 64 << 10,
            not_ready_reasons: Vec::new(),
            cq_codes: CqCodes::default(),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Server {
    settings: ServerSettings,
    vocabulary: Arc<Vocabulary>,
    mirror: Mirror,
    sessions: BTreeMap<u32, Session>,
    /// Calls of methods that went to the bridge, by session and number: true, unless they are refused before anything else
    /// happens.
    sent: Vec<(u32, i64)>,
    outputs: VecDeque<ApplicationOutput>,
    /// When the clock began, in milliseconds since 1970.
    epoch: Option<u64>,
    /// How many minutes the contact centre's clock is ahead of UTC, as it was seen last.
    ahead: Option<i64>,
    /// Connections ended against their clients' will since the start, by cause.
    lost: BTreeMap<&'static str, u64>,
    tries: Tries,
    texts: Texts,
}

impl Server {
    pub fn new(settings: ServerSettings, vocabulary: Arc<Vocabulary>) -> Server {
        Server {
            mirror: Mirror::new(vocabulary.clone(), settings.not_ready_reasons.clone()),
            tries: Tries::new(settings.tries),
            settings,
            vocabulary,
            sessions: BTreeMap::new(),
            sent: Vec::new(),
            outputs: VecDeque::new(),
            epoch: None,
            ahead: None,
            lost: BTreeMap::new(),
            texts: Texts::default(),
        }
    }

    fn writer(&self) -> Writer<'_> {
        Writer { vocabulary: &self.vocabulary, ahead: self.ahead }
    }

    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn say(&mut self, notice: Notice) {
        self.wire(notice.into());
    }

    fn write(&mut self, key: u32, bytes: Bytes) {
        self.wire(Output::Write { connection: Connection::accepted(key), bytes });
    }

    // ── connections ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// A connection was accepted. At the limit it is closed at once.
    fn connected(&mut self, now: Time, key: u32, peer: &str) {
        let most = self.settings.max_connections;
        if self.sessions.len() >= most {
            *self.lost.entry("too-many").or_default() += 1;
            self.say(Notice::ConnectionRefused { peer: peer.to_owned(), limit: most });
            return self.wire(Output::Close { connection: Connection::accepted(key) });
        }
        self.sessions.insert(key, Session::new(now, peer, self.settings.max_frame));
    }

    fn closed(&mut self, key: u32, reason: &str) {
        if let Some(session) = self.sessions.remove(&key) {
            let (user, peer, reason) = (session.login, Some(session.peer), reason.to_owned());
            self.say(Notice::SessionClosed { session: key, user, peer, reason });
        }
    }

    fn lose(&mut self, key: u32, reason: &str, cause: &'static str) {
        if let Some(session) = self.sessions.remove(&key) {
            *self.lost.entry(cause).or_default() += 1;
            let (user, peer, reason) = (session.login, Some(session.peer), reason.to_owned());
            self.say(Notice::SessionLost { cause, session: key, user, peer, reason });
        }
    }

    /// Ends a connection; its last frame is `line`, which says no more than the peer may know.
    fn hang_up(&mut self, key: u32, line: Bytes, reason: &str, cause: &'static str) {
        self.write(key, line);
        self.lose(key, reason, cause);
        self.wire(Output::Close { connection: Connection::accepted(key) });
    }

    // ── frames ────────────────────────────────────────────────────────────────────────────────────────────────────────

    fn bytes(
        &mut self,
        now: Time,
        key: u32,
        bytes: &mut &[u8],
        directory: &dyn Directory,
        message: &mut Message,
    ) -> Option<Taken> {
        match self.sessions.get_mut(&key)?.next_frame(bytes)? {
            Ok(frame) => Some(self.frame(now, key, &frame, directory, message)),
            Err(()) => Some(self.too_long(key)),
        }
    }

    fn too_long(&mut self, key: u32) -> Taken {
        let most = self.settings.max_frame;
        let reason = format!("a frame is at most {most} bytes long");
        self.hang_up(key, frames::error(&reason), &reason, "frame");
        Taken::Unread(Unread::TooLong(most))
    }

    fn frame(&mut self, now: Time, key: u32, frame: &str, directory: &dyn Directory, message: &mut Message) -> Taken {
        let Some(session) = self.sessions.get_mut(&key) else { return Taken::Nothing };
        session.hears(now);
        if session.login.is_none() {
            return self.hello(now, key, frame, directory);
        }
        let vocabulary = self.vocabulary.clone();
        let decoded = match vocabulary.read_json(frame, true, &Vec::new(), message) {
            Ok(decoded) => decoded,
            Err(error) => return self.no_method(key, frame, &error),
        };
        let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else { return Taken::Nothing };
        let number = def.role(Role::Request).map(|slot| message.get(slot));
        if let Some(Value::Int(id)) = number
            && id > 0
        {
            for notice in self.texts.count(decoded.replaced) {
                self.say(notice);
            }
            return self.called(now, key, id, &decoded, directory, message);
        }
        if def.label == "pong" {
            return Taken::Nothing;
        }
        let is_call = def.side == Side::Request && number.is_some();
        self.nonsense(key, if is_call { "a call has no number" } else { NEITHER })
    }

    /// A frame that is no call of a method that there is.
    #[cold]
    fn no_method(&mut self, key: u32, frame: &str, error: &JsonError) -> Taken {
        let Some(members) = strangers::object(frame) else {
            return self.nonsense(key, "a frame is no JSON object");
        };
        if members.contains_key("pong") {
            return Taken::Nothing;
        }
        if !members.keys().any(|key| key.eq_ignore_ascii_case("call")) {
            return self.nonsense(key, NEITHER);
        }
        let id = members.get("id").and_then(Json::as_i64).filter(|id| *id > 0);
        let Some(id) = id else { return self.nonsense(key, "a call has no number") };
        let JsonError::Unknown(name) = error else { return self.nonsense(key, "a call cannot be read") };
        let shown: String = name.chars().take(64).collect();
        let error = format!("AgentClient has no method {shown}");
        self.write(key, frames::result(id, frames::hresult::UNKNOWN, None, Some(&error)));
        Taken::Unread(Unread::Refused)
    }

    /// Something that no program of this protocol sends: the two sides do not understand each other.
    fn nonsense(&mut self, key: u32, reason: &str) -> Taken {
        self.hang_up(key, frames::error(reason), reason, "frame");
        Taken::Unread(Unread::Refused)
    }

    fn hello(&mut self, now: Time, key: u32, frame: &str, directory: &dyn Directory) -> Taken {
        let moment = self.epoch.map_or(0, |epoch| epoch + now.0);
        let Some(peer) = self.sessions.get(&key).map(|session| session.peer.clone()) else { return Taken::Nothing };
        let mut read = Err(Refusal::too_soon(Duration::ZERO));
        // A program's token says who it is, so that all of one address are one user.
        let judged = self.tries.judge(now, &peer, "", || {
            read = Hello::read(frame, Who::Client, &self.settings.tokens, moment);
            read.is_ok()
        });
        if let Try::TooSoon(wait) = judged {
            read = Err(Refusal::too_soon(wait));
        }
        let agent = match read {
            Ok(hello) => hello.agent,
            Err(refusal) => {
                self.hang_up(key, refusal.line.into(), refusal.cause, "login");
                return Taken::Unread(Unread::Refused);
            }
        };
        let Some(session) = self.sessions.get_mut(&key) else { return Taken::Nothing };
        session.login = Some(agent.clone());
        self.wire(Output::Admit { connection: Connection::accepted(key) });
        self.say(Notice::SessionAuthenticated { session: key, user: agent.clone(), peer });
        let known = self.mirror.agent(&agent).or_else(|| telling::listed(directory, &agent).map(|entry| entry.id));
        if let Some(session) = self.sessions.get_mut(&key) {
            session.agent = known;
        }
        self.ping(now, key);
        self.greet(key, directory);
        Taken::heard(Heard::Online { session: key })
    }

    fn ping(&mut self, now: Time, key: u32) {
        if let Some(number) = self.sessions.get_mut(&key).and_then(|session| session.ping(now)) {
            self.write(key, frames::ping(number));
        }
    }

    /// Compares the contact centre's clock with UTC, in quarters of an hour.
    fn set_zone(&mut self, now: Time, directory: &dyn Directory) {
        let local = time::parse(directory.stamp()).and_then(|written| written.moment(0));
        let Some((local, epoch)) = local.zip(self.epoch) else { return };
        let minutes = (local as i64 - (epoch + now.0) as i64) as f64 / 60_000.0;
        self.ahead = Some((minutes / 15.0).round() as i64 * 15);
    }
}

impl ApplicationConversation for Server {
    fn handle(
        &mut self,
        now: Time,
        input: &mut Input<'_>,
        directory: &dyn Directory,
        message: &mut Message,
    ) -> Option<Taken> {
        self.set_zone(now, directory);
        self.answer_sent();
        match input {
            Input::Bytes { connection, bytes } => {
                return self.bytes(now, connection.number(), bytes, directory, message);
            }
            Input::Text { connection, text } => {
                let key = connection.number();
                let session = self.sessions.get_mut(&key)?;
                session.is_web = true;
                let is_long = text.len() > self.settings.max_frame;
                return Some(match is_long {
                    true => self.too_long(key),
                    false => self.frame(now, key, text, directory, message),
                });
            }
            Input::Opened { connection, peer } => self.connected(now, connection.number(), peer),
            Input::Closed { connection, reason, cause: None } => self.closed(connection.number(), reason),
            Input::Closed { connection, reason, cause: Some(cause) } => {
                self.lose(connection.number(), reason, cause);
            }
            Input::Request(_)
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Described { .. }
            | Input::Verified { .. } => {}
        }
        Some(Taken::Nothing)
    }

    /// Takes an event into the mirror and tells what is news to the agent's programs, or answers a method.
    fn publish(&mut self, message: &mut Message, about: &Filterable<'_>, audience: Audience) -> usize {
        let Some(kind) = message.kind() else { return 0 };
        match self.vocabulary.message(kind).side {
            Side::Reply => usize::from(self.reply(message, audience)),
            Side::Event | Side::Request | Side::Callback => self.tell(message, about, audience, false),
        }
    }

    fn set_epoch(&mut self, epoch: u64) {
        self.epoch = Some(epoch);
    }

    fn poll(&mut self) -> Option<ApplicationOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        self.sessions.values().map(Session::deadline).min()
    }

    fn expire(&mut self, now: Time) {
        self.answer_sent();
        let due = self.sessions.iter().filter(|(_, session)| session.deadline() <= now);
        for key in due.map(|(key, _)| *key).collect::<Vec<_>>() {
            let late = self.sessions.get(&key).and_then(|session| session.is_late(now));
            if let Some((cause, reason)) = late {
                self.hang_up(key, frames::error(&reason), &reason, cause);
                continue;
            }
            self.give_up_calls(now, key);
            self.ping(now, key);
        }
    }

    fn user_of(&self, session: u32) -> Option<&str> {
        self.sessions.get(&session)?.login.as_deref()
    }

    fn sessions(&self) -> Vec<u32> {
        self.sessions.keys().copied().collect()
    }

    fn lost(&self) -> Vec<(&'static str, u64)> {
        self.lost.iter().map(|(cause, count)| (*cause, *count)).collect()
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn hears_late_failures(&self) -> bool {
        true
    }

    fn passes(&mut self) -> Option<&mut dyn Passes> {
        Some(self)
    }
}

impl Passes for Server {
    /// A desktop's own words.
    fn pass(&mut self, message: &mut Message, about: &Filterable<'_>, audience: Audience) -> usize {
        let Some(kind) = message.kind() else { return 0 };
        match self.vocabulary.message(kind).side {
            Side::Reply => usize::from(self.pass_reply(message, audience)),
            Side::Event | Side::Request | Side::Callback => self.tell(message, about, audience, true),
        }
    }
}
