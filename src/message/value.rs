//! The values of a message as they are read, cheap to copy. Numbers and truth values that travelled as texts are understood.

use super::tape::{Message, Node, Span};

impl Message {
    /// The value of a top field; absent if the message does not have the field.
    pub fn get(&self, slot: usize) -> Value<'_> {
        self.value(self.node(slot))
    }

    /// The first of these items that is a record with this number in this field.
    pub fn numbered(&self, items: &[Node], slot: usize, number: i64) -> Node {
        let has = |item: &&Node| match self.entries(**item).get(slot) {
            Some(Node::Int(known)) => *known == number,
            Some(node) => self.value(*node).as_int() == Some(number),
            None => false,
        };
        items.iter().find(has).copied().unwrap_or_default()
    }

    /// The value of a node of this message.
    #[inline]
    pub fn value(&self, node: Node) -> Value<'_> {
        match node {
            Node::Absent => Value::Absent,
            Node::Nil => Value::Nil,
            Node::Bool(value) => Value::Bool(value),
            Node::Int(value) => Value::Int(value),
            Node::Float(value) => Value::Float(value),
            Node::Text(span) => Value::Text(&self.text[span.first as usize..span.end as usize]),
            Node::List(span) => Value::List(List { message: self, span }),
            Node::Record(span) => Value::Record(Record { message: self, span }),
        }
    }
}

/// A value; lists and records refer to their message.
#[derive(Debug, Clone, Copy, Default)]
pub enum Value<'m> {
    #[default]
    Absent,
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'m str),
    List(List<'m>),
    Record(Record<'m>),
}

impl<'m> Value<'m> {
    /// True if there is no value: absent, nil, or an empty text.
    pub fn is_empty(&self) -> bool {
        matches!(self, Value::Absent | Value::Nil | Value::Text(""))
    }

    /// The node of a list or record; absent for anything else.
    pub fn container(&self) -> Node {
        match self {
            Value::List(list) => Node::List(list.span),
            Value::Record(record) => Node::Record(record.span),
            Value::Absent | Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {
                Node::Absent
            }
        }
    }

    /// A whole number, also one that travelled as text or as a float without a fraction.
    #[inline]
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(value) = *self { Some(value) } else { self.as_other_int() }
    }

    fn as_other_int(&self) -> Option<i64> {
        match *self {
            Value::Int(value) => Some(value),
            Value::Text(text) => text.trim().parse().ok(),
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
            Value::Bool(value) => Some(i64::from(value)),
            Value::Absent | Value::Nil | Value::Float(_) | Value::List(_) | Value::Record(_) => None,
        }
    }

    /// A truth value, also one that travelled as text or number.
    pub fn as_bool(&self) -> Option<bool> {
        match *self {
            Value::Bool(value) => Some(value),
            Value::Int(value) => Some(value != 0),
            Value::Text(text) => match text.trim() {
                "true" | "True" | "TRUE" | "1" => Some(true),
                "false" | "False" | "FALSE" | "0" => Some(false),
                _ => None,
            },
            Value::Absent | Value::Nil | Value::Float(_) | Value::List(_) | Value::Record(_) => None,
        }
    }

    /// The text of a scalar, with numbers written out into `buffer`. None if it is empty or not a scalar.
    pub fn as_text<'b>(&self, buffer: &'b mut itoa::Buffer) -> Option<&'b str>
    where
        'm: 'b,
    {
        match *self {
            Value::Text("") => None,
            Value::Text(text) => Some(text),
            Value::Bool(value) => Some(if value { "true" } else { "false" }),
            Value::Absent | Value::Nil | Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Record(_) => {
                self.as_int().map(|value| buffer.format(value))
            }
        }
    }

    /// The text, where the value is one.
    pub fn text(&self) -> Option<&'m str> {
        if let Value::Text(text) = *self { Some(text) } else { None }
    }

    pub fn as_list(&self) -> Option<List<'m>> {
        if let Value::List(list) = *self { Some(list) } else { None }
    }

    pub fn as_record(&self) -> Option<Record<'m>> {
        if let Value::Record(record) = *self { Some(record) } else { None }
    }
}

/// A list of values.
#[derive(Clone, Copy)]
pub struct List<'m> {
    message: &'m Message,
    span: Span,
}

impl<'m> List<'m> {
    pub fn iter(&self) -> impl Iterator<Item = Value<'m>> + use<'m> {
        let message = self.message;
        message.within(self.span).iter().map(move |node| message.value(*node))
    }
}

/// The values of a type's fields.
#[derive(Clone, Copy)]
pub struct Record<'m> {
    message: &'m Message,
    span: Span,
}

impl<'m> Record<'m> {
    #[inline]
    pub fn get(&self, slot: usize) -> Value<'m> {
        self.fields().get(slot).map(|node| self.message.value(*node)).unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = Value<'m>> + use<'m> {
        let message = self.message;
        self.fields().iter().map(move |node| message.value(*node))
    }

    /// The nodes of its fields.
    pub fn fields(&self) -> &'m [Node] {
        self.message.within(self.span)
    }

    /// The message that it is part of.
    pub fn message(&self) -> &'m Message {
        self.message
    }
}

impl std::fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
