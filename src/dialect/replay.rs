//! A conversation with a platform that is a file, for dialects that have none of their own: events are heard as events, and a
//! message that carries the id of an open request answers it. Requests are written as lines of JSON. Nothing is asked by itself.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::commands::Commands;
use crate::{
    message::{Message, Node},
    model::RequestIx,
    port::{
        Codec, Connection, Heard, Input, Lines, Output, PlatformConversation, PlatformOutput, Reading, Taken, Troubles,
    },
    time::Time,
    vocabulary::{Role, Side, Vocabulary},
};

/// How long the platform may take to say anything about a request. Some tell outcomes by events, which may be late.
const PATIENCE: Duration = Duration::from_secs(610);

/// See the module.
#[derive(Debug)]
pub struct Client {
    vocabulary: Arc<Vocabulary>,
    commands: Commands,
    /// Requests of which something was heard.
    heard: HashSet<RequestIx>,
    outputs: VecDeque<PlatformOutput>,
}

impl Client {
    pub fn new(vocabulary: Arc<Vocabulary>) -> Client {
        let (commands, heard, outputs) = (Commands::default(), HashSet::new(), VecDeque::new());
        Client { vocabulary, commands, heard, outputs }
    }
}

impl PlatformConversation for Client {
    /// A file has no connections.
    fn handle(&mut self, _: Time, _: &mut Input<'_>, _: &Reading<'_>, _: &mut Message) -> Option<Taken> {
        None
    }

    fn command(&mut self, now: Time, message: &mut Message, request: RequestIx, wish: i64) {
        let Some(kind) = message.kind() else { return };
        let id = self.commands.begin(request, wish, false, now + PATIENCE);
        if let Some(slot) = self.vocabulary.message(kind).role(Role::Request) {
            message.set(slot, Node::Int(id));
        }
        let mut line = Vec::with_capacity(256);
        self.vocabulary.write_json(message, &mut line);
        line.push(Codec::Lines.end());
        let write = Output::Write { connection: Connection::asked(0), bytes: line.into() };
        self.outputs.push_back(write.into());
    }

    fn ended(&mut self, request: RequestIx) {
        self.commands.ended(request);
        self.heard.remove(&request);
    }

    fn poll(&mut self) -> Option<PlatformOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        self.commands.deadline()
    }

    fn expire(&mut self, now: Time) {
        for request in self.commands.expire(now) {
            if !self.heard.remove(&request) {
                let reason = format!("no answer in {} s; whether it was done is not known", PATIENCE.as_secs());
                self.outputs.push_back(PlatformOutput::Failed(request, reason));
            }
        }
    }

    fn troubles(&self) -> Troubles {
        Troubles::default()
    }

    fn lines(&mut self) -> Option<&mut dyn Lines> {
        Some(self)
    }
}

impl Lines for Client {
    fn heard(&mut self, _: Time, message: &Message) -> Heard {
        let Some(kind) = message.kind() else { return Heard::Nothing };
        let def = self.vocabulary.message(kind);
        let id = def.role(Role::Request).and_then(|slot| message.get(slot).as_int());
        // The command stays open: an outcome may follow the answer.
        let request = id.and_then(|id| self.commands.named(id));
        self.heard.extend(request);
        match (def.side, request) {
            (Side::Event | Side::Reply, Some(request)) => Heard::Answer(request),
            (Side::Event, None) => Heard::Event,
            (Side::Reply, None) | (Side::Request | Side::Callback, _) => Heard::Nothing,
        }
    }

    fn unread(&mut self, _: Time, _: Option<&str>) {}
}
