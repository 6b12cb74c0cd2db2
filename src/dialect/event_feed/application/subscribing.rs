//! Subscriptions of a session, and the snapshots that follow from them.

use super::Server;
use super::answers::{Numbering, reply_label};
use crate::dialect::event_feed::{
    entities::{ENTITIES, PICTURED, list_of, listed},
    subscriptions::{Outcome, read_records},
};
use crate::{
    message::{Message, Node},
    port::{Directory, Entry, Notice, Portions},
};

impl Server {
    /// Partial failure is a positive result that names what was not taken; nothing taken at all is a failure.
    pub(super) fn subscribe(&mut self, key: u32, id: i64, label: &str, directory: &dyn Directory, message: &Message) {
        let vocabulary = self.vocabulary.clone();
        let adds = label == "subscribe-events";
        let records = read_records(&vocabulary, message);
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let mut outcome = Outcome::default();
        for (name, ids) in &records {
            match adds {
                true => session.subscriptions.add(name, ids, directory, &mut outcome),
                false => session.subscriptions.remove(name, ids, &mut outcome),
            }
        }
        if records.is_empty() {
            outcome.refused.push("no subscription record".into());
        }
        let refused = outcome.refused.join("; ");
        let (result, why) = match (outcome.refused.is_empty(), outcome.taken) {
            (true, _) => (0, None),
            (false, true) if adds => (1, Some("additional-info")),
            (false, true) => (1, Some("error-msg")),
            (false, false) => (-1, Some("error-msg")),
        };
        let mut texts = vec![("timestamp", directory.stamp())];
        texts.extend(why.map(|label| (label, refused.as_str())));
        self.reply_with(key, &reply_label(label), id, result, &texts, &records);
        match outcome.groups.iter().any(|id| id == "*") {
            _ if outcome.groups.is_empty() => {}
            true => self.group_watchers.push((key, None)),
            false => {
                let ids = outcome.groups.iter().filter_map(|id| id.parse().ok()).collect();
                self.group_watchers.push((key, Some(ids)));
            }
        }
        let mut entities = outcome.entities;
        entities.sort_unstable();
        entities.dedup();
        for snapshot in entities.into_iter().filter(|_| adds).map(|entity| (key, entity)) {
            if !self.snapshots.contains(&snapshot) {
                self.snapshots.push_back(snapshot);
            }
        }
    }

    /// Whoever subscribes to entities learns which there are.
    fn snapshot(&mut self, key: u32, entity: &str, directory: &dyn Directory) {
        let vocabulary = self.vocabulary.clone();
        let Some(kind) = vocabulary.find("entity-snapshot") else { return };
        let def = vocabulary.message(kind);
        let (list, id, _) = list_of(entity);
        let labels = match entity {
            "agent" => [id, "agent-number", "agent-name"],
            "group" => [id, "", "group-name"],
            _ => [id, "", "agent-queue-name"],
        };
        let is_pictured = ENTITIES[..PICTURED].contains(&entity);
        let mut message = Message::default();
        message.start(kind, def.fields.width());
        let code = vocabulary.enumeration("entity").and_then(|place| vocabulary.enums[place].code(entity));
        let stamp = message.text(directory.stamp());
        let topic = message.text(self.entities.topic(entity));
        let codes = [("filter", code.map(Node::Int).unwrap_or_default()), ("timestamp", stamp), ("sub-topic", topic)];
        for (label, node) in codes {
            if let Some(slot) = def.fields.slot(label) {
                message.set(slot, node);
            }
        }
        let members = vocabulary.members(&def.fields, list);
        let open = message.open_list();
        for Entry { id, number, name, .. } in is_pictured.then(|| listed(directory, entity)).into_iter().flatten() {
            let values = [Node::Int(id), message.text(&number), message.text(&name)];
            let record = members.map(|members| members.record(labels.into_iter().zip(values), &mut message));
            message.push(record.unwrap_or_default());
        }
        let node = message.close_list(open);
        if let Some(slot) = def.fields.slot(list) {
            message.set(slot, node);
        }
        let mut bytes = Vec::new();
        vocabulary.write_json(&message, &mut bytes);
        let Ok(mut snapshot) = serde_json::from_slice::<serde_json::Value>(&bytes) else { return };
        if let Some(records) = snapshot.get_mut(list).and_then(serde_json::Value::as_array_mut) {
            for record in records.iter_mut() {
                *record = self.entities.known(entity, record).unwrap_or(record).clone();
            }
            records.extend(self.entities.of(entity).filter(|_| !is_pictured).cloned());
        }
        if let Some(snapshot) = Numbering::of(&snapshot.to_string()) {
            self.send(key, &snapshot);
        }
    }

    pub(super) fn hear_of_entities(&mut self, text: &str) -> Vec<&'static str> {
        let Ok(message) = serde_json::from_str(text) else { return Vec::new() };
        let overflowed = self.entities.overflowed;
        let news = self.entities.hear(&message);
        if self.entities.overflowed && !overflowed {
            self.say(Notice::EntitiesFull {});
        }
        news
    }
}

/// A snapshot is one message, written when its turn comes: it tells what there is by then, like the updates around it.
impl Portions for Server {
    fn has_more(&self) -> bool {
        !self.snapshots.is_empty()
    }

    fn go_on(&mut self, has_room: &dyn Fn(u32) -> bool, directory: &dyn Directory) -> bool {
        self.snapshots.retain(|(key, _)| self.sessions.contains_key(key));
        let Some(place) = self.snapshots.iter().position(|(key, _)| has_room(*key)) else { return false };
        if let Some((key, entity)) = self.snapshots.remove(place) {
            self.snapshot(key, entity, directory);
        }
        true
    }
}
