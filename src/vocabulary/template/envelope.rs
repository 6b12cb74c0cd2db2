//! Whole envelopes: events, operations and answers, each compiled once and written often.

use super::{
    compile::{Compiler, INSTANCE},
    members::Members,
};
use crate::{
    message::{Kind, Message, Node},
    vocabulary::{
        definition::Vocabulary,
        field::Field,
        hand::Hand,
        message_def::Side,
        profile::{Namespaces, Profile},
    },
    wire::{
        soap::{self, Blame},
        xml::escape,
    },
};

/// The template of one sort of event. Everything that is the same in every message is text already.
#[derive(Debug)]
pub struct EventTemplate(Members);

impl EventTemplate {
    /// The template of an event, inside the operation that publishes it.
    pub fn new(vocabulary: &Vocabulary, profile: &Profile, publish: Kind, event: Kind) -> EventTemplate {
        let operation = profile.message_name(vocabulary, publish);
        let parameter = profile.label(vocabulary, publish, 0);
        let class = profile.message_name(vocabulary, event);
        let Namespaces { callback, data, .. } = &profile.namespaces;
        let open = format!(
            "{}<{operation} xmlns=\"{callback}\"><{parameter} xmlns:d4p1=\"{data}\" xmlns:i=\"{INSTANCE}\" \
             i:type=\"d4p1:{class}\">",
            soap::OPEN
        );
        let members = Compiler { vocabulary, profile, hand: &Hand::NET }.message_members(event);
        let close = format!("</{parameter}></{operation}>{}", soap::CLOSE);
        EventTemplate(Members::between(&open, members, &close).in_namespace(data))
    }

    /// Writes the whole envelope. Returns the number of list items that did not fit and were left out.
    pub fn write(&self, vocabulary: &Vocabulary, message: &Message, out: &mut Vec<u8>) -> usize {
        self.0.write(vocabulary, message, Node::Absent, out)
    }
}

/// The template of an operation, or of the answer to one.
#[derive(Debug)]
pub struct ObjectTemplate {
    /// The beginning of the envelope.
    open: String,
    /// The tags around the value of each header.
    headers: Vec<(String, String)>,
    /// The envelope's body, and its end.
    body: Members,
}

impl ObjectTemplate {
    /// An operation. Its fields are members of its one parameter if the vocabulary has one, else parameters themselves.
    pub fn operation(vocabulary: &Vocabulary, profile: &Profile, kind: Kind) -> ObjectTemplate {
        let def = vocabulary.message(kind);
        let operation = profile.message_name(vocabulary, kind);
        let (namespace, _) = profile.contract_of(def.side);
        let hand = if def.side == Side::Request { profile.hand } else { &Hand::NET };
        let compiler = Compiler { vocabulary, profile, hand };
        let data = &profile.namespaces.data;
        let usual = vocabulary.parameter_of(kind);
        let parameter = usual.map(|usual| profile.overlay.parameters.get(&kind).map_or(usual, String::as_str));
        let (members, around) = match parameter {
            // The content of the parameter is a data contract.
            Some(parameter) => {
                let attributes = compiler.data_attributes(data);
                let members = compiler.message_members(kind);
                (members, (format!("<{parameter}{attributes}>"), format!("</{parameter}>")))
            }
            // Parameters stand in the contract's order and namespace.
            None => (compiler.parameters(kind), Default::default()),
        };
        let (end, close) = match members.is_empty() && parameter.is_none() {
            true => (hand.empty, soap::CLOSE.to_owned()),
            false => (">", format!("{}</{operation}>{}", around.1, soap::CLOSE)),
        };
        let instance = hand.instance_above && parameter.is_some();
        let open = format!("{}<{operation} xmlns=\"{namespace}\"{end}{}", soap::BODY, around.0);
        let header = |(place, field): (usize, &Field)| {
            let usual = || (&vocabulary.headers.namespace, &field.label);
            let of_wsdl = profile.overlay.headers.get(&place).map(|(namespace, label)| (namespace, label));
            let (namespace, label) = of_wsdl.unwrap_or_else(usual);
            (format!("<{label} xmlns=\"{namespace}\">"), format!("</{label}>"))
        };
        let headers = if def.side == Side::Request { &vocabulary.headers.fields[..] } else { &[] };
        ObjectTemplate {
            open: soap::envelope(instance.then_some(("i", INSTANCE))),
            headers: headers.iter().enumerate().map(header).collect(),
            body: match parameter {
                Some(_) => Members::between(&open, members, &close).in_namespace(data),
                None => Members::between(&open, members, &close),
            },
        }
    }

    /// The answer to an operation, as the reply that the vocabulary has for it.
    pub fn reply(vocabulary: &Vocabulary, profile: &Profile, request: Kind) -> Option<ObjectTemplate> {
        let kind = vocabulary.message(request).reply?;
        let def = vocabulary.message(kind);
        let operation = profile.message_name(vocabulary, request);
        let (namespace, _) = profile.contract_of(Side::Reply);
        let compiler = Compiler { vocabulary, profile, hand: &Hand::NET };
        let result = format!("{operation}Result");
        let open = format!("{}<{operation}Response xmlns=\"{namespace}\">", soap::BODY);
        let close = format!("</{operation}Response>{}", soap::CLOSE);
        let body = if def.bare {
            let value = def.fields.list.first().map(|field| compiler.member(field, 0, &result, "", None, false));
            Members::between(&open, value.into_iter().collect(), &close)
        } else {
            let attributes = compiler.data_attributes(&profile.namespaces.data);
            let members = compiler.message_members(kind);
            let (open, close) = (format!("{open}<{result}{attributes}>"), format!("</{result}>{close}"));
            Members::between(&open, members, &close).in_namespace(&profile.namespaces.data)
        };
        Some(ObjectTemplate { open: soap::envelope(None), headers: Vec::new(), body })
    }

    pub fn write(&self, vocabulary: &Vocabulary, message: &Message, out: &mut Vec<u8>) {
        self.write_with(&[], vocabulary, message, out);
    }

    /// Writes the envelope with the values of its headers, in the order of the vocabulary.
    pub fn write_with(&self, headers: &[&str], vocabulary: &Vocabulary, message: &Message, out: &mut Vec<u8>) {
        out.extend_from_slice(self.open.as_bytes());
        if !headers.is_empty() {
            out.extend_from_slice(b"<s:Header>");
            for ((open, close), value) in self.headers.iter().zip(headers) {
                out.extend_from_slice(open.as_bytes());
                escape(value, out);
                out.extend_from_slice(close.as_bytes());
            }
            out.extend_from_slice(b"</s:Header>");
        }
        self.body.write(vocabulary, message, Node::Absent, out);
    }
}

/// The answer to an operation.
pub fn response(vocabulary: &Vocabulary, profile: &Profile, kind: Kind, values: &[(&str, &str)]) -> Vec<u8> {
    let operation = profile.message_name(vocabulary, kind);
    let (namespace, _) = profile.contract_of(vocabulary.message(kind).side);
    let data = &profile.namespaces.data;
    let mut out = format!("{}<{operation}Response xmlns=\"{namespace}\">", soap::OPEN).into_bytes();
    match values {
        [("", value)] => out.extend_from_slice(format!("<{operation}Result>{value}</{operation}Result>").as_bytes()),
        members => {
            out.extend_from_slice(
                format!("<{operation}Result xmlns:d4p1=\"{data}\" xmlns:i=\"{INSTANCE}\">").as_bytes(),
            );
            for (label, value) in members {
                out.extend_from_slice(format!("<d4p1:{label}>").as_bytes());
                escape(value, &mut out);
                out.extend_from_slice(format!("</d4p1:{label}>").as_bytes());
            }
            out.extend_from_slice(format!("</{operation}Result>").as_bytes());
        }
    }
    out.extend_from_slice(format!("</{operation}Response>{}", soap::CLOSE).as_bytes());
    out
}

/// The answer that refuses an operation by one of the vocabulary's faults.
pub fn fault(vocabulary: &Vocabulary, profile: &Profile, kind: Kind, blame: Blame, reason: &str) -> Vec<u8> {
    soap::fault(blame, reason, Some((vocabulary.message(kind).wire_name(), &profile.namespaces.data)))
}
