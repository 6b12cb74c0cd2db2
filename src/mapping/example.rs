//! Examples beside the rules: what is given, and what must come of it. They run in `check` and in the tests.

use std::{ops::Range, sync::Arc};

use hashbrown::HashMap;
use serde_json::Value as Json;

use super::{
    incoming::Incoming,
    outgoing::{Leaf, Outgoing},
    run::{Item, Picture},
};
use crate::{
    diagnostic::{Problems, Source},
    document::{Node, Table as Section},
    message::{Message, Value},
    model::{Change, Device, DeviceKind, Fact, Id, ItemAttribute, ListAttribute, TransitionKind},
    vocabulary::{Vocabulary, Wanted},
};

/// An example of a rule file, as JSON: the form in which messages are compared.
#[derive(Debug)]
pub struct Example {
    /// What is given is a request: some dialects give it the name that its answer has.
    asks: bool,
    given: Json,
    expect: Vec<Json>,
    source: Arc<Source>,
    span: Range<usize>,
}

impl Example {
    pub fn read(section: Section, asks: bool, problems: &mut Problems) -> Option<Example> {
        let given = section.get("given").map(|node| json(node, problems));
        let expect = section.get("expect").map(|node| json(node, problems));
        let (source, span) = (section.source().clone(), section.span());
        let missing = given.is_none() || expect.is_none();
        if missing {
            section.problem(problems, "an example has `given` and `expect`");
        }
        section.finish(problems);
        let Some(Json::Array(expect)) = expect else { return None };
        Some(Example { asks, given: given?, expect, source, span })
    }

    /// What is given, as a line of text.
    pub fn text(&self) -> String {
        self.given.to_string()
    }

    fn check(&self, got: Vec<Json>, problems: &mut Problems) {
        let alike =
            got.len() == self.expect.len() && self.expect.iter().zip(&got).all(|(expect, got)| within(expect, got));
        if !alike {
            let lines = |list: &[Json]| list.iter().map(|json| format!("\n    {json}")).collect::<String>();
            let text = format!("this example expects{}\n  but the rules say{}", lines(&self.expect), lines(&got));
            problems.add(&self.source, self.span.clone(), text);
        }
    }
}

fn json(node: Node, problems: &mut Problems) -> Json {
    if let Some(text) = node.as_text() {
        return text.into();
    }
    if let Some(number) = node.as_integer() {
        return number.into();
    }
    if let Some(value) = node.as_boolean() {
        return value.into();
    }
    if let Some(items) = node.as_array() {
        return items.into_iter().map(|item| json(item, problems)).collect();
    }
    let Some(table) = node.table(problems) else { return Json::Null };
    let entries = table.entries();
    Json::Object(entries.into_iter().map(|(key, node)| (key.name.to_owned(), json(node, problems))).collect())
}

/// Whether everything that is expected is there; what is not mentioned may be anything.
fn within(expect: &Json, got: &Json) -> bool {
    match (expect, got) {
        (Json::Object(expect), Json::Object(got)) => {
            expect.iter().all(|(key, value)| got.get(key).is_some_and(|got| within(value, got)))
        }
        (Json::Array(expect), Json::Array(got)) => {
            expect.len() == got.len() && expect.iter().zip(got).all(|(expect, got)| within(expect, got))
        }
        (expect, got) => expect == got,
    }
}

impl Incoming {
    pub fn check_examples(&self, problems: &mut Problems) {
        for example in &self.examples {
            let mut message = Message::default();
            let text = example.text();
            if let Err(error) = self.vocabulary.read_json(&text, example.asks, &Wanted::new(), &mut message) {
                problems.add(&example.source, example.span.clone(), format!("what is given is no message: {error}"));
                continue;
            }
            for stray in message.kind().map(|kind| self.vocabulary.strays(&text, kind)).unwrap_or_default() {
                problems.add(&example.source, example.span.clone(), stray);
            }
            let mut got = Vec::new();
            self.changes(&message, |_, change| got.push(change_json(&self.vocabulary, change)));
            example.check(got, problems);
        }
    }
}

/// A change as examples write it: `{ change = "connected", call = { guid = "g" }, party = "agent 1001", ani = "555" }`.
fn change_json(vocabulary: &Vocabulary, change: &Change) -> Json {
    let mut object = serde_json::Map::new();
    object.insert("change".into(), change.kind.name().into());
    for (label, names) in [("call", &change.call), ("second", &change.second), ("result", &change.result)] {
        let named = names.iter().map(|name| (vocabulary.call_names[name.space as usize].clone(), id_json(name.id)));
        let names: serde_json::Map<_, _> = named.collect();
        if !names.is_empty() {
            object.insert(label.into(), Json::Object(names));
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
        let words = super::types::of_fact(*fact);
        if !value.is_empty() {
            object.insert(fact.name().into(), value_json(&words, value));
        }
    }
    if let Some(data) = &change.data {
        let pair = |(key, value): &(Value, Value)| {
            let text = |value: &Value| value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().to_owned();
            serde_json::json!({ "key": text(key), "value": text(value) })
        };
        object.insert("data".into(), data.iter().map(pair).collect());
    }
    if let Some(services) = &change.services {
        object.insert("services".into(), services.iter().map(device_text).collect());
    }
    Json::Object(object)
}

fn id_json(id: Id) -> Json {
    match id {
        Id::None => Json::Null,
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

fn value_json(ty: &super::compile::Ty, value: Value) -> Json {
    match (ty, value) {
        (super::compile::Ty::Members(members), Value::Int(code)) => {
            members.list.iter().find(|(_, known)| *known == code).map_or(code.into(), |(name, _)| name.clone().into())
        }
        (_, Value::Bool(value)) => value.into(),
        (_, Value::Int(number)) => number.into(),
        (_, value) => value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().into(),
    }
}

impl Outgoing {
    pub fn check_examples(&self, problems: &mut Problems) {
        for example in &self.examples {
            let name = example.given.get("transition").and_then(Json::as_str).unwrap_or_default();
            let Some(kind) = TransitionKind::from_name(name) else {
                problems.add(
                    &example.source,
                    example.span.clone(),
                    format!("`given.transition` is no transition: {name:?}"),
                );
                continue;
            };
            let given = Given::new(self, &example.given);
            for path in given.values.keys().filter(|path| *path != "transition") {
                if let Err(reason) = self.knows(path) {
                    problems.add(&example.source, example.span.clone(), format!("`given.{path}`: {reason}"));
                }
            }
            let mut got = Vec::new();
            let mut message = Message::default();
            self.messages(kind, &given, &mut message, |_, message| {
                let mut line = Vec::new();
                self.vocabulary.write_json(message, &mut line);
                got.extend(serde_json::from_slice::<Json>(&line));
            });
            example.check(got, problems);
        }
    }
}

/// A picture as an example gives it: `{ transition = "connected", call = { id = 900, ani = "555" }, end = "near" }`.
struct Given<'g> {
    values: HashMap<String, &'g Json>,
    rules: &'g Outgoing,
}

impl<'g> Given<'g> {
    fn new(rules: &'g Outgoing, given: &'g Json) -> Given<'g> {
        let mut values = HashMap::new();
        for (key, value) in given.as_object().into_iter().flatten() {
            match value {
                Json::Object(members) => {
                    values.extend(members.iter().map(|(member, value)| (format!("{key}.{member}"), value)));
                }
                value => {
                    values.insert(key.clone(), value);
                }
            }
        }
        Given { values, rules }
    }
}

fn leaf_type(leaf: &Leaf) -> super::compile::Ty {
    use super::types;
    match leaf {
        Leaf::Call(_, attribute) => types::of_call(*attribute),
        Leaf::Agent(attribute) => types::of_agent(*attribute),
        Leaf::Party(_, attribute) => types::of_party(*attribute),
        Leaf::Service(attribute) => types::of_service(*attribute),
        Leaf::Request(attribute) => types::of_request(*attribute),
        Leaf::Detail(detail) => types::of_detail(*detail),
        _ => super::compile::Ty::Any,
    }
}

fn scalar<'g>(ty: &super::compile::Ty, json: &'g Json) -> Value<'g> {
    match (ty, json) {
        (super::compile::Ty::Members(members), Json::String(name)) => {
            members.code(name).map(Value::Int).unwrap_or(Value::Text(name))
        }
        (_, Json::String(text)) => Value::Text(text),
        (_, Json::Number(number)) => number.as_i64().map(Value::Int).unwrap_or_default(),
        (_, Json::Bool(value)) => Value::Bool(*value),
        _ => Value::Absent,
    }
}

impl<'g> Picture<'g> for Given<'g> {
    fn value(&self, leaf: &Leaf) -> Value<'g> {
        match (self.values.get(&leaf.path(self.rules)), leaf) {
            (Some(json), _) => scalar(&leaf_type(leaf), json),
            (None, Leaf::Knob(place)) => self.rules.knobs[*place].1.value(),
            (None, _) => Value::Absent,
        }
    }

    fn items(&self, list: ListAttribute, mut take: impl FnMut(&Self, Item<'g>)) {
        let items = self.values.get(list.name()).and_then(|json| json.as_array()).into_iter().flatten();
        let item = |json: &'g Json| {
            let part = |attribute: ItemAttribute| {
                let ty = super::types::of_item(attribute);
                json.get(attribute.name()).map(|json| scalar(&ty, json)).unwrap_or_default()
            };
            std::array::from_fn(|place| part(ItemAttribute::ALL[place]))
        };
        items.map(item).for_each(|item| take(self, item));
    }
}
