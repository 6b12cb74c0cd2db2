//! The members of a template: their text, and the gaps for their values.

use crate::{
    message::{Message, Node, Value},
    vocabulary::{definition::Vocabulary, enumeration::by_code, further},
    wire::xml::escape,
};

/// Members one after the other. The text has the default of every member, and everything around them. Most members of most
/// events are not set, so that one copy writes a whole run of them.
#[derive(Debug)]
pub(super) struct Members {
    pub text: String,
    gaps: Vec<Gap>,
    list: Vec<Member>,
    /// Where the last of them ends.
    end: usize,
    /// The namespace that members have to name which are written without a prefix.
    namespace: Option<String>,
}

/// The part of the text that a member's value replaces. Most members are only asked for this, so that it is kept apart from
/// the rest, which is spread in memory.
#[derive(Debug, Clone, Copy)]
struct Gap {
    slot: u32,
    start: u32,
    end: u32,
    how: How,
}

/// The way in which a usual value is written into a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Text,
    Number,
    Narrow,
    /// Between its tags, by the member's shape.
    Between,
    /// With its tags, because the default is not a value between tags.
    Whole,
}

impl Gap {
    fn of(member: &Member, at: usize) -> Gap {
        let how = match member.shape {
            Shape::Text => How::Text,
            Shape::Number { narrow: false } => How::Number,
            Shape::Number { narrow: true } => How::Narrow,
            Shape::Bool | Shape::Enum(_) | Shape::Object(_) | Shape::List { .. } | Shape::One(_) | Shape::First(_) => {
                How::Between
            }
        };
        let how = if member.is_plain { how } else { How::Whole };
        // A default stands between the same tags as any other value.
        let (open, close) = if how == How::Whole { (0, 0) } else { (member.open.len(), member.close.len()) };
        let (start, end) = (at + open, at + member.absent.len() - close);
        Gap { slot: member.slot as u32, start: start as u32, end: end as u32, how }
    }
}

impl Members {
    pub fn between(open: &str, list: Vec<Member>, close: &str) -> Members {
        let mut text = open.to_owned();
        let mut gaps = Vec::with_capacity(list.len());
        for member in &list {
            gaps.push(Gap::of(member, text.len()));
            text += &member.absent;
        }
        let end = text.len();
        text += close;
        Members { text, gaps, list, end, namespace: None }
    }

    /// The same for members in a namespace that a prefix stands for.
    pub fn in_namespace(self, namespace: &str) -> Members {
        Members { namespace: Some(namespace.to_owned()), ..self }
    }

    /// Writes them with the values of a record of the message, or of the message itself where the owner is absent; hands back
    /// how many list items did not fit.
    pub fn write(&self, vocabulary: &Vocabulary, message: &Message, owner: Node, out: &mut Vec<u8>) -> usize {
        let nodes = if owner == Node::Absent { message.fields() } else { message.entries(owner) };
        let text = self.text.as_bytes();
        let mut written = 0;
        let mut cut = 0;
        for (place, gap) in self.gaps.iter().enumerate() {
            let Some(node) = nodes.get(gap.slot as usize).filter(|node| !matches!(node, Node::Absent)) else {
                continue;
            };
            let (mut start, mut end) = (gap.start as usize, gap.end as usize);
            let mut how = gap.how;
            if *node == Node::Nil && how != How::Whole {
                let member = &self.list[place];
                (start, end, how) = (start - member.open.len(), end + member.close.len(), How::Whole);
            }
            out.extend_from_slice(&text[written..start]);
            match (how, message.value(*node)) {
                (How::Text, Value::Text(text)) => escape(text, out),
                (How::Number, Value::Int(number)) => write_number(number, out),
                (How::Narrow, Value::Int(number)) if is_narrow(number) => write_number(number, out),
                (How::Whole, value) => cut += self.list[place].write(vocabulary, value, out),
                (_, value) => cut += self.list[place].write_value(vocabulary, value, out),
            }
            written = end;
        }
        if message.has_further() {
            out.extend_from_slice(&text[written..self.end]);
            further::write(message, owner, self.namespace.as_deref(), out);
            written = self.end;
        }
        out.extend_from_slice(&text[written..]);
        cut
    }
}

fn is_narrow(number: i64) -> bool {
    i32::try_from(number).is_ok()
}

/// Apart, because it is used at several places that share the nearest cache.
#[inline(never)]
fn write_number(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// One member. Only its value is written anew each time.
#[derive(Debug)]
pub(super) struct Member {
    pub slot: usize,
    pub open: String,
    pub close: String,
    /// The whole member if it is not set.
    pub absent: String,
    /// True if `absent` is a value between the member's tags.
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
    /// The names of the members, by code. The first one is written for unknown codes.
    Enum(Vec<(i64, String)>),
    Object(Members),
    List {
        item: Box<Member>,
        pad: usize,
        /// The text of `pad` absent items, to which the list is filled up.
        padding: String,
    },
    /// A list of exactly one.
    One(Box<Member>),
    /// The first item of a list.
    First(Box<Member>),
}

impl Shape {
    /// The name of a member of an enumeration.
    pub fn name_of(&self, code: i64) -> &str {
        let Shape::Enum(names) = self else { return "" };
        by_code(names, code, |(known, _)| *known).or(names.first()).map_or("", |(_, name)| name)
    }
}

impl Member {
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

    /// Writes the content between the member's tags.
    fn write_value(&self, vocabulary: &Vocabulary, value: Value, out: &mut Vec<u8>) -> usize {
        match &self.shape {
            Shape::Text => match value {
                Value::Text(text) => escape(text, out),
                value => out.extend_from_slice(value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().as_bytes()),
            },
            Shape::Number { narrow } => {
                let fits = |number: &i64| !narrow || is_narrow(*number);
                let number = value.as_int().filter(fits).unwrap_or_default();
                write_number(number, out);
            }
            Shape::Bool => {
                let text: &[u8] = if value.as_bool() == Some(true) { b"true" } else { b"false" };
                out.extend_from_slice(text);
            }
            Shape::Enum(names) => {
                // A value that the enumeration does not have goes on as it came.
                if let (Value::Text(text), None) =
                    (value, value.as_int().and_then(|code| by_code(names, code, |(known, _)| *known)))
                {
                    escape(text, out);
                    return 0;
                }
                let code = value.as_int().unwrap_or(i64::MIN);
                out.extend_from_slice(self.shape.name_of(code).as_bytes());
            }
            Shape::Object(members) => {
                let Value::Record(record) = value else {
                    out.extend_from_slice(members.text.as_bytes());
                    return 0;
                };
                return members.write(vocabulary, record.message(), value.container(), out);
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

    /// The member as the first item of a list. It is absent if the list is empty.
    pub fn first(self) -> Member {
        let (open, close, nil, absent) = (self.open.clone(), self.close.clone(), self.nil.clone(), self.absent.clone());
        let slot = self.slot;
        Member { slot, open, close, absent, is_plain: false, nil, shape: Shape::First(Box::new(self)) }
    }
}
