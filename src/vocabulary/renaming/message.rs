//! Ids of a neutral message, replaced where they stand.

use super::{Fields, Renames, Said, Thing, Type, Vocabulary, id_of};
use crate::{
    message::{Message, Node, Spot},
    model::NativeId,
};

impl Vocabulary {
    /// Replaces the ids that a message has at any depth; hands back how many were replaced. A number stays a number and a
    /// text a text.
    pub fn rename(&self, message: &mut Message, renames: &mut dyn Renames) -> usize {
        let Some(kind) = message.kind() else { return 0 };
        let mut renaming = Renaming { vocabulary: self, message, renames, count: 0 };
        renaming.fields(&self.message(kind).fields, Spot::Slot(0), None);
        renaming.count
    }
}

struct Renaming<'r> {
    vocabulary: &'r Vocabulary,
    message: &'r mut Message,
    renames: &'r mut dyn Renames,
    count: usize,
}

impl<'r> Renaming<'r> {
    /// The fields that stand from this spot on.
    fn fields(&mut self, fields: &'r Fields, first: Spot, listed: Option<Thing>) {
        for slot in fields.naming.slots() {
            let spot = first.after(slot);
            if matches!(self.message.at(spot), Node::Absent | Node::Nil) {
                continue;
            }
            let field = &fields.list[slot];
            let says = |slot| Said::of(self.message.value(self.message.at(first.after(slot))));
            let thing = field.names.as_ref().and_then(|names| names.thing(listed, says));
            self.value(&field.ty, spot, thing);
        }
    }

    fn value(&mut self, ty: &'r Type, spot: Spot, thing: Option<Thing>) {
        let node = self.message.at(spot);
        match ty {
            Type::List(item) => {
                for spot in self.message.spots(node) {
                    self.value(item, spot, thing);
                }
            }
            Type::Record(place) => {
                let vocabulary = self.vocabulary;
                if let (Node::Record(_), Some(first)) = (node, self.message.spots(node).next()) {
                    self.fields(&vocabulary.records[*place].fields, first, thing);
                }
            }
            Type::Bool | Type::Int | Type::Long | Type::Text | Type::Time | Type::Id | Type::Enum(_) => {
                if let Some(thing) = thing {
                    self.id(spot, thing);
                }
            }
        }
    }

    fn id(&mut self, spot: Spot, thing: Thing) {
        let node = self.message.at(spot);
        let id = id_of(thing, self.message.value(node));
        let Some(other) = id.and_then(|id| self.renames.rename(thing, id)) else { return };
        let node = match (node, other) {
            (Node::Text(_), NativeId::Int(number)) => self.message.text(itoa::Buffer::new().format(number)),
            (_, NativeId::Int(number)) => Node::Int(number),
            (_, NativeId::Text(text)) => self.message.text(&text),
        };
        self.message.replace(spot, node);
        self.count += 1;
    }
}
