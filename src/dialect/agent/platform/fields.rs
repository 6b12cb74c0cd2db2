//! Fields of messages by their labels, down into records, and messages that the conversation makes itself.

use crate::{
    message::{Message, Node, Spot, Value},
    vocabulary::{Fields, Vocabulary},
};

/// A value by the labels that lead to it; absent where one of them is not there.
pub(super) fn member<'m>(vocabulary: &Vocabulary, message: &'m Message, path: &[&str]) -> Value<'m> {
    spot(vocabulary, message, path).map(|spot| message.value(message.at(spot))).unwrap_or_default()
}

/// Where the value stands to which these labels lead.
pub(super) fn spot(vocabulary: &Vocabulary, message: &Message, path: &[&str]) -> Option<Spot> {
    let mut fields = &vocabulary.message(message.kind()?).fields;
    let (last, records) = path.split_last()?;
    let mut first = Spot::Slot(0);
    for label in records {
        let slot = fields.slot(label)?;
        let record = message.at(first.after(slot));
        first = message.spots(record).next()?;
        fields = &vocabulary.records[fields.list[slot].ty.record()?].fields;
    }
    Some(first.after(fields.slot(last)?))
}

/// The fields of the record of this label in a message.
pub(super) fn record_fields<'v>(vocabulary: &'v Vocabulary, message: &Message, label: &str) -> Option<&'v Fields> {
    let fields = &vocabulary.message(message.kind()?).fields;
    let record = fields.list[fields.slot(label)?].ty.record()?;
    Some(&vocabulary.records[record].fields)
}

/// Whether a value is there that says something.
pub(super) fn is_set(value: Value<'_>) -> bool {
    !matches!(value, Value::Absent | Value::Nil)
}

/// Whether a record is there with anything in it.
pub(super) fn is_filled(value: Value<'_>) -> bool {
    value.as_record().is_some_and(|record| record.iter().any(|member| !member.is_empty()))
}

/// A text, or a number as text; empty if there is neither.
pub(super) fn text(value: Value<'_>) -> String {
    value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().to_owned()
}

/// Whether a date is set: .NET's own, of the year 1, is not.
pub(super) fn is_date(value: Value<'_>) -> bool {
    matches!(value, Value::Text(text) if !text.is_empty() && !text.starts_with("0001-01-01"))
}

/// A message of this label, with these ids.
pub(super) fn made(vocabulary: &Vocabulary, label: &str, ids: &[(&str, &str)]) -> Box<Message> {
    let mut message = Box::new(Message::default());
    if let Some(kind) = vocabulary.find(label) {
        let fields = &vocabulary.message(kind).fields;
        message.start(kind, fields.list.len());
        for (label, id) in ids {
            let node = id_node(&mut message, id);
            if let Some(slot) = fields.slot(label) {
                message.set(slot, node);
            }
        }
    }
    message
}

/// An id as a value: a number if it is one.
pub(super) fn id_node(message: &mut Message, id: &str) -> Node {
    id.parse().map_or_else(|_| message.text(id), Node::Int)
}
