//! The JSON Schema of rule files, for editors and linters. One schema is for both directions, and for files that extend the
//! shipped ones: the keys and verbs of a file show its direction. Names of the dialect (messages, fields, members) and
//! expressions are `check`'s to find.

use serde_json::{Value, json};

use super::{
    grammar::Direction,
    incoming::{PARTS, settable},
    rule_file::SIDES,
};
use crate::{
    document::schema::{defined, described, file, known_names, names, reason, simple, table, text, texts, word, words},
    model::{DeviceKind, Fact, Meaning, Occasion, OrderKind},
};

/// The sections and keys that show the direction: only files of transitions have them.
const ONLY_TO: [&str; 8] = ["config", "unsaid", "untold", "absent", "steps", "unsupported", "refuse", "agents-of"];

/// The schema of `from-<dialect>.toml` and `to-<dialect>.toml`.
pub fn file_schema() -> Value {
    let rule_emits = json!({ "type": "object", "required": ["emit"] });
    let any = |schema: Value| json!({ "type": "object", "not": { "additionalProperties": { "not": schema } } });
    let emits = any(json!({ "anyOf": [rule_emits, any(rule_emits.clone())] }));
    let mut shows: Vec<Value> = ONLY_TO.iter().map(|key| json!({ "required": [key] })).collect();
    shows.push(json!({ "required": ["on"], "properties": { "on": emits } }));
    let schema = json!({
        "type": "object",
        "if": { "anyOf": shows },
        "then": defined("to"),
        "else": defined("from"),
    });
    let definitions = [
        ("from", from()),
        ("to", to()),
        ("message", message(Direction::Changes)),
        ("message-rule", rule(Direction::Changes, true)),
        ("transition", message(Direction::Messages)),
        ("transition-rule", rule(Direction::Messages, true)),
        ("change", word("", Meaning::names())),
        ("attributes", attributes(false)),
        ("constants", attributes(true)),
        ("value", value()),
        ("example", example()),
        ("table", value_table()),
    ];
    file("Rules of cti-bridge", schema, &definitions)
}

/// The keys that both directions have.
fn common(direction: Direction) -> Vec<(&'static str, Value)> {
    let written = if direction == Direction::Changes { "read" } else { "written" };
    vec![
        ("dialect", text("the dialect whose rules these are")),
        ("extends", word("the file holds only what it changes of the shipped file of the same name", ["shipped"])),
        ("remove", texts("rules of the shipped file, or entries as section.entry, that are taken out")),
        ("sides", words(&format!("the sides whose messages are {written} here"), SIDES)),
        ("tables", names("tables of values", defined("table"))),
        ("shared", names("settings, or a rule, of several messages", shared(direction))),
    ]
}

fn from() -> Value {
    let unread = json!({ "anyOf": [reason(""), names("the fields of one message", reason("the reason"))] });
    let own = [
        ("on", names("the rules of each message", defined("message"))),
        ("let", names("a path, or a computed value, with a name, evaluated once per message", simple("an expression"))),
        ("ignore", names("messages that no change is made of", reason("the reason"))),
        ("unread", described(names("", unread), "fields that are not read, with the reason; or those of one message")),
    ];
    table("rules that make changes of messages", &[], common(Direction::Changes).into_iter().chain(own))
}

fn to() -> Value {
    let orders: Vec<&str> = OrderKind::names().collect();
    let refusal = [
        ("orders", words("the orders that are refused", orders.iter().copied())),
        ("when", condition()),
        ("because", reason("the reason")),
    ];
    let absent = json!({ "anyOf": [reason(""), names("the fields of one message", reason("the reason"))] });
    let setting = json!({ "type": ["integer", "string", "boolean", "array"], "items": { "type": "string" } });
    let steps = json!({ "type": "array", "items": { "enum": orders }, "minItems": 1 });
    let reasons = reason("the reason");
    let own = [
        ("on", known_names("the rules of each transition and order", Occasion::names(), &defined("transition"))),
        ("config", names("rule settings with their defaults; the first text of a list is the default", setting)),
        ("ignore", known_names("transitions that are not sent", Occasion::names(), &reasons)),
        ("unsupported", known_names("orders that the platform cannot carry out", Occasion::names(), &reasons)),
        ("unsaid", names("messages that are never sent", reason("the reason"))),
        ("untold", known_names("attributes that changes set and no rule reads", settable(), &reasons)),
        ("absent", described(names("", absent), "fields that are never set, with the reason; or those of one message")),
        ("steps", known_names("orders that are carried out as several others", orders.iter().copied(), &steps)),
        (
            "refuse",
            names(
                "orders that the platform cannot carry out under a condition",
                table("a refusal", &["orders", "when", "because"], refusal),
            ),
        ),
        (
            "agents-of",
            texts("for a dialect that routes: the dialects of platforms whose agents have the same ids there"),
        ),
    ];
    table("rules that make messages of transitions", &[], common(Direction::Messages).into_iter().chain(own))
}

/// A message's table: a rule, or rules by their names, or both beside `like`.
fn message(direction: Direction) -> Value {
    let named = match direction {
        Direction::Changes => "message-rule",
        Direction::Messages => "transition-rule",
    };
    let mut message = rule(direction, false);
    message["additionalProperties"] = described(defined(named), "one of several rules");
    message
}

fn condition() -> Value {
    json!({ "type": ["string", "boolean", "integer"], "description": "a condition" })
}

/// The keys of rules. `placed`: with those of a rule that has a name.
fn rule(direction: Direction, placed: bool) -> Value {
    let own = direction.keys().iter().map(|key| (*key, rule_key(direction, key)));
    let examples = json!({ "type": "array", "items": defined("example"), "description": "what comes of an input" });
    let further = [
        ("like", text("another rule, or another message: its rules are this one's, too, but for the keys beside")),
        ("example", examples),
    ];
    let beside = [
        ("before", text("in a file that extends another: the rule that this one stands before")),
        ("after", text("in a file that extends another: the rule that this one stands behind")),
    ];
    let beside = beside.into_iter().filter(|_| placed);
    table("a rule", &[], own.chain(further).chain(beside))
}

fn rule_key(direction: Direction, key: &str) -> Value {
    let fields = |doc| names(doc, defined("value"));
    match (key, direction) {
        ("means", _) => described(defined("change"), "the change that is made"),
        ("emit", _) => text("the message that is sent"),
        ("when", _) => condition(),
        ("each", _) => text("the list whose items the rule fires for; expressions have `item` and `place`"),
        ("absent", _) => names("fields that stay empty", reason("the reason")),
        ("set", Direction::Changes) => described(defined("attributes"), "attributes of the change, by expressions"),
        ("set", Direction::Messages) => fields("fields of the message, by expressions"),
        ("weak", _) => {
            let doc = "attributes that count only if none is known yet";
            let mut weak = attributes(false);
            weak["properties"]["fixed"] = defined("constants");
            described(weak, doc)
        }
        (_, Direction::Changes) => described(defined("constants"), "attributes of the change that are constants"),
        (_, Direction::Messages) => fields("fields of the message that are constants"),
    }
}

/// The attributes of changes; as constants, their devices have a known kind.
fn attributes(constants: bool) -> Value {
    let mut attributes = known_names("", Fact::names().chain(PARTS), &defined("value"));
    if constants {
        let kind = json!({ "type": "object", "properties": { "kind": { "enum": DeviceKind::NAMES } } });
        for device in ["party", "other", "to", "service"] {
            attributes["properties"][device] = json!({ "allOf": [defined("value"), kind] });
        }
    }
    attributes
}

/// An expression, a number, a truth value, a list or a compound value.
fn value() -> Value {
    json!({
        "type": ["string", "integer", "boolean", "array", "object"],
        "items": defined("value"),
        "additionalProperties": defined("value"),
    })
}

fn example() -> Value {
    let keys = [
        ("given", json!({ "type": "object", "description": "the input: a message, or a transition" })),
        ("expect", json!({ "type": "array", "description": "the changes, or the messages, that come of it" })),
    ];
    table("an input and its expected results", &["given", "expect"], keys)
}

fn value_table() -> Value {
    json!({
        "type": "object",
        "required": ["from", "to"],
        "properties": {
            "from": text("an enumeration, number or text"),
            "to": text("an enumeration, number, text or bool"),
            "else": simple("the value for everything that is not listed"),
        },
        "additionalProperties": simple("the value; \"\" is none"),
    })
}

fn shared(direction: Direction) -> Value {
    let keys = direction.keys().iter();
    let only_settings = |key: &&&str| direction == Direction::Changes || matches!(**key, "set" | "fixed");
    let own = keys.filter(only_settings).map(|key| (*key, rule_key(direction, key)));
    let having = ("having", texts("the fields of the messages that share this"));
    let messages = ("messages", texts("the messages that share this"));
    let which = [having, messages].into_iter().take(if direction == Direction::Changes { 2 } else { 1 });
    table("settings, or a rule", &[], which.chain(own))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{diagnostic::Problems, document::KNOWN, mapping::Mappings, shipped::Files, vocabulary};

    /// The keys of every table in a schema that has no others.
    fn closed(schema: &Value, found: &mut Vec<BTreeSet<String>>) {
        if let (Some(keys), Some(false)) = (schema["properties"].as_object(), schema["additionalProperties"].as_bool())
        {
            found.push(keys.keys().cloned().collect());
        }
        let inner =
            schema.as_array().into_iter().flatten().chain(schema.as_object().into_iter().flat_map(|o| o.values()));
        inner.for_each(|schema| closed(schema, found));
    }

    #[test]
    fn the_schemas_have_the_keys_that_the_readers_know() {
        let mut problems = Problems::default();
        Mappings::load(&Files::built_in(), &mut problems);
        assert!(problems.is_empty(), "{}", problems.render());
        let mut tables = Vec::new();
        closed(&file_schema(), &mut tables);
        closed(&vocabulary::file_schema(), &mut tables);
        let known = KNOWN.take();
        assert!(known.len() > 10, "{known:?}");
        let mut other = Vec::new();
        for keys in known {
            // Some keys are only read to say why they are wrong: those of the old form of rules, and a rule's own among settings
            // that messages of transitions share.
            let refused: &[&str] = match keys.contains("having") && keys.contains("emit") {
                true => &["emit", "when", "absent"],
                false if keys.contains("because") => &["on"],
                false => &["rule", "refusal"],
            };
            let keys = keys.into_iter().filter(|key| !refused.contains(key));
            let keys: BTreeSet<String> = keys.map(str::to_owned).collect();
            if !tables.contains(&keys) {
                other.push(keys);
            }
        }
        assert!(other.is_empty(), "no table of the schemas has just these keys: {other:#?}");
    }

    #[test]
    fn what_only_one_direction_has_is_known() {
        let keys = |schema: Value| schema["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(&keys(to()) - &keys(from()), ONLY_TO.map(str::to_owned).into());
    }
}
