//! Short constructors for feed messages, with all fields of the guide's templates, and short texts of CTIPS events.

use serde_json::{Map, Value, json};

/// The timestamp of a message, for a number of seconds after the start of a story.
pub fn at(seconds: u64) -> String {
    format!("2026-11-20 10:{:02}:{:02}", seconds / 60, seconds % 60)
}

fn event(message: &str, seconds: u64) -> Value {
    json!({
        "version": 1, "timestamp": at(seconds), "topic": "contact-center", "message": message, "sub-topic": "",
    })
}

/// A message about a call. Fields in `extra` override its own.
pub fn call(message: &str, number: i64, seconds: u64, extra: Value) -> Value {
    let guid = format!("guid-{number}");
    let own = json!({
        "gmt": at(seconds), "call-id": number, "pbx-call-id": number + 5000, "guid": guid, "acd-call": true, "cause": 0,
        "call-table": [{
            "media": 1, "call-type": 1, "dnis": "800", "group": { "type": 4, "id": 9 },
            "call-profile": [
                { "id": 42, "value": guid }, { "id": 2, "value": "5551234" }, { "id": 101, "value": "gold" },
            ],
            "connections": [],
        }],
    });
    all(&[event(message, seconds), own, extra])
}

/// A message about an agent. Fields in `extra` override its own.
pub fn agent(message: &str, id: i64, seconds: u64, extra: Value) -> Value {
    all(&[event(message, seconds), json!({ "gmt": at(seconds), "agent-id": id, "cause": 0 }), extra])
}

/// A message about neither a call nor an agent.
pub fn other(message: &str, seconds: u64, extra: Value) -> Value {
    all(&[event(message, seconds), extra])
}

/// The answer to a command.
pub fn reply(id: i64, result: i64, error: Option<&str>) -> Value {
    let mut reply = json!({ "version": 1, "topic": "contact-center", "message": "command", "request-id": id, "command": "", "result": result });
    if let Some(error) = error {
        reply["error-msg"] = error.into();
    }
    reply
}

/// Merges objects. Fields of later ones override.
pub fn all(parts: &[Value]) -> Value {
    let fields = parts.iter().filter_map(Value::as_object).flatten();
    Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The three fields of a device.
pub fn device(prefix: &str, id: i64, kind: i64, number: &str) -> Value {
    let mut fields = Map::new();
    fields.insert(format!("{prefix}-id"), id.into());
    fields.insert(format!("{prefix}-type"), kind.into());
    fields.insert(prefix.to_owned(), number.into());
    Value::Object(fields)
}

/// An agent's device: agent 1001 sits at station 4001.
pub fn agent_device(prefix: &str, id: i64) -> Value {
    device(prefix, id, 3, &(id + 3000).to_string())
}

/// The caller's device.
pub fn outside(prefix: &str) -> Value {
    device(prefix, 0, 5, "5551234")
}

/// The log-on of an agent, with number and station.
pub fn login(id: i64, seconds: u64) -> Value {
    let station = (id + 3000).to_string();
    let fields =
        json!({ "agent-number": (id - 924).to_string(), "agent-ext": station, "groups": [{ "type": 4, "id": 9 }] });
    agent("agent-login", id, seconds, fields)
}

/// A CTIPS event or a command as a short text: its name and its distinctive values.
pub fn short(event: &Value) -> String {
    let Some(ty) = event.get("EventType").and_then(Value::as_str) else {
        let name = event.get("sub-request-type").or(event.get("message")).and_then(Value::as_str).unwrap_or("?");
        return format!("> {name}");
    };
    let number = |key: &str| event.get(key).and_then(Value::as_i64).filter(|number| *number != 0);
    let mut text = ty.to_owned();
    let calls = [
        "CallId",
        "ConsultingCallId",
        "ConsultedCallId",
        "ConsultationCallId",
        "TransferredCallId",
        "ConferenceCallId",
    ];
    for id in calls.iter().filter(|_| !ty.starts_with("Agent")).filter_map(|key| number(key)) {
        text += &format!(" {id}");
    }
    if let Some(agent) = number("AgentId") {
        text += &format!(" a{agent}");
    }
    let words = [
        "AgentState",
        "LoginState",
        "ClearingPartyType",
        "DestType",
        "FailureType",
        "RouteType",
        "RouteRejectReason",
        "ComponentState",
        "UpdateType",
    ];
    for word in words.iter().filter_map(|key| event.get(*key).and_then(Value::as_str)) {
        text += &format!(" {word}");
    }
    if let Some(request) = number("RequestId") {
        text += &format!(" #{request}");
    }
    text
}
