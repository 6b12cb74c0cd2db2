//! The neutral message: what one message of any dialect says, as a kind and its fields. It knows no protocol, no JSON and
//! no XML; kinds and fields are places in the lists of a vocabulary.
//!
//! A message is one flat tape: its top fields stand in slots, lists and records in `nodes`, every text in `text`. Cleared
//! and filled again it allocates nothing, and it borrows nothing from the bytes it was read from.

mod whole;

use std::ops::Range;

pub use whole::Spot;

/// A message of a vocabulary: its place in the vocabulary's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(pub u16);

/// One value. Lists and records say where their entries stand, all of them side by side; a record has one for each field of
/// its type, at the field's place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Node {
    #[default]
    Absent,
    /// Named, but said to have no value: JSON's null, XML's nil.
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Span),
    List(Span),
    Record(Span),
}

/// The most values in lists and records of one message, unless it has more bytes; records beyond them are passed over.
/// Thousands of calls have room.
const MAX_NODES: usize = 1 << 19;

/// A range of `text` or of `nodes`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    first: u32,
    end: u32,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Message {
    kind: Option<Kind>,
    slots: Vec<Node>,
    nodes: Vec<Node>,
    /// Entries of lists and records that are not closed yet, the innermost last.
    open: Vec<Node>,
    text: String,
    /// How much of the text is what the message was read from.
    held: usize,
    /// Members that its vocabulary does not know, each as XML, and the record that has it (absent: the message itself).
    further: Vec<(Node, Span)>,
}

/// A list or record under construction: where its entries begin.
#[derive(Debug)]
#[must_use]
pub struct Open(usize);

impl Message {
    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.kind = None;
        self.slots.clear();
        self.nodes.clear();
        self.open.clear();
        self.text.clear();
        self.held = 0;
        self.further.clear();
    }

    /// Says which message this is and how many fields its vocabulary gives it.
    pub fn start(&mut self, kind: Kind, fields: usize) {
        self.kind = Some(kind);
        self.slots.clear();
        self.slots.resize(fields, Node::Absent);
        self.further.clear();
    }

    pub fn kind(&self) -> Option<Kind> {
        self.kind
    }

    pub fn set(&mut self, slot: usize, node: Node) {
        self.slots[slot] = node;
    }

    pub fn is_absent(&self, slot: usize) -> bool {
        self.slots.get(slot).is_none_or(|node| *node == Node::Absent)
    }

    /// The node of a top field.
    pub fn node(&self, slot: usize) -> Node {
        self.slots.get(slot).copied().unwrap_or_default()
    }

    /// The nodes of all top fields.
    pub fn fields(&self) -> &[Node] {
        &self.slots
    }

    /// The value of a top field; absent where the message has none.
    pub fn get(&self, slot: usize) -> Value<'_> {
        self.value(self.node(slot))
    }

    /// Keeps a text and hands back the node for it.
    pub fn text(&mut self, text: &str) -> Node {
        let first = self.text.len() as u32;
        self.text.push_str(text);
        Node::Text(Span { first, end: self.text.len() as u32 })
    }

    /// Keeps the whole text that a message is read from, before anything else: its parts are kept thereby.
    pub fn hold(&mut self, text: &str) {
        self.text.clear();
        self.text.push_str(text);
        self.held = text.len();
    }

    /// The whole text that it was read from.
    pub fn held(&self) -> &str {
        &self.text[..self.held]
    }

    /// The node for a part of the text that is held.
    pub fn part(&self, part: Range<usize>) -> Node {
        Node::Text(Span { first: part.start as u32, end: part.end as u32 })
    }

    /// Begins a list: what is pushed until it is closed stands in it.
    pub fn open_list(&mut self) -> Open {
        Open(self.open.len())
    }

    /// Adds an item to the open list.
    pub fn push(&mut self, node: Node) {
        self.open.push(node);
    }

    pub fn close_list(&mut self, open: Open) -> Node {
        Node::List(self.close(open))
    }

    /// Begins a record of a type with so many fields, all of them absent.
    pub fn open_record(&mut self, fields: usize) -> Open {
        let open = Open(self.open.len());
        self.open.resize(open.0 + fields, Node::Absent);
        open
    }

    /// Whether it has as many values as a message may: a record takes room for all fields of its type, whatever is written of
    /// them.
    pub fn is_full(&self) -> bool {
        self.nodes.len() + self.open.len() >= MAX_NODES.max(self.text.len())
    }

    /// Sets a field of the open record.
    pub fn put(&mut self, record: &Open, slot: usize, node: Node) {
        self.open[record.0 + slot] = node;
    }

    pub fn close_record(&mut self, open: Open) -> Node {
        Node::Record(self.close(open))
    }

    fn close(&mut self, open: Open) -> Span {
        let first = self.nodes.len() as u32;
        self.nodes.extend_from_slice(&self.open[open.0..]);
        self.open.truncate(open.0);
        Span { first, end: self.nodes.len() as u32 }
    }

    // ── what is too long ──────────────────────────────────────────────────────────────────────────────────────────────

    /// Cuts a text of a top field to so many UTF-16 units; whether it was longer.
    pub fn shorten(&mut self, slot: usize, most: usize) -> bool {
        let Some(Node::Text(span)) = self.slots.get(slot).copied() else { return false };
        let short = self.shorter(span, most);
        self.slots[slot] = short.map_or(Node::Text(span), Node::Text);
        short.is_some()
    }

    /// Leaves out what a list of a top field has beyond so many items; whether it had more.
    pub fn shorten_list(&mut self, slot: usize, most: usize) -> bool {
        let Some(Node::List(span)) = self.slots.get(slot).copied() else { return false };
        let end = span.end.min(span.first.saturating_add(u32::try_from(most).unwrap_or(u32::MAX)));
        self.slots[slot] = Node::List(Span { first: span.first, end });
        end < span.end
    }

    /// Cuts a text of a record; whether it was longer.
    pub fn shorten_member(&mut self, record: Node, slot: usize, most: usize) -> bool {
        let Node::Record(span) = record else { return false };
        let at = span.first as usize + slot;
        let Node::Text(text) = self.nodes[at] else { return false };
        let short = self.shorter(text, most);
        self.nodes[at] = Node::Text(short.unwrap_or(text));
        short.is_some()
    }

    /// The first of these items that is a record with this number in that field.
    pub fn numbered(&self, items: &[Node], slot: usize, number: i64) -> Node {
        let has = |item: &&Node| match self.entries(**item).get(slot) {
            Some(Node::Int(known)) => *known == number,
            Some(node) => self.value(*node).as_int() == Some(number),
            None => false,
        };
        items.iter().find(has).copied().unwrap_or_default()
    }

    /// The entries of a list or record; of anything else there are none.
    pub fn entries(&self, node: Node) -> &[Node] {
        if let Node::List(span) | Node::Record(span) = node { self.within(span) } else { &[] }
    }

    /// The part of a text that fits, where not all of it does.
    fn shorter(&self, span: Span, most: usize) -> Option<Span> {
        let text = &self.text[span.first as usize..span.end as usize];
        // No character has more units than bytes.
        if text.len() <= most {
            return None;
        }
        let mut units = 0;
        let place = text.char_indices().find(|(_, letter)| {
            units += letter.len_utf16();
            units > most
        });
        place.map(|(place, _)| Span { first: span.first, end: span.first + place as u32 })
    }

    /// What a node of this message holds.
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

    fn within(&self, span: Span) -> &[Node] {
        &self.nodes[span.first as usize..span.end as usize]
    }
}

/// A value as it is read; cheap to copy.
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
    /// Whether there is nothing: absent, nil, or an empty text.
    pub fn is_empty(&self) -> bool {
        matches!(self, Value::Absent | Value::Nil | Value::Text(""))
    }

    /// The node of a list or record; nothing of anything else.
    pub fn container(&self) -> Node {
        match self {
            Value::List(list) => Node::List(list.span),
            Value::Record(record) => Node::Record(record.span),
            _ => Node::Absent,
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
            _ => None,
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
            _ => None,
        }
    }

    /// The text of a scalar, numbers written out into `buffer`; none for what is empty or no scalar.
    pub fn as_text<'b>(&self, buffer: &'b mut itoa::Buffer) -> Option<&'b str>
    where
        'm: 'b,
    {
        match *self {
            Value::Text("") => None,
            Value::Text(text) => Some(text),
            Value::Bool(value) => Some(if value { "true" } else { "false" }),
            _ => self.as_int().map(|value| buffer.format(value)),
        }
    }

    pub fn as_list(&self) -> Option<List<'m>> {
        match *self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn as_record(&self) -> Option<Record<'m>> {
        match *self {
            Value::Record(record) => Some(record),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_are_found_and_stepped_over() {
        let mut message = Message::default();
        message.start(Kind(0), 2);
        let list = message.open_list();
        for id in [7, 8] {
            let record = message.open_record(3);
            message.put(&record, 1, Node::Int(id));
            let text = message.text("x");
            message.put(&record, 2, text);
            let record = message.close_record(record);
            message.push(record);
        }
        let node = message.close_list(list);
        message.set(1, node);

        let list = message.get(1).as_list().unwrap();
        assert_eq!(message.numbered(message.entries(node), 1, 8), message.entries(node)[1]);
        assert_eq!(message.numbered(message.entries(node), 1, 9), Node::Absent);
        let ids: Vec<_> = list.iter().map(|item| item.as_record().unwrap().get(1).as_int()).collect();
        assert_eq!(ids, [Some(7), Some(8)]);
        assert!(matches!(list.iter().last().unwrap().as_record().unwrap().get(2), Value::Text("x")));
        assert!(matches!(message.get(0), Value::Absent));
        assert!(matches!(message.get(99), Value::Absent));
    }

    #[test]
    fn numbers_may_travel_as_text() {
        assert_eq!(Value::Text(" 12 ").as_int(), Some(12));
        assert_eq!(Value::Text("12a").as_int(), None);
        assert_eq!(Value::Float(3.0).as_int(), Some(3));
        assert_eq!(Value::Float(3.5).as_int(), None);
        assert_eq!(Value::Int(7).as_text(&mut itoa::Buffer::new()), Some("7"));
        assert_eq!(Value::Text("").as_text(&mut itoa::Buffer::new()), None);
        assert_eq!(Value::Text("True").as_bool(), Some(true));
    }
}
