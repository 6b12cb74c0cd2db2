//! What several tests share: feed messages in short, and events in short.
#![allow(dead_code)]

use serde_json::{Map, Value, json};

/// The moment of a message, in seconds after the start of the story.
pub fn at(seconds: u64) -> String {
    format!("2026-11-20 10:{:02}:{:02}", seconds / 60, seconds % 60)
}

/// A feed message about a call, with everything that its template has; `extra` overrides.
pub fn call(message: &str, number: i64, seconds: u64, extra: Value) -> Value {
    let guid = format!("guid-{number}");
    let mut fields = json!({
        "version": 1, "timestamp": at(seconds), "gmt": at(seconds), "topic": "contact-center", "message": message,
        "sub-topic": "", "call-id": number, "pbx-call-id": number + 5000, "guid": guid, "acd-call": true, "cause": 0,
        "call-table": [{
            "media": 1, "call-type": 1, "dnis": "800", "group": { "type": 4, "id": 9 },
            "call-profile": [
                { "id": 42, "value": guid }, { "id": 2, "value": "5551234" }, { "id": 101, "value": "gold" },
            ],
            "connections": [],
        }],
    });
    merge(&mut fields, extra);
    fields
}

/// A feed message about an agent.
pub fn agent(message: &str, id: i64, seconds: u64, extra: Value) -> Value {
    let mut fields = json!({
        "version": 1, "timestamp": at(seconds), "gmt": at(seconds), "topic": "contact-center", "message": message,
        "sub-topic": "", "agent-id": id, "cause": 0,
    });
    merge(&mut fields, extra);
    fields
}

pub fn merge(into: &mut Value, extra: Value) {
    let (Value::Object(into), Value::Object(extra)) = (into, extra) else { return };
    into.extend(extra);
}

/// The three fields of an agent's device.
pub fn agent_device(prefix: &str, id: i64) -> Value {
    device(prefix, id, 3, &format!("{}", id + 3000))
}

/// The three fields of a device outside.
pub fn outside(prefix: &str) -> Value {
    device(prefix, 0, 5, "5551234")
}

pub fn device(prefix: &str, id: i64, kind: i64, number: &str) -> Value {
    let mut fields = Map::new();
    fields.insert(format!("{prefix}-id"), id.into());
    fields.insert(format!("{prefix}-type"), kind.into());
    fields.insert(prefix.to_owned(), number.into());
    Value::Object(fields)
}

/// Objects as one.
pub fn all(parts: &[Value]) -> Value {
    let mut whole = json!({});
    for part in parts {
        merge(&mut whole, part.clone());
    }
    whole
}

/// An event in short: its type and what tells it from others.
pub fn short(event: &Value) -> String {
    let Some(ty) = event.get("EventType").and_then(Value::as_str) else {
        let name = event.get("sub-request-type").or(event.get("message")).and_then(Value::as_str).unwrap_or("?");
        return format!("> {name}");
    };
    let mut text = ty.to_owned();
    let ids = [
        "CallId",
        "ConsultingCallId",
        "ConsultedCallId",
        "ConsultationCallId",
        "TransferredCallId",
        "ConferenceCallId",
    ];
    for key in ids.iter().filter(|key| **key == "CallId" || !ty.starts_with("Agent")) {
        if let Some(id) = event.get(*key).and_then(Value::as_i64).filter(|id| *id != 0 && !ty.starts_with("Agent")) {
            text += &format!(" {id}");
        }
    }
    if let Some(agent) = event.get("AgentId").and_then(Value::as_i64).filter(|agent| *agent != 0) {
        text += &format!(" a{agent}");
    }
    for key in [
        "AgentState",
        "LoginState",
        "ClearingPartyType",
        "DestType",
        "FailureType",
        "RouteType",
        "RouteRejectReason",
        "ComponentState",
        "UpdateType",
    ] {
        if let Some(value) = event.get(key).and_then(Value::as_str) {
            text += &format!(" {value}");
        }
    }
    if let Some(request) = event.get("RequestId").and_then(Value::as_i64).filter(|id| *id != 0) {
        text += &format!(" #{request}");
    }
    text
}
