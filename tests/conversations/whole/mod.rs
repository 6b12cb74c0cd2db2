//! The same dialect on both sides: whatever a message of the vocabulary can hold arrives as it was, but for ids, request
//! numbers, session, tenant and switch. The messages are made from the vocabulary, each field with a value of its own; which
//! of them are ids is said here once more, so that the vocabulary's word is not taken for it.

mod ctips;
mod event_feed;

use serde_json::{Map, Value};

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Named {
    Call,
    Agent,
    Service,
    Switch,
}

/// How far apart ids of two platforms are, by default.
const STEP: i64 = 1_000_000;
const SWITCHES: i64 = 1000;

/// Tells what a member names.
type Naming = dyn Fn(&str, &Map<String, Value>) -> Option<Named>;

/// Replaces the ids in a message. `what` tells what a member names, by its label, among the members beside it.
fn renamed(message: &Value, what: &Naming, other: &mut dyn FnMut(Named, i64) -> i64) -> Value {
    fn ids(value: &Value, named: Named, other: &mut dyn FnMut(Named, i64) -> i64) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| ids(item, named, other)).collect(),
            Value::String(text) => match text.parse() {
                Ok(number) => other(named, number).to_string().into(),
                Err(_) => value.clone(),
            },
            value => value.as_i64().map_or(value.clone(), |number| other(named, number).into()),
        }
    }
    match message {
        Value::Object(members) => {
            let mut into = Map::new();
            for (label, value) in members {
                let value = match what(label, members) {
                    Some(named) => ids(value, named, other),
                    None => renamed(value, what, other),
                };
                into.insert(label.clone(), value);
            }
            into.into()
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, what, other)).collect(),
        value => value.clone(),
    }
}
