//! How each dialect converses: who speaks first, what must be answered, what is done about silence. No I/O, no clock: they
//! take an input and the time, and hand back outputs and their next deadline.

mod backoff;
pub mod ccas;
mod commands;
pub mod ctips;
pub mod event_feed;
pub mod open_media;
mod post;
pub mod registry;
pub mod replay;
mod texts;

use std::sync::Arc;

pub use post::{Called, Post, PostOutcome, Reply};
pub use registry::Registry;
pub use texts::Texts;

use crate::{
    message::Message,
    model::{RequestIx, TransitionKind},
    time::Time,
    vocabulary::Profile,
    wire::replaced::Replaced,
};

/// The conversation with a platform.
pub trait Client: std::fmt::Debug + Send {
    /// The line is open: it says what it has to say first.
    fn connected(&mut self, now: Time);
    /// The line is closed, or could not be opened.
    fn closed(&mut self, now: Time, why: &str);
    /// A message was read: whose it is.
    fn heard(&mut self, now: Time, message: &Message) -> Heard;
    /// Something was read that is no message; it shows that somebody is there.
    fn heard_something(&mut self, now: Time);
    /// A message could not be read and was passed over; `text` is its text, where there is one.
    fn heard_unread(&mut self, now: Time, text: Option<&str>) {
        let _ = text;
        self.heard_something(now);
    }
    /// Has the platform do something. `wish` is the number that the application gave the request.
    fn command(&mut self, now: Time, message: &mut Message, request: RequestIx, wish: i64);
    /// A request has ended: events that name it are ignored from now on.
    fn ended(&mut self, request: RequestIx) {
        let _ = request;
    }
    fn poll(&mut self) -> Option<ClientOutput>;
    /// When [`Client::expire`] wants to be called next.
    fn deadline(&self) -> Option<Time>;
    fn expire(&mut self, now: Time);
    fn troubles(&self) -> Troubles;
    /// How the service itself says that it is spoken with, after [`ClientOutput::Describe`]: the profile that fits its WSDL,
    /// or why there is none, whereupon the one that was configured serves.
    fn described(&mut self, now: Time, profile: Result<Profile, String>) {
        let _ = (now, profile);
    }
    /// What ends a message on the line.
    fn frame_end(&self) -> u8 {
        0
    }
    /// What became of a [`ClientOutput::Post`]. A message that was in the answer is left in `message`, and whose it is
    /// handed back.
    fn answered(&mut self, now: Time, token: u64, outcome: PostOutcome, message: &mut Message) -> Heard {
        let _ = (now, token, outcome, message);
        Heard::Nothing
    }
    /// The platform called the bridge: `path` is what follows the configured address, `charset` what the transport says
    /// of the body. A message that was in it is left in `message`.
    fn called(&mut self, now: Time, path: &str, body: &[u8], charset: Option<&str>, message: &mut Message) -> Called {
        let _ = (now, path, body, charset, message);
        Called { reply: Reply { status: 404, body: Vec::new() }, heard: Heard::Nothing }
    }
    /// Asks the platform something that no application asked. The answer is handed back with `asker`, or
    /// [`ClientOutput::NoAnswer`].
    fn ask(&mut self, now: Time, message: &mut Message, asker: Asker) {
        let _ = (now, message, asker);
    }
    /// From now on somebody wants to hear what becomes of this, by the platform's number of it.
    fn follow(&mut self, now: Time, id: i64, asker: Asker) {
        let _ = (now, id, asker);
    }
    fn unfollow(&mut self, id: i64) {
        let _ = id;
    }
    /// The bridge is about to stop: it says its last.
    fn shut_down(&mut self, now: Time) {
        let _ = now;
    }
}

/// The conversation with the applications of one dialect.
#[derive(Debug)]
pub enum Server {
    Ctips(Box<ctips::Server>),
    EventFeed(Box<event_feed::Server>),
    OpenMedia(Box<open_media::Server>),
}

impl Server {
    /// Tells an event to every session that wants it; hands back how many do.
    pub fn publish(&mut self, message: &mut Message, about: &ctips::Filterable, audience: Audience) -> usize {
        match self {
            Server::Ctips(server) => server.publish(message, about, audience),
            Server::EventFeed(server) => server.publish(message, audience),
            // Its clients ask; nobody is told.
            Server::OpenMedia(_) => 0,
        }
    }

    pub fn deadline(&self) -> Option<Time> {
        match self {
            Server::Ctips(server) => server.deadline(),
            Server::EventFeed(server) => server.deadline(),
            Server::OpenMedia(server) => server.deadline(),
        }
    }

    pub fn expire(&mut self, now: Time) {
        match self {
            Server::Ctips(server) => server.expire(now),
            Server::EventFeed(server) => server.expire(now),
            Server::OpenMedia(server) => server.expire(now),
        }
    }

    /// The shell gave a session up.
    pub fn session_lost(&mut self, session: u32, reason: &str, cause: &'static str) {
        match self {
            Server::Ctips(server) => server.session_lost(session, reason, cause),
            Server::EventFeed(server) => server.lost(session, reason, cause),
            Server::OpenMedia(_) => {}
        }
    }

    /// Whose session it is.
    pub fn user_of(&self, session: u32) -> Option<&str> {
        match self {
            Server::Ctips(server) => server.user_of(session),
            Server::EventFeed(server) => server.user_of(session),
            Server::OpenMedia(_) => None,
        }
    }

    pub fn sessions(&self) -> Vec<u32> {
        match self {
            Server::Ctips(server) => server.sessions().map(|(key, _)| key).collect(),
            Server::EventFeed(server) => server.sessions().map(|(key, _)| key).collect(),
            Server::OpenMedia(_) => Vec::new(),
        }
    }

    /// Sessions lost since the start, by why.
    pub fn lost(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let lost = match self {
            Server::Ctips(server) => Some(&server.lost),
            Server::EventFeed(server) => Some(&server.lost),
            Server::OpenMedia(_) => None,
        };
        lost.into_iter().flatten().map(|(cause, count)| (*cause, *count))
    }

    /// Counts of characters in clients' requests that became U+FFFD.
    pub fn texts(&self) -> &Texts {
        match self {
            Server::Ctips(server) => &server.texts,
            Server::EventFeed(server) => &server.texts,
            Server::OpenMedia(server) => &server.texts,
        }
    }

    pub fn ctips(&mut self) -> Option<&mut ctips::Server> {
        match self {
            Server::Ctips(server) => Some(server),
            Server::EventFeed(_) | Server::OpenMedia(_) => None,
        }
    }

    pub fn event_feed(&mut self) -> Option<&mut event_feed::Server> {
        match self {
            Server::EventFeed(server) => Some(server),
            Server::Ctips(_) | Server::OpenMedia(_) => None,
        }
    }

    pub fn open_media(&mut self) -> Option<&mut open_media::Server> {
        match self {
            Server::OpenMedia(server) => Some(server),
            Server::Ctips(_) | Server::EventFeed(_) => None,
        }
    }
}

/// What a conversation with a platform wants the shell to do, or others to know.
#[derive(Debug)]
pub enum ClientOutput {
    Connect,
    /// Bytes for the socket.
    Send(Vec<u8>),
    Disconnect,
    Post(Post),
    Up,
    Down(String),
    /// Events were missed, or may have been.
    Resync,
    /// A command failed without an answer of the platform.
    Failed(RequestIx, String),
    /// The WSDL of the service at this address is to be read: [`Client::described`] tells what came of it, once.
    Describe(Arc<str>),
    /// What somebody asked has no answer. `unknown`: the platform may have done it nevertheless.
    NoAnswer {
        asker: Asker,
        reason: String,
        unknown: bool,
    },
    Notice(Notice),
    /// Characters of a message became U+FFFD.
    Replaced(Replaced),
}

impl ClientOutput {
    /// The output for a message's characters that became U+FFFD, if there were any.
    pub fn replaced(replaced: Replaced) -> Option<ClientOutput> {
        if replaced.is_empty() { None } else { Some(ClientOutput::Replaced(replaced)) }
    }
}

/// Who asks a platform something that is no command of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A route, by the bridge's number of it, and what about it.
    Route { route: u64, order: TransitionKind },
    /// Somebody whom the bridge serves with the platform's own dialect.
    Guest(u64),
}

/// What a message of a platform was.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// An event, now in the message.
    Event,
    /// The answer to a command, now in the message.
    Answer(RequestIx),
    /// The answer to the conversation's own question about an agent, by the platform's number, is in the message.
    About(i64),
    /// The answer to what somebody asked, or asks to hear of, now in the message.
    For(Asker),
    /// The conversation's own.
    Nothing,
}

/// Who gets an event.
#[derive(Debug, Clone, Copy)]
pub struct Audience {
    /// The session that asked for it, with the number that it gave its request.
    pub asker: Option<(u32, i64)>,
    /// Nobody else does.
    pub only_asker: bool,
}

/// What went wrong on a line since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Places where messages are missing.
    pub gaps: u64,
    /// Lines that were lost.
    pub disconnects: u64,
    /// Values that their enumerations do not have.
    pub unknown_values: u64,
    /// The number of times that work after a call was not extended again because the limit was reached.
    pub wrap_limits: u64,
}

/// Something that an operator should read, with how much it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    pub text: String,
    /// The sort of the notice. Notices of one sort may be numerous, and only some are logged; all notices without a
    /// sort share one.
    pub sort: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// The sort of notices that are never numerous, and therefore always logged.
pub const FEW: &str = "few";

impl Notice {
    pub fn of(level: Level, text: impl Into<String>) -> Notice {
        Notice { level, text: text.into(), sort: None }
    }

    pub fn info(text: impl Into<String>) -> Notice {
        Notice::of(Level::Info, text)
    }

    pub fn warn(text: impl Into<String>) -> Notice {
        Notice::of(Level::Warn, text)
    }

    pub fn error(text: impl Into<String>) -> Notice {
        Notice::of(Level::Error, text)
    }

    /// Marks the notice as one of a few: the caller ensures that there are never many, and each is logged.
    pub fn one_of_few(self) -> Notice {
        self.one_of(FEW)
    }

    /// The same as a complaint of this sort.
    pub fn one_of(self, sort: &'static str) -> Notice {
        Notice { sort: Some(sort), ..self }
    }
}
