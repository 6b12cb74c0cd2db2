//! A message as one flat tape: its top fields stand in slots, lists and records in `nodes`, every text in `text`. Cleared and
//! filled again it allocates nothing, and it borrows nothing from the bytes that it was read from.

use std::ops::Range;

/// A message of a vocabulary: its place in the vocabulary's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(pub u16);

/// One value. A list or record has the place of its entries, which stand side by side. A record has one entry for each field of
/// its type, at the field's place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Node {
    #[default]
    Absent,
    /// Present without a value: JSON's null, XML's nil.
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Span),
    List(Span),
    Record(Span),
}

/// The most values in lists and records of one message, unless it has more bytes. Further records are skipped. Thousands of
/// calls have room.
const MAX_NODES: usize = 1 << 19;

/// A range of `text` or of `nodes`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    pub(super) first: u32,
    pub(super) end: u32,
}

/// A message, and the memory for the next one.
#[derive(Debug, Clone, Default)]
pub struct Message {
    kind: Option<Kind>,
    pub(super) slots: Vec<Node>,
    pub(super) nodes: Vec<Node>,
    /// Entries of lists and records that are not closed yet, the innermost last.
    open: Vec<Node>,
    pub(super) text: String,
    /// The length of the text that the message was read from; it stands first in `text`.
    held: usize,
    /// Members that its vocabulary does not know, each as XML, and the record that has it (absent: the message itself).
    pub(super) further: Vec<(Node, Span)>,
}

/// A list or record under construction: the place of its first entry.
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

    /// Sets the kind of message, and the number of its fields in the vocabulary.
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

    /// Keeps a text and returns the node for it.
    pub fn text(&mut self, text: &str) -> Node {
        let first = self.text.len() as u32;
        self.text.push_str(text);
        Node::Text(Span { first, end: self.text.len() as u32 })
    }

    /// Keeps the whole text that a message is read from, before anything else. Its parts need no copies then.
    pub fn hold(&mut self, text: &str) {
        self.text.clear();
        self.text.push_str(text);
        self.held = text.len();
    }

    /// The whole text that it was read from.
    pub fn held(&self) -> &str {
        &self.text[..self.held]
    }

    /// The text does not say everything any more: only the fields count from now on.
    pub fn forget_text(&mut self) {
        self.held = 0;
    }

    /// The node for a part of the text that is held.
    pub fn part(&self, part: Range<usize>) -> Node {
        Node::Text(Span { first: part.start as u32, end: part.end as u32 })
    }

    /// Begins a list. Everything that is pushed until it is closed is an item of it.
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

    /// True if the message has as many values as it may. A record takes room for all fields of its type, set or not.
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

    /// The entries of a list or record; of anything else there are none.
    pub fn entries(&self, node: Node) -> &[Node] {
        if let Node::List(span) | Node::Record(span) = node { self.within(span) } else { &[] }
    }

    pub(super) fn within(&self, span: Span) -> &[Node] {
        &self.nodes[span.first as usize..span.end as usize]
    }
}
