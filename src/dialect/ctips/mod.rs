//! The CTI Portal Server of Aspect Unified IP. `application` serves applications that believe they talk to one,
//! `platform` converses with one. Both share how a person's credentials stand in a message.

mod application;
mod platform;
pub mod settings;

pub use application::{Server, Settings};
pub use platform::{Client, Settings as ClientSettings};
pub use settings::entry;

use crate::{
    message::{Message, Node, Value},
    vocabulary::{Fields, Vocabulary},
};

/// Who somebody says they are, as a field has it.
fn credentials(
    vocabulary: &Vocabulary,
    fields: &Fields,
    label: &str,
    (user, password): (&str, &str),
    message: &mut Message,
) -> Node {
    let known = [("UserName", message.text(user)), ("Password", message.text(password))];
    vocabulary.members(fields, label).map(|members| members.record(known, message)).unwrap_or_default()
}

/// One of the texts of a field that is a record.
fn text_in<'m>(vocabulary: &Vocabulary, message: &'m Message, label: &str, member: &str) -> &'m str {
    let Some(fields) = message.kind().map(|kind| &vocabulary.message(kind).fields) else { return "" };
    let slot = vocabulary.members(fields, label).and_then(|members| members.slot(member));
    let record = fields.slot(label).and_then(|slot| message.get(slot).as_record());
    let value = record.zip(slot).map(|(record, slot)| record.get(slot));
    if let Some(Value::Text(text)) = value { text } else { "" }
}
