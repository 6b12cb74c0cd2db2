//! A call as a span of OpenTelemetry, and its form on the wire: OTLP in JSON. It owns the ids of traces and spans, which are
//! derived, so that whoever knows a call can find its trace.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::port;

/// The most events of one span; further ones are counted.
pub const MOST_EVENTS: usize = 500;
/// The longest text of an attribute, in bytes.
const LONGEST: usize = 1024;

/// The ids by which a call is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// 32 digits: of the guid, so that the same call has one trace on all platforms; else of platform, id and start.
    pub trace: String,
    /// 16 digits.
    pub span: String,
}

impl Ids {
    pub fn of(platform: &str, call: &str, guid: Option<&str>, start: u64) -> Ids {
        let start = start.to_string();
        let own = digest(&[platform, call, &start]);
        let guid = guid.map(|guid| guid.trim_matches(['{', '}']).to_lowercase());
        let of_trace = guid.map_or_else(|| own.clone(), |guid| digest(&[&guid]));
        Ids { trace: of_trace[..32].to_owned(), span: own[32..48].to_owned() }
    }
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ok,
    /// With the reason.
    Error(&'static str),
}

#[derive(Debug)]
pub struct Event {
    /// In milliseconds since 1970.
    pub at: u64,
    pub name: &'static str,
    pub attributes: Vec<Value>,
}

impl Event {
    /// A part of a story, of a platform or an application.
    pub fn of(at: u64, (side, name): (&str, &str), notice: &port::Notice) -> Event {
        let mut attributes = vec![attribute(side, &json!({ "stringValue": name }))];
        notice.each(|field, value| {
            let value = match value {
                port::Value::Text(text) => json!({ "stringValue": cut(text) }),
                port::Value::Word(word) => json!({ "stringValue": word }),
                port::Value::Number(number) => json!({ "intValue": number.to_string() }),
                port::Value::Seconds(seconds) => json!({ "doubleValue": seconds }),
                port::Value::Flag(flag) => json!({ "boolValue": flag }),
            };
            attributes.push(attribute(field, &value));
        });
        Event { at, name: notice.kind().name(), attributes }
    }

    fn json(&self) -> Value {
        json!({ "timeUnixNano": nanos(self.at), "name": self.name, "attributes": self.attributes })
    }
}

/// A call that is over.
#[derive(Debug)]
pub struct Span {
    pub ids: Ids,
    pub platform: String,
    pub call: String,
    pub guid: Option<String>,
    pub agents: Vec<String>,
    /// In milliseconds since 1970.
    pub start: u64,
    pub end: u64,
    pub events: Vec<Event>,
    pub dropped_events: u32,
    /// Calls that it was joined with.
    pub links: Vec<Ids>,
    pub status: Status,
}

impl Span {
    pub fn json(&self) -> Value {
        let mut attributes = vec![text("platform", &self.platform), text("call", &self.call)];
        attributes.extend(self.guid.as_deref().map(|guid| text("guid", guid)));
        let agents: Vec<Value> = self.agents.iter().map(|agent| json!({ "stringValue": cut(agent) })).collect();
        attributes.push(attribute("agents", &json!({ "arrayValue": { "values": agents } })));
        let links = self.links.iter().map(|ids| json!({ "traceId": ids.trace, "spanId": ids.span }));
        let status = match self.status {
            Status::Ok => json!({ "code": 1 }),
            Status::Error(reason) => json!({ "code": 2, "message": reason }),
        };
        json!({
            "traceId": self.ids.trace,
            "spanId": self.ids.span,
            "name": "call",
            "kind": 1,
            "startTimeUnixNano": nanos(self.start),
            "endTimeUnixNano": nanos(self.end),
            "attributes": attributes,
            "events": self.events.iter().map(Event::json).collect::<Vec<Value>>(),
            "droppedEventsCount": self.dropped_events,
            "links": links.collect::<Vec<Value>>(),
            "status": status,
        })
    }
}

/// What exports spans: the service, and what else the configuration says about it.
pub fn resource(service: &str, attributes: &[(String, String)]) -> Value {
    let own = [("service.name", service), ("service.version", env!("CARGO_PKG_VERSION"))];
    let is_given = |key: &str| attributes.iter().any(|(name, _)| name == key);
    let own = own.into_iter().filter(|(key, _)| !is_given(key));
    let all = own.chain(attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let all = all.map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } }));
    json!({ "attributes": all.collect::<Vec<Value>>() })
}

/// The body of a request with these spans.
pub fn request(resource: &Value, spans: &[Span]) -> Value {
    let scope = json!({ "name": "cti-bridge", "version": env!("CARGO_PKG_VERSION") });
    let spans: Vec<Value> = spans.iter().map(Span::json).collect();
    json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "scope": scope, "spans": spans }] }] })
}

/// All names of attributes begin alike, so that they are nobody else's.
fn attribute(name: &str, value: &Value) -> Value {
    let mut attribute = Map::new();
    attribute.insert("key".to_owned(), format!("cti.{name}").into());
    attribute.insert("value".to_owned(), value.clone());
    Value::Object(attribute)
}

fn text(name: &str, value: &str) -> Value {
    attribute(name, &json!({ "stringValue": cut(value) }))
}

fn cut(text: &str) -> &str {
    if text.len() <= LONGEST { text } else { &text[..text.floor_char_boundary(LONGEST)] }
}

fn nanos(millis: u64) -> String {
    format!("{millis}000000")
}
