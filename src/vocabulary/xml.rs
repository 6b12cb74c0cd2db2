//! XML → messages, liberally: members may be in any order, prefix and namespace, and inside a wrapper of any name. Requests
//! must fit their types; of answers and events, everything that can be read is kept.

use std::fmt;

use super::{
    decoded::Decoded,
    definition::Vocabulary,
    field::{Field, Type},
    further,
    message_def::Side,
};
use crate::{
    message::{Kind, Message, Node, Value},
    wire::{soap, xml::Element},
};

/// A member whose value is not of its type. The sender is told so.
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

/// The reason why the body of an answer is not in the vocabulary.
#[derive(Debug, PartialEq, Eq)]
pub enum NoReply {
    /// A fault that is not in the vocabulary.
    Fault(soap::Fault),
    Wrong(WrongMember),
    /// The name of another element in place of the answer.
    Another(String),
}

impl fmt::Display for NoReply {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            NoReply::Fault(fault) => fault.fmt(f),
            NoReply::Wrong(wrong) => wrong.fmt(f),
            NoReply::Another(name) => write!(f, "<{name}> is no answer to what was asked"),
        }
    }
}

impl From<WrongMember> for NoReply {
    fn from(wrong: WrongMember) -> NoReply {
        NoReply::Wrong(wrong)
    }
}

impl Vocabulary {
    /// The request that an operation of this name is.
    pub fn operation(&self, name: &str) -> Option<Kind> {
        let found = self.by_wire_name.get(&(true, name.to_owned()))?;
        found.first().copied()
    }

    /// The call of a platform into an application that an operation of this name is.
    pub fn callback(&self, name: &str) -> Option<Kind> {
        let found = self.by_wire_name.get(&(false, name.to_owned()))?;
        found.iter().copied().find(|kind| self.message(*kind).side == Side::Callback)
    }

    /// Reads the arguments of an operation.
    pub fn read_xml(&self, kind: Kind, operation: &Element, into: &mut Message) -> Result<Decoded, WrongMember> {
        let mut reader = Reader::new(self, false, into);
        reader.message(kind, operation)?;
        Ok(reader.decoded)
    }

    /// Reads the members of an event. Unknown values of enumerations are kept as they came, and returned.
    pub fn read_event(&self, kind: Kind, event: &Element, into: &mut Message) -> Result<Vec<WrongMember>, WrongMember> {
        let mut reader = Reader::new(self, true, into);
        reader.message(kind, event)?;
        Ok(reader.strange)
    }

    /// Reads the body of an answer to this request: its reply, or a fault of the vocabulary. Values of enumerations may be names in
    /// any case, aliases, or numbers; unknown ones are kept as they came.
    pub fn read_reply(&self, request: Kind, body: &Element, into: &mut Message) -> Result<Kind, NoReply> {
        let mut reader = Reader::new(self, true, into);
        if let Some(fault) = soap::Fault::of(body) {
            let known =
                fault.detail.as_ref().and_then(|detail| self.fault_named(&detail.name).map(|kind| (kind, detail)));
            let Some((kind, detail)) = known else { return Err(NoReply::Fault(fault)) };
            reader.message(kind, detail)?;
            if let Some(slot) = self.message(kind).fields.slot("Message").filter(|slot| into.get(*slot).is_empty()) {
                let reason = into.text(&fault.reason);
                into.set(slot, reason);
            }
            return Ok(kind);
        }
        let def = self.message(request);
        let is_named = |reply: &Kind| {
            body.name == format!("{}Response", def.wire_name()) || body.name == self.message(*reply).wire_name()
        };
        let Some(kind) = def.reply.filter(is_named) else {
            return Err(NoReply::Another(body.name.clone()));
        };
        if self.message(kind).bare {
            // The reply is one value, in an element of any name.
            let element = Element { children: body.children.iter().take(1).cloned().collect(), ..Element::default() };
            reader.start(kind);
            if let (Some(value), Some(field)) = (element.children.first(), self.message(kind).fields.list.first()) {
                let node = reader.member(field, &field.ty, value)?;
                reader.into.set(0, node);
            }
        } else {
            reader.message(kind, body)?;
        }
        Ok(kind)
    }

    fn fault_named(&self, name: &str) -> Option<Kind> {
        let mut faults = self.kinds().filter(|(_, def)| def.fault);
        faults.find(|(_, def)| def.wire_name().eq_ignore_ascii_case(name)).map(|(kind, _)| kind)
    }
}

struct Reader<'r> {
    vocabulary: &'r Vocabulary,
    /// True for messages of platforms: unknown values of enumerations are kept. Requests of applications must fit their types.
    is_liberal: bool,
    into: &'r mut Message,
    decoded: Decoded,
    /// The unknown values that were kept.
    strange: Vec<WrongMember>,
}

impl<'r> Reader<'r> {
    fn new(vocabulary: &'r Vocabulary, is_liberal: bool, into: &'r mut Message) -> Reader<'r> {
        Reader { vocabulary, is_liberal, into, decoded: Decoded::default(), strange: Vec::new() }
    }

    fn start(&mut self, kind: Kind) {
        self.into.clear();
        self.into.start(kind, self.vocabulary.message(kind).fields.list.len());
    }

    /// Reads the fields of a message, which stand in the element or in its only child.
    fn message(&mut self, kind: Kind, element: &Element) -> Result<(), WrongMember> {
        self.start(kind);
        let fields = &self.vocabulary.message(kind).fields;
        let is_wrapper = |element: &&Element| fields.slot(&element.name).is_none();
        let wrapper = element.children.first().filter(|_| element.children.len() == 1).filter(is_wrapper);
        let (mut further, mut neighbour) = (Vec::new(), None);
        for member in &wrapper.unwrap_or(element).children {
            let Some(slot) = fields.slot(&member.name) else {
                self.decoded.unknown.push(member.name.clone());
                further.push(member);
                continue;
            };
            neighbour = Some(member);
            let field = &fields.list[slot];
            let node = self.member(field, &field.ty, member)?;
            self.into.set(slot, node);
        }
        // An operation without parameters has no place for any.
        if !further.is_empty() && !fields.list.is_empty() {
            further::keep(&further, neighbour, Node::Absent, self.into);
        }
        Ok(())
    }

    /// True if an element holds a value of this type itself, not inside further elements.
    fn is_value(&self, ty: &Type, element: &Element) -> bool {
        match ty {
            Type::Record(place) => {
                let fields = &self.vocabulary.records[*place].fields;
                element.children.iter().any(|child| fields.slot(&child.name).is_some())
            }
            Type::List(_) => false,
            Type::Bool | Type::Int | Type::Long | Type::Text | Type::Time | Type::Id | Type::Enum(_) => {
                element.children.is_empty() && !element.text.trim().is_empty()
            }
        }
    }

    fn member(&mut self, field: &Field, ty: &Type, element: &Element) -> Result<Node, WrongMember> {
        if element.nil {
            return Ok(Node::Nil);
        }
        let text = element.text.trim();
        let wrong = || WrongMember {
            member: field.label.clone(),
            value: if field.secret { "(not shown)".into() } else { text.chars().take(40).collect() },
            expected: self.vocabulary.type_text(ty),
        };
        Ok(match ty {
            Type::List(item) => {
                let open = self.into.open_list();
                // A service may send one value where others send a list.
                let items = match self.is_value(item, element) {
                    true => std::slice::from_ref(element),
                    false => &element.children[..],
                };
                for child in items {
                    let node = self.member(field, item, child)?;
                    self.into.push(node);
                }
                self.into.close_list(open)
            }
            Type::Record(place) => {
                let record = &self.vocabulary.records[*place];
                let open = self.into.open_record(record.fields.list.len());
                // A service may send a list where others send one record.
                let is_item = |first: &&Element| first.name == record.name || self.is_value(ty, first);
                let listed = element.children.first().filter(is_item);
                let element = listed.filter(|_| !self.is_value(ty, element)).unwrap_or(element);
                let (mut further, mut neighbour) = (Vec::new(), None);
                for child in &element.children {
                    match record.fields.slot(&child.name).map(|slot| (slot, &record.fields.list[slot])) {
                        Some((slot, member)) => {
                            let node = self.member(member, &member.ty, child)?;
                            self.into.put(&open, slot, node);
                            neighbour = Some(child);
                        }
                        None => {
                            self.decoded.unknown.push(child.name.clone());
                            further.push(child);
                        }
                    }
                }
                let record = self.into.close_record(open);
                if !further.is_empty() {
                    further::keep(&further, neighbour, record, self.into);
                }
                record
            }
            Type::Time if !self.is_liberal && !text.is_empty() && crate::time::parse_since(text).is_none() => {
                return Err(wrong());
            }
            Type::Text | Type::Time => self.into.text(&element.text),
            _ if text.is_empty() => Node::Absent,
            Type::Bool => Node::Bool(Value::Text(text).as_bool().ok_or_else(wrong)?),
            Type::Int => Node::Int(text.parse::<i32>().map_err(|_| wrong())?.into()),
            Type::Long => Node::Int(text.parse::<i64>().map_err(|_| wrong())?),
            Type::Id => text.parse().map(Node::Int).unwrap_or_else(|_| self.into.text(text)),
            Type::Enum(place) => {
                let known = &self.vocabulary.enums[*place];
                match known.code_in_any_case(text) {
                    Some(code) => Node::Int(code),
                    None if !self.is_liberal => return Err(wrong()),
                    None => {
                        self.strange.push(wrong());
                        let code = text.parse().ok().filter(|code| known.member(*code).is_some());
                        code.map(Node::Int).unwrap_or_else(|| self.into.text(text))
                    }
                }
            }
        })
    }
}
