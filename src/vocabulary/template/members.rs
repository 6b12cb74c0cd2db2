//! The members of what is written: their text, and where their values go.

use super::super::*;
use crate::{message::Value, wire::xml::escape};

/// Members one after the other. What they are while nobody sets any of them is one text, with all that stands around them:
/// most members of most events are not set, and one copy writes all of them that stand together.
#[derive(Debug)]
pub(super) struct Members {
    pub text: String,
    /// Where each one's value is, apart from the rest: all of them are asked for every time, and few are there.
    keys: Vec<(usize, Name)>,
    list: Vec<Member>,
    pub usual_length: usize,
}

impl Members {
    pub fn between(open: &str, mut list: Vec<Member>, close: &str) -> Members {
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
    pub fn write<'m>(
        &self,
        vocabulary: &Vocabulary,
        value: impl Fn(usize, Name) -> Value<'m>,
        out: &mut Vec<u8>,
    ) -> usize {
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
pub(super) struct Member {
    pub slot: usize,
    pub name: Name,
    pub open: String,
    pub close: String,
    /// The whole member where nobody set it.
    pub absent: String,
    /// Where it begins among all members' text.
    pub at: usize,
    /// Where nobody set it, it has its tags and a value.
    pub is_plain: bool,
    pub nil: String,
    pub shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Text,
    Number {
        narrow: bool,
    },
    Bool,
    /// What its members are called, by code; the first where a code is none of them.
    Enum(Vec<(i64, String)>),
    Object(Members),
    List {
        item: Box<Member>,
        pad: usize,
        /// As many absent items as the list is long at least.
        padding: String,
    },
    /// A list of exactly one.
    One(Box<Member>),
    /// The first item of a list.
    First(Box<Member>),
}

impl Shape {
    /// What a member of an enumeration is called.
    pub fn name_of(&self, code: i64) -> &str {
        let Shape::Enum(names) = self else { return "" };
        // Most enumerations number their members from 0: look there first.
        let at_place = usize::try_from(code).ok().and_then(|place| names.get(place));
        let found =
            at_place.filter(|(known, _)| *known == code).or_else(|| names.iter().find(|(known, _)| *known == code));
        found.or(names.first()).map_or("", |(_, name)| name)
    }
}

/// What a text or a number adds to a member, as a rule.
const USUAL_VALUE: usize = 16;

impl Member {
    fn usual_length(&self) -> usize {
        let value = match &self.shape {
            Shape::Object(members) => members.usual_length,
            Shape::List { item, pad, padding } => padding.len() + item.usual_length() * usize::from(*pad == 0),
            Shape::One(item) | Shape::First(item) => item.usual_length(),
            _ => USUAL_VALUE,
        };
        self.absent.len().max(self.open.len() + value + self.close.len())
    }

    fn write(&self, vocabulary: &Vocabulary, value: Value, out: &mut Vec<u8>) -> usize {
        match value {
            Value::Absent => out.extend_from_slice(self.absent.as_bytes()),
            Value::Nil => out.extend_from_slice(self.nil.as_bytes()),
            value if self.is_empty_list(&value) => out.extend_from_slice(self.absent.as_bytes()),
            value => {
                out.extend_from_slice(self.open.as_bytes());
                let cut = self.write_value(vocabulary, value, out);
                out.extend_from_slice(self.close.as_bytes());
                return cut;
            }
        }
        0
    }

    fn is_empty_list(&self, value: &Value) -> bool {
        let is_empty = || value.as_list().is_none_or(|list| list.iter().next().is_none());
        matches!(self.shape, Shape::First(_)) && is_empty()
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
            Shape::Enum(_) => {
                let code = value.as_int().unwrap_or(i64::MIN);
                out.extend_from_slice(self.shape.name_of(code).as_bytes());
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
            Shape::First(item) => {
                let mut items = value.as_list().into_iter().flat_map(|list| list.iter());
                let cut = items.next().map_or(0, |first| item.write_value(vocabulary, first, out));
                return cut + items.count();
            }
        }
        0
    }

    /// The member as the first item of a list: where that is empty it is absent.
    pub fn first(self) -> Member {
        let (open, close, nil, absent) = (self.open.clone(), self.close.clone(), self.nil.clone(), self.absent.clone());
        let Member { slot, name, at, .. } = self;
        Member { slot, name, open, close, absent, at, is_plain: false, nil, shape: Shape::First(Box::new(self)) }
    }
}
