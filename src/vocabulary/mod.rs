//! What a dialect can say: its messages, fields, types and enumerations, loaded from `mappings/dialects/<dialect>.toml`.
//! Reading and writing messages, schemas and the reference tables all come from here, so that they cannot disagree. What
//! the words mean is not its business: that is `mapping`'s and `model`'s.

mod compound;
mod fit;
mod json;
mod limits;
mod load;
mod names;
mod overlay;
mod profile;
mod schema;
mod strays;
mod template;
pub mod wsdl;
mod xml;

use std::{
    ops::Range,
    sync::{Arc, atomic::AtomicU64},
};

use hashbrown::HashMap;

pub use json::{Decoded, JsonError, Keep, Kept, Wanted};
pub use load::load;
pub use overlay::{MemberForm, Overlay, Owner};
pub use profile::{Namespaces, Profile};
pub use schema::{Contract, SchemaWriter, Schemas};
pub use template::{EventTemplate, ObjectTemplate, fault, response};
pub use xml::{NoReply, WrongMember};

use crate::{
    message::{Kind, Message, Node},
    model::Media,
};

/// How a dialect's messages stand in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A flat JSON object whose `name` fields say which message it is.
    Json,
    /// A SOAP 1.1 document/literal operation or a data contract carried by one; as a line of text, JSON.
    Soap,
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Application → platform.
    Request,
    /// The platform's answer to a request, outside the stream of events.
    Reply,
    /// Platform → application.
    Event,
    /// A call of the platform into the application that is no event: session start, heartbeat.
    Callback,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    pub dialect: String,
    pub title: String,
    /// The guide that every fact is from.
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
    /// What every request carries in its envelope's header.
    pub headers: Headers,
    /// The one parameter whose members a request's fields are; where there is none they are parameters themselves. In JSON
    /// only the fields that a request extends a record by stand in it.
    pub parameter: Option<String>,
    /// Whether names of messages, fields and members are the same in any case.
    ignore_case: bool,
    /// The fields that name a message, and those that name a request.
    name_fields: [Vec<String>; 2],
    /// How a text is guessed, for vocabularies of which that is worth it.
    guessing: [Option<names::Guessing>; 2],
    by_name: HashMap<String, Kind>,
    by_wire_name: HashMap<(bool, String), Vec<Kind>>,
    /// Messages that are known by a field that only they have.
    by_key: HashMap<(bool, String), Kind>,
    /// Messages of the side that asks, or of the other, that do not say their name, with the fields that show them.
    nameless: Vec<(bool, Vec<String>, Kind)>,
}

/// The SOAP headers of a dialect's requests, each an element of its own with a text.
#[derive(Debug, Default, Clone)]
pub struct Headers {
    pub chapter: String,
    pub namespace: String,
    pub fields: Vec<Field>,
}

/// An enumeration. Inside the bridge its values are the members' codes; what is unknown stays as it came.
#[derive(Debug, Clone)]
pub struct Enum {
    pub name: String,
    pub chapter: String,
    /// Whether members travel as their names; else as their codes.
    pub by_name: bool,
    pub members: Vec<Member>,
    by_text: HashMap<String, i64>,
}

#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    /// What it is called on the wire where that is another name.
    pub wire: Option<String>,
    pub code: i64,
    /// For types of device: what it is in the model.
    pub device: Option<crate::model::DeviceKind>,
}

impl Enum {
    pub fn code(&self, name: &str) -> Option<i64> {
        self.by_text.get(name).copied()
    }

    /// The code of a member by its name, its name on the wire or an alias, in any case.
    pub fn code_in_any_case(&self, text: &str) -> Option<i64> {
        let same = || self.by_text.iter().find(|(known, _)| known.eq_ignore_ascii_case(text));
        self.code(text).or_else(|| same().map(|(_, code)| *code))
    }

    pub fn member(&self, code: i64) -> Option<&Member> {
        by_code(&self.members, code, |member| member.code)
    }
}

/// What has a code. Most enumerations number their members from 0: there is looked first.
#[inline]
pub fn by_code<T>(list: &[T], code: i64, code_of: impl Fn(&T) -> i64) -> Option<&T> {
    let has_it = |one: &&T| code_of(one) == code;
    let at_place = usize::try_from(code).ok().and_then(|place| list.get(place));
    at_place.filter(has_it).or_else(|| list.iter().find(has_it))
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Bool,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    Long,
    Text,
    /// A date and time, in the form that the dialect writes.
    Time,
    /// A number or a text.
    Id,
    Enum(usize),
    Record(usize),
    List(Box<Type>),
}

impl Type {
    /// The record that a value of this type is, or that it lists.
    pub fn record(&self) -> Option<usize> {
        match self {
            Type::Record(place) => Some(*place),
            Type::List(item) => item.record(),
            _ => None,
        }
    }
}

/// The value of a field that nobody sets.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Nothing: left out of JSON, nil in XML.
    Absent,
    Int(i64),
    Text(String),
    Bool(bool),
    EmptyList,
}

/// What a field is about, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A name of a call; the number is the place in [`Vocabulary::call_names`].
    Call(Which, u8),
    Agent(AgentPart),
    Service,
    Request,
    Session,
    Tenant,
    Platform,
    Sequence,
    /// The time of the event, by the platform's own clock.
    Time,
    /// The same in UTC.
    Utc,
}

/// Which of an event's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    Call,
    /// The other call of two that join.
    Second,
    /// The call that results where two join.
    Result,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentPart {
    Id,
    Number,
    Name,
    Station,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub label: String,
    pub ty: Type,
    pub role: Option<Role>,
    pub default: Literal,
    /// May be missing from a message that is complete otherwise.
    pub optional: bool,
    /// Must not reach a log.
    pub secret: bool,
    /// Set if the reference writes the field's values unlike their type: numbers in quotes (true), or texts that are
    /// numbers without quotes (false).
    pub quotes: Option<bool>,
    pub unit: Option<String>,
    pub doc: Option<String>,
    /// The smallest number.
    pub min: Option<i64>,
    /// The largest number, or the greatest length of a list or text.
    pub max: Option<i64>,
    pub aliases: Vec<String>,
    /// The characters that separate the items of a list that travels as a text; the first is the one that is written.
    pub separated: Option<String>,
    /// How many items a list has room for that travels as numbered fields; 0 where it travels as a list.
    pub family: usize,
    /// The fields that this one is put together from; it does not travel itself.
    pub joined: Vec<usize>,
}

/// A set of fields that is found by name: the fields of a message or of a record.
#[derive(Debug, Default, Clone)]
pub struct Fields {
    pub list: Vec<Field>,
    by_label: HashMap<String, u16>,
    /// All labels as keys, one after the other, and where each begins.
    in_order: Vec<u8>,
    begins: Vec<u32>,
    /// By the slot that would be next in the vocabulary's order: the one that was next when it was asked for last, as
    /// [`compound::Guess`]. Whoever shares them, they are guesses.
    guesses: Arc<[AtomicU64]>,
    /// The types of all slots, parts of families among them.
    types: Vec<Type>,
    parts: Vec<compound::Part>,
    /// Fields that a joined one is put together from.
    pieces: Vec<usize>,
    by_wire: HashMap<String, u16>,
    ignore_case: bool,
}

impl Fields {
    pub fn slot(&self, label: &str) -> Option<usize> {
        self.by_label.get(label).map(|slot| *slot as usize)
    }

    /// A record of these members. One that has no field is left out.
    pub fn record<'l>(&self, members: impl IntoIterator<Item = (&'l str, Node)>, into: &mut Message) -> Node {
        let record = into.open_record(self.list.len());
        for (label, node) in members {
            if let Some(slot) = self.slot(label) {
                into.put(&record, slot, node);
            }
        }
        into.close_record(record)
    }

    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|field| field.label.as_str())
    }
}

#[derive(Debug, Clone)]
pub struct Record {
    pub name: String,
    pub chapter: String,
    pub fields: Fields,
    /// Written as a list of its values instead of as an object.
    pub tuple: bool,
}

/// A group of fields that together are one device.
#[derive(Debug, Clone)]
pub struct DeviceGroup {
    pub label: String,
    pub id: Option<usize>,
    pub ty: Option<usize>,
    pub number: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct MessageDef {
    pub label: String,
    pub chapter: String,
    pub side: Side,
    /// What the message's name fields hold; for SOAP, the operation and the class.
    pub wire_names: Vec<(String, String)>,
    /// How else it is named on the wire.
    pub aliases: Vec<String>,
    pub fields: Fields,
    /// The fields that have a role: every event is asked for some of them.
    pub roles: Vec<(Role, usize)>,
    /// The record whose fields come first, and how many they are.
    pub base: Option<(usize, usize)>,
    /// Fields that always hold the same, by slot.
    pub fixed: Vec<(usize, Literal)>,
    pub devices: Vec<DeviceGroup>,
    /// What a request of this name answers with.
    pub returns: Option<Type>,
    /// Which members of its reply's results a request has, in the order of the guide.
    pub results: Vec<String>,
    /// Its fields are an operation's own parameters, or its one field is the result: no data contract is around them.
    pub bare: bool,
    /// The reply that answers a request.
    pub reply: Option<Kind>,
    /// The replies that a request may be refused with.
    pub faults: Vec<Kind>,
    /// A reply that refuses.
    pub fault: bool,
    /// A request that only concerns the session and never reaches the model.
    pub session: bool,
    pub span: Range<usize>,
}

impl MessageDef {
    /// The name under which the message travels: for SOAP its operation or class, for JSON the first name field.
    pub fn wire_name(&self) -> &str {
        self.wire_names.first().map_or(&self.label, |(_, value)| value)
    }

    /// The first field that stands inside the request's parameter.
    fn inside(&self, vocabulary: &Vocabulary) -> Option<usize> {
        let nests = vocabulary.form == Form::Json && vocabulary.parameter.is_some() && self.side == Side::Request;
        self.base.filter(|_| nests).map(|(_, count)| count)
    }

    pub fn role(&self, role: Role) -> Option<usize> {
        self.roles.iter().find(|(known, _)| *known == role).map(|(_, slot)| *slot)
    }
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

    /// The one parameter that an operation's fields are members of, where they are.
    pub fn parameter_of(&self, kind: Kind) -> Option<&str> {
        let def = self.message(kind);
        self.parameter.as_deref().filter(|_| self.form == Form::Soap && def.side == Side::Request && !def.bare)
    }

    /// Whether events say whose request they come of: such are another session's only as others' words.
    pub fn events_name_requests(&self) -> bool {
        self.messages.iter().any(|def| def.side == Side::Event && def.role(Role::Request).is_some())
    }

    pub fn enumeration(&self, name: &str) -> Option<usize> {
        self.enums.iter().position(|e| e.name == name)
    }

    /// The fields of the record that a field of this label is, or of those that it lists.
    pub fn members(&self, fields: &Fields, label: &str) -> Option<&Fields> {
        let place = fields.list[fields.slot(label)?].ty.record()?;
        Some(&self.records[place].fields)
    }

    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// Type names as a vocabulary file writes them.
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

#[cfg(test)]
mod tests;
