//! Fields that do not travel as one JSON value of their type: lists in the text of one value, families of numbered fields, and
//! names that are joined from several fields. They are put together after reading and taken apart for writing.

use super::{
    definition::Vocabulary,
    field::Type,
    fields::{Fields, Part},
    scalar::typed_text,
};
use crate::message::{List, Message, Node, Value};

/// The character between the pieces of a joined name; ids do not contain it.
const JOINT: char = '+';

impl Fields {
    /// Puts together the fields that were read in parts.
    pub(super) fn put_together(&self, into: &mut Message) {
        if !self.is_compound() {
            return;
        }
        for (slot, field) in self.list.iter().enumerate().filter(|(_, field)| !field.joined.is_empty()) {
            let mut buffer = itoa::Buffer::new();
            let texts = field.joined.iter().map(|part| into.get(*part).as_text(&mut buffer).map(str::to_owned));
            if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
                let node = into.text(&texts.join(&JOINT.to_string()));
                into.set(slot, node);
            }
        }
        for slot in (0..self.list.len()).filter(|slot| self.list[*slot].family > 0) {
            let parts = self.parts.iter().enumerate().filter(|(_, part)| part.whole == slot);
            let given: Vec<(&Part, Node)> = parts
                .map(|(place, part)| (part, into.node(self.list.len() + place)))
                .filter(|(_, node)| *node != Node::Absent)
                .collect();
            if given.is_empty() {
                continue;
            }
            let members_of_one = self.parts.iter().filter(|part| part.whole == slot && part.item == 0).count();
            // The wire has room for a fixed number of items. Empty items at the end are dropped. Empty items before others keep
            // their places, because an item may be identified by its place alone.
            let says = |(_, node): &&(&Part, Node)| !into.value(*node).is_empty();
            let items = given.iter().filter(says).map(|(part, _)| part.item + 1).max().unwrap_or(0);
            let list = into.open_list();
            for item in 0..items {
                let members = given.iter().filter(|(part, _)| part.item == item);
                let record = into.open_record(members_of_one);
                for (part, node) in members {
                    into.put(&record, part.member, *node);
                }
                let record = into.close_record(record);
                into.push(record);
            }
            let node = into.close_list(list);
            into.set(slot, node);
        }
    }

    /// The value of a field that is a piece of a joined name, taken from the whole name.
    pub(super) fn piece<'m>(&self, message: &'m Message, slot: usize) -> Value<'m> {
        if !self.is_joined(slot) {
            return Value::Absent;
        }
        let pieces = self.list.iter().enumerate().find_map(|(whole, field)| {
            let place = field.joined.iter().position(|part| *part == slot)?;
            let Value::Text(text) = message.get(whole) else { return None };
            text.split(JOINT).nth(place)
        });
        pieces.map_or(Value::Absent, Value::Text)
    }
}

/// Splits the text of a list. Only the first of the separators that occurs is used, so that blanks inside items survive if a
/// better separator is present. An item that is a record takes as many pieces as it has fields.
pub(super) fn split(vocabulary: &Vocabulary, item: &Type, separators: &str, text: &str, into: &mut Message) -> Node {
    let separator = separators.chars().find(|separator| text.contains(*separator));
    let pieces: Vec<&str> = text.split(|c| Some(c) == separator).map(str::trim).collect();
    let typed = |ty: &Type, piece: &str, into: &mut Message| {
        typed_text(vocabulary, ty, piece).unwrap_or_else(|| into.text(piece))
    };
    let list = into.open_list();
    if let Type::Record(place) = item {
        let fields = &vocabulary.records[*place].fields.list;
        for pieces in pieces.chunks(fields.len().max(1)).filter(|pieces| pieces.iter().any(|piece| !piece.is_empty())) {
            let record = into.open_record(fields.len());
            for (slot, (field, piece)) in fields.iter().zip(pieces).enumerate() {
                let node = typed(&field.ty, piece, into);
                into.put(&record, slot, node);
            }
            let record = into.close_record(record);
            into.push(record);
        }
    } else {
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            let node = typed(item, piece, into);
            into.push(node);
        }
    }
    into.close_list(list)
}

/// The text of a list. A separator inside an item would split it, and becomes a blank.
pub(super) fn join(separators: &str, list: List) -> String {
    let separator = separators.chars().next().unwrap_or('|');
    let mut text = String::new();
    let mut add = |value: Value| {
        let mut buffer = itoa::Buffer::new();
        let piece = value.as_text(&mut buffer).unwrap_or_default();
        text.extend(piece.chars().map(|c| if c == separator { ' ' } else { c }));
        text.push(separator);
    };
    for value in list.iter() {
        match value {
            Value::Record(record) => record.iter().for_each(&mut add),
            value => add(value),
        }
    }
    text.pop();
    text
}
