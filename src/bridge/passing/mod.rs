//! The same dialect on both sides: a message goes on whole, with every field that it has, known or not. It owns the way of
//! events to applications and of requests to platforms, and the platform's own words that snapshots are filled from
//! (`records`); only ids, request number, session, tenant and switch are rewritten, by the roles that the vocabulary gives
//! (`names`). It deliberately knows no rules: the picture sees the message as well, for other applications and for lost
//! links, but the changes it makes there are not told to this application.
//!
//! Invariant: an answer to the bridge's own question never passes ([`crate::port::Heard::Shown`]).

mod events;
mod names;
mod open;
mod records;
mod requests;

pub(super) use events::Passing;
pub(super) use open::{Passed, PassedRequests};
pub(super) use records::{Records, Whole};

use crate::{
    message::Message,
    vocabulary::{Renames, Vocabulary, Wanted},
};

/// Copies a message with other ids. Of JSON, the text goes on with only its ids replaced, so that the copy has it whole, too.
fn rename(vocabulary: &Vocabulary, message: &Message, asks: bool, renames: &mut dyn Renames, into: &mut Message) {
    if let (Some(kind), false) = (message.kind(), message.held().is_empty()) {
        let mut text = Vec::with_capacity(message.held().len() + 32);
        let renamed = vocabulary.rename_json(kind, message.held(), renames, &[], &mut text);
        if let (Ok(_), Ok(text)) = (renamed, std::str::from_utf8(&text))
            && vocabulary.read_json(text, asks, &Wanted::new(), into).is_ok()
        {
            return;
        }
    }
    into.clone_from(message);
    vocabulary.rename(into, renames);
}
