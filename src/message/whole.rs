//! A message that goes on whole: nodes that are replaced where they stand, and the members that its vocabulary does not know.

use super::{Message, Node, Span};

/// Where a node of a message stands: in the slot of a top field, or among the entries of its lists and records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    Slot(usize),
    Entry(usize),
}

impl Spot {
    /// The spot so many places further on.
    pub fn after(self, places: usize) -> Spot {
        match self {
            Spot::Slot(slot) => Spot::Slot(slot + places),
            Spot::Entry(entry) => Spot::Entry(entry + places),
        }
    }
}

impl Message {
    /// Keeps a member that the vocabulary does not know, as XML that stands for itself, of a record that is closed or, where the
    /// owner is absent, of the message.
    pub fn add_further(&mut self, owner: Node, xml: &str) {
        if let Node::Text(span) = self.text(xml) {
            self.further.push((owner, span));
        }
    }

    /// The members that the vocabulary does not know of a record, or of the message where the owner is absent.
    pub fn further(&self, owner: Node) -> impl Iterator<Item = &str> {
        let of_owner = self.further.iter().filter(move |(known, _)| *known == owner);
        of_owner.map(|(_, span)| &self.text[span.first as usize..span.end as usize])
    }

    pub fn has_further(&self) -> bool {
        !self.further.is_empty()
    }

    /// The node that stands there.
    pub fn at(&self, spot: Spot) -> Node {
        match spot {
            Spot::Slot(slot) => self.node(slot),
            Spot::Entry(entry) => self.nodes.get(entry).copied().unwrap_or_default(),
        }
    }

    /// Puts another node there. Nothing happens where there was none.
    pub fn replace(&mut self, spot: Spot, node: Node) {
        let place = match spot {
            Spot::Slot(slot) => self.slots.get_mut(slot),
            Spot::Entry(entry) => self.nodes.get_mut(entry),
        };
        if let Some(place) = place {
            *place = node;
        }
    }

    /// Where the entries of a list or record stand.
    pub fn spots(&self, node: Node) -> impl Iterator<Item = Spot> + use<> {
        let Span { first, end } = match node {
            Node::List(span) | Node::Record(span) => span,
            Node::Absent | Node::Nil | Node::Bool(_) | Node::Int(_) | Node::Float(_) | Node::Text(_) => Span::default(),
        };
        (first as usize..end as usize).map(Spot::Entry)
    }
}
