//! The vocabulary's messages as the service reads and makes them.

use std::sync::Arc;

use super::{Status, Update};
use crate::{
    message::{Kind, Message, Node, Value},
    time,
    vocabulary::Vocabulary,
};

impl Status {
    /// How a request fares that was just added: a place of 0 means that an agent gets it at once.
    pub fn queued(group: i64, position: i64) -> Status {
        let status = super::status::QUEUED;
        Status { status, agent: 0, tenant: 0, logon: String::new(), group, position }
    }
}

#[derive(Debug)]
pub(super) struct Words {
    pub vocabulary: Arc<Vocabulary>,
    add: Option<Kind>,
}

impl Words {
    pub fn new(vocabulary: Arc<Vocabulary>) -> Words {
        Words { add: vocabulary.find("AddRequest"), vocabulary }
    }

    pub fn is_add(&self, kind: Kind) -> bool {
        self.add == Some(kind)
    }

    // ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// A field by its label or an alias; absent where the message has no such field.
    pub fn field<'m>(&self, message: &'m Message, label: &str) -> Value<'m> {
        let slot = message.kind().and_then(|kind| self.vocabulary.message(kind).fields.slot(label));
        slot.map(|slot| message.get(slot)).unwrap_or_default()
    }

    /// A number; 0 where there is none.
    pub fn int(&self, message: &Message, label: &str) -> i64 {
        self.field(message, label).as_int().unwrap_or(0)
    }

    pub fn text<'m>(&self, message: &'m Message, label: &str) -> &'m str {
        if let Value::Text(text) = self.field(message, label) { text.trim() } else { "" }
    }

    /// The status updates of a reply that has them.
    pub fn statuses(&self, message: &Message) -> Vec<(i64, Status)> {
        let Some(list) = self.field(message, "OpenMediaRequests").as_list() else { return Vec::new() };
        let fields = message.kind().map(|kind| &self.vocabulary.message(kind).fields);
        let members = fields.and_then(|fields| self.vocabulary.members(fields, "OpenMediaRequests"));
        let read = |record: crate::message::Record| {
            let slot = |label: &str| members.and_then(|members| members.slot(label));
            let get = |label: &str| slot(label).map(|slot| record.get(slot)).unwrap_or_default();
            let int = |label: &str| get(label).as_int().unwrap_or(0);
            let logon = if let Value::Text(text) = get("LogonID") { text.to_owned() } else { String::new() };
            let status = Status {
                status: int("Status"),
                agent: int("AgentID"),
                tenant: int("TenantID"),
                logon,
                group: int("ServiceGroupID"),
                position: int("QueuePosition"),
            };
            (int("ID"), status)
        };
        list.iter().filter_map(|item| item.as_record()).map(read).collect()
    }

    // ── making ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// A reply with these numbers and truths in it.
    fn made(&self, label: &str, fields: &[(&str, Node)]) -> Message {
        let mut message = Message::default();
        let Some(kind) = self.vocabulary.find(label) else { return message };
        let known = &self.vocabulary.message(kind).fields;
        message.start(kind, known.list.len());
        for (label, node) in fields {
            if let Some(slot) = known.slot(label) {
                message.set(slot, *node);
            }
        }
        message
    }

    pub fn added(&self, status: i64, id: i64) -> Message {
        self.made("AddRequestResponse", &[("RequestStatus", Node::Int(status)), ("OpenMediaID", Node::Int(id))])
    }

    pub fn diverted(&self, status: i64, id: i64) -> Message {
        self.made("DivertRequestResponse", &[("RequestStatus", Node::Int(status)), ("OpenMediaID", Node::Int(id))])
    }

    pub fn modified(&self, modified: bool) -> Message {
        self.made("ModifyRequestResponse", &[("Result", Node::Bool(modified))])
    }

    /// The answer to a query, at this time: these updates.
    pub fn updates(&self, request: Kind, stamp: u64, updates: &[Update]) -> Message {
        let vocabulary = &self.vocabulary;
        let mut message = Message::default();
        let Some(kind) = vocabulary.message(request).reply else { return message };
        let fields = &vocabulary.message(kind).fields;
        message.start(kind, fields.list.len());
        let Some(members) = vocabulary.members(fields, "OpenMediaRequests") else { return message };
        let list = message.open_list();
        for Update { id, stamp, status, .. } in updates {
            let values = [
                ("ID", Node::Int(*id)),
                ("Status", Node::Int(status.status)),
                ("AgentID", Node::Int(status.agent)),
                ("TenantID", Node::Int(status.tenant)),
                ("ServiceGroupID", Node::Int(status.group)),
                ("QueuePosition", Node::Int(status.position)),
                ("LogonID", message.text(&status.logon)),
                ("TimeStamp", message.text(&time::write_utc(*stamp))),
            ];
            let record = members.record(values, &mut message);
            message.push(record);
        }
        let list = message.close_list(list);
        let stamp = message.text(&time::write_utc(stamp));
        for (label, node) in [("OpenMediaRequests", list), ("TimeStamp", stamp)] {
            if let Some(slot) = fields.slot(label) {
                message.set(slot, node);
            }
        }
        message
    }
}
