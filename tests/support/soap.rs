//! One side's wire in a SOAP dialect, in one of its profiles: messages as JSON, in the vocabulary's words, from and to the
//! bytes that a program of that profile writes and reads.

use std::sync::Arc;

use cti_bridge::{
    message::{Kind, Message},
    vocabulary::{EventTemplate, MessageDef, ObjectTemplate, Profile, Vocabulary, Wanted},
    wire::{soap, xml::Element},
};
use serde_json::{Map, Value};

use super::mappings;

#[derive(Clone)]
pub struct Wire {
    /// The dialect's words.
    pub vocabulary: Arc<Vocabulary>,
    /// The same with the names that the profile has for them.
    reading: Arc<Vocabulary>,
    pub profile: Profile,
}

impl Wire {
    /// A profile of a dialect; its first one if none is named.
    pub fn new(dialect: &str, profile: Option<&str>) -> Wire {
        let vocabulary = mappings().dialects[dialect].from.as_ref().unwrap().vocabulary.clone();
        let profile = profile.map_or(&vocabulary.profiles[0], |name| vocabulary.profile(name).unwrap()).clone();
        let reading = Arc::new(vocabulary.reading(&profile));
        Wire { vocabulary, reading, profile }
    }

    fn message(&self, asks: bool, text: &str) -> Message {
        let mut message = Message::default();
        let read = self.vocabulary.read_json(text, asks, &Wanted::new(), &mut message);
        read.unwrap_or_else(|error| panic!("{error:?}: {text}"));
        message
    }

    fn json(&self, message: &Message) -> Value {
        let mut text = Vec::new();
        self.vocabulary.write_json(message, &mut text);
        serde_json::from_slice(&text).unwrap()
    }

    /// The body that publishes an event.
    pub fn event(&self, event: &str) -> Vec<u8> {
        let message = self.message(false, event);
        let publish = self.vocabulary.find("PublishCTIEvent").unwrap();
        let template = EventTemplate::new(&self.vocabulary, &self.profile, publish, message.kind().unwrap());
        let mut body = Vec::new();
        template.write(&self.vocabulary, &message, &mut body);
        body
    }

    /// The body of an operation that is asked for.
    pub fn request(&self, request: &str) -> Vec<u8> {
        let message = self.message(true, request);
        let template = ObjectTemplate::operation(&self.vocabulary, &self.profile, message.kind().unwrap());
        let mut body = Vec::new();
        template.write(&self.vocabulary, &message, &mut body);
        body
    }

    /// The event that a body publishes; none if it calls something else.
    pub fn read_event(&self, body: &[u8]) -> Option<Value> {
        let envelope = soap::parse(body, None).unwrap();
        let event = envelope.body.children.first()?;
        let class = event.attribute("type")?.rsplit(':').next()?;
        let name = |(kind, _): &(Kind, &MessageDef)| self.profile.message_name(&self.vocabulary, *kind) == class;
        let (kind, _) = self.vocabulary.kinds().find(name)?;
        let mut message = Message::default();
        self.reading.read_event(kind, event, &mut message).unwrap();
        let mut told = Map::new();
        told.insert("EventType".into(), self.vocabulary.message(kind).label.as_str().into());
        told.extend(self.json(&message).as_object().unwrap().clone());
        Some(told.into())
    }

    /// The operation that a body asks for, by its label, and its fields.
    pub fn read_request(&self, body: &[u8]) -> (String, Value) {
        let operation = soap::parse(body, None).unwrap().body;
        let kind = self.reading.operation(&operation.name).unwrap_or_else(|| panic!("{}", operation.name));
        let mut message = Message::default();
        self.reading.read_xml(kind, &operation, &mut message).unwrap();
        let label = self.vocabulary.message(kind).label.clone();
        let Value::Object(mut one) = self.json(&message) else { panic!("{label}") };
        (label.clone(), one.remove(&label).expect("its fields"))
    }

    /// The body of the answer to an operation, with the content of its result.
    pub fn answer(&self, label: &str, result: &str) -> Vec<u8> {
        let name = self.profile.message_name(&self.vocabulary, self.vocabulary.find(label).unwrap());
        let text = format!("<{name}Response><{name}Result>{result}</{name}Result></{name}Response>");
        format!("{}{text}{}", soap::OPEN, soap::CLOSE).into_bytes()
    }

    /// Whether a message of this profile has no such member.
    pub fn omits(&self, label: &str, field: &str) -> bool {
        let kind = self.vocabulary.find(label).unwrap();
        self.vocabulary.message(kind).fields.slot(field).is_some_and(|slot| self.profile.is_omitted(kind, slot))
    }
}

/// The texts of all elements that have one, in order.
pub fn texts(body: &[u8]) -> Vec<String> {
    fn add(element: &Element, texts: &mut Vec<String>) {
        if element.children.is_empty() && !element.text.trim().is_empty() {
            texts.push(element.text.clone());
        }
        element.children.iter().for_each(|child| add(child, texts));
    }
    let mut texts = Vec::new();
    add(&soap::parse(body, None).unwrap().body, &mut texts);
    texts
}
