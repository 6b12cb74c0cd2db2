//! What there is on the feed whose messages pass as they are, kept as it says it: whoever subscribes to entities later hears
//! of them with all that it says. Facts from the guide, chapter 3, "Entity Snapshot" and "Entity Update".

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

/// A kind of entity: its name in subscriptions, the list that a snapshot has of it, and its fields, the id first.
struct Kind {
    name: &'static str,
    list: &'static str,
    fields: &'static [&'static str],
}

const KINDS: [Kind; 7] = [
    Kind { name: "agent", list: "agents", fields: &["agent-id", "agent-number", "agent-name"] },
    Kind { name: "group", list: "groups", fields: &["group-id", "group-name", "short-call-threshold", "thresholds"] },
    Kind { name: "agent-queue", list: "agent-queues", fields: &["agent-queue-id", "agent-queue-name"] },
    // Only a filter tells these from the ones before.
    Kind { name: "email agent queue", list: "agent-queues", fields: &["agent-queue-id", "agent-queue-name"] },
    Kind { name: "dnis", list: "dnis", fields: &["dnis-id", "dnis-number", "dnis-name"] },
    Kind { name: "release-code", list: "release-codes", fields: &["release-code-id"] },
    Kind { name: "wrapup-code", list: "wrapup-codes", fields: &["wrapup-id"] },
];
const BY_FILTER_ONLY: &str = "email agent queue";

/// Names of all kinds; of the first three every platform's are known, of the others only a feed's.
pub const ENTITIES: [&str; 7] =
    [KINDS[0].name, KINDS[1].name, KINDS[2].name, KINDS[3].name, KINDS[4].name, KINDS[5].name, KINDS[6].name];
pub const PICTURED: usize = 3;

/// The list that a snapshot has of a kind, and the field of its id.
pub fn list_of(name: &str) -> (&'static str, &'static str) {
    let kind = KINDS.iter().find(|kind| kind.name == name).unwrap_or(&KINDS[0]);
    (kind.list, kind.fields[0])
}

/// The most entities of one kind that are kept.
const MOST: usize = 10_000;

/// An id as a number, as far as it is one, and as a text: in this order they are told.
type Id = (i64, String);

/// See the module.
#[derive(Debug, Default)]
pub struct Entities {
    known: BTreeMap<&'static str, BTreeMap<Id, Json>>,
    /// There were more than are kept.
    pub overflowed: bool,
}

impl Entities {
    /// Takes in a message about entities: the kinds of which it says something new.
    pub fn hear(&mut self, message: &Map<String, Json>) -> Vec<&'static str> {
        let snapshot = message.get("message").is_some_and(|name| name == "entity-snapshot");
        let filter = message.get("filter").and_then(Json::as_str);
        let topic = message.get("sub-topic").and_then(Json::as_str).and_then(|topic| topic.strip_suffix("-update"));
        let named = [filter, topic].into_iter().flatten().find_map(|name| KINDS.iter().find(|kind| kind.name == name));
        let says = |kind: &&Kind| match named {
            Some(named) => named.name == kind.name,
            None => kind.name != BY_FILTER_ONLY && (message.contains_key(kind.list) || id_of(kind, message).is_some()),
        };
        let told = KINDS.iter().filter(says);
        let news = told.filter(|kind| if snapshot { self.replace(kind, message) } else { self.update(kind, message) });
        news.map(|kind| kind.name).collect()
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

    /// The feed is away, and so is what was there.
    pub fn forget(&mut self) {
        self.known.clear();
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
