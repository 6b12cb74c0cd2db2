//! How answers and messages are written to a session, each with its next sequence number.

use super::{Recipients, Server};
use crate::dialect::event_feed::subscriptions::write_records;
use crate::{
    message::{Kind, Message, Node},
    model::Id,
    port::{Audience, Connection, Output, Shared},
    vocabulary::{Replacement, Role, Unchanged},
    wire::json::Json,
};

/// A message's text before its number and after it; where it has none, the label is put there, too.
pub(super) struct Numbering<'t> {
    before: [&'t str; 2],
    after: [&'t str; 2],
}

impl<'t> Numbering<'t> {
    /// None where the text is no object.
    pub(super) fn of(text: &'t str) -> Option<Numbering<'t>> {
        let mut json = Json::new(text);
        json.token().ok()?;
        let begin = json.place();
        while let Some(key) = json.key().ok()? {
            let value = json.place();
            json.skip().ok()?;
            if key == "sequence" {
                return Some(Numbering { before: [&text[..value], ""], after: ["", &text[json.place()..]] });
            }
        }
        Some(Numbering { before: [&text[..begin], "\"sequence\":"], after: [",", &text[begin..]] })
    }

    /// The message with what stands for its number.
    fn frame(&self, number: &str) -> Vec<u8> {
        let Numbering { before, after } = self;
        let parts = || before.iter().copied().chain([number]).chain(after.iter().copied());
        let mut bytes = Vec::with_capacity(parts().map(str::len).sum::<usize>() + 1);
        parts().for_each(|part| bytes.extend_from_slice(part.as_bytes()));
        bytes.push(0);
        bytes
    }

    /// The message for several connections.
    fn shared(&self) -> Shared {
        let number_at = Some(self.before.iter().map(|part| part.len()).sum());
        Shared { text: self.frame("").into(), number_at }
    }
}

pub(super) fn reply_label(request: &str) -> String {
    match request {
        "subscribe-events" | "unsubscribe-events" => format!("{request}-reply"),
        _ => "command-reply".into(),
    }
}

impl Server {
    pub(super) fn reply(&mut self, key: u32, label: &str, id: i64, result: i64, texts: &[(&str, &str)]) {
        self.reply_with(key, label, id, result, texts, &[]);
    }

    /// A reply of the conversation's own; `records` are the subscriptions that it repeats.
    pub(super) fn reply_with(
        &mut self,
        key: u32,
        label: &str,
        id: i64,
        result: i64,
        texts: &[(&str, &str)],
        records: &[(String, Vec<String>)],
    ) {
        let vocabulary = self.vocabulary.clone();
        let Some(kind) = vocabulary.find(label) else { return };
        let def = vocabulary.message(kind);
        let mut message = Message::default();
        message.start(kind, def.fields.width());
        if let Some(slot) = def.role(Role::Request) {
            message.set(slot, Node::Int(id));
        }
        if let Some(slot) = def.fields.slot("result") {
            message.set(slot, Node::Int(result));
        }
        for (label, text) in texts {
            if let Some(slot) = def.fields.slot(label) {
                let node = message.text(text);
                message.set(slot, node);
            }
        }
        let members = vocabulary.members(&def.fields, "subscribe");
        if let (Some(slot), Some(members)) = (def.fields.slot("subscribe"), members) {
            let records = records.iter().map(|(ty, ids)| (ty.as_str(), ids.iter().map(String::as_str)));
            let node = write_records(members, records, &mut message);
            message.set(slot, node);
        }
        self.write(key, &mut message);
    }

    /// Sends a message as it stands there, but for its number, which is the connection's next.
    pub(super) fn send(&mut self, key: u32, numbering: &Numbering) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let to = smallvec::smallvec![(Connection::accepted(key), session.next_sequence())];
        self.send_each(to, numbering);
    }

    /// Sends a message to each of these, as it stands there but for its number. Hands back how many there are.
    pub(super) fn send_each(&mut self, to: Recipients, numbering: &Numbering) -> usize {
        match to.as_slice() {
            [] => {}
            [(connection, sequence)] => {
                let bytes = numbering.frame(itoa::Buffer::new().format(*sequence)).into();
                self.wire(Output::Write { connection: *connection, bytes });
            }
            _ => return self.share(to, numbering.shared()),
        }
        to.len()
    }

    /// Writes a message under the connection's next number.
    pub(super) fn write(&mut self, key: u32, message: &mut Message) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let to = smallvec::smallvec![(Connection::accepted(key), session.next_sequence())];
        self.write_each(to, message);
    }

    /// Writes a message for each of these, under its number. Hands back how many there are.
    pub(super) fn write_each(&mut self, to: Recipients, message: &mut Message) -> usize {
        let Some((connection, sequence)) = to.first() else { return 0 };
        let slot = message.kind().and_then(|kind| self.vocabulary.message(kind).role(Role::Sequence));
        if let Some(slot) = slot {
            message.set(slot, Node::Int(i64::from(*sequence)));
        }
        let mut bytes = Vec::with_capacity(512);
        self.vocabulary.write_json(message, &mut bytes);
        if to.len() == 1 {
            bytes.push(0);
            self.wire(Output::Write { connection: *connection, bytes: bytes.into() });
            return 1;
        }
        let text = std::str::from_utf8(&bytes).ok().filter(|_| slot.is_some());
        let shared = text.and_then(Numbering::of).map(|numbering| numbering.shared());
        let shared = shared.unwrap_or_else(|| {
            bytes.push(0);
            Shared { text: bytes.into(), number_at: None }
        });
        self.share(to, shared)
    }

    fn share(&mut self, to: Recipients, message: Shared) -> usize {
        let count = to.len();
        self.wire(Output::WriteEach { message, to: to.into_vec() });
        count
    }

    /// Passes the answer to a command on, under the number that the session gave it.
    pub(super) fn pass_answer(&mut self, message: &Message, audience: Audience) -> bool {
        let Some(((key, id), kind)) = audience.asker.zip(message.kind()) else { return false };
        let Some(session) = self.sessions.get_mut(&key) else { return false };
        let Some(name) = session.commands.remove(&id) else { return false };
        let number = [Replacement { role: Role::Request, value: Id::Int(id), insert: true }];
        let mut text = Vec::with_capacity(message.held().len() + 32);
        let written = self.vocabulary.rename_json(kind, message.held(), &mut Unchanged, &number, &mut text);
        let Some(mut text) = written.ok().and_then(|_| String::from_utf8(text).ok()) else { return false };
        // A feed that does not say which command it answers leaves that to whoever keeps count.
        let is_named = self.vocabulary.message(kind).fields.slot("command").is_none_or(|slot| !message.is_absent(slot));
        if let (false, Some(place)) = (is_named, text.find('{')) {
            text.insert_str(place + 1, &format!("\"command\":{},", serde_json::Value::from(name)));
        }
        if let Some(numbering) = Numbering::of(&text) {
            self.send(key, &numbering);
        }
        true
    }

    pub(super) fn answer(&mut self, kind: Kind, message: &mut Message, audience: Audience) -> bool {
        let Some((key, id)) = audience.asker else { return false };
        let Some(name) = self.sessions.get_mut(&key).and_then(|session| session.commands.remove(&id)) else {
            return false;
        };
        let def = self.vocabulary.message(kind);
        if let Some(slot) = def.role(Role::Request) {
            message.set(slot, Node::Int(id));
        }
        if let Some(slot) = def.fields.slot("command") {
            let node = message.text(&name);
            message.set(slot, node);
        }
        self.write(key, message);
        true
    }
}
