//! The port to a platform.

use std::fmt::Debug;

use super::{Heard, Input, Output, Reading, Taken};
use crate::{
    message::Message,
    model::{OrderKind, RequestIx},
    time::Time,
    wire::replaced::Replaced,
};

/// The conversation with a platform. The module describes the order of calls.
pub trait PlatformConversation: Debug + Send {
    // ── inputs ──

    /// Takes one message of an input, into `message`. None if the input holds no further message.
    fn handle(
        &mut self,
        now: Time,
        input: &mut Input<'_>,
        reading: &Reading<'_>,
        message: &mut Message,
    ) -> Option<Taken>;

    // ── commands ──

    /// Has the platform do something. `wish` is the number that the application gave the request; the conversation uses
    /// it on the wire if it is free.
    fn command(&mut self, now: Time, message: &mut Message, request: RequestIx, wish: i64);
    /// A request has ended: events that name it are ignored from now on.
    fn ended(&mut self, request: RequestIx) {
        let _ = request;
    }
    /// When the clock of `now` began, in milliseconds since 1970. It is told again after that clock stood still.
    fn set_epoch(&mut self, epoch: u64) {
        let _ = epoch;
    }
    /// The bridge is about to stop: the conversation takes its leave.
    fn shut_down(&mut self, now: Time) {
        let _ = now;
    }

    // ── polls ──

    fn poll(&mut self) -> Option<PlatformOutput>;
    /// When [`PlatformConversation::expire`] wants to be called next.
    fn deadline(&self) -> Option<Time>;
    fn expire(&mut self, now: Time);

    // ── getters ──

    fn troubles(&self) -> Troubles;

    // ── capabilities ──

    /// It can be asked questions that no application's request stands behind: routes, and guests' requests.
    fn asks(&mut self) -> Option<&mut dyn Asks> {
        None
    }
    /// It takes messages that were read elsewhere: lines of a file.
    fn lines(&mut self) -> Option<&mut dyn Lines> {
        None
    }
}

/// The capability to be asked by routes, and by guests that the bridge serves with the platform's own dialect.
pub trait Asks {
    /// Asks the platform something. The answer is heard as [`Heard::For`] the asker, or comes as
    /// [`PlatformOutput::NoAnswer`].
    fn ask(&mut self, now: Time, message: &mut Message, asker: Asker);
    /// From now on the asker wants to hear how this fares, by the platform's number of it.
    fn follow(&mut self, now: Time, id: i64, asker: Asker);
    fn unfollow(&mut self, id: i64);
}

/// The capability to take messages that were read elsewhere.
pub trait Lines {
    fn heard(&mut self, now: Time, message: &Message) -> Heard;
    /// A message could not be read; `text` is its text, where there is one.
    fn unread(&mut self, now: Time, text: Option<&str>);
}

/// What a conversation with a platform wants the shell to do, or the bridge to know.
#[derive(Debug)]
pub enum PlatformOutput {
    Wire(Output),
    Up,
    Down(String),
    /// Events were missed, or may have been.
    Resync,
    /// A command failed without an answer of the platform.
    Failed(RequestIx, String),
    /// What somebody asked has no answer. `unknown`: the platform may have done it nevertheless.
    NoAnswer {
        asker: Asker,
        reason: String,
        unknown: bool,
    },
    /// Characters of a message became U+FFFD.
    Replaced(Replaced),
    /// An event that the conversation says itself, because it follows from several messages, or from none. It is taken in
    /// like one of the platform's, after the message that is being taken in, in the order of these outputs.
    Event(Box<Message>),
}

impl PlatformOutput {
    /// The output for a message's characters that became U+FFFD, if there were any.
    pub fn replaced(replaced: Replaced) -> Option<PlatformOutput> {
        if replaced.is_empty() { None } else { Some(PlatformOutput::Replaced(replaced)) }
    }
}

impl From<Output> for PlatformOutput {
    fn from(output: Output) -> PlatformOutput {
        PlatformOutput::Wire(output)
    }
}

/// Who asks a platform something that is no request of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A route, by the bridge's number of it, and what about it.
    Route { route: u64, asked: RouteAsked },
    /// Somebody whom the bridge serves with the platform's own dialect.
    Guest(u64),
}

/// What a routing platform is asked about a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RouteAsked {
    Add,
    Cancel,
    LookUp,
}

impl RouteAsked {
    pub fn order(self) -> OrderKind {
        match self {
            RouteAsked::Add => OrderKind::AddRoute,
            RouteAsked::Cancel => OrderKind::CancelRoute,
            RouteAsked::LookUp => OrderKind::LookUpRoute,
        }
    }
}

/// What went wrong on a platform's connections since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Places where messages are missing.
    pub gaps: u64,
    /// Connections that were lost.
    pub disconnects: u64,
    /// Values that their enumerations do not have.
    pub unknown_values: u64,
    /// The number of times that work after a call was not extended again because the limit was reached.
    pub wrap_limits: u64,
    /// Connections that were not let in.
    pub strangers: u64,
    /// Events that their senders may not tell.
    pub foreign_events: u64,
}
