//! A vocabulary: everything that one dialect can say, and the plain look-ups in it.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{
    enumeration::Enum,
    field::{Field, Role, Type},
    fields::{Fields, Record},
    message_def::{MessageDef, Side},
    profile::Profile,
    wire_name::Guessing,
};
use crate::{diagnostic::Source, message::Kind, model::Media};

/// The form of a dialect's messages in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A flat JSON object with `name` fields that name the message.
    Json,
    /// A SOAP 1.1 document/literal operation or a data contract carried by one; as a line of text, JSON.
    Soap,
}

/// The vocabulary of one dialect.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// The file that it was read from.
    pub source: Arc<Source>,
    pub dialect: String,
    pub title: String,
    /// The guide that the facts are from.
    pub guide: String,
    pub form: Form,
    /// The parts of a call's name, the most authoritative first.
    pub call_names: Vec<String>,
    /// The media of which the dialect's applications are told unless their configuration says otherwise.
    pub media: Vec<Media>,
    pub enums: Vec<Enum>,
    pub records: Vec<Record>,
    pub messages: Vec<MessageDef>,
    pub profiles: Vec<Profile>,
    /// The headers of every request's envelope.
    pub headers: Headers,
    /// The one parameter of an operation, which has a request's fields as its members. Without one, the fields are parameters
    /// themselves. In JSON only the fields by which a request extends a record stand inside it.
    pub parameter: Option<String>,
    /// True if the case of names (of messages, fields and members) does not matter.
    pub(super) ignore_case: bool,
    /// The fields that name a message in JSON, and those that name a request.
    pub(super) name_fields: [Vec<String>; 2],
    /// The guess at the message of a text, for events and requests; none if guessing is not worth while.
    pub(super) guessing: [Option<Guessing>; 2],
    pub(super) by_name: HashMap<String, Kind>,
    pub(super) by_wire_name: HashMap<(bool, String), Vec<Kind>>,
    /// Messages that are recognised by a field that only they have.
    pub(super) by_key: HashMap<(bool, String), Kind>,
    /// Messages without a name, with the fields by which they are recognised. The flag is true for requests.
    pub(super) nameless: Vec<(bool, Vec<String>, Kind)>,
}

/// The SOAP headers of a dialect's requests, each an element of its own with a text.
#[derive(Debug, Default, Clone)]
pub struct Headers {
    pub chapter: String,
    pub namespace: String,
    pub fields: Vec<Field>,
}

impl Vocabulary {
    pub fn message(&self, kind: Kind) -> &MessageDef {
        &self.messages[kind.0 as usize]
    }

    pub fn find(&self, label: &str) -> Option<Kind> {
        self.by_name.get(label).copied()
    }

    pub fn kinds(&self) -> impl Iterator<Item = (Kind, &MessageDef)> {
        self.messages.iter().enumerate().map(|(place, def)| (Kind(place as u16), def))
    }

    pub fn labels(&self, side: Side) -> impl Iterator<Item = &str> {
        self.messages.iter().filter(move |def| def.side == side).map(|def| def.label.as_str())
    }

    /// The one parameter that has an operation's fields as its members, if there is one.
    pub fn parameter_of(&self, kind: Kind) -> Option<&str> {
        let def = self.message(kind);
        self.parameter.as_deref().filter(|_| self.form == Form::Soap && def.side == Side::Request && !def.bare)
    }

    /// The first field of a message that stands inside the request's parameter.
    pub(super) fn inside(&self, def: &MessageDef) -> Option<usize> {
        let nests = self.form == Form::Json && self.parameter.is_some() && def.side == Side::Request;
        def.base.filter(|_| nests).map(|(_, count)| count)
    }

    /// True if events name the request that caused them. Such events are then meant for the session that asked.
    pub fn events_name_requests(&self) -> bool {
        self.messages.iter().any(|def| def.side == Side::Event && def.role(Role::Request).is_some())
    }

    pub fn enumeration(&self, name: &str) -> Option<usize> {
        self.enums.iter().position(|e| e.name == name)
    }

    /// The fields of the record, or of the listed records, that a field of this label holds.
    pub fn members(&self, fields: &Fields, label: &str) -> Option<&Fields> {
        let place = fields.list[fields.slot(label)?].ty.record()?;
        Some(&self.records[place].fields)
    }

    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// The name of a type as a vocabulary file writes it.
    pub fn type_text(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "bool".into(),
            Type::Int => "int".into(),
            Type::Long => "long".into(),
            Type::Text => "text".into(),
            Type::Time => "time".into(),
            Type::Id => "id".into(),
            Type::Enum(place) => self.enums[*place].name.clone(),
            Type::Record(place) => self.records[*place].name.clone(),
            Type::List(item) => format!("[{}]", self.type_text(item)),
        }
    }
}
