//! Runs the examples of rules about transitions: the transition and picture that are given, and the messages that are
//! expected.

use hashbrown::HashMap;

use super::{
    picture::{Item, Picture},
    plan::{Leaf, Outgoing},
};
use crate::{
    diagnostic::Problems,
    mapping::{type_of, value_type::Ty},
    message::{Message, Value},
    model::{ItemAttribute, ListAttribute, Occasion},
};

impl Outgoing {
    /// Runs the examples; mistakes are added to `problems`.
    pub fn check_examples(&self, problems: &mut Problems) {
        for example in &self.examples {
            let name = example.given.get("transition").and_then(serde_json::Value::as_str).unwrap_or_default();
            let Some(kind) = Occasion::from_name(name) else {
                example.complain(format!("`given.transition` is no transition: {name:?}"), problems);
                continue;
            };
            let given = Given::new(self, &example.given);
            for path in given.values.keys().filter(|path| *path != "transition") {
                if let Err(reason) = self.knows(kind, path) {
                    example.complain(format!("`given.{path}`: {reason}"), problems);
                }
            }
            let mut got = Vec::new();
            let mut message = Message::default();
            self.messages(kind, &given, &mut message, |_, message| {
                let mut line = Vec::new();
                self.vocabulary.write_json(message, &mut line);
                got.extend(serde_json::from_slice::<serde_json::Value>(&line));
            });
            example.check(got, problems);
        }
    }
}

/// A picture as an example gives it: `{ transition = "connected", call = { id = 900, ani = "555" }, end = "near" }`.
struct Given<'g> {
    values: HashMap<String, &'g serde_json::Value>,
    rules: &'g Outgoing,
}

impl<'g> Given<'g> {
    fn new(rules: &'g Outgoing, given: &'g serde_json::Value) -> Given<'g> {
        let mut values = HashMap::new();
        for (key, value) in given.as_object().into_iter().flatten() {
            match value {
                serde_json::Value::Object(members) => {
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

fn leaf_type(leaf: &Leaf) -> Ty {
    match leaf {
        Leaf::Call(_, attribute) => type_of::call(*attribute),
        Leaf::Agent(attribute) => type_of::agent(*attribute),
        Leaf::Party(_, attribute) => type_of::party(*attribute),
        Leaf::Service(attribute) => type_of::service(*attribute),
        Leaf::Request(attribute) => type_of::request(*attribute),
        Leaf::Detail(detail) => type_of::detail(*detail),
        Leaf::CallName(..) | Leaf::Item(_) | Leaf::Knob(_) | Leaf::Role(_) => Ty::Any,
    }
}

fn scalar<'g>(ty: &Ty, json: &'g serde_json::Value) -> Value<'g> {
    match (ty, json) {
        (Ty::Members(members), serde_json::Value::String(name)) => {
            members.code(name).map(Value::Int).unwrap_or(Value::Text(name))
        }
        (_, serde_json::Value::String(text)) => Value::Text(text),
        (_, serde_json::Value::Number(number)) => number.as_i64().map(Value::Int).unwrap_or_default(),
        (_, serde_json::Value::Bool(value)) => Value::Bool(*value),
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
        let item = |json: &'g serde_json::Value| {
            let part = |attribute: ItemAttribute| {
                let ty = type_of::item(attribute);
                json.get(attribute.name()).map(|json| scalar(&ty, json)).unwrap_or_default()
            };
            std::array::from_fn(|place| part(ItemAttribute::ALL[place]))
        };
        items.map(item).for_each(|item| take(self, item));
    }
}
