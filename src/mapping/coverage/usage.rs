//! What a capture really has: how often each message and field occurs in it, and each event that is told of it.

use hashbrown::HashMap;

use crate::{
    message::{Message, Value},
    vocabulary::{Type, Vocabulary},
};

#[derive(Debug, Default)]
pub struct Usage {
    read: u64,
    messages: HashMap<String, u64>,
    /// By message and dotted label.
    fields: HashMap<(String, String), u64>,
    told: HashMap<String, u64>,
}

impl Usage {
    /// Counts a message of the capture, and its fields that have a value other than 0, false or nothing.
    pub fn note(&mut self, vocabulary: &Vocabulary, message: &Message) {
        let Some(kind) = message.kind() else { return };
        let def = vocabulary.message(kind);
        self.read += 1;
        *self.messages.entry(def.label.clone()).or_default() += 1;
        let mut used = Vec::new();
        for (slot, field) in def.fields.list.iter().enumerate() {
            walk(vocabulary, &field.ty, field.label.clone(), message.get(slot), &mut used);
        }
        used.sort();
        used.dedup();
        for label in used {
            *self.fields.entry((def.label.clone(), label)).or_default() += 1;
        }
    }

    /// Counts an event that the application is told.
    pub fn tell(&mut self, event: &str) {
        *self.told.entry(event.to_owned()).or_default() += 1;
    }

    pub fn messages(&self) -> u64 {
        self.read
    }

    pub fn message(&self, label: &str) -> u64 {
        self.messages.get(label).copied().unwrap_or_default()
    }

    pub fn field(&self, message: &str, label: &str) -> u64 {
        self.fields.get(&(message.to_owned(), label.to_owned())).copied().unwrap_or_default()
    }

    pub fn told(&self, event: &str) -> u64 {
        self.told.get(event).copied().unwrap_or_default()
    }
}

/// Adds the dotted label of each value that is something.
fn walk(vocabulary: &Vocabulary, ty: &Type, label: String, value: Value, into: &mut Vec<String>) {
    match value {
        Value::Absent | Value::Nil | Value::Int(0) | Value::Bool(false) | Value::Text("") => {}
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => into.push(label),
        Value::List(list) => match ty {
            Type::List(item) if item.record().is_some() => {
                list.iter().for_each(|value| walk(vocabulary, item, label.clone(), value, into));
            }
            _ => into.extend(list.iter().next().map(|_| label)),
        },
        Value::Record(record) => {
            let Some(place) = ty.record() else { return };
            for (slot, member) in vocabulary.records[place].fields.list.iter().enumerate() {
                walk(vocabulary, &member.ty, format!("{label}.{}", member.label), record.get(slot), into);
            }
        }
    }
}
