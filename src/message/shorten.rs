//! Cuts texts and lists of a message that are too long.

use super::tape::{Message, Node, Span};

impl Message {
    /// Cuts a text of a top field to `most` UTF-16 units. Returns true if it was longer.
    pub fn shorten(&mut self, slot: usize, most: usize) -> bool {
        let Some(Node::Text(span)) = self.slots.get(slot).copied() else { return false };
        let short = self.shorter(span, most);
        self.slots[slot] = short.map_or(Node::Text(span), Node::Text);
        short.is_some()
    }

    /// Drops the items of a top field's list beyond `most`. Returns true if there were any.
    pub fn shorten_list(&mut self, slot: usize, most: usize) -> bool {
        let Some(Node::List(span)) = self.slots.get(slot).copied() else { return false };
        let end = span.end.min(span.first.saturating_add(u32::try_from(most).unwrap_or(u32::MAX)));
        self.slots[slot] = Node::List(Span { first: span.first, end });
        end < span.end
    }

    /// Cuts a text of a record to `most` UTF-16 units. Returns true if it was longer.
    pub fn shorten_member(&mut self, record: Node, slot: usize, most: usize) -> bool {
        let Node::Record(span) = record else { return false };
        let at = span.first as usize + slot;
        let Node::Text(text) = self.nodes[at] else { return false };
        let short = self.shorter(text, most);
        self.nodes[at] = Node::Text(short.unwrap_or(text));
        short.is_some()
    }

    /// The part of a text that fits, if not all of it does.
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
}
