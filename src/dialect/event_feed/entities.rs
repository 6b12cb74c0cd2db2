//! What there is on the feed whose messages pass as they are, kept as it says it: whoever subscribes to entities later hears
//! of them with all that it says. Facts from the guide, chapter 3, "Entity Snapshot" and "Entity Update".

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::{
    model::DeviceKind,
    port::{Directory, Entry},
};

/// A kind of entity: its name in subscriptions, the sub-topic of messages about it, its list in a snapshot, and its
/// fields, the id first.
struct Kind {
    name: &'static str,
    topic: &'static str,
    list: &'static str,
    fields: &'static [&'static str],
}

/// The sub-topics come from the guide's notes; those of queues are named after the same pattern.
const KINDS: [Kind; 7] = [
    Kind { name: "agent", topic: "agent-update", list: "agents", fields: &["agent-id", "agent-number", "agent-name"] },
    Kind {
        name: "group",
        topic: "group-update",
        list: "groups",
        fields: &["group-id", "group-name", "short-call-threshold", "thresholds"],
    },
    Kind {
        name: "agent-queue",
        topic: "agent-queue-update",
        list: "agent-queues",
        fields: &["agent-queue-id", "agent-queue-name"],
    },
    Kind {
        name: EMAIL_QUEUE,
        topic: "email-agent-queue-update",
        list: "agent-queues",
        fields: &["agent-queue-id", "agent-queue-name"],
    },
    Kind { name: "dnis", topic: "dnis-update", list: "dnis", fields: &["dnis-id", "dnis-number", "dnis-name"] },
    Kind { name: "release-code", topic: "release-code-update", list: "release-codes", fields: &["release-code-id"] },
    Kind { name: "wrapup-code", topic: "wrapup-code-snapshot", list: "wrapup-codes", fields: &["wrapup-id"] },
];
/// The reference has one list for both kinds of queue. Only the filter or the sub-topic tells e-mail agent queues from
/// agent queues, unless the list and its fields are named after e-mail agent queues.
const EMAIL_QUEUE: &str = "email agent queue";
const QUEUE: &str = "agent-queue";
const OWN_NAME: [(&str, &str); 3] = [
    ("email-agent-queues", "agent-queues"),
    ("email-agent-queue-id", "agent-queue-id"),
    ("email-agent-queue-name", "agent-queue-name"),
];

/// Names of all kinds. The first four exist on every platform, the others only on a feed.
pub const ENTITIES: [&str; 7] =
    [KINDS[0].name, KINDS[1].name, KINDS[2].name, KINDS[3].name, KINDS[4].name, KINDS[5].name, KINDS[6].name];
pub const PICTURED: usize = 4;

/// The things of a kind that the platforms have shown.
pub fn listed(directory: &dyn Directory, name: &str) -> Vec<Entry> {
    let of = |kind: Option<DeviceKind>| match kind {
        None => "agent",
        Some(DeviceKind::AgentQueue) => QUEUE,
        Some(DeviceKind::EmailQueue) => EMAIL_QUEUE,
        Some(_) => "group",
    };
    let mut entries = directory.entries(name == "agent");
    entries.retain(|entry| of(entry.kind) == name);
    entries
}

/// The name of a kind's list in a snapshot, its id field, and its sub-topic.
pub fn list_of(name: &str) -> (&'static str, &'static str, &'static str) {
    let kind = KINDS.iter().find(|kind| kind.name == name).unwrap_or(&KINDS[0]);
    (kind.list, kind.fields[0], kind.topic)
}

/// The kind that a filter or a sub-topic names, whatever separates the words.
fn kind_named(text: &str) -> Option<&'static Kind> {
    let text = text.trim().replace([' ', '_'], "-");
    let name = ["-update", "-snapshot"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(&text);
    KINDS.iter().find(|kind| kind.name.replace(' ', "-") == name)
}

/// A message with names of e-mail agent queues' own, rewritten to the reference's names.
fn plain(message: &Map<String, Json>) -> Option<Map<String, Json>> {
    let own = |name: &str| OWN_NAME.iter().find(|(own, _)| *own == name).map(|(_, plain)| *plain);
    message.keys().any(|name| own(name).is_some()).then(|| {
        let inside = |value: &Json| match value {
            Json::Array(items) => {
                items.iter().map(|item| item.as_object().and_then(plain).map_or(item.clone(), Json::Object)).collect()
            }
            value => value.clone(),
        };
        message.iter().map(|(name, value)| (own(name).unwrap_or(name).to_owned(), inside(value))).collect()
    })
}

/// The most entities of one kind that are kept.
const MOST: usize = 10_000;

/// An id as a number, as far as it is one, and as a text: in this order they are told.
type Id = (i64, String);

/// See the module.
#[derive(Debug, Default)]
pub struct Entities {
    known: BTreeMap<&'static str, BTreeMap<Id, Json>>,
    /// The sub-topics that the feed's own snapshots used.
    topics: BTreeMap<&'static str, String>,
    /// There were more than are kept.
    pub overflowed: bool,
}

impl Entities {
    /// Takes in a message about entities: the kinds of which it says something new.
    pub fn hear(&mut self, message: &Map<String, Json>) -> Vec<&'static str> {
        let snapshot = message.get("message").is_some_and(|name| name == "entity-snapshot");
        let renamed = plain(message);
        let own = renamed.as_ref().and(Some(EMAIL_QUEUE));
        let message = renamed.as_ref().unwrap_or(message);
        let text = |label: &str| message.get(label).and_then(Json::as_str);
        let named = own.or(text("filter")).and_then(kind_named).or(text("sub-topic").and_then(kind_named));
        let says = |kind: &&Kind| match named {
            Some(named) => named.name == kind.name,
            None => kind.name != EMAIL_QUEUE && (message.contains_key(kind.list) || id_of(kind, message).is_some()),
        };
        let told = KINDS.iter().filter(says);
        let news = told.filter(|kind| {
            if let Some(topic) = text("sub-topic").filter(|topic| snapshot && !topic.is_empty() && topic.len() < 100) {
                self.topics.insert(kind.name, topic.to_owned());
            }
            match (snapshot, named) {
                // The message does not say which kind of queue it lists, so that other agent queues may exist besides
                // these.
                (true, None) if kind.name == QUEUE => self.add(kind, message),
                (true, _) => self.replace(kind, message),
                (false, _) => self.update(kind, message),
            }
        });
        news.map(|kind| kind.name).collect()
    }

    /// Returns whether this added or changed anything.
    fn add(&mut self, kind: &Kind, message: &Map<String, Json>) -> bool {
        let before = self.known.get(kind.name).cloned();
        self.update(kind, message);
        before != self.known.get(kind.name).cloned()
    }

    /// Whether the kind has other entities now, or others say something else.
    fn replace(&mut self, kind: &Kind, message: &Map<String, Json>) -> bool {
        let records = message.get(kind.list).and_then(Json::as_array).into_iter().flatten();
        let mut now: BTreeMap<Id, Json> =
            records.filter_map(|record| Some((id_of(kind, record.as_object()?)?, record.clone()))).collect();
        while now.len() > MOST {
            now.pop_last();
            self.overflowed = true;
        }
        let changed = self.known.get(kind.name) != Some(&now);
        self.known.insert(kind.name, now);
        changed
    }

    fn update(&mut self, kind: &Kind, message: &Map<String, Json>) -> bool {
        let gone = message.get("update-type").is_some_and(|what| what == "delete");
        let listed = message.get(kind.list).and_then(Json::as_array).into_iter().flatten();
        let mut records: Vec<Map<String, Json>> = listed.filter_map(|record| record.as_object().cloned()).collect();
        if records.is_empty() {
            let own = kind.fields.iter().filter_map(|field| message.get_key_value(*field));
            records.push(own.map(|(field, value)| (field.clone(), value.clone())).collect());
        }
        let known = self.known.entry(kind.name).or_default();
        for record in records {
            let Some(id) = id_of(kind, &record) else { continue };
            if gone {
                known.remove(&id);
            } else if let Some(Json::Object(entity)) = known.get_mut(&id) {
                entity.extend(record);
            } else if known.len() < MOST {
                known.insert(id, record.into());
            } else {
                self.overflowed = true;
            }
        }
        true
    }

    /// All that is known of a kind, by id.
    pub fn of(&self, name: &str) -> impl Iterator<Item = &Json> {
        self.known.get(name).into_iter().flat_map(BTreeMap::values)
    }

    /// What the feed says of the entity that this record is about.
    pub fn known(&self, name: &str, record: &Json) -> Option<&Json> {
        let kind = KINDS.iter().find(|kind| kind.name == name)?;
        self.known.get(name)?.get(&id_of(kind, record.as_object()?)?)
    }

    /// The sub-topic of a kind's snapshot: the one that the feed used, otherwise the guide's.
    pub fn topic(&self, name: &str) -> &str {
        self.topics.get(name).map_or(list_of(name).2, String::as_str)
    }
}

fn id_of(kind: &Kind, record: &Map<String, Json>) -> Option<Id> {
    let id = match record.get(kind.fields[0])? {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (!id.is_empty() && id != "0").then(|| (id.parse().unwrap_or(i64::MAX), id))
}
