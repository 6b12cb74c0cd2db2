//! XML ⇄ messages, as WCF's data-contract serializer does it: members in ordinal order, those of the base type first,
//! derived types marked, every member in its namespace. Reading is liberal: any order, any prefix, any wrapper's name.

use std::fmt;

use super::*;
use crate::{
    message::{Message, Node, Value},
    wire::{soap, xml::Element, xml::escape},
};

const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A member whose value is not of its type: whoever sent it is told so.
#[derive(Debug, PartialEq, Eq)]
pub struct WrongMember {
    pub member: String,
    pub value: String,
    pub expected: String,
}

impl fmt::Display for WrongMember {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {:?} is not of type {}", self.member, self.value, self.expected)
    }
}

impl Vocabulary {
    /// The request that an operation of this name is.
    pub fn operation(&self, name: &str) -> Option<Kind> {
        let found = self.by_wire_name.get(&(true, name.to_owned()))?;
        found.first().copied()
    }

    /// Reads the arguments of an operation.
    pub fn read_xml(&self, kind: Kind, operation: &Element, into: &mut Message) -> Result<Decoded, WrongMember> {
        let fields = &self.message(kind).fields;
        into.clear();
        into.start(kind, fields.list.len());
        let is_wrapper = |element: &&Element| fields.slot(&element.name).is_none();
        let wrapper = operation.children.first().filter(|_| operation.children.len() == 1).filter(is_wrapper);
        let mut decoded = Decoded::default();
        for member in &wrapper.unwrap_or(operation).children {
            let Some(slot) = fields.slot(&member.name) else {
                decoded.unknown += 1;
                continue;
            };
            let field = &fields.list[slot];
            let node = self.read_member(field, &field.ty, member, into, &mut decoded)?;
            into.set(slot, node);
        }
        Ok(decoded)
    }

    fn read_member(
        &self,
        field: &Field,
        ty: &Type,
        element: &Element,
        into: &mut Message,
        decoded: &mut Decoded,
    ) -> Result<Node, WrongMember> {
        if element.nil {
            return Ok(Node::Nil);
        }
        let text = element.text.trim();
        let wrong = || WrongMember {
            member: field.label.clone(),
            value: if field.secret { "(not shown)".into() } else { text.chars().take(40).collect() },
            expected: self.type_text(ty),
        };
        Ok(match ty {
            Type::List(item) => {
                let open = into.open();
                for child in &element.children {
                    let node = self.read_member(field, item, child, into, decoded)?;
                    into.push_read(node);
                }
                into.close_list(open)
            }
            Type::Record(place) => {
                let record = &self.records[*place];
                let open = into.open();
                for child in &element.children {
                    match record.fields.slot(&child.name).map(|slot| &record.fields.list[slot]) {
                        Some(member) => {
                            into.key(member.name);
                            let node = self.read_member(member, &member.ty, child, into, decoded)?;
                            into.push_read(node);
                        }
                        None => decoded.unknown += 1,
                    }
                }
                into.close_record(open)
            }
            Type::Text | Type::Time => into.text(&element.text),
            _ if text.is_empty() => Node::Absent,
            Type::Bool => Node::Bool(Value::Text(text).as_bool().ok_or_else(wrong)?),
            Type::Int => Node::Int(text.parse::<i32>().map_err(|_| wrong())?.into()),
            Type::Long => Node::Int(text.parse::<i64>().map_err(|_| wrong())?),
            Type::Id => text.parse().map(Node::Int).unwrap_or_else(|_| into.text(text)),
            Type::Enum(place) => Node::Int(self.enums[*place].code(text).ok_or_else(wrong)?),
        })
    }
}

/// How one message of an event stream is written: everything that does not change is text already.
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
        let def = vocabulary.message(event);
        let base = def.base.map_or(0, |(_, count)| count);
        let mut members = Compiler { vocabulary, profile }.message_members(event, 0..base);
        members.extend(Compiler { vocabulary, profile }.message_members(event, base..def.fields.list.len()));
        let close = format!("</{parameter}></{operation}>{}", soap::CLOSE);
        EventTemplate(Members::between(&open, members, &close))
    }

    /// About how long the envelope will be.
    pub fn usual_length(&self) -> usize {
        self.0.usual_length
    }

    /// Writes the whole envelope. Hands back how many list items did not fit and were left out.
    pub fn write(&self, vocabulary: &Vocabulary, message: &Message, out: &mut Vec<u8>) -> usize {
        self.0.write(vocabulary, |slot, _| message.get(slot), out)
    }
}

/// How an object of a record type, or the arguments of an operation, are written.
#[derive(Debug)]
pub struct ObjectTemplate(Members);

impl ObjectTemplate {
    /// An operation with its parameters: each field of the message is one.
    pub fn operation(vocabulary: &Vocabulary, profile: &Profile, kind: Kind) -> ObjectTemplate {
        let operation = profile.message_name(vocabulary, kind);
        let (namespace, _) = profile.contract_of(vocabulary.message(kind).side);
        let compiler = Compiler { vocabulary, profile };
        let slots = 0..vocabulary.message(kind).fields.list.len();
        // Parameters stand in the contract's order and namespace; only what is in them is the data contract's.
        let kept = slots.filter(|slot| !profile.is_omitted(kind, *slot));
        let members = kept.map(|slot| {
            let field = &vocabulary.message(kind).fields.list[slot];
            let label = profile.label(vocabulary, kind, slot);
            let attributes = match field.ty {
                Type::Record(_) | Type::List(_) => {
                    format!(" xmlns:d4p1=\"{}\" xmlns:i=\"{INSTANCE}\"", profile.namespaces.data)
                }
                _ => String::new(),
            };
            compiler.member(field, slot, label, label, &attributes, false)
        });
        let members: Vec<Member> = members.collect();
        let (end, close) = match members.is_empty() {
            true => (" />", soap::CLOSE.to_owned()),
            false => (">", format!("</{operation}>{}", soap::CLOSE)),
        };
        let open = format!("{}<{operation} xmlns=\"{namespace}\"{end}", soap::OPEN);
        ObjectTemplate(Members::between(&open, members, &close))
    }

    pub fn write(&self, vocabulary: &Vocabulary, message: &Message, out: &mut Vec<u8>) {
        self.0.write(vocabulary, |slot, _| message.get(slot), out);
    }
}

/// What an operation answers.
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

/// Members one after the other. What they are while nobody sets any of them is one text, with all that stands around them:
/// most members of most events are not set, and one copy writes all of them that stand together.
#[derive(Debug)]
struct Members {
    text: String,
    /// Where each one's value is, apart from the rest: all of them are asked for every time, and few are there.
    keys: Vec<(usize, Name)>,
    list: Vec<Member>,
    usual_length: usize,
}

impl Members {
    fn between(open: &str, mut list: Vec<Member>, close: &str) -> Members {
        let mut text = open.to_owned();
        for member in &mut list {
            member.at = text.len();
            text += &member.absent;
        }
        text += close;
        let usual_length = open.len() + list.iter().map(Member::usual_length).sum::<usize>() + close.len();
        let keys = list.iter().map(|member| (member.slot, member.name)).collect();
        Members { text, keys, list, usual_length }
    }

    /// Writes them with their values; hands back how many list items did not fit.
    fn write<'m>(&self, vocabulary: &Vocabulary, value: impl Fn(usize, Name) -> Value<'m>, out: &mut Vec<u8>) -> usize {
        let text = self.text.as_bytes();
        let mut written = 0;
        let mut cut = 0;
        for (place, (slot, name)) in self.keys.iter().enumerate() {
            let value = value(*slot, *name);
            if let Value::Absent = value {
                continue;
            }
            let member = &self.list[place];
            match value {
                Value::Nil => {
                    out.extend_from_slice(&text[written..member.at]);
                    out.extend_from_slice(member.nil.as_bytes());
                    written = member.at + member.absent.len();
                }
                // The tags around an absent member's value are the same as around any other.
                value if member.is_plain => {
                    out.extend_from_slice(&text[written..member.at + member.open.len()]);
                    cut += member.write_value(vocabulary, value, out);
                    written = member.at + member.absent.len() - member.close.len();
                }
                value => {
                    out.extend_from_slice(&text[written..member.at]);
                    cut += member.write(vocabulary, value, out);
                    written = member.at + member.absent.len();
                }
            }
        }
        out.extend_from_slice(&text[written..]);
        cut
    }
}

/// One member: its value is the only thing that is written anew each time.
#[derive(Debug)]
struct Member {
    slot: usize,
    name: Name,
    open: String,
    close: String,
    /// The whole member where nobody set it.
    absent: String,
    /// Where it begins among all members' text.
    at: usize,
    /// Where nobody set it, it has its tags and a value.
    is_plain: bool,
    nil: String,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Text,
    Number {
        narrow: bool,
    },
    Bool,
    Enum(usize),
    Object(Members),
    List {
        item: Box<Member>,
        pad: usize,
        /// As many absent items as the list is long at least.
        padding: String,
    },
    /// A list of exactly one.
    One(Box<Member>),
}

/// What a text or a number adds to a member, as a rule.
const USUAL_VALUE: usize = 16;

impl Member {
    fn usual_length(&self) -> usize {
        let value = match &self.shape {
            Shape::Object(members) => members.usual_length,
            Shape::List { item, pad, padding } => padding.len() + item.usual_length() * usize::from(*pad == 0),
            Shape::One(item) => item.usual_length(),
            _ => USUAL_VALUE,
        };
        self.absent.len().max(self.open.len() + value + self.close.len())
    }

    fn write(&self, vocabulary: &Vocabulary, value: Value, out: &mut Vec<u8>) -> usize {
        match value {
            Value::Absent => out.extend_from_slice(self.absent.as_bytes()),
            Value::Nil => out.extend_from_slice(self.nil.as_bytes()),
            value => {
                out.extend_from_slice(self.open.as_bytes());
                let cut = self.write_value(vocabulary, value, out);
                out.extend_from_slice(self.close.as_bytes());
                return cut;
            }
        }
        0
    }

    /// Writes what stands between the member's tags.
    fn write_value(&self, vocabulary: &Vocabulary, value: Value, out: &mut Vec<u8>) -> usize {
        match &self.shape {
            Shape::Text => match value {
                Value::Text(text) => escape(text, out),
                value => out.extend_from_slice(value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().as_bytes()),
            },
            Shape::Number { narrow } => {
                let fits = |number: &i64| !narrow || i32::try_from(*number).is_ok();
                let number = value.as_int().filter(fits).unwrap_or_default();
                out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            Shape::Bool => {
                let text: &[u8] = if value.as_bool() == Some(true) { b"true" } else { b"false" };
                out.extend_from_slice(text);
            }
            Shape::Enum(place) => {
                let members = &vocabulary.enums[*place];
                let member = value.as_int().and_then(|code| members.member(code)).or(members.members.first());
                out.extend_from_slice(member.map_or("", |member| &member.name).as_bytes());
            }
            Shape::Object(members) => {
                let record = value.as_record();
                let get = |_, name| record.map(|record| record.get(name)).unwrap_or_default();
                return members.write(vocabulary, get, out);
            }
            Shape::List { item, pad, padding } => {
                let room = if *pad > 0 { *pad } else { usize::MAX };
                let (mut items, mut cut) = (0, 0);
                for value in value.as_list().iter().flat_map(|list| list.iter()) {
                    items += 1;
                    if items <= room {
                        cut += item.write(vocabulary, value, out);
                    }
                }
                let missing = pad.saturating_sub(items);
                out.extend_from_slice(&padding.as_bytes()[..missing * item.absent.len()]);
                return cut + items.saturating_sub(room);
            }
            Shape::One(item) => return item.write(vocabulary, value, out),
        }
        0
    }
}

struct Compiler<'v> {
    vocabulary: &'v Vocabulary,
    profile: &'v Profile,
}

impl Compiler<'_> {
    fn message_members(&self, kind: Kind, slots: Range<usize>) -> Vec<Member> {
        let def = self.vocabulary.message(kind);
        let kept = slots.filter(|slot| !self.profile.is_omitted(kind, *slot));
        let mut members: Vec<(&str, usize)> =
            kept.map(|slot| (self.profile.label(self.vocabulary, kind, slot), slot)).collect();
        members.sort_unstable();
        let member = |(label, slot): (&str, usize)| {
            let fixed = def.fixed.iter().find(|(fixed, _)| *fixed == slot).map(|(_, literal)| literal);
            let mut member = self.member(&def.fields.list[slot], slot, label, &format!("d4p1:{label}"), "", false);
            if let Some(literal) = fixed {
                member.absent = self.literal(&member, &def.fields.list[slot].ty, literal);
                member.is_plain = *literal != Literal::Absent;
            }
            if self.profile.is_listed(kind, slot) {
                member = one(member, self.vocabulary.type_text(&def.fields.list[slot].ty));
            }
            member
        };
        members.into_iter().map(member).collect()
    }

    fn record_members(&self, place: usize) -> Vec<Member> {
        let fields = &self.vocabulary.records[place].fields;
        let mut members: Vec<(&str, usize)> =
            fields.list.iter().enumerate().map(|(slot, field)| (field.label.as_str(), slot)).collect();
        members.sort_unstable();
        let member = |(label, slot): (&str, usize)| {
            self.member(&fields.list[slot], slot, label, &format!("d4p1:{label}"), "", false)
        };
        members.into_iter().map(member).collect()
    }

    /// A member named `tag`. Items of lists are never nil where they are absent.
    fn member(&self, field: &Field, slot: usize, label: &str, tag: &str, attributes: &str, is_item: bool) -> Member {
        let mut attributes = attributes.to_owned();
        let shape = match &field.ty {
            Type::Text | Type::Time | Type::Id => Shape::Text,
            Type::Int => Shape::Number { narrow: true },
            Type::Long => Shape::Number { narrow: false },
            Type::Bool => Shape::Bool,
            Type::Enum(place) => Shape::Enum(*place),
            Type::Record(place) => Shape::Object(Members::between("", self.record_members(*place), "")),
            Type::List(item) => {
                let item_tag = match item_name(self.vocabulary, item) {
                    (Some(_), name) => format!("d5p1:{name}"),
                    (None, name) => format!("d4p1:{name}"),
                };
                if item_tag.starts_with("d5p1") {
                    attributes += &format!(" xmlns:d5p1=\"{ARRAYS}\"");
                }
                let item_field = Field { ty: (**item).clone(), ..field.clone() };
                let item = self.member(&item_field, 0, label, &item_tag, "", true);
                let pad = self.profile.padding(label);
                Shape::List { padding: item.absent.repeat(pad), item: Box::new(item), pad }
            }
        };
        let nil = match attributes.contains("xmlns:i=") || tag.starts_with("d4p1") || tag.starts_with("d5p1") {
            true => format!("<{tag}{attributes} i:nil=\"true\" />"),
            false => format!("<{tag} xmlns:i=\"{INSTANCE}\" i:nil=\"true\" />"),
        };
        let mut member = Member {
            slot,
            name: field.name,
            open: format!("<{tag}{attributes}>"),
            close: format!("</{tag}>"),
            absent: String::new(),
            at: 0,
            is_plain: true,
            nil,
            shape,
        };
        let around = |inner: &str| format!("{}{inner}{}", member.open, member.close);
        member.absent = match &member.shape {
            Shape::Object(members) if is_item => around(&members.text),
            Shape::List { pad, padding, .. } if *pad > 0 => around(padding),
            _ => {
                member.is_plain = field.default != Literal::Absent;
                self.literal(&member, &field.ty, &field.default)
            }
        };
        member
    }

    fn literal(&self, member: &Member, ty: &Type, literal: &Literal) -> String {
        let text = match (literal, ty) {
            (Literal::Absent, _) => return member.nil.clone(),
            (Literal::EmptyList, _) => String::new(),
            (Literal::Int(code), Type::Enum(place)) => {
                self.vocabulary.enums[*place].member(*code).map_or(String::new(), |member| member.name.clone())
            }
            (Literal::Int(number), _) => number.to_string(),
            (Literal::Bool(value), _) => value.to_string(),
            (Literal::Text(text), _) => text.clone(),
        };
        format!("{}{text}{}", member.open, member.close)
    }
}

/// What items of a list of this type are called, and their namespace, where that is not the data contracts'.
pub(super) fn item_name<'v>(vocabulary: &'v Vocabulary, item: &Type) -> (Option<&'static str>, &'v str) {
    match item {
        Type::Int => (Some(ARRAYS), "int"),
        Type::Long => (Some(ARRAYS), "long"),
        Type::Bool => (Some(ARRAYS), "boolean"),
        Type::Enum(place) => (None, &vocabulary.enums[*place].name),
        Type::Record(place) => (None, &vocabulary.records[*place].name),
        Type::Text | Type::Time | Type::Id | Type::List(_) => (Some(ARRAYS), "string"),
    }
}

/// The member as a list of one.
fn one(member: Member, class: String) -> Member {
    let (open, close, nil, slot, name) =
        (member.open.clone(), member.close.clone(), member.nil.clone(), member.slot, member.name);
    let item = Member { open: format!("<d4p1:{class}>"), close: format!("</d4p1:{class}>"), ..member };
    Member {
        slot,
        name,
        open,
        close,
        absent: nil.clone(),
        at: 0,
        is_plain: false,
        nil,
        shape: Shape::One(Box::new(item)),
    }
}
