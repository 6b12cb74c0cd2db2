//! Heartbeats of sessions, and their end.

use super::Server;
use crate::{
    message::Message,
    port::{Connection, Notice, Output},
};
use bytes::Bytes;

impl Server {
    /// A heartbeat came back, or did not.
    pub(super) fn heartbeat_answered(&mut self, key: u32, answered: bool) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        session.beating = false;
        session.missed = if answered { 0 } else { session.missed + 1 };
        self.check_heartbeats(key);
    }

    pub(super) fn check_heartbeats(&mut self, key: u32) {
        let limit = self.settings.missed_heartbeats;
        if self.sessions.get(&key).is_some_and(|session| session.missed >= limit) {
            self.end(key, &format!("{limit} heartbeats in a row went unanswered"), Some("heartbeat"));
        }
    }

    pub(super) fn end(&mut self, key: u32, reason: &str, lost: Option<&'static str>) {
        let Some(session) = self.sessions.remove(&key) else { return };
        let (session, user, peer, reason) = (key, Some(session.user), None, reason.to_owned());
        self.say(match lost {
            Some(cause) => Notice::SessionLost { cause, session, user, peer, reason },
            None => Notice::SessionClosed { session, user, peer, reason },
        });
        self.wire(Output::Close { connection: Connection::asked(key) });
        if let Some(cause) = lost {
            *self.lost.entry(cause).or_default() += 1;
        }
    }

    pub(super) fn heartbeat_body(&self, key: u32) -> Bytes {
        let mut message = Message::default();
        let Some(kind) = self.vocabulary.find("Heartbeat") else { return Bytes::new() };
        let fields = &self.vocabulary.message(kind).fields;
        message.start(kind, fields.list.len());
        if let (Some(slot), Some(session)) = (fields.slot("sessionId"), self.sessions.get(&key)) {
            let node = message.text(&session.id);
            message.set(slot, node);
        }
        let mut body = Vec::new();
        self.heartbeat.write(&self.vocabulary, &message, &mut body);
        body.into()
    }
}
