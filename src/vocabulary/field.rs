//! One field of a message or record: its type, its role, its default and the forms in which it travels. Sets of fields are
//! `fields`.

use super::renaming::Names;

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
    /// The record type of a value, or of the items of a list.
    pub fn record(&self) -> Option<usize> {
        match self {
            Type::Record(place) => Some(*place),
            Type::List(item) => item.record(),
            Type::Bool | Type::Int | Type::Long | Type::Text | Type::Time | Type::Id | Type::Enum(_) => None,
        }
    }
}

/// A constant in a vocabulary: the value of a field that is not set, or a fixed one.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Nothing: left out of JSON, nil in XML.
    Absent,
    Int(i64),
    Text(String),
    Bool(bool),
    EmptyList,
}

/// The role of a field, independent of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A name of a call; the number is the place in `Vocabulary::call_names`.
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

/// One of an event's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    Call,
    /// The other call of two that join.
    Second,
    /// The call that results when two join.
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
    /// What the value is the id of, if it is one.
    pub(super) names: Option<Names>,
    pub default: Literal,
    /// May be missing from a complete message.
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
    /// The separators of a list that travels as a text. The first one is written, any of them is read.
    pub separated: Option<String>,
    /// The number of items of a list that travels as numbered fields; 0 if it travels as a list.
    pub family: usize,
    /// The fields that this one is joined from; it does not travel itself.
    pub joined: Vec<usize>,
}

impl Field {
    /// A field that has a label and a type, and nothing else.
    pub(super) fn plain(label: &str, ty: Type) -> Field {
        let default = if ty == Type::Text { Literal::Text(String::new()) } else { Literal::Int(0) };
        Field {
            label: label.into(),
            ty,
            role: None,
            names: None,
            default,
            optional: false,
            secret: false,
            quotes: None,
            unit: None,
            doc: None,
            min: None,
            max: None,
            aliases: Vec::new(),
            separated: None,
            family: 0,
            joined: Vec::new(),
        }
    }

    /// True if the default says something, and is not just the type's way to write nothing.
    pub fn has_default(&self) -> bool {
        match &self.default {
            Literal::Absent | Literal::EmptyList | Literal::Bool(_) => false,
            Literal::Int(number) => *number != 0,
            Literal::Text(text) => !text.is_empty(),
        }
    }
}
