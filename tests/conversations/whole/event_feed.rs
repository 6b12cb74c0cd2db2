//! An event feed in front of an event feed, first or second in the application's list: all messages, all commands, and what
//! no vocabulary knows.

use std::collections::HashMap;

use cti_bridge::{
    time::Time,
    vocabulary::{Side, Vocabulary},
};
use serde_json::{Map, Value, json};

use super::STEP;
use crate::support::{
    filled::Filler,
    mappings,
    virtual_bridge::{Told, VirtualBridge},
};

/// So many variants of each message are enough for every type of device.
const VARIANTS: usize = 12;
const FIRST: i64 = 100;

/// What an id names. Queues have number spaces of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Call,
    Agent,
    Group,
    AgentQueue,
    EmailQueue,
    Service,
}

impl Named {
    /// The thing that a device of this type is.
    fn device(ty: &Value) -> Option<Named> {
        match ty.as_i64().or(ty.as_str().and_then(|text| text.parse().ok())) {
            Some(2) => Some(Named::Service),
            Some(3) => Some(Named::Agent),
            Some(4) => Some(Named::Group),
            Some(22 | 23) => Some(Named::AgentQueue),
            Some(25 | 26) => Some(Named::EmailQueue),
            _ => None,
        }
    }

    /// How far an id of the second platform is from its own.
    fn shift(self) -> i64 {
        STEP + match self {
            Named::Call | Named::Agent | Named::Group => 0,
            Named::AgentQueue => STEP / 4,
            Named::EmailQueue => STEP / 2,
            Named::Service => STEP / 4 * 3,
        }
    }
}

/// What a member names, by the guide.
fn named(label: &str, members: &Map<String, Value>) -> Option<Named> {
    let device = |ty: &str| members.get(ty).map(Named::device);
    let stem = label.strip_suffix("-internal-id").or(label.strip_suffix("-id")).filter(|stem| *stem != "call");
    if let Some(named) = stem.and_then(|stem| device(&format!("{stem}-type"))) {
        return named;
    }
    let is_email = || {
        let says = |key: &str, text: &str| members.get(key).is_some_and(|value| value == text);
        says("filter", "email agent queue") || says("sub-topic", "email-agent-queue-update")
    };
    match label {
        "call-id" | "secondary-call-id" | "resultant-call-id" => Some(Named::Call),
        "agent-id" => Some(Named::Agent),
        "group-id" | "current-group-id" => Some(Named::Group),
        "agent-queue-id" | "agent-queues" if is_email() => Some(Named::EmailQueue),
        "agent-queue-id" | "agent-queues" => Some(Named::AgentQueue),
        "email-agent-queue-id" | "email-agent-queues" => Some(Named::EmailQueue),
        // Of a group or a device: `type` beside it.
        "id" => device("type").flatten(),
        "value" => match members.get("id").and_then(Value::as_i64) {
            Some(19) => Some(Named::Agent),
            Some(38) => Some(Named::Group),
            Some(43) => Some(Named::AgentQueue),
            _ => None,
        },
        _ => None,
    }
}

/// Replaces the ids in a message. Records of queues are listed as what the list is of.
fn renamed(value: &Value, listed: Option<Named>, other: &mut dyn FnMut(Named, i64) -> i64) -> Value {
    match value {
        Value::Object(members) => {
            let mut into = Map::new();
            for (label, value) in members {
                let is_queue = label.ends_with("agent-queue-id");
                let what = if is_queue && listed.is_some() { listed } else { named(label, members) };
                let value = match (what, value) {
                    (Some(named), Value::Number(_) | Value::String(_)) => {
                        let text = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
                        let number = text.parse().map(|number| other(named, number));
                        match number {
                            Ok(number) if value.is_string() => number.to_string().into(),
                            Ok(number) => number.into(),
                            Err(_) => value.clone(),
                        }
                    }
                    (what, value) => renamed(value, what, other),
                };
                into.insert(label.clone(), value);
            }
            into.into()
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, listed, other)).collect(),
        value => value.clone(),
    }
}

fn is_number(label: &str) -> bool {
    matches!(label, "group-id" | "agent-queue-id" | "email-agent-queue-id" | "agent-id" | "value")
}

/// All messages of one side, in several variants, each record with a member that no vocabulary knows.
fn messages(vocabulary: &Vocabulary, side: Side) -> Vec<Value> {
    let mut filler = Filler { vocabulary, is_number, last: FIRST, variant: 0 };
    let mut messages = Vec::new();
    for variant in 0..VARIANTS {
        filler.variant = variant;
        for (kind, def) in vocabulary.kinds().filter(|(_, def)| def.side == side && !def.session) {
            let mut message = Value::Object(filler.fields(kind));
            message["message"] = def.wire_names[0].1.as_str().into();
            if let Some((_, name)) = def.wire_names.get(1) {
                message["sub-request-type"] = name.as_str().into();
            }
            message["version"] = 1.into();
            message["topic"] = "contact-center".into();
            message.as_object_mut().unwrap().remove("sequence");
            complete(&mut message, &mut filler.last);
            messages.push(message);
        }
    }
    messages
}

/// Call profiles get the entries that are ids and some that are not; all records get something unknown.
fn complete(value: &mut Value, last: &mut i64) {
    match value {
        Value::Object(members) => {
            if let Some(profile) = members.get_mut("call-profile") {
                let entry = |id: i64| {
                    *last += 1;
                    json!({ "id": id, "value": last.to_string() })
                };
                *profile = [1, 2, 3, 19, 37, 38, 42, 43, 101, 1001].into_iter().map(entry).collect();
            }
            members.values_mut().for_each(|member| complete(member, last));
            *last += 1;
            members.insert("of-later".into(), json!({ "number": *last, "agent-id": 1.50, "list": [null, true] }));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| complete(item, last)),
        _ => {}
    }
}

struct House {
    bridge: VirtualBridge,
    /// The ids that the application was told, by platform.
    calls: HashMap<(usize, i64), i64>,
}

impl House {
    fn new(platforms: usize) -> House {
        let dialects = vec!["event-feed"; platforms];
        let mut bridge = VirtualBridge::new(&dialects, &["event-feed"]);
        bridge.open(0, "wall");
        (0..platforms).for_each(|platform| bridge.connect(platform));
        let vocabulary = vocabulary();
        let types = vocabulary.enumeration("subscription-type").unwrap();
        for member in &vocabulary.enums[types].members {
            let subscribe = json!([["ecc", member.name, ["*"]]]);
            bridge.ask("wall", &json!({ "message": "subscribe-events", "subscribe": subscribe }));
        }
        bridge.told();
        House { bridge, calls: HashMap::new() }
    }

    fn heard(&mut self) -> Vec<Value> {
        let heard = |told| match told {
            Told::Session { message, .. } => Some(serde_json::from_str(&message).unwrap()),
            Told::Platform { .. } | Told::Over { .. } => None,
        };
        self.bridge.told().into_iter().filter_map(heard).collect()
    }

    /// The same message as the application must get it.
    fn expected(&mut self, platform: usize, message: &Value, told: &Value) -> Value {
        let mut given = Vec::new();
        renamed(told, None, &mut |named, id| {
            given.extend((named == Named::Call).then_some(id));
            id
        });
        let mut given = given.into_iter();
        let calls = &mut self.calls;
        renamed(message, None, &mut |named, id| match named {
            Named::Call => {
                let told = given.next().unwrap_or_default();
                *calls.entry((platform, id)).or_insert(if platform == 0 { id } else { told })
            }
            _ if platform == 0 => id,
            named => id + named.shift(),
        })
    }

    #[track_caller]
    fn passes(&mut self, platform: usize, message: &Value) {
        self.bridge.say(platform, &message.to_string());
        let mut heard = self.heard();
        assert_eq!(heard.len(), 1, "{message}\n{heard:?}");
        let mut told = heard.remove(0);
        told.as_object_mut().unwrap().remove("sequence");
        let expected = self.expected(platform, message, &told);
        same(&message["message"], &told, &expected);
    }
}

#[track_caller]
fn same(label: &Value, told: &Value, expected: &Value) {
    for (field, wanted) in expected.as_object().unwrap() {
        assert_eq!(&told[field], wanted, "{label} {field}");
    }
    assert_eq!(told, expected, "{label}");
}

fn vocabulary() -> &'static Vocabulary {
    &mappings().dialects["event-feed"].from.as_ref().unwrap().vocabulary
}

#[test]
fn every_field_of_every_message_arrives_from_the_first_and_the_second_feed() {
    for platforms in [1, 2] {
        let mut house = House::new(platforms);
        for message in messages(vocabulary(), Side::Event) {
            for platform in (0..platforms).rev() {
                house.passes(platform, &message);
            }
        }
        let mut told: Vec<i64> = house.calls.values().copied().collect();
        let all = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), all, "each call of either platform has a number of its own");
    }
}

#[test]
fn every_command_arrives_whole_and_ends_once_with_the_platforms_own_reply() {
    let mut house = House::new(2);
    let is_command = |message: &Value| message["message"] == "command";
    for command in messages(vocabulary(), Side::Request).into_iter().filter(is_command) {
        for platform in [1, 0] {
            let mut before = Vec::new();
            renamed(&command, None, &mut |named, id| {
                let own = json!({ "version": 1, "topic": "contact-center", "sub-topic": "", "cause": 0,
                    "timestamp": "2026-11-20 10:00:00" });
                before.extend(match named {
                    Named::Agent => Some(json!({ "message": "agent-login", "agent-id": id, "agent-number": id })),
                    Named::Call => {
                        Some(json!({ "message": "initiated", "call-id": id, "device-id": 0, "device-type": 5 }))
                    }
                    Named::Group | Named::AgentQueue | Named::EmailQueue | Named::Service => None,
                });
                if let Some(before) = before.last_mut() {
                    let fields = own.as_object().unwrap().clone();
                    before.as_object_mut().unwrap().extend(fields);
                }
                id
            });
            before.iter().for_each(|message| house.passes(platform, message));
            let calls = &house.calls;
            let mut asked = renamed(&command, None, &mut |named, id| match named {
                Named::Call => calls[&(platform, id)],
                _ if platform == 0 => id,
                named => id + named.shift(),
            });
            asked["request-id"] = 4242.into();
            house.bridge.ask("wall", &asked);
            let told = house.bridge.told();
            let [Told::Platform { platform: to, order }] = &told[..] else { panic!("{asked}\n{told:?}") };
            assert_eq!(*to, platform, "{asked}");
            let mut expected = command.clone();
            expected["request-id"] = order["request-id"].clone();
            same(&command["sub-request-type"], order, &expected);
            let reply = json!({ "version": 1, "topic": "contact-center", "message": "command",
                "request-id": order["request-id"], "command": command["sub-request-type"], "result": -7,
                "error-msg": "not today", "of-later": [1.50] });
            house.bridge.say(platform, &reply.to_string());
            let mut expected = reply.clone();
            expected["request-id"] = 4242.into();
            let mut heard = house.heard();
            assert_eq!(heard.len(), 1, "{heard:?}");
            heard[0].as_object_mut().unwrap().remove("sequence");
            same(&command["sub-request-type"], &heard[0], &expected);
            house.bridge.pass_until(Time(house.bridge.now.0 + 1000));
            assert_eq!(house.heard(), [Value::Null; 0]);
        }
    }
}
