//! Runs the examples of rules about messages: the message that is given, and the changes that are expected.

use serde_json::{Map, json};

use super::plan::Incoming;
use crate::{
    diagnostic::Problems,
    mapping::{type_of, value_type::Ty},
    message::{Message, Value},
    model::{Device, DeviceKind, Fact, Id, Meaning, Said},
    vocabulary::{Vocabulary, Wanted},
};

impl Incoming {
    /// Runs the examples; mistakes are added to `problems`.
    pub fn check_examples(&self, problems: &mut Problems) {
        for example in &self.examples {
            let mut message = Message::default();
            let text = example.text();
            if let Err(error) = self.vocabulary.read_json(&text, example.asks, &Wanted::new(), &mut message) {
                example.complain(format!("what is given is no message: {error}"), problems);
                continue;
            }
            for stray in message.kind().map(|kind| self.vocabulary.strays(&text, kind)).unwrap_or_default() {
                example.complain(stray, problems);
            }
            let mut got = Vec::new();
            self.changes(&message, |_, change| got.push(change_json(&self.vocabulary, &change)));
            example.check(got, problems);
        }
    }
}

/// A change as examples write it: `{ change = "connected", call = { guid = "g" }, party = "agent 1001", ani = "555" }`.
fn change_json(vocabulary: &Vocabulary, change: &Said<Meaning>) -> serde_json::Value {
    let mut object = Map::new();
    object.insert("change".into(), change.kind.name().into());
    for (label, names) in [("call", &change.call), ("second", &change.second), ("result", &change.result)] {
        let named = names.iter().map(|name| (vocabulary.call_names[name.space as usize].clone(), id_json(name.id)));
        let names: Map<_, _> = named.collect();
        if !names.is_empty() {
            object.insert(label.into(), serde_json::Value::Object(names));
        }
    }
    for (label, device) in
        [("party", &change.party), ("other", &change.other), ("to", &change.to), ("service", &change.service)]
    {
        if !device.is_empty() {
            object.insert(label.into(), device_text(device).into());
        }
    }
    for fact in Fact::ALL {
        let value = change.fact(*fact);
        let words = type_of::fact(*fact);
        if !value.is_empty() {
            object.insert(fact.name().into(), value_json(&words, value));
        }
    }
    if let Some(data) = &change.data {
        let pair = |(key, value): &(Value, Value)| {
            let text = |value: &Value| value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().to_owned();
            json!({ "key": text(key), "value": text(value) })
        };
        object.insert("data".into(), data.iter().map(pair).collect());
    }
    if let Some(services) = &change.services {
        object.insert("services".into(), services.iter().map(device_text).collect());
    }
    serde_json::Value::Object(object)
}

fn id_json(id: Id) -> serde_json::Value {
    match id {
        Id::None => serde_json::Value::Null,
        Id::Int(number) => number.into(),
        Id::Text(text) => text.into(),
    }
}

fn device_text(device: &Device) -> String {
    let id = match device.id {
        Id::None => String::new(),
        Id::Int(number) => number.to_string(),
        Id::Text(text) => text.to_owned(),
    };
    let parts = [device.kind.map(DeviceKind::name).unwrap_or_default().to_owned(), id, device.number.to_owned()];
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

fn value_json(ty: &Ty, value: Value) -> serde_json::Value {
    match (ty, value) {
        (Ty::Members(members), Value::Int(code)) => {
            members.list.iter().find(|(_, known)| *known == code).map_or(code.into(), |(name, _)| name.clone().into())
        }
        (_, Value::Bool(value)) => value.into(),
        (_, Value::Int(number)) => number.into(),
        (_, value) => value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().into(),
    }
}
