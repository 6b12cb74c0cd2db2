//! Cuts texts and lists to the lengths that a guide allows, so that none is sent too long. Lengths are counted in UTF-16 units,
//! as .NET does, and no character is cut in two.

use super::{
    definition::Vocabulary,
    field::{Field, Type},
};
use crate::message::{Message, Node};

impl Vocabulary {
    /// Cuts texts and lists that are longer than the vocabulary allows. Returns the number of those that were.
    pub fn fit(&self, message: &mut Message) -> usize {
        let Some(def) = message.kind().map(|kind| self.message(kind)) else { return 0 };
        let mut cut = 0;
        for (slot, field) in def.fields.list.iter().enumerate() {
            let Some(most) = field.max.and_then(|most| usize::try_from(most).ok()) else { continue };
            match field.ty {
                Type::Text => cut += usize::from(message.shorten(slot, most)),
                Type::List(_) => cut += usize::from(message.shorten_list(slot, most)),
                Type::Bool | Type::Int | Type::Long | Type::Time | Type::Id | Type::Enum(_) | Type::Record(_) => {}
            }
        }
        for (slot, field) in def.fields.list.iter().enumerate() {
            cut += self.fit_within(&field.ty, message.node(slot), message);
        }
        cut
    }

    /// Cuts the texts of records.
    fn fit_within(&self, ty: &Type, node: Node, message: &mut Message) -> usize {
        match ty {
            Type::List(item) if matches!(**item, Type::Record(_) | Type::List(_)) => {
                let count = message.entries(node).len();
                (0..count).map(|place| self.fit_within(item, message.entries(node)[place], message)).sum()
            }
            Type::Record(place) if matches!(node, Node::Record(_)) => {
                let fields = self.records[*place].fields.list.iter().enumerate();
                let fit = |(slot, field): (usize, &Field)| match (&field.ty, field.max) {
                    (Type::Text, Some(most)) => {
                        usize::from(message.shorten_member(node, slot, usize::try_from(most).unwrap_or(0)))
                    }
                    (ty, _) => self.fit_within(ty, message.entries(node)[slot], message),
                };
                fields.map(fit).sum()
            }
            Type::Bool
            | Type::Int
            | Type::Long
            | Type::Text
            | Type::Time
            | Type::Id
            | Type::Enum(_)
            | Type::Record(_)
            | Type::List(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests;
